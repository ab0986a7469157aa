// What the proxy promises in its README, against origins of a few lines each. The rules of the cache have their own tests
// (docs/conformance.md); here it is the two plugins together.
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { lines, startProxy } from './helpers.ts';

/** Counts requests and answers them with the number. */
function counting(
  headers: Record<string, string | string[]>,
  status = 200,
): RequestListener & { runs: number } {
  const listener: RequestListener & { runs: number } = Object.assign(
    ((request, response) => {
      request.resume();
      response.writeHead(status, headers);
      response.end(`body ${++listener.runs}`);
    }) as RequestListener,
    { runs: 0 },
  );
  return listener;
}

const FRESH = { 'cache-control': 'max-age=60' };

describe('a response with a lifetime', () => {
  it('is a hit the second time', async () => {
    const origin = counting(FRESH);
    const { ask } = await startProxy(origin);
    expect((await ask('/a')).isHit).toBe(false);
    const answer = await ask('/a');
    expect([answer.isHit, answer.body.toString(), answer.headers.age]).toEqual([
      true,
      'body 1',
      '0',
    ]);
    expect(origin.runs).toBe(1);
  });

  it('is another one for each query', async () => {
    const urls: string[] = [];
    const { ask } = await startProxy((request, response) => {
      urls.push(request.url!);
      response.writeHead(200, FRESH).end(request.url);
    });
    const paths = ['/a?x=1', '/a?x=2', '/a', '/a?x=%2F&y=%C3%BC', '/a?x=1&x=1', '/%7Eb/c?d'];
    for (const path of [...paths, ...paths]) {
      expect((await ask(path)).body.toString()).toBe(path);
    }
    expect(urls).toEqual(paths);
  });

  it.each([299, 301, 404, 410, 418, 499, 503, 599])('is kept with status %i', async (status) => {
    const origin = counting({ ...FRESH, location: 'http://elsewhere.test/x' }, status);
    const { ask } = await startProxy(origin);
    await ask('/a');
    const answer = await ask('/a');
    expect([answer.status, answer.isHit, origin.runs]).toEqual([status, true, 1]);
    expect(answer.headers.location).toBe('http://elsewhere.test/x');
  });

  it('is not made up where the origin gives none', async () => {
    const origin = counting({ 'last-modified': 'Thu, 01 Jan 2015 00:00:00 GMT' });
    const { ask } = await startProxy(origin);
    await ask('/a');
    expect([(await ask('/a')).isHit, origin.runs]).toEqual([false, 2]);
  });

  it('is validated on the wish of a client, and answered in full', async () => {
    const seen: unknown[] = [];
    const { ask } = await startProxy((request, response) => {
      seen.push(request.headers['if-none-match']);
      const isKnown = request.headers['if-none-match'] === '"a"';
      response
        .writeHead(isKnown ? 304 : 200, { ...FRESH, etag: '"a"' })
        .end(isKnown ? '' : 'whole');
    });
    await ask('/a');
    const answer = await ask('/a', { headers: { 'cache-control': 'no-cache' } });
    expect([answer.status, answer.body.toString(), seen]).toEqual([
      200,
      'whole',
      [undefined, '"a"'],
    ]);
  });
});

describe('an unsafe request', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH', 'PROPPATCH'])(
    '%s reaches the origin with its body and removes what it changed',
    async (method) => {
      const bodies: string[] = [];
      const origin: RequestListener = async (request, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        bodies.push(`${request.method} ${body}`);
        response.writeHead(200, FRESH).end('x');
      };
      const { ask } = await startProxy(origin);
      await ask('/a');
      const headers = { 'content-type': 'application/json', 'content-length': '9' };
      expect((await ask('/a', { method, headers, body: '{"a": 1 }' })).status).toBe(200);
      await ask('/a');
      expect(bodies).toEqual(['GET ', `${method} {"a": 1 }`, 'GET ']);
    },
  );

  it('removes what an absolute Location of the same host names', async () => {
    const gets: string[] = [];
    const { ask } = await startProxy((request, response) => {
      request.resume();
      if (request.method === 'GET') gets.push(request.url!);
      const location = `http://${request.headers.host}/new`;
      response.writeHead(request.method === 'GET' ? 200 : 201, { ...FRESH, location }).end('x');
    });
    await ask('/new');
    const answer = await ask('/all', {
      method: 'POST',
      body: 'x',
      headers: { 'content-length': '1' },
    });
    expect(answer.headers.location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/new$/);
    await ask('/new');
    expect(gets).toEqual(['/new', '/new']);
  });
});

describe('fields', () => {
  it('arrive as the origin sent them, line by line', async () => {
    const sent = {
      ...FRESH,
      'x-a': '1,  2 ',
      link: ['</a>; rel=a', '</b>; rel=b'],
      'content-type': 'text/x;  charset="q"',
      server: 'origin/1',
      date: 'Tue, 14 Nov 2023 22:13:20 GMT',
      'access-control-allow-origin': '*',
    };
    const { ask } = await startProxy(counting({ ...sent, 'cache-control': 'max-age=999999999' }));
    for (const answer of [await ask('/a'), await ask('/a')]) {
      expect(lines(answer, 'x-a')).toEqual(['1,  2']);
      expect(lines(answer, 'link')).toEqual(sent.link);
      expect(lines(answer, 'content-type')).toEqual([sent['content-type']]);
      expect(lines(answer, 'server')).toEqual([sent.server]);
      expect(lines(answer, 'date')).toEqual([sent.date]);
    }
  });

  it('Set-Cookie keep their lines, and are not stored', async () => {
    const origin = counting({ ...FRESH, 'set-cookie': ['a=1; Path=/', 'b=2'] });
    const { ask } = await startProxy(origin);
    for (const answer of [await ask('/a'), await ask('/a')]) {
      expect(lines(answer, 'set-cookie')).toEqual(['a=1; Path=/', 'b=2']);
    }
    expect(origin.runs).toBe(2);
  });

  it('of one hop end at the proxy, those that Connection lists included', async () => {
    const { ask } = await startProxy(
      counting({
        ...FRESH,
        connection: 'x-hop, close',
        'x-hop': '1',
        'x-end': '2',
        'keep-alive': 'timeout=9999',
      }),
    );
    for (const { headers } of [await ask('/a'), await ask('/a')]) {
      expect([headers['x-hop'], headers['x-end']]).toEqual([undefined, '2']);
      expect(headers['keep-alive']).not.toBe('timeout=9999');
    }
  });

  it('of a request reach the origin, with Host, Via and X-Forwarded-For', async () => {
    let seen: Record<string, unknown> = {};
    const { ask } = await startProxy((request, response) => {
      seen = request.headers;
      response.end();
    });
    await ask('/a', {
      headers: {
        host: 'public.test',
        'x-a': '1',
        connection: 'x-hop, keep-alive',
        'x-hop': '1',
        te: 'trailers',
        via: '1.0 first',
        'keep-alive': 'timeout=1',
      },
    });
    expect(seen).toMatchObject({ host: 'public.test', 'x-a': '1', via: '1.0 first, 1.1 catzilla' });
    expect(seen['x-forwarded-for']).toBe('127.0.0.1');
    expect([seen['x-hop'], seen['te'], seen['keep-alive']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('bodies', () => {
  it('of ten megabytes pass whole, chunked, and are not stored', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'abcdefg');
    let runs = 0;
    const { ask } = await startProxy(async (_, response) => {
      runs++;
      response.writeHead(200, FRESH);
      for (let i = 0; i < 10; i++) {
        if (!response.write(chunk)) await new Promise((drained) => response.once('drain', drained));
      }
      response.end();
    });
    for (const answer of [await ask('/a'), await ask('/a')]) {
      expect(answer.complete).toBe(true);
      expect(answer.body.equals(Buffer.concat(Array.from({ length: 10 }, () => chunk)))).toBe(true);
    }
    expect(runs).toBe(2);
  });

  it('without a length are stored, and have one then', async () => {
    const { ask } = await startProxy((_, response) => {
      response.writeHead(200, FRESH);
      response.write('first ');
      setImmediate(() => response.end('second'));
    });
    expect((await ask('/a')).body.toString()).toBe('first second');
    const answer = await ask('/a');
    expect([answer.isHit, answer.body.toString(), answer.headers['content-length']]).toEqual([
      true,
      'first second',
      '12',
    ]);
  });

  it('arrive as they come, not at the end', async () => {
    let release = (): void => undefined;
    const { url } = await startProxy((_, response) => {
      response.write('early');
      release = () => response.end('late');
    });
    const response = await fetch(`${url}/a`);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('early');
    release();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('late');
    expect((await reader.read()).done).toBe(true);
  });

  it('that break off are passed on as broken, and not stored', async () => {
    let runs = 0;
    const { ask } = await startProxy((_, response) => {
      runs++;
      response.writeHead(200, { ...FRESH, 'content-length': '100' });
      response.write('x'.repeat(50), () =>
        runs === 1 ? response.destroy() : response.end('y'.repeat(50)),
      );
    });
    expect((await ask('/a')).complete).toBe(false);
    const answer = await ask('/a');
    expect([answer.complete, answer.isHit, answer.body.length, runs]).toEqual([
      true,
      false,
      100,
      2,
    ]);
  });
});

describe('what is stored answers', () => {
  it('HEAD', async () => {
    const origin = counting(FRESH);
    const { ask } = await startProxy(origin);
    await ask('/a');
    const answer = await ask('/a', { method: 'HEAD' });
    expect([answer.isHit, answer.body.length, answer.headers['content-length']]).toEqual([
      true,
      0,
      '6',
    ]);
    expect(origin.runs).toBe(1);
  });

  it('conditions', async () => {
    const origin = counting({ ...FRESH, etag: '"a"' });
    const { ask } = await startProxy(origin);
    await ask('/a');
    const answer = await ask('/a', { headers: { 'if-none-match': '"a"' } });
    expect([answer.status, answer.body.length, answer.headers.etag]).toEqual([304, 0, '"a"']);
    expect((await ask('/a', { headers: { 'if-none-match': '"b"' } })).status).toBe(200);
    expect(origin.runs).toBe(1);
  });

  it('ranges', async () => {
    const origin = counting(FRESH);
    const { ask } = await startProxy(origin);
    await ask('/a');
    const answer = await ask('/a', { headers: { range: 'bytes=0-3' } });
    expect([answer.status, answer.body.toString(), answer.headers['content-range']]).toEqual([
      206,
      'body',
      'bytes 0-3/6',
    ]);
    expect(origin.runs).toBe(1);
  });
});

describe('an origin that fails', () => {
  it('before it answers is a 502', async () => {
    const { ask } = await startProxy((request) => request.socket.destroy());
    const answer = await ask('/a');
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      502,
      { statusCode: 502, error: 'Bad Gateway', message: 'Bad Gateway' },
    ]);
  });

  it('is replaced by the stale response where it has allowed that', async () => {
    let runs = 0;
    const { ask } = await startProxy((request, response) => {
      if (++runs > 1) return void request.socket.destroy();
      const headers = { 'cache-control': 'max-age=60, stale-if-error=3600', age: '100' };
      response.writeHead(200, headers).end('stored');
    });
    await ask('/a');
    const answer = await ask('/a');
    expect([answer.status, answer.body.toString(), runs]).toEqual([200, 'stored', 2]);
  });

  it('with a 503 is asked once, and its answer passed on', async () => {
    const origin = counting({ 'retry-after': '1' }, 503);
    const { ask } = await startProxy(origin);
    const answer = await ask('/a');
    expect([answer.status, answer.body.toString(), origin.runs]).toEqual([503, 'body 1', 1]);
  });
});

it('drops interim responses, as @fastify/http-proxy does', async () => {
  const { ask } = await startProxy((_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.writeHead(200, FRESH).end('x');
  });
  const answer = await ask('/a');
  expect([answer.status, answer.interim, answer.headers.link]).toEqual([200, [], undefined]);
});
