// `lookup` of an accelerated router against the same router before: who is called with what, with constraints that are
// derived at once and later, and with handlers that throw.
import { isDeepStrictEqual, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { accelerate } from '../../src/engine/accelerate.ts';
import type { EngineChoice } from '../../src/engine/engine.ts';
import type { Router } from '../../src/find-my-way/router.ts';
import { randomQuestion } from '../support/differential.ts';
import type { Question } from '../support/differential.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomFrom } from '../support/random.ts';
import { makeRouter } from '../support/routers.ts';

const tables = 150;
const questionsPerTable = 60;

interface LookupRouter extends Router {
  lookup(request: object, response: object, context?: unknown, done?: Done): unknown;
}
type Done = (error: Error | null, result?: unknown) => void;

/** What one lookup came to, as text and values that can be compared. */
type Answer = readonly unknown[];

for (const [way, ask] of [
  ['at once', askAtOnce],
  ['with a callback', askWithCallback],
] as const) {
  it(`calls whom it called before, ${way}, in ${tables * questionsPerTable} lookups`, async () => {
    let handled = 0;
    for (let number = 0; number < tables; number++) {
      const random = randomFrom(number + 7_000_000);
      const kind = { isConstrained: number % 3 !== 0, isAsync: true };
      const table = randomTable(random, kind);
      const router = makeRouter(table, handlerOf) as LookupRouter;
      const questions = Array.from({ length: questionsPerTable }, () =>
        randomQuestion(random, table, kind),
      );
      const plain = await Promise.all(questions.map((question) => ask(router, question)));
      const engine = random.pick<EngineChoice>(['native', 'auto', 'walk']);
      const { restore } = accelerate(router, { engine });
      const accelerated = await Promise.all(questions.map((question) => ask(router, question)));
      restore();
      for (const [i, expected] of plain.entries()) {
        if (isDeepStrictEqual(expected, accelerated[i])) continue;
        const shown = inspect(
          { table, question: questions[i], expected, got: accelerated[i] },
          false,
          9,
        );
        throw new Error(`table ${number} differs with engine ${engine}\n${shown}`);
      }
      handled += plain.filter(([who]) => typeof who === 'number').length;
    }
    expect(handled).toBeGreaterThan((tables * questionsPerTable) / 5);
  });
}

// A handler tells who it is and what it was given; some throw.
function handlerOf(index: number): (this: unknown, ...given: unknown[]) => unknown {
  return function handler(this: unknown, request, response, params, store, searchParams) {
    if (index % 11 === 10) throw new Error(`handler ${index} throws`);
    const context = this === CONTEXT;
    const { calls } = response as { calls: unknown[] };
    calls.push([index, context, Object.entries(params as object), store, searchParams, request]);
    return index;
  };
}

const CONTEXT = {};

function requestOf({ method, url, derived = {} }: Question): object {
  const { host, version, ...rest } = derived;
  return { method, url, headers: { host, 'accept-version': version, ...rest } };
}

function makeResponse(): { calls: unknown[]; statusCode: number; end(): void } {
  const calls: unknown[] = [];
  return { calls, statusCode: 200, end: () => calls.push('ended') };
}

async function askAtOnce(router: LookupRouter, question: Question): Promise<Answer> {
  const response = makeResponse();
  const context = question.url.length % 2 === 0 ? CONTEXT : undefined;
  try {
    const result = router.lookup(requestOf(question), response, context);
    return [result, response.statusCode, response.calls];
  } catch (error) {
    return [String(error), response.calls];
  }
}

function askWithCallback(router: LookupRouter, question: Question): Promise<Answer> {
  const response = makeResponse();
  return new Promise((resolve) => {
    router.lookup(requestOf(question), response, CONTEXT, (error, result) => {
      resolve([result, String(error), response.statusCode, response.calls]);
    });
  });
}
