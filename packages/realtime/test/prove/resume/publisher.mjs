// An instance that nobody listens at: node publisher.mjs <redis url>. Publishes the numbers from 1 until it is told to stop, then
// 'end', and tells each number.
import { setTimeout as pause } from 'node:timers/promises';
import { streamBus } from '@catzilla/bus';
import { realtime } from '@catzilla/realtime';
import Fastify from 'fastify';

const [url] = process.argv.slice(2);
const bus = streamBus({ url });
const app = Fastify();
await app.register(realtime, { bus, websocket: false, sse: false });
app.realtime.channel('numbers', { public: true });
await app.ready();
let isAsked = true;
process.once('message', () => {
  isAsked = false;
});
process.once('disconnect', () => process.exit());
for (let n = 1; isAsked; n++) {
  await app.realtime.publish('numbers', n);
  process.send(n);
  if (n % 3 === 0) await pause(5);
}
await app.realtime.publish('numbers', 'end');
await app.close();
await bus.close();
process.disconnect();
