// Processes of suites that measure requests: one client for the whole run, one fresh server per measured cell.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLIENT = new URL('client.mjs', import.meta.url);
const SERVER = new URL('server.mjs', import.meta.url);

/** Starts the client: { probe, hold, load, stop }. */
export function startClient() {
  const child = start(CLIENT);
  const ask = async (operation, command) => {
    child.process.send({ operation, ...command });
    const { result, error } = await child.next();
    if (error) throw new Error(`client: ${error}`);
    return result;
  };
  return {
    probe: (command) => ask('probe', command),
    hold: (command) => ask('hold', command),
    load: (command) => ask('load', command),
    stop: child.stop,
  };
}

/**
 * Starts a server: { port, pid, usage (CPU µs so far, resident bytes), startSampling, stopSampling (a tally), stop }.
 * @param flags for node
 * @param {URL} file calls `serve` (serve.mjs); default: the servers of the HTTP suite
 */
export async function startServer(spec, flags = [], file = SERVER) {
  const child = start(file, [JSON.stringify(spec)], flags);
  const { port } = await child.next();
  const ask = (command) => {
    child.process.send(command);
    return child.next();
  };
  return {
    port,
    pid: child.process.pid,
    async usage() {
      const { cpu, rss } = await ask('usage');
      return { cpu: cpu.user + cpu.system, rss };
    },
    startSampling: () => ask('startSampling'),
    stopSampling: () => ask('stopSampling'),
    stop: child.stop,
  };
}

function start(file, args = [], execArgv = []) {
  const name = fileURLToPath(file);
  const child = fork(name, args, { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return {
    process: child,
    next: () =>
      new Promise((resolve, reject) => {
        const finish = (settle, value) => {
          child.off('message', onMessage);
          child.off('exit', onExit);
          settle(value);
        };
        const onMessage = (message) => finish(resolve, message);
        const onExit = (code) =>
          finish(reject, new Error(`${name} ${args.join(' ')} ended with ${code}\n${stderr}`));
        child.on('message', onMessage);
        child.on('exit', onExit);
      }),
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
