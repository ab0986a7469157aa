// What was removed is garbage once its requests are over: handlers, whole generations, and validators of one text.
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { collect, get, makeTable, settle, turnstile } from './apps.ts';

async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 20 && reference.deref() !== undefined; i++) {
    // A reference that was read is kept until the end of its tick.
    await settle(2);
    collect();
  }
  return reference.deref() === undefined;
}

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test('a handler that was removed is garbage after the last request to it', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    const add = (): WeakRef<object> => {
      const handler = async () => 'old';
      table.add({
        method: 'GET',
        url: '/a',
        schema: { querystring: { type: 'object' }, response: { 200: { type: 'string' } } },
        preHandler: wait.pass,
        handler,
      });
      return new WeakRef(handler);
    };
    const reference = add();
    const answer = get(app, '/t/a');
    await wait.reached;
    table.remove('GET', '/a');
    table.commit();
    expect(await isCollected(reference)).toBe(false);
    wait.open();
    expect(await answer).toBe('old');
    expect(await isCollected(reference)).toBe(true);
  });

  test('so are those of generations that no request has seen', async () => {
    const { app, table } = await makeTable(make);
    const references: WeakRef<object>[] = [];
    for (let i = 0; i < 20; i++) {
      const handler = async () => String(i);
      references.push(new WeakRef(handler));
      table.replace({ method: 'GET', url: '/a/:id', handler });
      table.commit();
    }
    expect(await get(app, '/t/a/1')).toBe('19');
    for (const reference of references.slice(0, -1))
      expect(await isCollected(reference)).toBe(true);
    expect(references.at(-1)!.deref()).toBeDefined();
  });

  test('whoever has waited for a generation is forgotten', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({ method: 'GET', url: '/a', preHandler: wait.pass, handler: async () => 'a' });
    const generation = table.commit();
    const answer = get(app, '/t/a');
    await wait.reached;
    const begin = (): [WeakRef<object>, Promise<void>] => {
      const { signal } = new AbortController();
      return [new WeakRef(signal), table.drained(generation, { signal })];
    };
    const [reference, drained] = begin();
    expect(await isCollected(reference)).toBe(false);
    wait.open();
    await Promise.all([answer, drained]);
    expect(await isCollected(reference)).toBe(true);
  });
});

test('routes that come and go with schemas of the same text do not grow the heap', async () => {
  const [, make] = VERSIONS.at(-1)!;
  const { table } = await makeTable(make);
  const names = Array.from({ length: 40 }, (_, i) => `property-of-a-schema-${i}`);
  const turn = (): void => {
    const properties = Object.fromEntries(
      names.map((name) => [name, { type: 'string', minLength: 3 }]),
    );
    const part = { type: 'object', properties };
    table.add({
      method: 'GET',
      url: '/a',
      schema: { querystring: part, headers: part },
      handler: async () => 'a',
    });
    table.commit();
    table.remove('GET', '/a');
    table.commit();
  };
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let i = 0; i < 20; i++) turn();
  const before = used();
  for (let i = 0; i < 500; i++) turn();
  // Compiled anew, each of them would leave more than 20 KB with Ajv: 10 MB.
  expect(used() - before).toBeLessThan(2 * 2 ** 20);
});
