// An instance that serves event streams of `numbers`: node server.mjs <redis url> <port, 0 for any>. Tells its port, then lives
// until it is killed.
import { streamBus } from '@catzilla/bus';
import { realtime } from '@catzilla/realtime';
import Fastify from 'fastify';

const [url, port] = process.argv.slice(2);
const app = Fastify();
await app.register(realtime, { bus: streamBus({ url }), websocket: false });
app.realtime.channel('numbers', { public: true });
await app.listen({ port: Number(port), host: '127.0.0.1' });
process.send(app.server.address().port);
process.once('disconnect', () => process.exit());
