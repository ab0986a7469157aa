// One test's world: an application with the cache and without a ttl, an origin behind it, a client before it, and a clock.
// Invariant: the cache knows only what responses say; time passes only when a test lets it; nothing outlives the test.
import Fastify from 'fastify';
import { vi } from 'vitest';
import type { FastifyCacheOptions } from '../../../src/index.ts';
import { fastifyCache } from '../../../src/index.ts';
import { atEnd, listen, makeCache, settle, until } from '../../helpers.ts';
import { putBehind } from './behind.ts';
import type { Behind } from './behind.ts';
import { makeClient } from './client.ts';
import type { Answer, Asking } from './client.ts';
import { Origin } from './origin.ts';
import type { Received, Script } from './origin.ts';

/** Tue, 14 Nov 2023 22:13:20 GMT: when every test begins. */
const START = 1_700_000_000_000;

/** One URL of the application. */
export interface Resource {
  /** Path and query. */
  readonly url: string;
  /** Scripts the origin anew; the last answer goes on for ever. */
  responds(...scripts: Script[]): Resource;
  get(headers?: Asking['headers']): Promise<Answer>;
  head(headers?: Asking['headers']): Promise<Answer>;
  ask(asking: Asking): Promise<Answer>;
  /** What reached the origin, oldest first. */
  readonly received: readonly Received[];
  /** How often the origin was asked. */
  readonly runs: number;
  /** Waits for the origin to have been asked so often, and for its answer to be dealt with. */
  reaches(runs: number): Promise<void>;
}

/** What a requirement is tested on. */
export interface Stage {
  readonly behind: Behind;
  /** A URL no other call has had. @param name  path without `/`; default: a new one */
  resource(name?: string): Resource;
  /** Lets seconds pass. */
  pass(seconds: number): void;
  /** The time of the clock moved by seconds, as IMF-fixdate. */
  date(seconds?: number): string;
}

/** Builds a stage; the test's end takes it down. */
export async function makeStage(behind: Behind, options: FastifyCacheOptions): Promise<Stage> {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  atEnd(() => vi.useRealTimers());
  const origin = new Origin();
  const app = Fastify({ forceCloseConnections: true });
  // Refusals of old options come late: what was opened before must be closed all the same.
  atEnd(() => app.close());
  await app.register(fastifyCache, { cache: makeCache(), ...options });
  atEnd(await putBehind(app, origin, behind));
  const client = makeClient(await listen(app));
  atEnd(() => client.close());
  let resources = 0;

  function resource(name = `r${++resources}`): Resource {
    const url = `/${name}`;
    const ask = async (asking: Asking): Promise<Answer> => {
      const answer = await client.ask(url, asking);
      await settle();
      return answer;
    };
    const self: Resource = {
      url,
      ask,
      get: (headers = {}) => ask({ headers }),
      head: (headers = {}) => ask({ method: 'HEAD', headers }),
      responds(...scripts) {
        origin.responds(url, scripts);
        return self;
      },
      get received() {
        return origin.received(url);
      },
      get runs() {
        return origin.received(url).length;
      },
      async reaches(runs) {
        await until(() => origin.received(url).length >= runs);
        await settle(20);
      },
    };
    return self;
  }

  return {
    behind,
    resource,
    pass: (seconds) => vi.setSystemTime(Date.now() + seconds * 1000),
    date: (seconds = 0) => new Date(Date.now() + seconds * 1000).toUTCString(),
  };
}

/** What a second request found. */
export type Outcome = 'reused' | 'asked';

/** Asks twice and says whether the second request was answered without the origin.
 * @param options.after  seconds between the two; default: 1
 * @param options.headers  of both requests */
export async function second(
  stage: Stage,
  script: Script,
  options: { after?: number; headers?: Asking['headers'] } = {},
): Promise<Outcome> {
  const page = stage.resource().responds(script);
  await page.get(options.headers);
  stage.pass(options.after ?? 1);
  await page.get(options.headers);
  return page.runs === 1 ? 'reused' : 'asked';
}

/** The outcome of each case, by its label: one comparison shows every deviation at once. */
export async function outcomes(
  stage: Stage,
  cases: Readonly<Record<string, Script>>,
  options: { after?: number; headers?: Asking['headers'] } = {},
): Promise<Record<string, Outcome>> {
  const found: Record<string, Outcome> = {};
  for (const [label, script] of Object.entries(cases)) {
    found[label] = await second(stage, script, options);
  }
  return found;
}

/** What `outcomes` gives when all cases end alike. */
export function all(outcome: Outcome, labels: Iterable<string>): Record<string, Outcome> {
  return Object.fromEntries([...labels].map((label) => [label, outcome]));
}

/** Cases whose label is their Cache-Control. */
export function cacheControls(...values: string[]): Record<string, Script> {
  return Object.fromEntries(
    values.map((value) => [value, { headers: { 'cache-control': value } }]),
  );
}
