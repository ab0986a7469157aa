// What the compiler must and must not accept of groups; nothing here runs.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import { group } from '../../src/group/group.ts';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...same: Same<Actual, Expected> extends true ? [] : [never]
) => void;

/** Types a part of the request by the `static` of its schema. */
interface StaticProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { static: infer T } ? T : unknown;
  readonly serializer: this['schema'] extends { static: infer T } ? T : unknown;
}

declare const page: { static: { page: number } };

const plain = group({
  prefix: '/plain',
  hooks: { preHandler: async (request) => void request.url },
});

plain.get<{ Params: { id: string }; Reply: { id: string } }>('/:id', async (request) => {
  expectType<string>()(request.params.id);
  // @ts-expect-error not a parameter
  void request.params.name;
  return { id: request.params.id };
});
plain.get<{ Reply: { id: string } }>('/reply', async (_request, reply) => {
  // @ts-expect-error not the reply
  reply.send({ id: 5 });
  return { id: '5' };
});
plain.post('/this', async function (this: FastifyInstance, request) {
  expectType<unknown>()(request.body);
  return this.prefix;
});
plain.route<{ Querystring: { q: string } }>({
  method: 'GET',
  url: '/route',
  handler: async (request) => expectType<string>()(request.query.q),
});
// @ts-expect-error no handler
plain.get('/none', {});
// @ts-expect-error unknown option
group({ prefx: '/a' });
// @ts-expect-error hooks of the application are not those of a group
group({ hooks: { onReady: async () => undefined } });
// @ts-expect-error a group in another has no plugin
void plain.group().plugin;

// Chains keep their type: the plugin is there at the end.
void plain
  .get('/a', async () => 'a')
  .constant('/b', { ok: true })
  .delete('/c', async () => 'c').plugin;
void Fastify().register(plain.plugin);
void Fastify().register(plain.plugin, { prefix: '/v1' });

const typed = group<StaticProvider>({ prefix: '/typed' });
typed.get('/', { schema: { querystring: page } }, async (request) => {
  expectType<number>()(request.query.page);
  // @ts-expect-error not of the schema
  void request.query.size;
});
typed.group({ prefix: '/below' }).get('/', { schema: { querystring: page } }, async (request) => {
  expectType<number>()(request.query.page);
});
void Fastify().withTypeProvider<StaticProvider>().register(typed.plugin);
