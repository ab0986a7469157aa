// Random graphs against a model that knows only the edges: who was made how often, and who went before whom.
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asyncToken, defineContainer, lazy, token } from '../src/index.ts';
import type {
  AsyncToken,
  Container,
  Definition,
  Dependency,
  Lazy,
  Scope,
  Token,
} from '../src/index.ts';

interface Node {
  readonly id: number;
  readonly lifetime: 'singleton' | 'scoped' | 'transient';
  readonly isAsync: boolean;
  readonly isSlow: boolean;
  readonly strict: readonly number[];
  readonly later: readonly number[];
  readonly hasDisposer: boolean;
  readonly isSlowToEnd: boolean;
  readonly fails: boolean;
}

interface Made {
  readonly node: Node;
  readonly handles: readonly (Lazy<unknown> | undefined)[];
  readonly uses: readonly Made[];
  readonly serial: number;
}

const LIFETIMES = ['singleton', 'scoped', 'transient'] as const;

// Strict edges lead to earlier nodes, so there is no strict cycle; lazy ones lead anywhere.
const graphs = fc
  .array(
    fc.record({
      lifetime: fc.constantFrom(...LIFETIMES),
      wantsAsync: fc.boolean(),
      isSlow: fc.boolean(),
      strict: fc.array(fc.nat(), { maxLength: 4 }),
      later: fc.array(fc.nat(), { maxLength: 2 }),
      wantsDisposer: fc.boolean(),
      isSlowToEnd: fc.boolean(),
      fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((raw) => {
    const nodes: Node[] = [];
    const held = heldBySingletons(raw);
    for (const [id, one] of raw.entries()) {
      const isSingleton = one.lifetime === 'singleton';
      const canHold = (other: number): boolean =>
        !isSingleton && !held.has(id)
          ? true
          : raw[other]!.lifetime !== 'scoped' &&
            (raw[other]!.lifetime === 'singleton' || held.has(other));
      const strict = id === 0 ? [] : [...new Set(one.strict.map((n) => n % id))].filter(canHold);
      const later = [...new Set(one.later.map((n) => n % raw.length))].filter(
        (n) => n !== id && canHold(n),
      );
      const isAsync =
        !isSingleton && !held.has(id) && (one.wantsAsync || strict.some((n) => nodes[n]!.isAsync));
      const hasDisposer = one.wantsDisposer && !(held.has(id) && one.lifetime === 'transient');
      nodes.push({
        id,
        lifetime: one.lifetime,
        isAsync,
        isSlow: one.isSlow,
        strict,
        later,
        hasDisposer,
        isSlowToEnd: one.isSlowToEnd,
        fails: one.fails,
      });
    }
    return nodes;
  });

// Every third transient may be held by singletons: it then holds nothing scoped, is synchronous and has no disposer.
function heldBySingletons(raw: readonly { lifetime: string }[]): Set<number> {
  return new Set(
    raw.flatMap(({ lifetime }, i) => (lifetime === 'transient' && i % 3 === 0 ? [i] : [])),
  );
}

interface World {
  readonly made: Made[];
  readonly gone: Made[];
  readonly tokens: (Token<Made> | AsyncToken<Made>)[];
  definition: Definition;
}

function worldOf(nodes: readonly Node[]): World {
  const tokens = nodes.map(({ id, isAsync }) =>
    isAsync ? asyncToken<Made>(`n${id}`) : token<Made>(`n${id}`),
  );
  const world: World = { made: [], gone: [], tokens, definition: defineContainer() };
  for (const node of nodes) {
    const deps: Dependency[] = [
      ...node.strict.map((n) => tokens[n]!),
      ...node.later.map((n) => lazy(tokens[n]!)),
    ];
    const give = (all: readonly unknown[]): Made => {
      const uses = all.slice(0, node.strict.length) as Made[];
      const made = {
        node,
        uses,
        handles: all.slice(node.strict.length) as Lazy<unknown>[],
        serial: world.made.length,
      };
      world.made.push(made);
      return made;
    };
    const canWait = node.isSlow && (node.isAsync || node.lifetime === 'singleton');
    const factory = canWait
      ? async (...all: unknown[]) => (await turn(), give(all))
      : (...all: unknown[]) => give(all);
    const dispose = (one: Made): unknown => {
      world.gone.push(one);
      if (node.fails) throw new Error(`n${node.id}`);
      return node.isSlowToEnd ? turn() : undefined;
    };
    const options = { dispose: node.hasDisposer ? dispose : (false as const) };
    world.definition = world.definition[node.lifetime as 'singleton'](
      tokens[node.id]! as Token<Made>,
      deps,
      factory as never,
      options,
    );
  }
  return world;
}

// Whether one service depends on another over edges of any kind; independent of the code under test.
function reachOf(nodes: readonly Node[]): boolean[][] {
  const reach = nodes.map(({ strict, later }) =>
    nodes.map((_, n) => strict.includes(n) || later.includes(n)),
  );
  for (const k of nodes.keys()) {
    for (const i of nodes.keys()) {
      for (const j of nodes.keys()) reach[i]![j] ||= reach[i]![k]! && reach[k]![j]!;
    }
  }
  return reach;
}

async function useAll(
  scope: Scope,
  world: World,
  wanted: readonly number[],
  isDeep: boolean,
): Promise<void> {
  for (const n of wanted) {
    const made = await scope.get(world.tokens[n % world.tokens.length] as AsyncToken<Made>);
    if (isDeep) for (const handle of made.handles) await handle?.get();
  }
}

function checkOrder(
  world: World,
  nodes: readonly Node[],
  frames: readonly ReadonlySet<Made>[],
): void {
  const at = new Map(world.gone.map((one, i) => [one, i]));
  const reach = reachOf(nodes);
  for (const user of world.gone) {
    for (const used of through(user.uses)) {
      if (at.has(used))
        expect(at.get(user)!, `n${user.node.id} after n${used.node.id}`).toBeLessThan(
          at.get(used)!,
        );
    }
    // Over lazy edges within one frame, unless they are part of a cycle.
    for (const n of user.node.later) {
      if (reach[n]![user.node.id]) continue;
      for (const used of frames.find((frame) => frame.has(user)) ?? []) {
        if (used.node.id !== n || !at.has(used)) continue;
        expect(at.get(user)!, `n${user.node.id} after lazy n${n}`).toBeLessThan(at.get(used)!);
      }
    }
  }
}

// All that an instance uses, also through those that are not disposed themselves.
function through(uses: readonly Made[]): Set<Made> {
  const all = new Set(uses);
  for (const one of all) for (const next of one.uses) all.add(next);
  return all;
}

const runs = fc.record({
  nodes: graphs,
  scopes: fc.array(
    fc.record({ wanted: fc.array(fc.nat(), { maxLength: 6 }), isDeep: fc.boolean() }),
    { minLength: 1, maxLength: 3 },
  ),
});

describe('random graphs', () => {
  it('make each service as often as they must, and dispose each once, never before who uses it', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ nodes, scopes }) => {
        const world = worldOf(nodes);
        const container: Container = world.definition.build({ log: quiet });
        expect(container.validate()).toEqual([]);
        await container.start();
        const singletons = new Set(world.made);
        expect(world.made.filter(({ node }) => node.lifetime === 'singleton').length).toBe(
          nodes.filter(({ lifetime }) => lifetime === 'singleton').length,
        );
        const open = scopes.map((one) => ({
          ...one,
          scope: container.createScope(),
          made: new Set<Made>(),
        }));
        for (const { scope, wanted, isDeep, made } of open) {
          const before = world.made.length;
          await useAll(scope, world, wanted, isDeep);
          for (const one of world.made.slice(before)) made.add(one);
          const scoped = [...made]
            .filter(({ node }) => node.lifetime === 'scoped')
            .map(({ node }) => node.id);
          expect(new Set(scoped).size, 'one instance of a scoped service').toBe(scoped.length);
          expect(
            [...made].some(({ node }) => node.lifetime === 'singleton'),
            'singletons are made at the start',
          ).toBe(false);
        }
        const failures: unknown[] = [];
        const note = (error: AggregateError): void => void failures.push(...error.errors);
        for (const { scope } of open) await scope.close().catch(note);
        const ofScopes = world.gone.length;
        expect(world.gone.every(({ node }) => node.lifetime !== 'singleton')).toBe(true);
        await container.close().catch(note);
        expect(world.gone.slice(ofScopes).every((one) => singletons.has(one))).toBe(true);

        const expected = world.made.filter(({ node }) => node.hasDisposer);
        expect(new Set(world.gone).size, 'each at most once').toBe(world.gone.length);
        expect(world.gone.length, 'each at least once').toBe(expected.length);
        expect(failures.length).toBe(expected.filter(({ node }) => node.fails).length);
        checkOrder(world, nodes, [singletons, ...open.map(({ made }) => made)]);
        for (const [i, { live, created, disposed, disposeErrors }] of container
          .stats()
          .tokens.entries()) {
          const made = world.made.filter(({ node }) => node.id === i);
          expect({ live, created }).toEqual({ live: 0, created: made.length });
          expect(disposed + disposeErrors).toBe(made.filter(({ node }) => node.hasDisposer).length);
        }
      }),
      { numRuns: 300, seed: 20_261_126 },
    );
  });

  it('report a strict cycle exactly when there is one', () => {
    const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 14 });
    fc.assert(
      fc.property(edges, (all) => {
        const tokens = Array.from({ length: 8 }, (_, i) => token<object>(`n${i}`));
        let definition = defineContainer();
        for (const [i, one] of tokens.entries()) {
          const deps = all
            .filter(([from]) => from === i)
            .map(([, to, isLazy]) => (isLazy ? lazy(tokens[to]!) : tokens[to]!));
          definition = definition.scoped(one, deps, () => ({}));
        }
        const faults = definition.validate();
        const strict = tokens.map((_, i) =>
          tokens.map((__, j) =>
            all.some(([from, to, isLazy]) => from === i && to === j && !isLazy),
          ),
        );
        for (const k of tokens.keys()) {
          for (const i of tokens.keys())
            for (const j of tokens.keys()) strict[i]![j] ||= strict[i]![k]! && strict[k]![j]!;
        }
        // Knots: classes of nodes that reach each other.
        const knots = new Set(
          tokens.flatMap((_, i) =>
            strict[i]![i] ? [tokens.findIndex((__, j) => strict[i]![j]! && strict[j]![i]!)] : [],
          ),
        );
        expect(faults.length).toBe(knots.size);
        for (const { code, path } of faults) {
          expect(code).toBe('CATZ_DI_CYCLE');
          expect(path[0]).toBe(path.at(-1));
          for (const [a, b] of path.slice(1).map((name, i) => [path[i]!, name])) {
            expect(
              all.some(([from, to, isLazy]) => !isLazy && `n${from}` === a && `n${to}` === b),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 500, seed: 20_261_126 },
    );
  });

  it('report a captive dependency exactly when a singleton reaches something scoped through transients', () => {
    const shape = fc.array(
      fc.record({
        lifetime: fc.constantFrom(...LIFETIMES),
        deps: fc.array(fc.nat(), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(shape, (raw) => {
        const tokens = raw.map((_, i) => token<object>(`n${i}`));
        const edges = raw.map(({ deps }, i) => (i === 0 ? [] : deps.map((n) => n % i)));
        let definition = defineContainer();
        for (const [i, { lifetime }] of raw.entries()) {
          definition = definition[lifetime as 'scoped'](
            tokens[i]!,
            edges[i]!.map((n) => tokens[n]!),
            () => ({}),
          );
        }
        const reachesScoped = (i: number): Set<number> =>
          new Set(
            edges[i]!.flatMap((n) =>
              raw[n]!.lifetime === 'scoped'
                ? [n]
                : raw[n]!.lifetime === 'transient'
                  ? [...reachesScoped(n)]
                  : [],
            ),
          );
        const expected = raw.flatMap(({ lifetime }, i) =>
          lifetime === 'singleton' ? [...reachesScoped(i)].map((n) => `n${i} n${n}`) : [],
        );
        const found = definition.validate().map(({ path }) => `${path[0]} ${path.at(-1)}`);
        expect(found.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 500, seed: 20_261_126 },
    );
  });
});

const nothing = (): void => {};
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };
