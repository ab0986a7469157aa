// The ways to find routes that are compared with find-my-way's walk.
import { accelerate } from '../../src/engine/accelerate.ts';
import { makeEngines } from '../../src/engine/choose.ts';
import type { EngineChoice, EngineCounts, MethodEngine } from '../../src/engine/engine.ts';
import { errors } from '../../src/errors.ts';
import type { Router } from '../../src/find-my-way/router.ts';
import type { Question, Subject } from './differential.ts';
import { outcomeOf } from './routers.ts';

// Low, so that small tables take the engines of large ones.
const limits = { nativeThreshold: 1, compileLimit: 1000 };

/** What native code did in all subjects so far. */
export const nativeCounts: { decided: number; readonly deferred: Record<string, number> } = {
  decided: 0,
  deferred: {},
};

/** An engine by itself; none when find-my-way cannot compile the table. */
export function engineSubject(router: Router, engine: EngineChoice): readonly Subject[] {
  let engines: Map<string, MethodEngine>;
  try {
    engines = makeEngines(router, { ...limits, engine });
  } catch (error) {
    if (error instanceof errors.COMPILE_UNAVAILABLE && engine === 'compile') return [];
    throw error;
  }
  return [
    {
      title: `engine ${engine}`,
      answer: ({ method, url, derived }) =>
        outcomeOf(() => engines.get(method)?.find(url, derived) ?? null),
      end: () => engines.forEach(({ native }) => count(native?.counts)),
    },
  ];
}

/** The router itself, accelerated; its own method is called. */
export function acceleratedSubject(router: Router, engine: EngineChoice): readonly Subject[] {
  const { restore } = accelerate(router, { engine, nativeThreshold: 1 });
  return [
    {
      title: `a router accelerated by ${engine}`,
      answer: ({ method, url, derived }: Question) =>
        outcomeOf(() => router.find(method, url, derived)),
      end: restore,
    },
  ];
}

function count(counts: EngineCounts | undefined): void {
  if (counts === undefined) return;
  nativeCounts.decided += counts.hits + counts.misses;
  for (const [reason, times] of Object.entries(counts.deferred)) {
    nativeCounts.deferred[reason] = (nativeCounts.deferred[reason] ?? 0) + times;
  }
}
