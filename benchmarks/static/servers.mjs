// The servers that are compared: the same folder, by this plugin, by @fastify/static with @fastify/compress, by @fastify/static with
// files that were compressed before, and by nginx, where it is installed.
import { makeFolder } from './files.mjs';
import { startNginx } from './nginx.mjs';

let made;
/** Made when the first server starts: the file is also imported for its names. */
const folder = () => (made ??= makeFolder()).folder;
const remove = () => made.remove();

/** By variant: the function that starts it. */
export const servers = {
  catzilla: async () => {
    const { staticFiles } = await import('@catzilla/static');
    const app = await fastify();
    await app.register(staticFiles, { root: folder() });
    return listen(app);
  },
  'fastify-compress': async () => {
    const app = await fastify();
    await app.register((await import('@fastify/compress')).default);
    await app.register((await import('@fastify/static')).default, { root: folder() });
    return listen(app);
  },
  'fastify-precompressed': async () => {
    const app = await fastify();
    await app.register((await import('@fastify/static')).default, {
      root: folder(),
      preCompressed: true,
    });
    return listen(app);
  },
  nginx: async () => {
    const { stop, ...server } = await startNginx(folder());
    return {
      ...server,
      stop: async () => {
        await stop();
        remove();
      },
    };
  },
};

async function fastify() {
  const { default: make } = await import('fastify');
  return make({ logger: false });
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    port: app.server.address().port,
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
      remove();
    },
  };
}
