// What the types promise. Checked by tsc; nothing here runs.
import { createContainer } from 'awilix';
import { expectTypeOf } from 'vitest';
import {
  CurrentRequest,
  Log,
  Signal,
  all,
  asyncToken,
  defineContainer,
  fromAwilix,
  keyed,
  lazy,
  multiToken,
  optional,
  token,
} from '../src/index.ts';
import type {
  Container,
  Definition,
  Injected,
  Lazy,
  Logger,
  Outcome,
  Resolved,
  Scope,
} from '../src/index.ts';
import type { FastifyRequest } from 'fastify';

interface Database {
  query(sql: string): string;
}
interface Transaction {
  commit(): Promise<void>;
}

const Config = token<{ url: string }>('config');
const Db = token<Database>('db');
const Tx = asyncToken<Transaction>('tx');
const Other = asyncToken<string>('other');
const Check = multiToken<() => boolean>('check');
const Queue = token<{ push(): void }>('queue');
const User = token<string | undefined>('user');
const db: Database = { query: (sql) => sql };
const tx: Transaction = { commit: async () => {} };
const definition: Definition = defineContainer();

// What a factory receives
expectTypeOf<Resolved<typeof Db>>().toEqualTypeOf<Database>();
expectTypeOf<Resolved<typeof Tx>>().toEqualTypeOf<Transaction>();
expectTypeOf<Injected<typeof Tx>>().toEqualTypeOf<Transaction>();
expectTypeOf<Resolved<ReturnType<typeof optional<typeof Db>>>>().toEqualTypeOf<
  Database | undefined
>();

definition.singleton(
  Db,
  [
    Config,
    optional(Queue),
    lazy(Tx),
    lazy(Queue),
    all(Check),
    keyed(Queue, 'mail'),
    lazy(all(Check)),
    Tx,
    Log,
    Signal,
    lazy(optional(Tx)),
    User,
  ],
  async (
    config,
    queue,
    lazyTx,
    lazyQueue,
    checks,
    mail,
    lazyChecks,
    value,
    log,
    signal,
    maybe,
    user,
  ) => {
    expectTypeOf(config).toEqualTypeOf<{ url: string }>();
    expectTypeOf(queue).toEqualTypeOf<{ push(): void } | undefined>();
    expectTypeOf(lazyTx).toEqualTypeOf<Lazy<Promise<Transaction>>>();
    expectTypeOf(lazyQueue).toEqualTypeOf<Lazy<{ push(): void }>>();
    expectTypeOf(checks).toEqualTypeOf<readonly (() => boolean)[]>();
    expectTypeOf(mail).toEqualTypeOf<{ push(): void }>();
    expectTypeOf(lazyChecks.get()).toEqualTypeOf<readonly (() => boolean)[]>();
    expectTypeOf(value).toEqualTypeOf<Transaction>();
    expectTypeOf(log).toEqualTypeOf<Logger>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(maybe.get()).toEqualTypeOf<Promise<Transaction> | undefined>();
    expectTypeOf(user).toEqualTypeOf<string | undefined>();
    return db;
  },
  {
    dispose: (one, outcome) => {
      expectTypeOf(one).toEqualTypeOf<Database>();
      expectTypeOf(outcome).toEqualTypeOf<Outcome>();
    },
  },
);

// value
definition.value(Config, { url: '' });
definition.value(Tx, tx);
// @ts-expect-error a value of the wrong type
definition.value(Config, { url: 1 });
// @ts-expect-error a multi token takes no single value
definition.value(Check, () => true);

// singleton
definition.singleton(Db, [], () => db);
definition.singleton(Db, [], async () => db);
definition.singleton(Db, [], async function* () {
  const outcome = yield db;
  expectTypeOf(outcome).toEqualTypeOf<Outcome>();
});
// @ts-expect-error a factory of the wrong type
definition.singleton(Db, [], () => 'db');
// @ts-expect-error a factory that wants something else than it gets
definition.singleton(Db, [Config], (_config: number) => db);
// @ts-expect-error a factory that wants more than it gets
definition.singleton(Db, [], (_config: { url: string }) => db);
// @ts-expect-error a bare multi token
definition.singleton(Db, [Check], () => db);
// @ts-expect-error an option of another lifetime
definition.singleton(Db, [], () => db, { disposeAt: 'handler' });

// scoped and transient
definition.scoped(Db, [Config, lazy(Tx)], (config, handle) => {
  expectTypeOf(config.url).toEqualTypeOf<string>();
  expectTypeOf(handle.get()).toEqualTypeOf<Promise<Transaction>>();
  return db;
});
definition.scoped(Tx, [Db, Other], async (one, other) => {
  expectTypeOf(one).toEqualTypeOf<Database>();
  expectTypeOf(other).toEqualTypeOf<string>();
  return tx;
});
definition.scoped(Tx, [], () => tx, {
  disposeAt: 'handler',
  dispose: (one, { ok }) => (ok ? one.commit() : undefined),
});
definition.transient(Db, [], function* () {
  yield db;
});
// @ts-expect-error an async factory needs an async token
definition.scoped(Db, [], async () => db);
// @ts-expect-error an async generator does too
definition.transient(Db, [], async function* () {
  yield db;
});
// @ts-expect-error a synchronous service cannot depend on an async one
definition.scoped(Db, [Tx], () => db);
// @ts-expect-error not even with a key
definition.transient(Db, [keyed(Tx, 'k')], () => db);
// @ts-expect-error nor optionally
definition.scoped(Db, [optional(Tx)], () => db);
// @ts-expect-error an option of another lifetime
definition.scoped(Db, [], () => db, { start: 'lazy' });

// class
class SmtpMailer {
  readonly config: { url: string };
  constructor(config: { url: string }) {
    this.config = config;
  }
  push(): void {}
}
definition.class(Queue, 'singleton', [Config], SmtpMailer, { start: 'lazy' });
definition.class(Queue, 'scoped', [Config], SmtpMailer, { disposeAt: 'handler' });
// @ts-expect-error a constructor that wants something else
definition.class(Queue, 'scoped', [Db], SmtpMailer);
// @ts-expect-error instances of another type
definition.class(Db, 'scoped', [Config], SmtpMailer);
// @ts-expect-error a lifetime that does not exist
definition.class(Queue, 'request', [Config], SmtpMailer);

// alias
const Narrow = token<Database & { close(): void }>('narrow');
definition.alias(Db, Narrow);
definition.alias(Tx, keyed(Tx, 'k'));
// @ts-expect-error of a wider type
definition.alias(Narrow, Db);
// @ts-expect-error a plain alias of an async token
definition.alias(token<Transaction>('sync'), Tx);

// multi, keyed, seed
definition.multi(Check, [Db], (one) => () => one.query('') === '');
definition.multi(Check, [], async () => () => true);
// @ts-expect-error of the wrong type
definition.multi(Check, [], () => 'no');
definition.keyed(Queue, 'mail', [Config], (config) => new SmtpMailer(config));
definition.keyed(Queue, 'mail', [], async () => new SmtpMailer({ url: '' }));
definition.keyed(Queue, 'mail', [], () => new SmtpMailer({ url: '' }), { lifetime: 'scoped' });
definition.keyed(Tx, 'k', [Other], async () => tx, { lifetime: 'scoped' });
// @ts-expect-error a scoped one cannot be asynchronous
definition.keyed(Queue, 'mail', [], async () => new SmtpMailer({ url: '' }), {
  lifetime: 'scoped',
});
definition.seed(User, { kinds: ['request', 'my own'] });
// @ts-expect-error nothing awaits a seed
definition.seed(Tx);

// override
definition.override(Db, { value: db });
definition.override(Check, { value: [() => true] });
definition.override(keyed(Queue, 'mail'), { value: { push() {} } });
definition.override(Db, {
  deps: [Config],
  factory: (config) => (expectTypeOf(config.url).toEqualTypeOf<string>(), db),
});
// @ts-expect-error of the wrong type
definition.override(Db, { value: 'db' });
// @ts-expect-error one value for many
definition.override(Check, { value: () => true });

// get
declare const container: Container;
declare const scope: Scope;
expectTypeOf(container.get(Db)).toEqualTypeOf<Database>();
expectTypeOf(scope.get(Tx)).toEqualTypeOf<Promise<Transaction>>();
expectTypeOf(scope.getAll(Check)).toEqualTypeOf<readonly (() => boolean)[]>();
expectTypeOf(scope.getKeyed(Tx, 'k')).toEqualTypeOf<Promise<Transaction>>();
expectTypeOf(scope.get(CurrentRequest)).toEqualTypeOf<FastifyRequest>();
expectTypeOf(container.runInScope({}, async (one) => one.get(Db))).toEqualTypeOf<
  Promise<Database>
>();
scope.seed(User, undefined);
// @ts-expect-error of the wrong type
scope.seed(User, 7);
// @ts-expect-error a multi token has no single service
scope.get(Check);

// awilix
fromAwilix(createContainer<{ db: Database }>(), { tokens: { db: Db } });
// @ts-expect-error tokens are not names
fromAwilix(createContainer(), { tokens: { db: 'db' } });
