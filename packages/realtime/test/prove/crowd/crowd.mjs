// A crowd: clients in processes of their own that all connect, get one broadcast each, and vanish without a word; more than
// once, so that what the server keeps for good is told apart from what leaks. For the test and for `npm run soak`.
import { execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROCESSES = 2;
/** Files that a process has open besides its sockets. */
const OTHERS = 200;
/** ms between two looks. */
const LOOK = 20;
/** ms for all to get a message, or to be gone. */
const PATIENCE = 180_000;

/** How many clients fit: each is a file of the server, and a port. */
export function roomFor() {
  const text = process.platform === 'win32' ? '0' : execFileSync('sh', ['-c', 'ulimit -n']);
  const files = String(text).trim() === 'unlimited' ? Infinity : Number(text);
  return files - OTHERS;
}

/**
 * @param clients  how many
 * @param turns    asked before each turn, from 0, whether there is to be another
 * @returns bytesPerConnection of the last crowd; rss: bytes before, and with all clients and after them each time; seen: what arrived,
 *   and what the server counted, each time; stats: what it counts in the end; closeMs
 */
export async function runCrowd(clients, turns = (turn) => turn < 2) {
  const server = start('server.mjs', [JSON.stringify({ clients })], ['--expose-gc']);
  const crowds = Array.from({ length: PROCESSES }, () => start('clients.mjs'));
  try {
    const port = await server.next();
    const rss = { before: await server.ask('rss'), full: [], after: [] };
    const seen = [];
    for (let turn = 0; turns(turn); turn++) {
      const share = Math.ceil(clients / PROCESSES);
      const counts = crowds.map((_, at) => Math.min(share, clients - at * share));
      await Promise.all(
        crowds.map((crowd, at) => crowd.ask({ operation: 'open', port, count: counts[at] })),
      );
      rss.full.push(await server.ask('rss'));
      await server.ask('publish');
      await until('a message for all', async () => (await sumOf(crowds)).messages >= clients);
      const { connections, subscriptions } = await server.ask('stats');
      seen.push({ ...(await sumOf(crowds)), connections: connections.websocket, subscriptions });
      await Promise.all(crowds.map((crowd) => crowd.ask({ operation: 'vanish' })));
      await until('the end of all', async () => {
        const { connections } = await server.ask('stats');
        return connections.websocket === 0;
      });
      rss.after.push(await server.ask('rss'));
    }
    const stats = await server.ask('stats');
    const bytesPerConnection = Math.round((rss.full.at(-1) - rss.before) / clients);
    return { bytesPerConnection, rss, seen, stats, closeMs: await server.ask('close') };
  } finally {
    for (const child of [server, ...crowds]) child.stop();
  }
}

async function sumOf(crowds) {
  const sum = { subscribed: 0, messages: 0, ended: 0 };
  for (const crowd of crowds) {
    const counts = await crowd.ask({ operation: 'counts' });
    for (const name of Object.keys(sum)) sum[name] += counts[name];
  }
  return sum;
}

async function until(what, holds) {
  const end = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

function start(file, args = [], execArgv = []) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, args, { execArgv });
  const next = () =>
    new Promise((resolve, reject) => {
      const done = (settle, value) => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        settle(value);
      };
      const onMessage = ({ result, error }) =>
        error === undefined ? done(resolve, result) : done(reject, new Error(error));
      const onExit = (code) => done(reject, new Error(`${file} ended with ${code}`));
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  return {
    next,
    ask(command) {
      const answer = next();
      child.send(command);
      return answer;
    },
    stop() {
      if (child.connected) child.disconnect();
    },
  };
}
