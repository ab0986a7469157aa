// How long a response is fresh, and what it says of its age (RFC 9111 4.2, 5.1): the table's rows of topic freshness.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import { all, outcomes, second } from './support/stage.ts';
import type { Stage } from './support/stage.ts';
import type { FieldLines, Script } from './support/origin.ts';

const requirement = requirementsOf('freshness');
const heuristic = { options: { heuristic: { fraction: 0.1, max: 86_400_000 } } };

/** Fresh for exactly so many seconds from the answer on: reused a second before, asked at the very second. */
async function expectLifetime(stage: Stage, seconds: number, script: Script): Promise<void> {
  expect(await second(stage, script, { after: seconds - 1 })).toBe('reused');
  expect(await second(stage, script, { after: seconds })).toBe('asked');
}

/** Fields made when the request arrives, so that dates are of that moment. */
function withFields(headers: () => FieldLines): Script {
  return () => ({ headers: headers() });
}

requirement('9111-4.2-d', async (stage) => {
  await expectLifetime(stage, 60, { headers: { 'cache-control': 'max-age=60' } });
  await expectLifetime(stage, 60, { headers: { 'cache-control': 's-maxage=60' } });
  expect(await second(stage, { headers: { 'cache-control': 'max-age=0' } }, { after: 0 })).toBe(
    'asked',
  );
});

requirement('9111-4.2.1-e', async (stage) => {
  await expectLifetime(stage, 60, { headers: { 'cache-control': 'max-age=0, s-maxage=60' } });
  await expectLifetime(stage, 60, { headers: { 'cache-control': 's-maxage=60, max-age=3600' } });
  expect(await second(stage, { headers: { 'cache-control': 'max-age=60, s-maxage=0' } })).toBe(
    'asked',
  );
});

requirement('9111-4.2.1-f', async (stage) => {
  await expectLifetime(stage, 60, {
    headers: { 'cache-control': 'max-age=60', expires: stage.date(-3600) },
  });
  await expectLifetime(stage, 60, { headers: { 'cache-control': 'max-age=60', expires: '0' } });
  await expectLifetime(stage, 60, {
    headers: { 'cache-control': 's-maxage=60', expires: stage.date(36_000) },
  });
  const script = { headers: { 'cache-control': 'max-age=0', expires: stage.date(3600) } };
  expect(await second(stage, script)).toBe('asked');
});

requirement('9111-4.2.1-g', async (stage) => {
  await expectLifetime(
    stage,
    60,
    withFields(() => ({ date: stage.date(), expires: stage.date(60) })),
  );
  // The origin's clock is an hour ahead: what counts is the distance of its own dates.
  await expectLifetime(
    stage,
    60,
    withFields(() => ({ date: stage.date(3600), expires: stage.date(3660) })),
  );
  const past = withFields(() => ({ date: stage.date(), expires: stage.date() }));
  expect(await second(stage, past, { after: 0 })).toBe('asked');
});

requirement('9111-4.2.1-h', async (stage) => {
  await expectLifetime(
    stage,
    60,
    withFields(() => ({ date: [], expires: stage.date(60) })),
  );
  await expectLifetime(
    stage,
    60,
    withFields(() => ({ date: 'foo', expires: stage.date(60) })),
  );
});

requirement('9111-4.2.3-a', async (stage) => {
  await expectLifetime(stage, 30, { headers: { 'cache-control': 'max-age=60', age: '30' } });
  await expectLifetime(
    stage,
    30,
    withFields(() => ({ expires: stage.date(60), age: '30' })),
  );
  const old = { headers: { 'cache-control': 'max-age=60', age: '60' } };
  expect(await second(stage, old, { after: 0 })).toBe('asked');
});

requirement('9111-4.2.3-b', async (stage) => {
  const of = (age: string) =>
    withFields(() => ({ 'cache-control': 'max-age=60', date: stage.date(-30), age }));
  await expectLifetime(
    stage,
    30,
    withFields(() => ({ 'cache-control': 'max-age=60', date: stage.date(-30) })),
  );
  await expectLifetime(stage, 30, of('20'));
  await expectLifetime(stage, 20, of('40'));
});

requirement('9111-4.2.3-c', async (stage) => {
  const slow = (): Script => () => {
    stage.pass(20);
    return { headers: { 'cache-control': 'max-age=60', age: '0' } };
  };
  await expectLifetime(stage, 40, slow());
});

requirement('9111-4.2.3-d', async (stage) => {
  await expectLifetime(
    stage,
    60,
    withFields(() => ({ 'cache-control': 'max-age=60', date: stage.date(3600) })),
  );
});

requirement(
  '9111-4.2.2-a',
  async (stage) => {
    const modified = stage.date(-100_000);
    const cases = {
      'max-age': { headers: { 'cache-control': 'max-age=0', 'last-modified': modified } },
      's-maxage': { headers: { 'cache-control': 's-maxage=0', 'last-modified': modified } },
      Expires: { headers: { expires: stage.date(-1), 'last-modified': modified } },
      'broken Expires': { headers: { expires: '0', 'last-modified': modified } },
      'broken max-age': { headers: { 'cache-control': 'max-age=a', 'last-modified': modified } },
    };
    expect(await outcomes(stage, cases)).toEqual(all('asked', Object.keys(cases)));
  },
  heuristic,
);

requirement(
  '9111-4.2.2-b',
  async (stage) => {
    const of = (statuses: number[], more: FieldLines = {}): Record<string, Script> =>
      Object.fromEntries(
        statuses.map((status) => [
          String(status),
          { status, headers: { 'last-modified': stage.date(-100_000), ...more } },
        ]),
      );
    const yes = of([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
    expect(await outcomes(stage, yes)).toEqual(all('reused', Object.keys(yes)));
    const others = [201, 202, 302, 303, 307, 400, 403, 418, 500, 502, 503, 504, 299, 499, 599];
    const no = of(others);
    expect(await outcomes(stage, no)).toEqual(all('asked', Object.keys(no)));
    const open = of([201, 202, 302, 403, 599], { 'cache-control': 'public' });
    expect(await outcomes(stage, open)).toEqual(all('reused', Object.keys(open)));
  },
  heuristic,
);

requirement(
  '9111-4.2.2-c',
  async (stage) => {
    await expectLifetime(
      stage,
      100,
      withFields(() => ({ 'last-modified': stage.date(-1000) })),
    );
    // Counted from the origin's Date, not from the receipt.
    await expectLifetime(
      stage,
      100,
      withFields(() => ({ date: stage.date(3600), 'last-modified': stage.date(2600) })),
    );
    const future = withFields(() => ({ 'last-modified': stage.date(1000) }));
    expect(await second(stage, future)).toBe('asked');
  },
  heuristic,
);

requirement('9111-4.2.2-d', async (stage) => {
  const modified = { 'last-modified': stage.date(-100_000) };
  const cases = {
    nothing: {},
    'Last-Modified': { headers: modified },
    public: { headers: { ...modified, 'cache-control': 'public' } },
    404: { status: 404, headers: modified },
  };
  expect(await outcomes(stage, cases)).toEqual(all('asked', Object.keys(cases)));
});

requirement(
  '9111-4.2.2-e',
  async (stage) => {
    const cases = {
      nothing: {},
      ETag: { headers: { etag: '"a"' } },
      'broken Last-Modified': { headers: { 'last-modified': 'foo' } },
    };
    expect(await outcomes(stage, cases)).toEqual(all('asked', Object.keys(cases)));
  },
  heuristic,
);

requirement('9111-5.1-d', async (stage) => {
  const page = stage.resource().responds({ headers: { 'cache-control': 'max-age=60' } });
  await page.get();
  expect((await page.get()).headers['age']).toBe('0');
  expect(page.runs).toBe(1);
});

requirement('9111-5.1-e', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { 'cache-control': 'max-age=3600', age: '10' } });
  await page.get();
  stage.pass(30);
  const answer = await page.get();
  expect(answer.lines.filter(([name]) => name === 'age')).toEqual([['age', '40']]);
  stage.pass(1);
  expect((await page.get()).headers['age']).toBe('41');
  expect(page.runs).toBe(1);
});

requirement('9111-4-a', async (stage) => {
  const [date, expires] = [stage.date(-5), stage.date(600)];
  const page = stage.resource().responds({ headers: { date, expires } });
  await page.get();
  stage.pass(30);
  const { headers, lines } = await page.get();
  expect(page.runs).toBe(1);
  expect([headers['date'], headers['expires']]).toEqual([date, expires]);
  expect(lines.filter(([name]) => name === 'date')).toHaveLength(1);
});

requirement('9111-4-b', async (stage) => {
  for (const status of [200, 203, 404, 410, 599]) {
    const page = stage
      .resource()
      .responds({ status, headers: { 'cache-control': 'max-age=60' }, body: `\0\xff${status}` });
    const [first, next] = [await page.get(), await page.get()];
    expect(page.runs).toBe(1);
    expect([next.status, next.body]).toEqual([status, first.body]);
    expect(next.body).toContain(String(status));
  }
});
