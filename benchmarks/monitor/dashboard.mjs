// What the dashboard costs an application with many routes and entries: CPU while nobody looks, against the same application
// without the monitor at the same time; and the loop time and the size of a frame while somebody does.
// By itself: node benchmarks/monitor/dashboard.mjs [seconds]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('dashboard-server.mjs', import.meta.url));

/**
 * @param {object} options
 * @param {number} [options.seconds]  of each measurement; above 60, so that one of the minute's looks falls into it. Default: 65
 * @param {number} [options.watched]  seconds while somebody looks. Default: 20
 * @param {number} [options.routes]   default: 10,000
 * @param {number} [options.entries]  default: 1,000,000
 * @param {number} [options.rounds]   default: 1
 * @returns {Promise<{ id: string, label: string, unit: string, samples: number[] }[]>}
 */
export async function measureDashboard({
  seconds = 65,
  watched = 20,
  routes = 10_000,
  entries = 1_000_000,
  rounds = 1,
} = {}) {
  const rows = [
    row('dashboard-idle', 'CPU while nobody looks, with the monitor', '% of a core'),
    row('dashboard-idle-without', 'CPU while nobody looks, without it', '% of a core'),
    row('dashboard-watched', 'CPU while one looks', '% of a core'),
    row('dashboard-frame-cpu', 'CPU of a frame, one each second', 'ms'),
    row('dashboard-frame-loop', 'loop time of a frame', 'ms'),
    row('dashboard-longest', 'longest pause of the loop while one looks', 'ms'),
    row('dashboard-frame-bytes', 'size of a frame', 'bytes'),
  ];
  const add = (id, sample) => rows.find((each) => each.id === id).samples.push(sample);
  for (let round = 0; round < rounds; round++) {
    const [withIt, without] = await Promise.all(
      [true, false].map((hasMonitor) => start({ hasMonitor, routes, entries })),
    );
    const idle = await Promise.all([withIt, without].map((each) => ask(each, { of: seconds })));
    add('dashboard-idle', share(idle[0]));
    add('dashboard-idle-without', share(idle[1]));
    const viewer = await watch(withIt.port);
    const looked = await ask(withIt, { of: watched, isWatched: true });
    const { frames, bytes } = viewer.end();
    // The viewer sees the second before the measurement, too.
    if (frames < watched)
      throw new Error(`expected a frame a second, got ${frames} in ${watched} s`);
    if (looked.entries < entries) {
      throw new Error(`expected ${entries} entries, got ${looked.entries}`);
    }
    add('dashboard-watched', share(looked));
    add('dashboard-frame-cpu', looked.cpuMs / (looked.ms / 1_000));
    add('dashboard-frame-loop', looked.loopMs / (looked.ms / 1_000));
    add('dashboard-longest', looked.maxDelayMs);
    add('dashboard-frame-bytes', Math.round(bytes / frames));
    await Promise.all([end(withIt), end(without)]);
  }
  return rows;
}

function row(id, label, unit) {
  return { id, label, unit, samples: [] };
}

function share({ cpuMs, ms }) {
  return (cpuMs / ms) * 100;
}

async function start(task) {
  const child = fork(SERVER, [JSON.stringify(task)], { execArgv: ['--expose-gc'] });
  const [{ port }] = await Promise.race([once(child, 'message'), failed(child)]);
  return { child, port };
}

async function ask({ child }, seconds) {
  child.send(seconds);
  const [result] = await Promise.race([once(child, 'message'), failed(child)]);
  return result;
}

async function end({ child }) {
  const exit = once(child, 'exit');
  child.send('end');
  await exit;
}

async function failed(child) {
  const [code] = await once(child, 'exit');
  throw new Error(`the server of the dashboard has ended with ${code}`);
}

async function watch(port) {
  const request = get({ host: '127.0.0.1', port, path: '/_catzilla/data/feed' });
  const [response] = await once(request, 'response');
  request.on('error', () => {});
  let text = '';
  const seen = { frames: 0, bytes: 0 };
  response.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
    for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
      if (text.startsWith('event: frame')) {
        seen.frames += 1;
        seen.bytes += at + 2;
      }
      text = text.slice(at + 2);
    }
  });
  return {
    end: () => {
      request.destroy();
      return seen;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seconds = Number(process.argv[2] ?? 65);
  for (const { label, unit, samples } of await measureDashboard({ seconds })) {
    process.stdout.write(
      `${label}: ${samples.map((each) => each.toFixed(3)).join(', ')} ${unit}\n`,
    );
  }
}
