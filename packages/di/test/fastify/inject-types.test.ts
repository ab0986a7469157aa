// Types of inject: services by token, and request, reply and result as Fastify types them in that place. Checked by the compiler;
// at run time there is nothing to see.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyTypeProvider } from 'fastify';
import { describe, expectTypeOf, it } from 'vitest';
import {
  all,
  asyncToken,
  inject,
  keyed,
  lazy,
  multiToken,
  optional,
  token,
} from '../../src/index.ts';
import type { Lazy, Scope } from '../../src/index.ts';

interface Repo {
  find(id: string): string;
}
const Repo = token<Repo>('repo');
const Tx = asyncToken<{ commit(): void }>('tx');
const Check = multiToken<() => boolean>('check');

/** As of TypeBox or Zod: the type stands in the schema. */
interface Provider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { of: infer T } ? T : unknown;
  readonly serializer: this['schema'] extends { of: infer T } ? T : unknown;
}

describe('the types of inject', () => {
  const app = Fastify();

  it('give services by list', () => {
    inject(
      [Repo, Tx, optional(Repo), lazy(Tx), all(Check), keyed(Repo, 'k')],
      (_request, _reply, repo, tx, maybe, later, checks, other) => {
        expectTypeOf(repo).toEqualTypeOf<Repo>();
        expectTypeOf(tx).toEqualTypeOf<{ commit(): void }>();
        expectTypeOf(maybe).toEqualTypeOf<Repo | undefined>();
        expectTypeOf(later).toEqualTypeOf<Lazy<Promise<{ commit(): void }>>>();
        expectTypeOf(checks).toEqualTypeOf<readonly (() => boolean)[]>();
        expectTypeOf(other).toEqualTypeOf<Repo>();
      },
    );
    expectTypeOf(() => {
      // @ts-expect-error more services than tokens
      inject([Repo], (_request, _reply, _repo, _more) => undefined);
      // @ts-expect-error a multi token is asked for with all()
      inject([Check], () => undefined);
    }).toBeFunction();
  });

  it('give services by name', () => {
    inject({ repo: Repo, tx: Tx }, (_request, _reply, services) => {
      expectTypeOf(services).toEqualTypeOf<{ repo: Repo; tx: { commit(): void } }>();
    });
  });

  it('type the request by RouteGeneric', () => {
    app.get<{ Params: { id: string }; Reply: string }>(
      '/a/:id',
      inject([Repo], async (request, reply, repo) => {
        expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
        expectTypeOf(reply.code).toBeFunction();
        return repo.find(request.params.id);
      }),
    );
    app.get<{ Reply: string }>(
      '/b',
      // @ts-expect-error the reply is a string
      inject([Repo], async () => 7),
    );
  });

  it('type the request by a type provider', () => {
    const typed = app.withTypeProvider<Provider>();
    const schema = { body: { of: { n: 1 } } } as const;
    typed.post(
      '/a',
      { schema },
      inject({ repo: Repo }, async (request, _reply, { repo }) => {
        expectTypeOf(request.body.n).toEqualTypeOf<1>();
        return repo.find('x');
      }),
    );
    typed.route({
      method: 'POST',
      url: '/b',
      schema,
      handler: inject([Repo], async (request) => {
        expectTypeOf(request.body.n).toEqualTypeOf<1>();
      }),
    });
  });

  it('type the request without either', () => {
    app.get(
      '/c',
      inject([Repo], function (request, reply, repo) {
        expectTypeOf(this).toEqualTypeOf<FastifyInstance>();
        expectTypeOf(request.scope).toEqualTypeOf<Scope>();
        expectTypeOf(reply.send).toBeFunction();
        return repo.find('x');
      }),
    );
    inject([Repo], (request, reply) => {
      expectTypeOf(request).toEqualTypeOf<FastifyRequest>();
      expectTypeOf(reply).toEqualTypeOf<FastifyReply>();
    });
  });

  it('take a request that is typed by hand', () => {
    app.get(
      '/d/:id',
      inject([Repo], async (request: FastifyRequest<{ Params: { id: string } }>, reply, repo) => {
        void reply.code(200);
        return repo.find(request.params.id);
      }),
    );
  });

  it('fit hooks', () => {
    app.addHook(
      'preHandler',
      inject([Repo], async (request, reply, repo) => {
        expectTypeOf(request.method).toEqualTypeOf<string>();
        void reply.header('x-repo', repo.find('x'));
      }),
    );
    const hook = inject([Repo], async (_request, _reply, repo) => {
      repo.find('x');
    });
    app.get('/e', { onRequest: hook, preHandler: [hook] }, async () => 'x');
  });
});
