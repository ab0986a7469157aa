// Registers the monitor with the options of its argument, and prints the URLs of all modules that were loaded for it.
import { register } from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

const hooks = `
let port;
export const initialize = (data) => { ({ port } = data); };
export const load = async (url, context, next) => {
  port.postMessage(url);
  return next(url, context);
};`;
const { port1, port2 } = new MessageChannel();
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: { port: port2 },
  transferList: [port2],
});

const { default: Fastify } = await import('fastify');
const { monitor } = await import('../../dist/index.js');
const app = Fastify();
await app.register(monitor, JSON.parse(process.argv[2]));
await app.ready();
await app.close();

const urls = [];
for (let heard = receiveMessageOnPort(port1); heard; heard = receiveMessageOnPort(port1)) {
  urls.push(heard.message);
}
port1.close();
process.stdout.write(JSON.stringify(urls));
