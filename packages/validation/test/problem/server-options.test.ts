// What Fastify answers before there is a route, over sockets.
import { describe, expect, test } from 'vitest';
import { problemServerOptions } from '../../src/problem/server-options.ts';
import { VERSIONS, exchange, listen, makeApp } from './apps.ts';

describe.each(VERSIONS)('Fastify %s', (version, make) => {
  test('a URL that is not well encoded is 400, and does not come back', async () => {
    const app = makeApp(make, {}, problemServerOptions());
    app.get('/:id', async () => 'ok');
    const answer = await app.inject('/CANARY%zz');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'FST_ERR_BAD_URL',
      detail: 'the URL is not well encoded',
    });
    expect(answer.body).not.toContain('CANARY');
  });

  // 5.5 answers 404.
  if (version !== '5.5.0') {
    test('an overlong parameter is 414', async () => {
      const app = makeApp(make, {}, problemServerOptions({ problemBase: 'https://e.org/' }));
      app.get('/:id', async () => 'ok');
      const answer = await app.inject(`/${'CANARY'.repeat(50)}`);
      expect(answer.statusCode).toBe(414);
      expect(answer.json()).toMatchObject({
        type: 'https://e.org/FST_ERR_MAX_PARAM_LENGTH',
        detail: 'a part of the URL is too long',
      });
      expect(answer.body).not.toContain('CANARY');
    });
  }

  const broken: [string, string, number, string][] = [
    ['bytes that are no HTTP', 'CANARY\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'fields that are too large',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'CANARY'.repeat(5_000)}\r\n\r\n`,
      431,
      'REQUEST_HEADER_FIELDS_TOO_LARGE',
    ],
  ];
  test.each(broken)(
    '%s: a problem, and the connection closes',
    async (_name, sent, status, code) => {
      const app = makeApp(make, {}, problemServerOptions());
      const received = await exchange(await listen(app), sent);
      const [head = '', body = ''] = received.split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toContain('Content-Type: application/problem+json');
      expect(head).toContain(`Content-Length: ${body.length}`);
      expect(JSON.parse(body)).toMatchObject({ status, code, type: 'about:blank' });
      expect(received).not.toContain('CANARY');
    },
  );
});

test('a request that does not arrive in time is 408', async () => {
  const app = makeApp(undefined, {}, problemServerOptions());
  await app.ready();
  const { clientErrorHandler } = problemServerOptions();
  const written: string[] = [];
  let destroyed = false;
  const socket = {
    destroyed: false,
    writable: true,
    write: (text: string) => written.push(text),
    destroy: () => (destroyed = true),
  };
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  clientErrorHandler.call(app, late, socket as never);
  expect(written.join('')).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  expect(written.join('')).toContain('"code":"REQUEST_TIMEOUT"');
  expect(destroyed).toBe(true);
});

test('nothing is written to a peer that is gone', () => {
  const app = makeApp();
  const { clientErrorHandler } = problemServerOptions();
  const calls: string[] = [];
  const socket = (is: object) =>
    ({
      writable: true,
      destroyed: false,
      write: () => calls.push('write'),
      destroy: () => calls.push('destroy'),
      ...is,
    }) as never;
  const reset = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  clientErrorHandler.call(app, reset, socket({}));
  clientErrorHandler.call(app, new Error('x'), socket({ destroyed: true }));
  expect(calls).toEqual([]);
  clientErrorHandler.call(app, new Error('x'), socket({ writable: false }));
  expect(calls).toEqual(['destroy']);
});

test('an unknown option is CATZ_VALIDATION_OPTIONS', () => {
  expect(() => problemServerOptions({ base: 'x' } as object)).toThrow(
    expect.objectContaining({ code: 'CATZ_VALIDATION_OPTIONS' }),
  );
});
