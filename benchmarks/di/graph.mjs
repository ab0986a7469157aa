// What starting an application of a thousand services costs: a graph is described, checked where the container can, and every
// singleton made, in a process of its own in which nothing has been compiled yet.
import { answer, readTask } from '../lib/child.mjs';
import { processCpu } from '../lib/clocks.mjs';
import { seeded } from '../lib/random.mjs';

const SEED = 7001;
const MOST_NEEDS = 3;
/** Only the services before, and not too far: so that the graph is neither a chain nor flat. */
const REACH = 40;

const loaders = {
  async hand() {
    return (nodes) => {
      const made = new Map();
      for (const { name, needs, make } of nodes) {
        made.set(name, make(needs.map((need) => made.get(need))));
      }
      return { weigh: (name) => made.get(name).weight };
    };
  },

  /** Described in one go, checked as a whole, then started: everything is made at the start. */
  async catzilla() {
    const { defineContainer, token } = await import('@catzilla/di');
    return async (nodes, mark) => {
      const tokens = new Map(nodes.map(({ name }) => [name, token(name)]));
      const tokenOf = (name) => tokens.get(name);
      let definition = defineContainer({ name: 'bench' });
      for (const { name, needs, make } of nodes) {
        definition = definition.singleton(tokenOf(name), needs.map(tokenOf), (...uses) =>
          make(uses),
        );
      }
      const container = definition.build();
      mark('defined');
      const faults = container.validate();
      if (faults.length > 0)
        throw new Error(`expected a graph without faults, got ${faults[0].message}`);
      mark('checked');
      await container.start();
      return { weigh: (name) => container.get(tokenOf(name)).weight };
    };
  },

  async awilix() {
    const { asFunction, createContainer, InjectionMode } = await import('awilix');
    return (nodes, mark) => {
      const container = createContainer({ injectionMode: InjectionMode.PROXY, strict: true });
      for (const { name, needs, make } of nodes) {
        container.register(
          name,
          asFunction((cradle) => make(needs.map((need) => cradle[need]))).singleton(),
        );
      }
      mark('defined');
      for (const { name } of nodes) container.resolve(name);
      return { weigh: (name) => container.resolve(name).weight };
    };
  },

  async tsyringe() {
    await import('reflect-metadata');
    const { container: global, instanceCachingFactory } = await import('tsyringe');
    return (nodes, mark) => {
      const container = global.createChildContainer();
      for (const { name, needs, make } of nodes) {
        const useFactory = (self) => make(needs.map((need) => self.resolve(need)));
        container.register(name, { useFactory: instanceCachingFactory(useFactory) });
      }
      mark('defined');
      for (const { name } of nodes) container.resolve(name);
      return { weigh: (name) => container.resolve(name).weight };
    };
  },

  async 'typed-inject'() {
    const { createInjector } = await import('typed-inject');
    return (nodes, mark) => {
      let injector = createInjector();
      for (const { name, needs, make } of nodes) {
        const factory = (...uses) => make(uses);
        factory.inject = needs;
        injector = injector.provideFactory(name, factory);
      }
      mark('defined');
      for (const { name } of nodes) injector.resolve(name);
      return { weigh: (name) => injector.resolve(name).weight };
    };
  },

  async needle() {
    const { Container, InjectionToken } = await import('@needle-di/core');
    return (nodes, mark) => {
      const tokens = new Map(nodes.map(({ name }) => [name, new InjectionToken(name)]));
      const container = new Container();
      for (const { name, needs, make } of nodes) {
        const useFactory = (self) => make(needs.map((need) => self.get(tokens.get(need))));
        container.bind({ provide: tokens.get(name), useFactory });
      }
      mark('defined');
      for (const { name } of nodes) container.get(tokens.get(name));
      return { weigh: (name) => container.get(tokens.get(name)).weight };
    };
  },

  async inversify() {
    await import('reflect-metadata');
    const { Container } = await import('inversify');
    return (nodes, mark) => {
      const container = new Container();
      for (const { name, needs, make } of nodes) {
        const makeIt = ({ get }) => make(needs.map((need) => get(need)));
        container.bind(name).toDynamicValue(makeIt).inSingletonScope();
      }
      mark('defined');
      for (const { name } of nodes) container.get(name);
      return { weigh: (name) => container.get(name).weight };
    };
  },
};

const { container, size } = readTask();
const nodes = makeNodes(size);
const start = await loaders[container]();
const marks = {};
const cpu = processCpu();
const began = performance.now();
try {
  const started = await start(nodes, (name) => (marks[name] = performance.now() - began));
  const wallMs = performance.now() - began;
  const processMs = (processCpu() - cpu) / 1e6;
  verify(started);
  const { defined, checked } = marks;
  answer({
    processMs,
    wallMs,
    definedMs: defined,
    checkedMs: checked === undefined ? undefined : checked - defined,
    startedMs: defined === undefined ? undefined : wallMs - (checked ?? defined),
  });
} catch (error) {
  answer({ refused: `${error.name}: ${error.message}` });
}

/** @returns [{ name, needs, make }], dependencies first; a service weighs one and what it is made of */
function makeNodes(count) {
  const random = seeded(SEED);
  return Array.from({ length: count }, (_, at) => {
    const needs = new Set();
    for (let n = Math.floor(random() * (MOST_NEEDS + 1)); n > 0 && at > 0; n--) {
      needs.add(`service${at - 1 - Math.floor(random() * Math.min(at, REACH))}`);
    }
    return { name: `service${at}`, needs: [...needs], make: (uses) => ({ weight: weigh(uses) }) };
  });
}

function weigh(uses) {
  return uses.reduce((sum, { weight }) => (sum + weight) % 1_000_003, 1);
}

function verify({ weigh: got }) {
  const weights = new Map();
  for (const { name, needs } of nodes) {
    weights.set(name, weigh(needs.map((need) => ({ weight: weights.get(need) }))));
    if (got(name) !== weights.get(name)) throw new Error(`${name}: made of other services`);
  }
}
