// Parts of what is stored, and stored parts (RFC 9110 13.1.5, 14, 15.3.7, 15.5.17; RFC 9111 3.3, 3.4): rows of topic ranges.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';
import type { FieldLines, Received, Reply, Script } from './support/origin.ts';

const requirement = requirementsOf('ranges');
const FRESH = { 'cache-control': 'max-age=3600' };
const BODY = '0123456789';
const MODIFIED = 'Tue, 14 Nov 2023 12:00:00 GMT';
const partial = { options: { storePartial: true } };

/** A whole response of ten bytes, stored. */
async function whole(stage: Stage, headers: FieldLines = { etag: '"a"' }): Promise<Resource> {
  const page = stage.resource().responds({ headers: { ...FRESH, ...headers }, body: BODY });
  await page.get();
  return page;
}

/** An origin that answers single closed ranges itself. */
function serving(headers: FieldLines): Script {
  return (request: Received): Reply => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers['range'] ?? '');
    if (match === null) return { headers: { ...FRESH, ...headers }, body: BODY };
    const [start, end] = [Number(match[1]), Math.min(Number(match[2]), BODY.length - 1)];
    return {
      status: 206,
      headers: { ...FRESH, ...headers, 'content-range': `bytes ${start}-${end}/${BODY.length}` },
      body: BODY.slice(start, end + 1),
    };
  };
}

requirement('9110-14.2-a', async (stage) => {
  const page = await whole(stage);
  for (const [range, contentRange, body] of [
    ['bytes=0-3', 'bytes 0-3/10', '0123'],
    ['bytes=4-', 'bytes 4-9/10', '456789'],
    ['bytes=-3', 'bytes 7-9/10', '789'],
    ['bytes=5-5', 'bytes 5-5/10', '5'],
    ['bytes=8-100', 'bytes 8-9/10', '89'],
    ['bytes=-100', 'bytes 0-9/10', BODY],
    ['bytes=0-', 'bytes 0-9/10', BODY],
    ['BYTES=0-3', 'bytes 0-3/10', '0123'],
  ] as const) {
    const answer = await page.get({ range });
    expect([range, answer.status, answer.headers['content-range'], answer.body]).toEqual([
      range,
      206,
      contentRange,
      body,
    ]);
    expect(answer.headers['content-length']).toBe(String(body.length));
  }
  expect(page.runs).toBe(1);
  expect(await page.get()).toMatchObject({ status: 200, body: BODY });
});

requirement('9110-14.2-b', async (stage) => {
  const page = await whole(stage);
  for (const range of [
    'lines=0-3',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=3-1',
    'bytes=0x1-2',
    'bytes=1.5-3',
    'bytes 0-3',
    'bytes=0-3;x',
    'bytes=--3',
  ]) {
    const { status, body, headers } = await page.get({ range });
    expect([range, status, body, headers['content-range']]).toEqual([range, 200, BODY, undefined]);
  }
});

requirement('9110-15.5.17-a', async (stage) => {
  const page = await whole(stage);
  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=100-200', 'bytes=-0', 'bytes=10-,20-']) {
    const { status, headers } = await page.get({ range });
    expect([range, status, headers['content-range']]).toEqual([range, 416, 'bytes */10']);
  }
  expect(page.runs).toBe(1);
});

requirement('9110-15.3.7.2-a', async (stage) => {
  const page = await whole(stage, { etag: '"a"', 'content-type': 'text/plain' });
  const big = stage
    .resource()
    .responds({ headers: { ...FRESH, 'content-type': 'text/plain' }, body: BODY.repeat(200) });
  await big.get();
  const { status, headers, body } = await big.get({ range: 'bytes=0-3,100-104' });
  expect(status).toBe(206);
  const boundary = /^multipart\/byteranges; *boundary="?([^"]+)"?$/.exec(headers['content-type']!);
  const parts = body.split(`--${boundary?.[1]}`);
  expect(parts).toHaveLength(4);
  for (const [i, contentRange, bytes] of [
    [1, 'bytes 0-3/2000', '0123'],
    [2, 'bytes 100-104/2000', '01234'],
  ] as const) {
    const [head, content] = parts[i]!.split('\r\n\r\n');
    expect(head?.toLowerCase()).toContain(`content-range: ${contentRange}`);
    expect(head?.toLowerCase()).toContain('content-type: text/plain');
    expect(content).toBe(`${bytes}\r\n`);
  }
  expect(parts[3]?.startsWith('--')).toBe(true);
  expect(headers['content-range']).toBeUndefined();
  expect(headers['content-length']).toBe(String(body.length));
  // One of two is beyond the end: what is left is one part.
  const single = await page.get({ range: 'bytes=0-3,20-30' });
  expect([single.status, single.body.includes('0123')]).toEqual([206, true]);
});

requirement('9110-13.1.5-a', async (stage) => {
  const page = await whole(stage);
  const range = 'bytes=0-3';
  expect((await page.get({ range, 'if-range': '"a"' })).status).toBe(206);
  for (const value of ['"b"', 'W/"a"', 'a', '"a", "b"', '*']) {
    const { status, body } = await page.get({ range, 'if-range': value });
    expect([value, status, body]).toEqual([value, 200, BODY]);
  }
  const weak = await whole(stage, { etag: 'W/"a"' });
  expect((await weak.get({ range, 'if-range': 'W/"a"' })).status).toBe(200);
});

requirement('9110-13.1.5-b', async (stage) => {
  const range = 'bytes=0-3';
  const page = await whole(stage, { 'last-modified': MODIFIED });
  expect((await page.get({ range, 'if-range': MODIFIED })).status).toBe(206);
  for (const value of [stage.date(), 'Tue, 14 Nov 2023 11:59:59 GMT', 'foo']) {
    expect([value, (await page.get({ range, 'if-range': value })).status]).toEqual([value, 200]);
  }
  // Changed in the very second of its Date: there may be two versions of that second.
  const young = stage.date();
  const weak = await whole(stage, { 'last-modified': young, date: young });
  expect((await weak.get({ range, 'if-range': young })).status).toBe(200);
});

requirement('9110-13.2.2-b', async (stage) => {
  const page = await whole(stage);
  const range = 'bytes=0-3';
  expect((await page.get({ range, 'if-none-match': '"a"' })).status).toBe(304);
  expect((await page.get({ range, 'if-none-match': '"b"' })).status).toBe(206);
  const beyond = { range: 'bytes=100-', 'if-none-match': '"a"' };
  expect((await page.get(beyond)).status).toBe(304);
  expect(page.runs).toBe(1);
});

requirement('9110-14.2-c', async (stage) => {
  const page = await whole(stage);
  const { status, headers } = await page.head({ range: 'bytes=0-3' });
  expect([status, headers['content-range']]).toEqual([200, undefined]);
});

requirement('9110-14.2-d', async (stage) => {
  for (const status of [203, 404, 410]) {
    const page = stage.resource().responds({ status, headers: FRESH, body: BODY });
    await page.get();
    expect(await page.get({ range: 'bytes=0-3' })).toMatchObject({ status, body: BODY });
  }
});

requirement('9111-3.3-b', async (stage) => {
  const page = stage.resource().responds(serving({ etag: '"a"' }));
  const range = { range: 'bytes=0-3' };
  expect(await page.get(range)).toMatchObject({ status: 206, body: '0123' });
  expect(await page.get()).toMatchObject({ status: 200, body: BODY });
  expect(await page.get()).toMatchObject({ status: 200, body: BODY });
  // Also where the origin sends a part that nobody asked for.
  const odd = stage.resource().responds(
    { status: 206, headers: { ...FRESH, 'content-range': 'bytes 0-3/10' }, body: '0123' },
    {
      headers: FRESH,
      body: BODY,
    },
  );
  await odd.get();
  expect(await odd.get()).toMatchObject({ status: 200, body: BODY });
});

requirement('9110-14.2-e', async (stage) => {
  const page = stage.resource().responds(serving({ etag: '"a"' }));
  const headers = { range: 'bytes=2-4', 'if-range': '"a"' };
  expect(await page.get(headers)).toMatchObject({
    status: 206,
    body: '234',
    headers: { 'content-range': 'bytes 2-4/10' },
  });
  expect(page.received[0]?.headers).toMatchObject(headers);
});

requirement(
  '9111-3.4-a',
  async (stage) => {
    const page = stage.resource().responds(serving({ etag: '"a"' }));
    await page.get({ range: 'bytes=2-7' });
    expect(await page.get({ range: 'bytes=3-5' })).toMatchObject({
      status: 206,
      body: '345',
      headers: { 'content-range': 'bytes 3-5/10' },
    });
    expect(page.runs).toBe(1);
  },
  partial,
);

requirement(
  '9111-3.4-b',
  async (stage) => {
    for (const [first, next] of [
      [{ etag: '"a"' }, { etag: '"b"' }],
      [{ etag: 'W/"a"' }, { etag: 'W/"a"' }],
      [{}, {}],
    ] as const) {
      const page = stage.resource().responds(serving(first), serving(next));
      await page.get({ range: 'bytes=0-4' });
      await page.get({ range: 'bytes=5-9' });
      const { runs } = page;
      expect(await page.get()).toMatchObject({ status: 200, body: BODY });
      expect([first, page.runs]).toEqual([first, runs + 1]);
    }
  },
  partial,
);

requirement(
  '9111-3.4-c',
  async (stage) => {
    const page = stage.resource().responds(serving({ etag: '"a"' }));
    await page.get({ range: 'bytes=0-4' });
    await page.get({ range: 'bytes=5-9' });
    expect(page.runs).toBe(2);
    expect(await page.get()).toMatchObject({ status: 200, body: BODY });
    expect(page.runs).toBe(2);
  },
  partial,
);

requirement('9110-15.3.7-a', async (stage) => {
  const fields = {
    date: stage.date(-5),
    'cache-control': 'max-age=3600',
    etag: '"a"',
    expires: stage.date(3600),
    'content-location': '/other',
    vary: 'x-a',
  };
  const page = await whole(stage, fields);
  const answer = await page.get({ range: 'bytes=0-3' });
  expect(answer.status).toBe(206);
  expect(answer.headers).toMatchObject(fields);
});
