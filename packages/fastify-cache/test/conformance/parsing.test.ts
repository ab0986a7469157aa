// How lifetimes, ages and dates are read (RFC 9111 1.2.2, 4.2, 5; RFC 9110 5.6.7): the table's rows of topic parsing.
// Each case asks twice; whether the second request reached the origin is all that is looked at.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import { all, cacheControls, outcomes, second } from './support/stage.ts';
import type { Stage } from './support/stage.ts';
import type { Script } from './support/origin.ts';

const requirement = requirementsOf('parsing');

async function expectAll(
  stage: Stage,
  outcome: 'reused' | 'asked',
  cases: Record<string, Script>,
): Promise<void> {
  expect(await outcomes(stage, cases)).toEqual(all(outcome, Object.keys(cases)));
}

function expires(...values: string[]): Record<string, Script> {
  return Object.fromEntries(values.map((value) => [value, { headers: { expires: value } }]));
}

requirement('9111-5.2-a', async (stage) => {
  await expectAll(stage, 'reused', cacheControls('MAX-AGE=60', 'Max-Age=60', 's-MaxAge=60'));
  await expectAll(stage, 'asked', cacheControls('max-age=60, NO-STORE', 'Private, max-age=60'));
});

requirement('9111-5.2-b', async (stage) => {
  await expectAll(stage, 'reused', cacheControls('max-age=60', 'max-age="60"', 's-maxage="60"'));
});

requirement('9111-5.2-c', async (stage) => {
  await expectAll(
    stage,
    'asked',
    cacheControls('ext="max-age=60"', 'ext="x, max-age=60, y"', 'ext="a\\", max-age=60, b"'),
  );
  await expectAll(
    stage,
    'reused',
    cacheControls(
      'max-age=60, ext="no-store"',
      'ext=",no-store,", max-age=60',
      'ext="a\\"b, no-store", max-age=60',
      'max-age=60, ext="max-age=0"',
    ),
  );
});

requirement('9111-5.2-d', async (stage) => {
  await expectAll(stage, 'reused', {
    'lifetime on the second line': { headers: { 'cache-control': ['public', 'max-age=60'] } },
    'an empty line': { headers: { 'cache-control': ['', 'max-age=60'] } },
  });
  await expectAll(stage, 'asked', {
    'veto on the second line': { headers: { 'cache-control': ['max-age=60', 'no-store'] } },
  });
});

requirement('9111-5.2.3-a', async (stage) => {
  await expectAll(
    stage,
    'reused',
    cacheControls(
      'foo, max-age=60',
      'max-age=60, foo=bar, baz="q, r"',
      'max-age=60, max-age-x=0, x-max-age=0',
      'max-age=60, no-store-x',
      ',, max-age=60 ,,',
    ),
  );
});

requirement('9111-1.2.2-a', async (stage) => {
  await expectAll(stage, 'reused', cacheControls('max-age=60', 'max-age=0060', 's-maxage=0000060'));
});

requirement('9111-1.2.2-b', async (stage) => {
  const huge = [
    '2147483647',
    '2147483648',
    '2147483649',
    '4294967297',
    '99999999999',
    '9'.repeat(40),
  ];
  await expectAll(stage, 'reused', cacheControls(...huge.map((number) => `max-age=${number}`)));
});

requirement('9111-4.2.1-a', async (stage) => {
  const bad = [
    'max-age=-60',
    'max-age=60.5',
    'max-age=60.0',
    'max-age=1e3',
    'max-age=+60',
    'max-age=0x60',
    'max-age=a60',
    'max-age=60a',
    "max-age='60'",
    'max-age= 60',
    'max-age =60',
    'max-age=',
    'max-age',
    'max-age=""',
    'max-age="-60"',
    's-maxage=a60',
    's-maxage=-60',
  ];
  await expectAll(stage, 'asked', cacheControls(...bad));
  // What comes after the broken directive does not heal it.
  const date = stage.date(3600);
  await expectAll(stage, 'asked', {
    'Expires beside it': { headers: { 'cache-control': 'max-age=a60', expires: date } },
  });
});

requirement('9111-4.2.1-b', async (stage) => {
  const several: Record<string, Script> = {
    'one line, great first': { headers: { 'cache-control': 'max-age=3600, max-age=10' } },
    'one line, small first': { headers: { 'cache-control': 'max-age=10, max-age=3600' } },
    'two lines': { headers: { 'cache-control': ['max-age=3600', 'max-age=10'] } },
    'one is broken': { headers: { 'cache-control': 'max-age=3600, max-age=a' } },
    's-maxage': { headers: { 'cache-control': 's-maxage=3600, s-maxage=10' } },
  };
  expect(await outcomes(stage, several, { after: 11 })).toEqual(all('asked', Object.keys(several)));
});

requirement('9111-4.2.1-c', async (stage) => {
  await expectAll(stage, 'asked', {
    'past last': { headers: { expires: [stage.date(3600), stage.date(-3600)] } },
    'past first': { headers: { expires: [stage.date(-3600), stage.date(3600)] } },
    broken: { headers: { expires: [stage.date(3600), '0'] } },
  });
});

requirement('9111-4.2.1-d', async (stage) => {
  await expectAll(
    stage,
    'asked',
    cacheControls(
      'max-age=60, no-store',
      'public, private, max-age=60',
      'public, no-store, max-age=60',
      'no-cache, max-age=60',
      'no-cache="x-a", no-cache, max-age=60',
      'private="x-a", private, max-age=60',
    ),
  );
});

requirement('9110-5.6.7-a', async (stage) => {
  const { imf, rfc850, asctime } = forms(Date.now() + 3_600_000);
  await expectAll(stage, 'reused', expires(imf, rfc850, asctime));
  const past = forms(Date.now() - 3_600_000);
  await expectAll(stage, 'asked', expires(past.imf, past.rfc850, past.asctime));
});

requirement('9110-5.6.7-b', async (stage) => {
  await expectAll(
    stage,
    'reused',
    expires(forms(Date.UTC(2024, 0, 2)).rfc850, forms(Date.UTC(2072, 0, 1)).rfc850),
  );
  // 74 would be 51 years ahead, 99 is 1999, 22 is last year.
  await expectAll(
    stage,
    'asked',
    expires(
      forms(Date.UTC(1975, 0, 1)).rfc850,
      forms(Date.UTC(1999, 0, 1)).rfc850,
      forms(Date.UTC(2022, 0, 1)).rfc850,
    ),
  );
});

requirement('9111-4.2-a', async (stage) => {
  const { imf, rfc850, asctime } = forms(Date.now() + 3_600_000);
  const dates = [imf, rfc850, asctime].flatMap((date) => [date.toLowerCase(), date.toUpperCase()]);
  await expectAll(stage, 'reused', expires(...dates));
});

requirement('9111-4.2-b', async (stage) => {
  const zone = process.env['TZ'];
  try {
    // West of Greenwich a past date would lie ahead, east of it a future one would be over.
    process.env['TZ'] = 'America/New_York';
    const past = forms(Date.now() - 3_600_000);
    await expectAll(stage, 'asked', expires(past.asctime, past.rfc850, past.imf));
    process.env['TZ'] = 'Asia/Tokyo';
    const future = forms(Date.now() + 3_600_000);
    await expectAll(stage, 'reused', expires(future.asctime, future.rfc850, future.imf));
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

requirement('9111-4.2-c', async (stage) => {
  const years = [Date.UTC(2039, 0, 1), Date.UTC(2107, 0, 1), Date.UTC(9999, 11, 31)];
  await expectAll(stage, 'reused', expires(...years.map((time) => forms(time).imf)));
});

requirement('9111-5.3-a', async (stage) => {
  const { imf } = forms(Date.now() + 3_600_000); // Tue, 14 Nov 2023 23:13:20 GMT
  const bad = [
    '0',
    '-1',
    '3600',
    'never',
    imf.replace('GMT', 'UTC'),
    imf.replace('GMT', 'EST'),
    imf.replace('GMT', '+0000'),
    imf.replace(' GMT', ''),
    imf.replace(',', ''),
    imf.replace(', ', ',  '),
    imf.replace('14 Nov 2023', '14-Nov-2023'),
    imf.replaceAll(':', '.'),
    imf.replace('23:', '3:'),
    imf.replace('2023', '23'),
    imf.replace('Nov', 'Foo'),
    imf.replace('14', '32'),
    new Date(Date.now() + 3_600_000).toISOString(),
    `"${imf}"`,
  ];
  expect(new Set(bad).size).toBe(bad.length);
  await expectAll(stage, 'asked', expires(...bad));
  expect(await second(stage, { headers: { expires: '' } })).toBe('asked');
  expect(await second(stage, { headers: { expires: imf } })).toBe('reused');
});

requirement('9111-5.1-a', async (stage) => {
  const of = (age: string | string[]): Script => ({
    headers: { 'cache-control': 'max-age=3600', age },
  });
  const found = await outcomes(stage, {
    'old, young': of('7200, 0'),
    'young, old': of('0, 7200'),
    'lines old, young': of(['7200', '0']),
    'lines young, old': of(['0', '7200']),
  });
  expect(found).toEqual({
    'old, young': 'asked',
    'young, old': 'reused',
    'lines old, young': 'asked',
    'lines young, old': 'reused',
  });
});

requirement('9111-5.1-b', async (stage) => {
  const ages = ['abc', '-7200', '7200.0', '"7200"', '7200a', 'a7200', '7200;foo=bar', '0x7200', ''];
  const cases = Object.fromEntries(
    ages.map((age) => [age, { headers: { 'cache-control': 'max-age=3600', age } }]),
  );
  await expectAll(stage, 'reused', cases);
});

requirement('9111-5.1-c', async (stage) => {
  const ages = ['2147483648', '4294967296', '99999999999', '9'.repeat(30)];
  const cases = Object.fromEntries(
    ages.map((age) => [age, { headers: { 'cache-control': 'max-age=3600', age } }]),
  );
  await expectAll(stage, 'asked', cases);
});

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

// The three forms of RFC 9110 5.6.7 of one time.
function forms(time: number): { imf: string; rfc850: string; asctime: string } {
  const date = new Date(time);
  const imf = date.toUTCString();
  const [day, month, year, clock] = imf.slice(5).split(' ') as [string, string, string, string];
  const name = DAYS[date.getUTCDay()]!;
  return {
    imf,
    rfc850: `${name}, ${day}-${month}-${year.slice(2)} ${clock} GMT`,
    asctime: `${name.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${clock} ${year}`,
  };
}
