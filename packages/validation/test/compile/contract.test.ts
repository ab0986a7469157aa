// Every library, in every part of a request, on every Fastify: what fits arrives as the schema makes it, and what does not is
// answered 400 before the handler runs.
import { describe, expect, it } from 'vitest';
import { LIBRARIES, VERSIONS, makeApp, postJson } from '../support/apps.ts';
import type { Make } from '../support/apps.ts';

interface Sent {
  readonly n?: unknown;
  readonly name?: unknown;
}
type Request = (sent: Sent) => object;

const PARTS: Readonly<
  Record<string, { key: string; read: string; url: string; request: Request }>
> = {
  body: {
    key: 'body',
    read: 'body',
    url: '/t',
    request: (payload) => ({ method: 'POST', url: '/t', payload }),
  },
  query: {
    key: 'querystring',
    read: 'query',
    url: '/t',
    request: (sent) => ({
      method: 'POST',
      url: `/t?${new URLSearchParams(sent as never).toString()}`,
    }),
  },
  params: {
    key: 'params',
    read: 'params',
    url: '/t/:n/:name',
    request: ({ n, name }) => ({ method: 'POST', url: `/t/${String(n)}/${String(name)}` }),
  },
  headers: {
    key: 'headers',
    read: 'headers',
    url: '/t',
    request: (sent) => ({ method: 'POST', url: '/t', headers: texts(sent) }),
  },
  cookies: {
    key: 'cookies',
    read: 'validCookies',
    url: '/t',
    request: (sent) => ({ method: 'POST', url: '/t', cookies: texts(sent) }),
  },
};

function texts(sent: Sent): Record<string, string> {
  return Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, String(value)]));
}

async function probe(make: Make, schema: unknown, part: string) {
  const { key, read, url, request } = PARTS[part] as (typeof PARTS)[string];
  const app = await makeApp({}, make);
  const seen: unknown[] = [];
  app.post(url, { schema: { [key]: schema } }, async (asked) => {
    const { n, name } = (asked as unknown as Record<string, Sent>)[read] as Sent;
    seen.push({ n, name });
    return 'ok';
  });
  return {
    seen,
    send: async (sent: Sent) => app.inject(request(sent)),
    sendText: async (text: string) => app.inject(postJson('/t', text)),
  };
}

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  describe.each(LIBRARIES)('%s', (_library, schema) => {
    it.each(Object.keys(PARTS))('takes what fits in %s, with texts turned', async (part) => {
      const { send, seen } = await probe(make, schema, part);
      const reply = await send({ n: 5, name: '7' });
      expect(reply.body).toBe('ok');
      expect(seen).toEqual([{ n: 5, name: '7' }]);
    });

    it.each(Object.keys(PARTS))('refuses what does not fit in %s', async (part) => {
      const { send, seen } = await probe(make, schema, part);
      for (const sent of [
        { n: 'five', name: 'x' },
        { n: '0x10', name: 'x' },
        { n: 1.5, name: 'x' },
      ]) {
        const reply = await send(sent);
        expect(reply.statusCode, reply.body).toBe(400);
        expect(reply.headers['content-type']).toContain('application/problem+json');
        const { code, errors } = reply.json();
        expect(code).toBe('CATZ_VALIDATION_INVALID');
        expect(errors).toMatchObject([{ in: part, pointer: '/n' }]);
      }
      expect(seen).toEqual([]);
    });

    it.each(['body', 'query', 'headers', 'cookies'])(
      'refuses what is missing in %s',
      async (part) => {
        const { send, seen } = await probe(make, schema, part);
        const reply = await send({ name: 'x' });
        expect(reply.statusCode, reply.body).toBe(400);
        expect(reply.json().errors[0]).toMatchObject({ in: part, pointer: '/n' });
        expect(seen).toEqual([]);
      },
    );

    it('turns no text in a JSON body', async () => {
      const { send, sendText, seen } = await probe(make, schema, 'body');
      expect((await send({ n: '5', name: 'x' })).statusCode).toBe(400);
      expect((await send({ n: 5, name: 7 })).statusCode).toBe(400);
      for (const text of ['null', '[]', '"text"', '5', 'true', '']) {
        const reply = await sendText(text);
        expect(reply.statusCode, `${text}: ${reply.body}`).toBe(400);
      }
      expect(seen).toEqual([]);
    });

    it('refuses a body that is not there', async () => {
      const { seen, send } = await probe(make, schema, 'body');
      const reply = await send(undefined as never);
      expect(reply.statusCode).toBe(400);
      expect(seen).toEqual([]);
    });
  });
});
