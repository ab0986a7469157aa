// The clients of one server, in a process of its own (fork): raw sockets that count the messages they get, and read nothing else. Their
// CPU time is not counted.
import { connect } from 'node:net';
import { FrameCounter, maskedFrame, PONG } from './frames.mjs';

/** Handshakes under way at a time. */
const WIDTH = 50;
const clients = [];
let transport;
let countEvents;

const operations = {
  /** Opens `count` of them. */
  async open({ count, ...target }) {
    transport = target.transport;
    if (transport === 'sse') ({ countEvents } = await import('./sse-servers.mjs'));
    let left = count;
    const openSome = async () => {
      while (left-- > 0) clients.push(await open(target));
    };
    await Promise.all(Array.from({ length: WIDTH }, openSome));
    for (const client of clients) client.counter.count = 0;
    return clients.length;
  },
  /** Waits until each has got so many more messages of at least so many bytes; more are a fault. */
  async expect({ messages, bytes }) {
    for (const { counter } of clients) counter.least = bytes;
    while (clients.some(({ counter }) => counter.count < messages)) {
      const gone = clients.find(({ fault }) => fault !== undefined);
      if (gone !== undefined) throw gone.fault;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const wrong = clients.find(({ counter }) => counter.count !== messages);
    if (wrong !== undefined) throw new Error(`${wrong.counter.count} in place of ${messages}`);
    for (const { counter } of clients) counter.count = 0;
    return messages;
  },
};
process.on('message', async ({ operation, ...task }) => {
  try {
    process.send({ result: await operations[operation](task) });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.on('disconnect', () => process.exit(0));

function open({ port, request, hello, greetings }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = { counter: newCounter(), fault: undefined };
    let head = '';
    let isOpen = false;
    const fail = (error) => {
      client.fault = error;
      reject(error);
    };
    socket.on('connect', () => socket.write(request));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
    socket.on('data', (chunk) => {
      let body = chunk;
      if (!isOpen) {
        head += chunk.latin1Slice();
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (!/^HTTP\/1.1 (101|200)/.test(head)) return fail(new Error(head));
        isOpen = true;
        body = Buffer.from(head.slice(end + 4), 'latin1');
        for (const text of hello) socket.write(maskedFrame(text));
        if (greetings === 0) resolve(client);
      }
      client.counter.push(body);
      for (; client.counter.pings > 0; client.counter.pings--) socket.write(PONG);
      if (greetings > 0 && client.counter.count >= greetings) resolve(client);
    });
  });
}

function newCounter() {
  if (transport !== 'sse') return new FrameCounter();
  return {
    count: 0,
    push(chunk) {
      countEvents(chunk, this);
    },
  };
}
