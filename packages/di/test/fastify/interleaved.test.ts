// Property: however requests are interleaved, each has its own services, made and disposed once, users before what they use.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asyncToken, defineContainer, di, inject, lazy, token } from '../../src/index.ts';
import { gate, makeApp, turns } from './support.ts';
import type { Gate } from './support.ts';

interface Owned {
  readonly owner: string;
  readonly serial: number;
}
const Who = token<string>('who');
const Base = token<Owned>('base');
const User = token<Owned & { readonly base: Owned }>('user');
const Late = asyncToken<Owned & { readonly user: Owned }>('late');

/** What one request does, in this order, waiting for its turn before each step. */
type Step = 'base' | 'user' | 'late' | 'wait' | 'fail';
const step = fc.constantFrom<Step>('base', 'user', 'late', 'wait', 'fail');
const plan = fc.record({
  requests: fc.array(fc.array(step, { maxLength: 5 }), { minLength: 2, maxLength: 6 }),
  order: fc.array(fc.nat(5), { maxLength: 40 }),
});

describe('interleaved requests', () => {
  it('never share a service, and dispose each once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ requests, order }) => {
        const app = makeApp();
        let serial = 0;
        const made = new Map<number, { readonly kind: string; readonly owner: string }>();
        const disposed: {
          readonly serial: number;
          readonly kind: string;
          readonly owner: string;
        }[] = [];
        const own = (kind: string, owner: string): Owned => {
          made.set(++serial, { kind, owner });
          return { owner, serial };
        };
        const end = (kind: string) => ({
          dispose: ({ owner, serial: number }: Owned): void => {
            disposed.push({ serial: number, kind, owner });
          },
        });
        await app.register(di, {
          container: defineContainer()
            .seed(Who)
            .scoped(Base, [Who], (who) => own('base', who), end('base'))
            .scoped(User, [Who, Base], (who, base) => ({ ...own('user', who), base }), end('user'))
            .scoped(
              Late,
              [Who, User],
              async (who, user) => {
                await turns(1);
                return { ...own('late', who), user };
              },
              end('late'),
            ),
        });
        const gates = requests.map(() => [gate()]);
        const seen: string[] = [];
        app.addHook('onRequest', async (request) => {
          request.scope.seed(Who, (request.query as { n: string }).n);
        });
        app.get(
          '/',
          inject(
            [Who, lazy(Base), lazy(User), lazy(Late)],
            async (request, _reply, who, ...lazies) => {
              const [base, user, late] = lazies;
              const check = (owned: Owned): void => {
                if (owned.owner !== who) seen.push(`${who} got what is ${owned.owner}'s`);
              };
              for (const [i, what] of (requests[Number(who)] ?? []).entries()) {
                await turnOf(gates[Number(who)]!, i);
                if (what === 'base') check(base.get());
                if (what === 'user') [user.get(), user.get().base].forEach(check);
                if (what === 'late')
                  [await late.get(), (await request.scope.get(Late)).user].forEach(check);
                if (what === 'fail') throw new Error('on purpose');
              }
              return 'done';
            },
          ),
        );
        const answers = requests.map(async (_steps, n) => app.inject(`/?n=${n}`));
        for (const n of order) {
          // Opens the next step of one request, then lets everything run that can.
          gates[n % requests.length]!.at(-1)!.open();
          gates[n % requests.length]!.push(gate());
          await turns(1);
        }
        const rest = setInterval(() => gates.forEach((all) => all.forEach((one) => one.open())), 1);
        await Promise.all(answers);
        while (app.di.stats().scopes.active > 0) await turns(1);
        clearInterval(rest);
        expect(seen).toEqual([]);
        // Each once, and what was made of another before that other: the serial of a user is higher.
        expect(disposed.map(({ serial: number }) => number).sort((a, b) => a - b)).toEqual([
          ...made.keys(),
        ]);
        for (const n of requests.keys()) {
          const kinds = disposed.filter(({ owner }) => owner === String(n)).map(({ kind }) => kind);
          expect(kinds).toEqual(['late', 'user', 'base'].filter((kind) => kinds.includes(kind)));
        }
        await app.close();
      }),
      { numRuns: 60 },
    );
  });
});

async function turnOf(gates: Gate[], step: number): Promise<void> {
  while (gates.length <= step) gates.push(gate());
  await gates[step]!.passed;
}
