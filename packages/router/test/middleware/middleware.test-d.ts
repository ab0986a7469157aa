// What the compiler must and must not accept of middleware; nothing here runs.
import Fastify from 'fastify';
import type { FastifyTypeProvider } from 'fastify';
import { contextOf, defineMiddleware, group, middleware, useContext } from '../../src/index.ts';
import type { ContextOf, Middleware, MiddlewareOutcome } from '../../src/index.ts';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...same: Same<Actual, Expected> extends true ? [] : [never]
) => void;

interface User {
  readonly id: string;
}
interface StaticProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { static: infer T } ? T : unknown;
  readonly serializer: this['schema'] extends { static: infer T } ? T : unknown;
}
declare const page: { static: { page: number } };

const auth = defineMiddleware<{ user: User }>()({
  name: 'auth',
  at: 'onRequest',
  provides: ['user'],
  async pre(request, reply) {
    expectType<string>()(request.id);
    if (request.id === '') return reply.code(401).send();
    return { user: { id: request.id } };
  },
  post(_request, _reply, ctx) {
    expectType<User | undefined>()(ctx.user);
  },
});
const tenant = defineMiddleware<{ tenant: string; plan: number }, { user: User }>()({
  name: 'tenant',
  provides: ['tenant', 'plan'],
  requires: ['user'],
  pre: (_request, _reply, ctx) => ({ tenant: ctx.user.id, plan: 1 }),
  after(_request, _reply, ctx) {
    expectType<User>()(ctx.user);
    expectType<MiddlewareOutcome>()(ctx.outcome);
  },
});
const timing = defineMiddleware()({ name: 'timing', pre: () => undefined, skippable: true });

defineMiddleware<{ user: User }>()({
  name: 'a',
  provides: ['user'],
  // @ts-expect-error what it provides is not what it gives
  pre: () => ({ user: 5 }),
});
// @ts-expect-error it gives nothing
defineMiddleware<{ user: User }>()({ name: 'a', provides: ['user'], pre: () => undefined });
// @ts-expect-error provides is missing
defineMiddleware<{ user: User }>()({ name: 'a', pre: () => ({ user: { id: '' } }) });
defineMiddleware<{ user: User; role: string }>()({
  name: 'a',
  // @ts-expect-error provides is not complete
  provides: ['user'],
  pre: () => ({ user: { id: '' }, role: '' }),
});
defineMiddleware<{ user: User }>()({
  name: 'a',
  // @ts-expect-error it provides no such key
  provides: ['usr'],
  pre: () => ({ user: { id: '' } }),
});
// @ts-expect-error it provides nothing
defineMiddleware()({ name: 'a', provides: ['user'], pre: () => undefined });
// @ts-expect-error requires is missing
defineMiddleware<object, { user: User }>()({ name: 'a', pre: () => undefined });
// @ts-expect-error unknown option
defineMiddleware()({ name: 'a', pre: () => undefined, prio: 5 });

expectType<object>()({} as ContextOf<readonly Middleware[]>);
const both = {} as ContextOf<readonly [typeof auth, typeof tenant]>;
expectType<User>()(both.user);
expectType<string>()(both.tenant);

const admin = group({ prefix: '/admin', middleware: [auth, timing] });
admin.get<{ Params: { id: string } }>('/:id', async (request) => {
  expectType<User>()(request.ctx.user);
  expectType<MiddlewareOutcome>()(request.ctx.outcome);
  expectType<string>()(request.params.id);
  // @ts-expect-error nobody provides it
  void request.ctx.tenant;
});
admin.get('/options', { handler: async (request) => request.ctx.user.id });
admin.route({
  method: 'GET',
  url: '/route',
  handler: async (request) => expectType<User>()(request.ctx.user),
});
const inner = admin.group({ prefix: '/inner', middleware: [tenant] });
inner.post('/', { bodyLimit: 5 }, async (request) => {
  expectType<User>()(request.ctx.user);
  expectType<number>()(request.ctx.plan);
});
admin.get('/a', async () => 'a').get('/b', async (request) => request.ctx.user);
const typed = group({ middleware: [auth] }).withTypeProvider<StaticProvider>();
typed.get('/', { schema: { querystring: page } }, async (request) => {
  expectType<number>()(request.query.page);
  expectType<User>()(request.ctx.user);
});
typed
  .group({ middleware: [tenant] })
  .get('/', { schema: { querystring: page } }, async (request) => {
    expectType<number>()(request.query.page);
    expectType<string>()(request.ctx.tenant);
  });
void Fastify().register(typed.plugin);
group({}).get('/', async (request) => {
  // @ts-expect-error nobody provides it
  void request.ctx.user;
});
// @ts-expect-error not a middleware
group({ middleware: [{ name: 'auth' }] });

const app = Fastify();
void app.register(middleware, { use: [auth, timing], timings: 'all' });
// @ts-expect-error unknown option
void app.register(middleware, { used: [auth] });
app.get('/', { config: { middleware: [tenant], skip: ['timing'] } }, async (request) => {
  expectType<User>()(contextOf(request, auth).user);
  expectType<string>()(contextOf(request, auth, tenant).tenant);
  expectType<MiddlewareOutcome>()(request.ctx.outcome);
  expectType<User | undefined>()(useContext(auth)?.user);
});
