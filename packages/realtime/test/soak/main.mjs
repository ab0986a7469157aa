// The part of `npm run soak` that is about WebSockets: `sockets`, crowds of as many clients as `ulimit -n` allows that connect, get a
// broadcast each and vanish, again and again for `--seconds`, by default 120. Exit code 1 at a fault: somebody was not served,
// somebody is still counted, or the process has grown since the second crowd.
import { parseArgs } from 'node:util';
import { roomFor, runCrowd } from '../prove/crowd/crowd.mjs';

/** Growth that is chance. */
const SLACK = 1.1;
/** The ports of a machine for connections to one address. */
const PORTS = 28_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '120' } },
});
const seconds = Number(values.seconds);
if (!(seconds >= 1)) {
  throw new RangeError(`expected --seconds to be at least 1, got ${values.seconds}`);
}
for (const name of positionals) {
  if (name !== 'sockets') throw new RangeError(`expected sockets, got ${name}`);
}

const clients = Math.min(roomFor(), PORTS);
const end = performance.now() + seconds * 1000;
const report = await runCrowd(clients, (turn) => turn < 3 || performance.now() < end);
const faults = faultsOf(report);
const toMb = (bytes) => Math.round(bytes / 1e6);
console.log(
  `sockets: ${report.seen.length} crowds of ${clients}, ${report.bytesPerConnection} B per connection, ` +
    `MB after each ${report.rss.after.map(toMb).join(' ')}`,
);
for (const words of faults) console.log(`  ${words}`);
console.log(`sockets: ${faults.length === 0 ? 'ok' : `${faults.length} faults`}`);
if (faults.length > 0) process.exitCode = 1;

function faultsOf({ seen, rss, stats }) {
  const words = [];
  for (const [turn, counts] of seen.entries()) {
    for (const name of ['subscribed', 'messages', 'connections', 'subscriptions']) {
      if (counts[name] !== clients) words.push(`crowd ${turn}: ${name} ${counts[name]}`);
    }
  }
  for (const name of ['channels', 'subscriptions', 'bufferedBytes', 'slowClosed']) {
    if (stats[name] !== 0) words.push(`in the end: ${name} ${stats[name]}`);
  }
  const [, settled] = rss.after;
  for (const [turn, bytes] of rss.after.entries()) {
    if (turn > 1 && bytes > settled * SLACK) words.push(`crowd ${turn}: ${toMb(bytes)} MB after`);
  }
  return words;
}
