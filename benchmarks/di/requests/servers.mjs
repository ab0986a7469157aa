// The servers that are compared, all of Fastify, logging off. The route either asks for nothing of a request's services, or for all
// five, and answers what `use` says of them, so that wrong services are a wrong byte.
import { awilixContainer, define } from '../containers.mjs';
import { makeServices, SCOPED, use } from '../services.mjs';

const NAMES = Object.keys(SCOPED);

export const ANSWER = { id: 7, right: NAMES.length };

/** By variant: the function that starts it and gives { port }. */
export const servers = {
  plain: async () => listen((await makeApp()).get('/one', () => ANSWER)),
  'catzilla-unused': async () => listen((await withCatzilla()).app.get('/one', () => ANSWER)),
  'awilix-unused': async () => listen((await withAwilix()).get('/one', () => ANSWER)),

  /** Services of a request made in the handler, and ended when it has been answered: what one writes without a container. */
  hand: async () => {
    const app = await makeApp();
    const classes = makeServices(false);
    const config = new classes.config();
    const db = new classes.db(config);
    app.decorateRequest('services', null);
    app.addHook('onResponse', (request, reply, done) => {
      const { services } = request;
      for (let at = services.length - 1; at >= 0; at--) services[at].dispose();
      done();
    });
    app.get('/one', (request) => {
      const user = new classes.user(config);
      const tx = new classes.tx(db);
      const repo = new classes.repo(db, tx);
      const audit = new classes.audit(tx, user);
      const orders = new classes.orders(repo, audit, user);
      request.services = [user, tx, repo, audit, orders];
      return { id: ANSWER.id, right: use(...request.services) };
    });
    return listen(app);
  },
  catzilla: async () => {
    const { app, tokens } = await withCatzilla();
    const { inject } = await import('@catzilla/di');
    const handler = (request, reply, ...services) => ({ id: ANSWER.id, right: use(...services) });
    app.get(
      '/one',
      inject(
        NAMES.map((name) => tokens[name]),
        handler,
      ),
    );
    return listen(app);
  },
  awilix: async () => {
    const app = await withAwilix();
    app.get('/one', ({ diScope }) => ({
      id: ANSWER.id,
      right: use(
        diScope.resolve('user'),
        diScope.resolve('tx'),
        diScope.resolve('repo'),
        diScope.resolve('audit'),
        diScope.resolve('orders'),
      ),
    }));
    return listen(app);
  },
};

async function withCatzilla() {
  const { di } = await import('@catzilla/di');
  const { definition, tokens } = await define(makeServices(false));
  const app = await makeApp();
  await app.register(di, { container: definition });
  return { app, tokens };
}

async function withAwilix() {
  const { fastifyAwilixPlugin } = await import('@fastify/awilix');
  const container = await awilixContainer(makeServices(false), 'PROXY');
  const app = await makeApp();
  await app.register(fastifyAwilixPlugin, { container });
  return app;
}

async function makeApp() {
  const { default: fastify } = await import('fastify');
  return fastify({ logger: false });
}

async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: app.server.address().port };
}
