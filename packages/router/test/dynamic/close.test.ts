import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { coded, get, listen, makeTable, received, send, turnstile } from './apps.ts';

const route = { method: 'GET', url: '/a', handler: async () => 'ok' };

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test('a table that was closed with its application refuses every change, and says which it is', async () => {
    const { app, table } = await makeTable(make);
    table.add(route);
    table.commit();
    await app.close();
    const changes = [
      () => table.add({ ...route, url: '/b' }),
      () => table.replace(route),
      () => table.remove('GET', '/a'),
      () => table.commit(),
    ];
    for (const change of changes) {
      expect(change).toThrow(
        coded('CATZ_ROUTER_DYNAMIC_CLOSED', /the dynamic table "test" is closed/) as Error,
      );
    }
    expect(table.routes()).toHaveLength(1);
    await table.drained(table.generation);
  });

  test('close waits for requests in flight, which keep their handler', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({ ...route, preHandler: wait.pass });
    const generation = table.commit();
    const answer = received(
      send(await listen(app), 'GET /t/a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
    );
    await wait.reached;
    table.remove('GET', '/a');
    table.commit();
    const closed = app.close();
    wait.open();
    expect(await answer).toContain('\r\n\r\nok');
    await closed;
    await table.drained(generation);
  });

  test('a request by inject that outlives its application still ends', async () => {
    const { app, table } = await makeTable(make);
    const wait = turnstile();
    table.add({ ...route, preHandler: wait.pass });
    const generation = table.commit();
    const answer = get(app, '/t/a');
    await wait.reached;
    await app.close();
    wait.open();
    expect(await answer).toBe('ok');
    await table.drained(generation);
  });
});
