// How each container is set up and asked, with the settings that serve it best. One per process: what is not measured is not even
// imported. Every loader gives an object of
// { open(), resolve(scope), end(scope), getOne(scope), disposes }: resolve gets all five services and gives what `use` says of
// them; end gives a promise where there is something to wait for; disposes: whether `end` disposes anything at all.
import { makeServices, SCOPED, SINGLETONS, use } from './services.mjs';

const NAMES = Object.keys(SCOPED);

const loaders = {
  /** What one writes without a container, for this graph alone. */
  async hand(classes) {
    const { User, Tx, Repo, Audit, Orders } = byClassName(classes);
    const config = new classes.config();
    const db = new classes.db(config);
    return {
      open: () => ({ user: undefined, all: undefined }),
      resolve(scope) {
        const user = (scope.user = new User(config));
        const tx = new Tx(db);
        const repo = new Repo(db, tx);
        const audit = new Audit(tx, user);
        const orders = new Orders(repo, audit, user);
        scope.all = [orders, audit, repo, tx, user];
        return use(user, tx, repo, audit, orders);
      },
      end: ({ all }) => (all === undefined ? undefined : endAll(all)),
      getOne: ({ user }) => user,
      disposes: true,
    };
  },

  async catzilla(classes) {
    const { container, tokens } = await ours(classes);
    const { user, tx, repo, audit, orders } = tokens;
    return {
      open: () => container.createScope(),
      resolve: (scope) =>
        use(scope.get(user), scope.get(tx), scope.get(repo), scope.get(audit), scope.get(orders)),
      end: (scope) => scope.dispose(),
      getOne: (scope) => scope.get(user),
      disposes: true,
    };
  },
  /** What handlers of `inject` do. */
  async 'catzilla-list'(classes) {
    const { container, tokens } = await ours(classes);
    const injector = container.injector(NAMES.map((name) => tokens[name]));
    return {
      open: () => container.createScope(),
      resolve(scope) {
        const [user, tx, repo, audit, orders] = injector.resolve(scope);
        return use(user, tx, repo, audit, orders);
      },
      end: (scope) => scope.dispose(),
      getOne: (scope) => scope.get(tokens.user),
      disposes: true,
    };
  },
  /** With the call that also waits for what is held: always a promise. */
  async 'catzilla-close'(classes) {
    const contestant = await loaders.catzilla(classes);
    return { ...contestant, end: (scope) => scope.close() };
  },

  'awilix-proxy': (classes) => awilix(classes, 'PROXY'),
  'awilix-classic': (classes) => awilix(classes, 'CLASSIC'),

  async tsyringe(classes) {
    await import('reflect-metadata');
    const { container: global, inject, injectable, Lifecycle } = await import('tsyringe');
    const root = global.createChildContainer();
    const lifecycles = { ...all(SINGLETONS, Lifecycle.Singleton) };
    for (const name of NAMES) lifecycles[name] = Lifecycle.ContainerScoped;
    for (const [name, needs] of graph()) {
      decorateWith(classes[name], needs, inject, injectable);
      root.register(name, { useClass: classes[name] }, { lifecycle: lifecycles[name] });
    }
    return {
      open: () => root.createChildContainer(),
      resolve: (scope) => use(...NAMES.map((name) => scope.resolve(name))),
      end: (scope) => scope.dispose(),
      getOne: (scope) => scope.resolve('user'),
      disposes: true,
    };
  },

  /** The scoped ones are provided anew by each scope: that is how it has scopes. */
  async 'typed-inject'(classes) {
    const { createInjector } = await import('typed-inject');
    for (const [name, needs] of graph()) classes[name].inject = needs;
    const { config, db, user, tx, repo, audit, orders } = classes;
    const root = createInjector().provideClass('config', config).provideClass('db', db);
    return {
      open() {
        const child = root.createChildInjector();
        const last = child
          .provideClass('user', user)
          .provideClass('tx', tx)
          .provideClass('repo', repo)
          .provideClass('audit', audit)
          .provideClass('orders', orders);
        return { child, last };
      },
      resolve: ({ last }) =>
        use(
          last.resolve('user'),
          last.resolve('tx'),
          last.resolve('repo'),
          last.resolve('audit'),
          last.resolve('orders'),
        ),
      end: ({ child }) => child.dispose(),
      getOne: ({ last }) => last.resolve('user'),
      disposes: true,
    };
  },

  /** It cannot dispose. */
  async needle(classes) {
    const { Container, InjectionToken } = await import('@needle-di/core');
    const tokens = Object.fromEntries(graph().map(([name]) => [name, new InjectionToken(name)]));
    const factoryOf = (name, needs) => ({
      provide: tokens[name],
      useFactory: (container) =>
        new classes[name](...needs.map((need) => container.get(tokens[need]))),
    });
    const root = new Container();
    for (const [name, needs] of Object.entries(SINGLETONS)) root.bind(factoryOf(name, needs));
    const scoped = Object.entries(SCOPED).map(([name, needs]) => factoryOf(name, needs));
    const { user, tx, repo, audit, orders } = tokens;
    return {
      open: () => root.createChild().bindAll(...scoped),
      resolve: (scope) =>
        use(scope.get(user), scope.get(tx), scope.get(repo), scope.get(audit), scope.get(orders)),
      end: () => undefined,
      getOne: (scope) => scope.get(user),
      disposes: false,
    };
  },

  /** A request is one get there: what is bound in request scope is one instance within it. It cannot dispose. */
  async 'inversify-request'(classes) {
    const { root, bindAll } = await inversify(classes);
    bindAll(root, SCOPED, (bound) => bound.inRequestScope());
    return {
      open: () => root,
      resolve(scope) {
        const orders = scope.get('orders');
        const { repo, audit, user } = orders;
        return use(user, repo.tx, repo, audit, orders);
      },
      end: () => undefined,
      getOne: (scope) => scope.get('user'),
      disposes: false,
    };
  },
  /** A child container for each request: the way that has disposers. */
  async 'inversify-child'(classes, isAsync) {
    const { Container, root, bindAll } = await inversify(classes);
    return {
      open() {
        const child = new Container({ parent: root });
        bindAll(child, SCOPED, (bound) =>
          bound.inSingletonScope().onDeactivation((one) => one.dispose()),
        );
        return child;
      },
      resolve: (scope) => use(...NAMES.map((name) => scope.get(name))),
      end: (scope) => (isAsync ? scope.unbindAllAsync() : scope.unbindAll()),
      getOne: (scope) => scope.get('user'),
      disposes: true,
    };
  },
};

export const CONTAINERS = Object.keys(loaders);

/**
 * Sets a container up.
 * @param {string} name of CONTAINERS
 * @param isAsync whether disposers give promises
 */
export function loadContainer(name, isAsync = false) {
  const loader = loaders[name];
  if (loader === undefined) throw new Error(`unknown container ${name}`);
  return loader(makeServices(isAsync), isAsync);
}

/** Our definition of the graph, and its tokens by name. */
export async function define(classes) {
  const { defineContainer, token } = await import('@catzilla/di');
  const tokens = Object.fromEntries(graph().map(([name]) => [name, token(name)]));
  let definition = defineContainer({ name: 'bench' });
  for (const [name, needs] of Object.entries(SINGLETONS)) {
    definition = definition.singleton(...provided(name, needs));
  }
  for (const [name, needs] of Object.entries(SCOPED)) {
    definition = definition.scoped(...provided(name, needs), { dispose: (one) => one.dispose() });
  }
  return { definition, tokens };

  function provided(name, needs) {
    const Type = classes[name];
    return [
      tokens[name],
      needs.map((need) => tokens[need]),
      [
        () => new Type(),
        (a) => new Type(a),
        (a, b) => new Type(a, b),
        (a, b, c) => new Type(a, b, c),
      ][needs.length],
    ];
  }
}

async function ours(classes) {
  const { definition, tokens } = await define(classes);
  return { container: await definition.start(), tokens };
}

/** A container of awilix with the graph, in one of its two modes of injection. */
export async function awilixContainer(classes, mode) {
  const { asFunction, createContainer, InjectionMode } = await import('awilix');
  const container = createContainer({ injectionMode: InjectionMode[mode] });
  const { config, db, user, tx, repo, audit, orders } = classes;
  // CLASSIC reads the names of parameters, PROXY hands out one object.
  const factories =
    mode === 'CLASSIC'
      ? {
          config: () => new config(),
          db: (config) => new db(config),
          user: (config) => new user(config),
          tx: (db) => new tx(db),
          repo: (db, tx) => new repo(db, tx),
          audit: (tx, user) => new audit(tx, user),
          orders: (repo, audit, user) => new orders(repo, audit, user),
        }
      : {
          config: () => new config(),
          db: (cradle) => new db(cradle.config),
          user: (cradle) => new user(cradle.config),
          tx: (cradle) => new tx(cradle.db),
          repo: (cradle) => new repo(cradle.db, cradle.tx),
          audit: (cradle) => new audit(cradle.tx, cradle.user),
          orders: (cradle) => new orders(cradle.repo, cradle.audit, cradle.user),
        };
  for (const [name] of graph()) {
    const made = asFunction(factories[name]);
    const isScoped = name in SCOPED;
    container.register(
      name,
      isScoped ? made.scoped().disposer((one) => one.dispose()) : made.singleton(),
    );
  }
  return container;
}

async function awilix(classes, mode) {
  const root = await awilixContainer(classes, mode);
  return {
    open: () => root.createScope(),
    resolve: (scope) =>
      use(
        scope.resolve('user'),
        scope.resolve('tx'),
        scope.resolve('repo'),
        scope.resolve('audit'),
        scope.resolve('orders'),
      ),
    end: (scope) => scope.dispose(),
    getOne: (scope) => scope.resolve('user'),
    disposes: true,
  };
}

async function inversify(classes) {
  await import('reflect-metadata');
  const { Container, decorate, inject, injectable } = await import('inversify');
  for (const [name, needs] of graph()) {
    decorate(injectable(), classes[name]);
    needs.forEach((need, at) => decorate(inject(need), classes[name], at));
  }
  const bindAll = (container, names, scoped) => {
    for (const name of Object.keys(names)) scoped(container.bind(name).to(classes[name]));
  };
  const root = new Container();
  bindAll(root, SINGLETONS, (bound) => bound.inSingletonScope());
  return { Container, root, bindAll };
}

/** Decorators called by hand, with what the compiler of TypeScript would have told of the constructor. */
export function decorateWith(Type, needs, inject, injectable) {
  const parameters = needs.map(() => Object);
  Reflect.defineMetadata('design:paramtypes', parameters, Type);
  needs.forEach((need, at) => inject(need)(Type, undefined, at));
  injectable()(Type);
}

function graph() {
  return [...Object.entries(SINGLETONS), ...Object.entries(SCOPED)];
}

function all(names, value) {
  return Object.fromEntries(Object.keys(names).map((name) => [name, value]));
}

function byClassName(classes) {
  return Object.fromEntries(Object.values(classes).map((Type) => [Type.name, Type]));
}

/** In the order given, each awaited if it has to be. */
function endAll(services) {
  for (let at = 0; at < services.length; at++) {
    const ended = services[at].dispose();
    if (ended !== undefined) return endLater(services, at + 1, ended);
  }
  return undefined;
}

async function endLater(services, from, first) {
  await first;
  for (let at = from; at < services.length; at++) await services[at].dispose();
}
