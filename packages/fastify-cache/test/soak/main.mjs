// The part of `npm run soak` that is about HTTP: 64 keep-alive connections, mixed traffic over some hundred URLs with
// versions, and a purge every few ms. Names choose among the shapes:
//   http          one instance, its cache in memory
//   http-threads  two worker threads that share one engine, and hear each other's purges
//   http-redis    two instances, each with a memory of its own, around one Redis; not with CATZ_SKIP_REDIS=1
// Each runs in mode 'auto' and in mode 'send' for `--seconds`, by default 30; `--mode` chooses one. `--seed` repeats the
// random choices, as far as the timing allows. Exit code 1 at the first fault: an old version after a hard purge or an unsafe
// request, a body that is not what was promised, a rejection nobody handles, a leak, a close that takes too long.
import { parseArgs } from 'node:util';
import { soakHttp } from './run.mjs';

const MODES = ['auto', 'send'];
/** Room for most of the site but not for all, so that eviction takes part; and leases for what the near-cache refuses. */
const ENGINE = {
  maxBytes: 12 * 2 ** 20,
  nearCache: { maxBytes: 2 * 2 ** 20, maxEntryBytes: 65_536 },
};
/** ms in which an instance hears of another's purge. */
const LAG = 2_000;
/** ms for an answer of Redis: a machine that is busy is no fault. */
const PATIENCE = 10_000;

const SHAPES = {
  http: () => ({ instances: 1, lag: 0, engine: { options: ENGINE } }),
  'http-threads': (mode) => ({
    instances: 2,
    lag: 0,
    engine: { name: `soak-http-${process.pid}-${mode}`, options: ENGINE },
  }),
  'http-redis': (mode, url) => ({
    instances: 2,
    lag: LAG,
    engine: { options: ENGINE },
    redis: { name: `soak-${mode}`, remote: { url }, deadline: { remote: PATIENCE } },
  }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    mode: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds >= 1))
  throw new RangeError(`expected --seconds to be at least 1, got ${values.seconds}`);
if (!Number.isSafeInteger(seed))
  throw new RangeError(`expected --seed to be an integer, got ${values.seed}`);
const modes = values.mode === undefined ? MODES : [values.mode];
if (!modes.every((mode) => MODES.includes(mode)))
  throw new RangeError(`expected --mode to be one of ${MODES.join(', ')}, got ${values.mode}`);
const usual = Object.keys(SHAPES).filter(
  (name) => name !== 'http-redis' || process.env.CATZ_SKIP_REDIS !== '1',
);
const names = positionals.length > 0 ? positionals : usual;
for (const name of names) {
  if (name in SHAPES) continue;
  throw new RangeError(`expected one of ${Object.keys(SHAPES).join(', ')}, got ${name}`);
}

console.log(`seed ${seed}`);
for (const name of names) {
  for (const mode of modes) {
    const fault = await soak(name, mode);
    console.log(`${name} ${mode}: ${fault === undefined ? 'ok' : 'failed'}, seed ${seed}`);
    if (fault !== undefined) process.exitCode = 1;
    if (fault !== undefined) break;
  }
  if (process.exitCode === 1) break;
}

async function soak(name, mode) {
  const server = name === 'http-redis' ? await startServer() : undefined;
  try {
    const setup = { ...SHAPES[name](mode, server?.url), mode, seconds, seed };
    const { fault, line } = await soakHttp({ ...setup, name: `${name} ${mode}` });
    console.log(line);
    if (fault !== undefined) console.log(`  ${fault}`);
    return fault;
  } finally {
    await server?.stop();
  }
}

async function startServer() {
  const { startRedis } = await import('@catzilla/bus/testing');
  return startRedis();
}
