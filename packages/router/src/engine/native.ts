// Engine 'native': our trie over the image of a method's tree, find-my-way for what it defers.
import { encodeTree } from '../image/encode.ts';
import type {
  Constraints,
  Find,
  FindResult,
  Handler,
  LeafHandler,
  Router,
} from '../find-my-way/router.ts';
import { walkOf } from '../find-my-way/router.ts';
import { semanticsFault } from '../find-my-way/semantics.ts';
import {
  DEFERRED,
  DEFER_REASONS,
  MISS,
  WORD_PATH_END,
  loadTrie,
  nativeFailure,
  words,
} from '../native/addon.ts';
import type { DeferReason, NativeTrie } from '../native/addon.ts';
import type { EngineCounts, MethodEngine } from './engine.ts';
import { paramsReader } from './params.ts';
import type { ReadParams } from './params.ts';

/** A route as a hit needs it. */
interface Leaf {
  readonly handler: Handler;
  readonly store: unknown;
  readonly params: ReadParams;
}

/** Makes the native engine of a method, or says why it cannot be had. */
export function nativeEngine(
  router: Router,
  method: string,
  routes: number,
): MethodEngine | string {
  const unavailable = nativeFailure() ?? semanticsFault(router);
  if (unavailable !== undefined) return unavailable;
  // find-my-way then refuses even an empty parameter.
  if (router.maxParamLength < 0) return 'maxParamLength is below 0';
  const start = performance.now();
  const encoded = encodeTree(router, router.trees[method]!);
  const trie = loadTrie(encoded.image);
  if (trie === undefined) return 'the addon refused the image';
  const counts = noCounts();
  return {
    method,
    name: 'native',
    routes,
    find: nativeFind(router, method, { trie, leaves: encoded.leaves, counts }),
    buildMs: performance.now() - start,
    native: {
      imageBytes: encoded.image.length,
      decided: encoded.decided,
      deferred: encoded.deferred,
      omitted: encoded.omitted,
      counts,
      image: encoded.image,
      findBatch: trie.findBatch,
      storeOf: (route) => encoded.leaves[route]?.store,
    },
  };
}

function noCounts(): EngineCounts {
  const names: readonly (DeferReason | 'derived')[] = [...DEFER_REASONS, 'derived'];
  const deferred = Object.fromEntries(names.map((name) => [name, 0]));
  return { hits: 0, misses: 0, deferred: deferred as EngineCounts['deferred'] };
}

function makeLeaf({ handler, store, params }: LeafHandler): Leaf {
  return { handler, store, params: paramsReader(params) };
}

/** What a find works with. */
interface Matching {
  readonly trie: NativeTrie;
  /** By route number. */
  readonly leaves: readonly LeafHandler[];
  readonly counts: EngineCounts;
}

// HOT: benchmarks/router
function nativeFind(router: Router, method: string, { trie, leaves, counts }: Matching): Find {
  const findRoute = trie.find;
  // Made when first hit: of a very large table, most routes are not, and it has to start.
  const hit: (Leaf | undefined)[] = leaves.map(() => undefined);
  const walk = walkOf(router);
  const parseQuery = router.querystringParser;
  const mustMatch = Object.values(router.constrainer.strategies)
    .filter(({ mustMatchWhenDerived }) => mustMatchWhenDerived)
    .map(({ name }) => name);
  return (target, derived): FindResult | null => {
    if (derived !== undefined && hasAny(derived, mustMatch)) {
      counts.deferred.derived++;
      return walk.call(router, method, target, derived);
    }
    const route = findRoute(target);
    if (route >= 0) {
      counts.hits++;
      const leaf = (hit[route] ??= makeLeaf(leaves[route]!));
      const pathEnd = words[WORD_PATH_END]!;
      const params = leaf.params(target);
      return {
        handler: leaf.handler,
        store: leaf.store,
        params,
        searchParams: parseQuery(pathEnd < target.length ? target.slice(pathEnd + 1) : ''),
      };
    }
    if (route === MISS) {
      counts.misses++;
      return null;
    }
    counts.deferred[DEFER_REASONS[DEFERRED - route]!]++;
    return walk.call(router, method, target, derived);
  };
}

function hasAny(derived: Constraints, names: readonly string[]): boolean {
  for (const name of names) if (derived[name] !== undefined) return true;
  return false;
}
