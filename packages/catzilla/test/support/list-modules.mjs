// Does what its first argument says, in a process that has loaded nothing else, and prints the files of all modules that were
// loaded for it. What is imported is heard of by a hook; what CommonJS requires stands in its cache.
import { createRequire, register } from 'node:module';
import { fileURLToPath } from 'node:url';
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

const [what, options = '{}'] = process.argv.slice(2);
if (what === 'fastify') {
  const { default: Fastify } = await import('fastify');
  await Fastify().inject('/');
} else {
  const { createApp } = await import('../../dist/index.js');
  if (what === 'app') {
    const app = await createApp({ env: false, ...JSON.parse(options) });
    await app.inject('/');
    await app.close();
  }
}

const files = new Set(Object.keys(createRequire(import.meta.url).cache));
for (let heard = receiveMessageOnPort(port1); heard; heard = receiveMessageOnPort(port1)) {
  if (heard.message.startsWith('file:')) files.add(fileURLToPath(heard.message));
}
port1.close();
process.stdout.write(JSON.stringify([...files]));
