// One test per cell: lifetime x made at once or awaited x disposed at once or awaited x how the request ends. Whatever the cell,
// what the request owns is made once and disposed once, after the handler has settled, and what it does not own is left alone.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { FastifyReply } from 'fastify';
import { asyncToken, defineContainer, di, inject, token } from '../../src/index.ts';
import type { Definition, Outcome } from '../../src/index.ts';
import { Client, Journal, listen, makeApp, turns, versions } from './support.ts';

const lifetimes = ['singleton', 'scoped', 'transient'] as const;
const endings = [
  'ok',
  'throw',
  'abort in a hook',
  'abort in the handler',
  'abort after the handler',
  'timeout',
  'hijack',
  'stream',
] as const;
type Ending = (typeof endings)[number];

const cells = versions.flatMap(({ version, make }) =>
  lifetimes.flatMap((lifetime) =>
    [false, true].flatMap((isAsync) =>
      [false, true].flatMap((disposesLater) =>
        endings.map((ending) => ({
          version,
          make,
          lifetime,
          made: isAsync ? 'awaited' : 'at once',
          disposed: disposesLater ? 'awaited' : 'at once',
          ending,
        })),
      ),
    ),
  ),
);
type Cell = (typeof cells)[number];

const Sync = token<string>('service');
const Async = asyncToken<string>('service');

function definitionOf({ lifetime, made, disposed }: Cell, journal: Journal): Definition {
  const options = {
    dispose: (_value: string, { ok, aborted }: Outcome): unknown => {
      const entry = `disposed ${ok ? 'ok' : 'failed'}${aborted ? ' aborted' : ''}`;
      if (disposed === 'at once') return journal.add(entry);
      return turns(1).then(() => journal.add(entry));
    },
  };
  const make = (): string => {
    journal.add('made');
    return 'service';
  };
  const makeLater = async (): Promise<string> => {
    await turns(1);
    return make();
  };
  const base = defineContainer();
  if (lifetime === 'singleton') {
    return made === 'awaited'
      ? base.singleton(Sync, [], makeLater, options)
      : base.singleton(Sync, [], make, options);
  }
  return made === 'awaited'
    ? base[lifetime](Async, [], makeLater, options)
    : base[lifetime](Sync, [], make, options);
}

/** What the handler does after it has received the service. */
async function handle(ending: Ending, reply: FastifyReply, journal: Journal): Promise<unknown> {
  journal.add('handler');
  switch (ending) {
    case 'throw':
      throw new Error('handler failed');
    case 'timeout':
      reply.request.raw.socket.setTimeout(10);
      await once(reply.raw, 'close');
      await turns(2);
      return undefined;
    case 'abort in the handler':
      await once(reply.raw, 'close');
      await turns(2);
      return undefined;
    case 'abort after the handler':
      return new Readable({
        read() {
          this.push('x'.repeat(65_536));
        },
      });
    case 'hijack':
      reply.hijack();
      await turns(1);
      reply.raw.end('by hand');
      return undefined;
    case 'stream':
      return Readable.from(['one', 'two']);
    default:
      return 'done';
  }
}

const outcomes: Record<Ending, string> = {
  ok: 'ok',
  throw: 'failed',
  'abort in a hook': 'ok aborted',
  'abort in the handler': 'ok aborted',
  'abort after the handler': 'ok aborted',
  timeout: 'ok aborted',
  hijack: 'ok',
  stream: 'ok',
};

describe.each(cells)(
  'Fastify $version: a $lifetime made $made, disposed $disposed, at the ending "$ending"',
  (cell) => {
    it('is made once and disposed once', async () => {
      const { make, lifetime, made, ending } = cell;
      const app = makeApp(make);
      const journal = new Journal();
      await app.register(di, { container: definitionOf(cell, journal) });
      const Wanted = lifetime !== 'singleton' && made === 'awaited' ? Async : Sync;
      if (ending === 'abort in a hook') {
        app.addHook('preHandler', async (request, reply) => {
          // The handler's own, except for a transient.
          if (lifetime === 'scoped') await request.scope.get(Wanted as typeof Async);
          else void request.scope;
          journal.add('hook');
          await once(reply.raw, 'close');
        });
      }
      app.get(
        '/',
        inject([Wanted as typeof Sync], async (_request, reply, service) => {
          const result = await handle(ending, reply, journal);
          journal.add(`settled with ${service}`);
          return result;
        }),
      );
      const client = (await Client.connect(await listen(app))).get('/');
      if (ending === 'abort in a hook') await journal.until('hook');
      if (ending === 'abort in the handler') await journal.until('handler');
      if (ending === 'abort after the handler') await client.hears('xxx');
      if (ending.startsWith('abort')) client.leave();
      else if (ending === 'timeout') await client.closed();
      else await client.hears('HTTP/1.1');
      while (app.di.stats().scopes.active > 0) await turns(1);
      if (lifetime === 'singleton') {
        expect(journal.entries.filter((entry) => entry.startsWith('disposed'))).toEqual([]);
        await app.close();
        expect(journal.entries.at(-1)).toBe('disposed ok');
      } else expect(journal.entries.at(-1)).toBe(`disposed ${outcomes[ending]}`);
      const count = (word: string): number =>
        journal.entries.filter((entry) => entry.startsWith(word)).length;
      expect(count('made')).toBe(1);
      expect(count('handler')).toBe(1);
      expect(count('disposed')).toBe(1);
    });
  },
);
