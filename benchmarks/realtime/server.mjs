// One server of the suite in a process of its own (fork): starts a system, and broadcasts when it is told to. Its CPU time is what
// is measured.
import { setImmediate as turn } from 'node:timers/promises';

/** Bytes that may wait, for each client: who broadcasts faster than clients read would measure its memory. */
const WINDOW = 64 * 1024;

const { system, transport, clients } = JSON.parse(process.argv[2]);
const { servers } = await import(transport === 'sse' ? './sse-servers.mjs' : './systems.mjs');
const server = await servers[system]({ clients });

const operations = {
  usage() {
    const { user, system: kernel } = process.cpuUsage();
    return { cpu: user + kernel, rss: process.memoryUsage.rss() };
  },
  /** `messages` broadcasts of a string of `bytes` as JSON, `perTurn` of them in a turn of the event loop. */
  async broadcast({ messages, perTurn, bytes }) {
    const value = 'x'.repeat(bytes - 2);
    for (let sent = 0; sent < messages;) {
      for (let of = 0; of < perTurn && sent < messages; of++, sent++) void server.broadcast(value);
      await turn();
      while (server.buffered() > WINDOW * clients) await turn();
    }
    return {};
  },
};
process.on('message', async ({ operation, ...task }) =>
  process.send(await operations[operation](task)),
);
process.on('disconnect', () => process.exit(0));
const { port, request, hello = [], greetings = 0 } = server;
process.send({ port, request, hello, greetings });
