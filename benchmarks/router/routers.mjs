// How each router is built, with the settings that serve it best. One per process: what is not measured is not even imported.
// Every loader gives build(table), which answers { find, idOf, valueOf, state? }: find(url) is the router's own call with its
// own result (null, undefined or an empty one for a miss), from which idOf(found) and valueOf(found, name, at) read the id
// of the route and a parameter. state() tells what the router chose for itself.

const METHOD = 'GET';

const loaders = {
  /** Fastify's router, as Fastify has it: its tree is walked by each lookup. */
  async walk() {
    const plain = await plainRouters();
    return (table) => likeFindMyWay(plain(table));
  },

  /** The same with code generated from its tree, as with Fastify's `routerOptions.compile`. */
  async compile() {
    const plain = await plainRouters();
    return (table) => likeFindMyWay(plain(table).compile());
  },

  async memoirist() {
    const { Memoirist } = await import('memoirist');
    return (table) => {
      const router = new Memoirist();
      table.forEach(({ pattern }, id) => router.add(METHOD, pattern, { id }));
      return {
        find: (url) => router.find(METHOD, url),
        idOf: (found) => found.store.id,
        valueOf: (found, name) => found.params[name],
      };
    };
  },

  async rou3() {
    const { createRouter, addRoute, findRoute } = await import('rou3');
    return (table) => {
      const router = createRouter();
      table.forEach(({ pattern }, id) => addRoute(router, METHOD, pattern, { id }));
      return likeRou3((url) => findRoute(router, METHOD, url));
    };
  },

  /** With the matcher it generates. */
  async 'rou3-compiled'() {
    const { createRouter, addRoute } = await import('rou3');
    const { compileRouter } = await import('rou3/compiler');
    return (table) => {
      const router = createRouter();
      table.forEach(({ pattern }, id) => addRoute(router, METHOD, pattern, { id }));
      const find = compileRouter(router);
      return likeRou3((url) => find(METHOD, url));
    };
  },

  /** What `new Hono()` has: the first of RegExpRouter and TrieRouter that takes the table. */
  async hono() {
    const { SmartRouter } = await import('hono/router/smart-router');
    const { RegExpRouter } = await import('hono/router/reg-exp-router');
    const { TrieRouter } = await import('hono/router/trie-router');
    return (table) => {
      const router = new SmartRouter({ routers: [new RegExpRouter(), new TrieRouter()] });
      table.forEach(({ pattern }, id) => router.add(METHOD, pattern, { id }));
      // It is built when it is first asked.
      router.match(METHOD, '/');
      return {
        find: (url) => router.match(METHOD, url),
        idOf: ([handlers]) => handlers[0]?.[0].id,
        // As request.param() reads them: a parameter is a value, or where it stands in the match of the expression.
        valueOf([handlers, stash], name) {
          const key = handlers[0][1][name];
          return stash === undefined ? key : stash[key];
        },
        state: () => router.activeRouter.name,
      };
    };
  },

  async 'koa-tree-router'() {
    const { default: Router } = await import('koa-tree-router');
    return (table) => {
      const router = new Router();
      table.forEach(({ pattern }, id) => router.on(METHOD, pattern, handleOf(id)));
      return {
        find: (url) => router.find(METHOD, url),
        idOf: (found) => found.handle?.[0].id,
        valueOf: (found, _name, at) => found.params[at].value,
      };
    };
  },

  /** Express 5: path-to-regexp's compiled match of one route after the other, with the options its router sets. */
  async linear() {
    const { match } = await import('path-to-regexp');
    const options = { sensitive: false, end: true, trailing: true, decode: decodeParameter };
    return (table) => {
      const layers = table.map(({ pattern }, id) => ({ id, match: match(pattern, options) }));
      return {
        find(url) {
          for (let at = 0; at < layers.length; at++) {
            const matched = layers[at].match(url);
            if (matched !== false) return { id: layers[at].id, params: matched.params };
          }
          return null;
        },
        idOf: (found) => found.id,
        valueOf: (found, name) => found.params[name],
      };
    };
  },

  /** Ours where Fastify uses it: `find` of a find-my-way router, replaced. */
  auto: () => accelerated('auto'),
  native: () => accelerated('native'),
  /** Ours without Fastify. */
  'table-auto': () => ownTable('auto'),
  'table-native': () => ownTable('native'),
};

export const ROUTERS = Object.keys(loaders);

/**
 * Imports a router.
 * @param {string} name of ROUTERS
 * @returns {Promise<(table: { pattern: string }[]) => object>} build; it throws what the router throws at a table that it
 *   does not take
 */
export function loadRouter(name) {
  const loader = loaders[name];
  if (loader === undefined) throw new Error(`unknown router ${name}`);
  return loader();
}

/** @returns build(table) of a find-my-way router; `store` has the id of a route */
export async function plainRouters() {
  const { default: findMyWay } = await import('find-my-way');
  const handler = () => undefined;
  return (table) => {
    const router = findMyWay();
    table.forEach(({ pattern }, id) => router.on(METHOD, pattern, {}, handler, { id }));
    return router;
  };
}

async function accelerated(engine) {
  const { accelerate } = await import('@catzilla/router');
  const plain = await plainRouters();
  return (table) => {
    const router = plain(table);
    const [made] = accelerate(router, { engine }).engines;
    return { ...likeFindMyWay(router), state: () => stateOf(made) };
  };
}

async function ownTable(engine) {
  const { RouteTable } = await import('@catzilla/router');
  return (table) => {
    const routes = new RouteTable({ engine });
    table.forEach(({ pattern }, id) => routes.add(METHOD, pattern, { id }));
    const built = routes.build();
    return {
      find: (url) => built.find(METHOD, url),
      idOf: (found) => found.value.id,
      valueOf: (found, name) => found.params[name],
      state: () => built.stats().methods[METHOD].engine,
    };
  };
}

/** The engine at work; what native code leaves to find-my-way is not what its row says. */
function stateOf({ name, reason, native }) {
  const deferred = Object.values(native?.counts.deferred ?? {}).reduce((sum, one) => sum + one, 0);
  if (deferred > 0) throw new Error(`expected native code to decide all, it deferred ${deferred}`);
  return reason === undefined ? name : `${name}: ${reason}`;
}

function likeFindMyWay(router) {
  return {
    find: (url) => router.find(METHOD, url),
    idOf: (found) => found.store.id,
    valueOf: (found, name) => found.params[name],
  };
}

function likeRou3(find) {
  return {
    find,
    idOf: (found) => found.data.id,
    valueOf: (found, name) => found.params[name],
  };
}

function handleOf(id) {
  const handle = () => undefined;
  handle.id = id;
  return handle;
}

/** As Express's router decodes them. */
function decodeParameter(value) {
  return value.includes('%') ? decodeURIComponent(value) : value;
}
