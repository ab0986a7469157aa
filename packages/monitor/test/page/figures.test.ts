// That the page shows what the server said, and shows it as text.
import { expect, it } from 'vitest';
import { looks } from './support/browser.ts';
import { describePage, end, frameAt, rowsOf, type Opened } from './support/page-test.ts';
import { pointOf } from './support/sample.ts';

const MiB = 1024 * 1024;
const point = {
  ...pointOf(900, end - 900_000),
  requests: 1234.4,
  errors: 0.25,
  latency: { p50: 0.42, p95: 7.25, p99: 1840 },
  hitRatio: 0.9995,
  rssBytes: 182.6 * MiB,
  heapUsedBytes: 41 * MiB,
  cacheUsedBytes: 96 * MiB,
  cacheMaxBytes: 128 * MiB,
  tierP99: { memory: 0.00031, remote: 1.6, disk: 4.4 },
  usedSegments: 84,
  maxSegments: 96,
  entries: 40_112,
};

describePage('the figures', (open) => {
  it('are those of the frame, with their units', async () => {
    const { page, show } = await open();
    await show(frameAt(0, { point }));
    const tiles = await textsOf(page, '#tiles li');
    expect(tiles).toEqual([
      'Health▲ Degradedcache: Redis is down, memory serves',
      'Hit ratio99.9 %90.0 % since the start, 1 d of work saved',
      'Requests1,234 /s18,412,907 since the start, 0.25 /s errors now',
      'Time to answer, p991.8 shalf within 0.42 ms, 95 of 100 within 7.3 ms',
      'Process memory183 MiBcache 96 MiB of 128 MiB, heap 41 MiB',
    ]);
    expect(await page.locator('#about').textContent()).toBe('up 3\u00a0d 4\u00a0h · 2 threads · Node 24.21.0 · native cache'); // prettier-ignore
    expect(await textsOf(page, '#chart-latency .legend li')).toEqual(['p50 0.42 ms', 'p95 7.3 ms', 'p99 1.8 s']); // prettier-ignore
    expect(await textsOf(page, '#chart-memory .legend li')).toEqual([
      'process 183 MiB',
      'JavaScript heap 41 MiB',
      'cache 96 MiB',
      'bound of the cache 128 MiB',
    ]);
    expect(await textsOf(page, '#chart-tiers .legend li')).toEqual(['memory 0.31 µs', 'Redis 1.6 ms', 'disk 4.4 ms']); // prettier-ignore
    expect(await textsOf(page, '#chart-segments .legend li')).toEqual(['in use 84', 'at most 96']);
    expect(await textsOf(page, '#chart-entries .legend li')).toEqual(['entries 40,112']);
  });

  it('follow from one frame to the next', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await show(frameAt(1, { point: { ...pointOf(901, end - 900_000), requests: 7.5 } }));
    expect(await page.locator('[data-figure=requests]').textContent()).toBe('7.5');
    expect(await textsOf(page, '#chart-requests .legend li')).toEqual(['requests 7.5 /s', 'errors (5xx) 3.0 /s']); // prettier-ignore
  });

  it('fill every table', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    expect(await rowsOf(page, 'table-tiers')).toEqual([
      ['Memory', '● ok', '85.0 %', '0.13 µs', '4.2 µs', '0', '0'],
      ['Redis', '■ down', '58.0 %', '0.60 ms', '1.9 ms', '12', '3'],
      ['Disk', '● ok', '30.0 %', '1.1 ms', '4.4 ms', '0', '0'],
    ]);
    expect(await rowsOf(page, 'table-engines')).toEqual([
      ['responses', 'native', '96 MiB of 128 MiB, 81 MiB alive', '40,112', '84 of 96', '91.0 %', '4,100', '90,210'], // prettier-ignore
      ['sessions', 'js', '3.0 MiB of 16 MiB, 3.0 MiB alive', '812', '–', '–', '0', '17'],
    ]);
    expect(await rowsOf(page, 'table-queues')).toEqual([
      ['mail', '● running', '21', 'high 2, normal 19', '4', '8', '2', '1'],
      ['reports', '▲ paused', '3', '–', '0', '0', '0', '0'],
    ]);
    expect(await rowsOf(page, 'table-tasks')).toEqual([
      ['send-mail', '80,122', '2', '31', '41 ms', '380 ms'],
      ['nightly-report', '12', '0', '0', '31 s', '64 s'],
    ]);
    expect(await rowsOf(page, 'table-channels')).toEqual([
      ['● ok', '211', '30', '48', '602', '0', '20 KiB'],
    ]);
    expect(await rowsOf(page, 'table-health')).toEqual([
      ['cache', '▲ degraded', 'Redis is down, memory serves'],
      ['tasks', '● ok', ''],
      ['channels', '● ok', ''],
    ]);
  });

  it('say in a sentence why responses were not cached', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    expect(await rowsOf(page, 'table-reasons')).toEqual([
      ['set-cookie', 'The response sets a cookie; setCookie: \'strip\' stores it without.', '120,400', '4.2 /s'], // prettier-ignore
      ['no-freshness', 'Nobody gave a lifetime: set Cache-Control: max-age, or a ttl.', '8,120', '0.30 /s'], // prettier-ignore
      ['open-order', 'A word of the application’s own: reply.cache.skip(word).', '77', '0 /s'],
    ]);
  });

  it('keep names that look like markup as text', async () => {
    const { page, complaints, show } = await open();
    const nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const row = { ...frameAt(0).routes[0]!, route: nasty };
    await show(
      frameAt(0, {
        routes: [row],
        keys: [{ name: nasty, count: 1, perSecond: 0 }],
        reasons: [{ name: nasty, count: 1, perSecond: 0 }],
        engines: [{ ...frameAt(0).engines[0]!, name: nasty }],
        tasks: { ...frameAt(0).tasks!, queues: [], tasks: [{ ...frameAt(0).tasks!.tasks[0]!, task: nasty }] }, // prettier-ignore
        health: { state: nasty, parts: [{ name: nasty, state: nasty, reason: nasty }] },
        events: [{ at: end, kind: nasty, text: nasty, level: 'info' }],
      }),
    );
    for (const table of ['routes', 'keys', 'reasons', 'engines', 'tasks', 'health', 'events']) {
      expect((await rowsOf(page, `table-${table}`))[0]!.join(' '), table).toContain(nasty);
    }
    expect(await page.locator('img, body script').count()).toBe(0);
    expect(await page.title()).toBe('Shop · Catzilla');
    expect(complaints).toEqual([]);
  });

  it('tell of events, newest first, and each once', async () => {
    const { page, show } = await open();
    await show(frameAt(0, { events: [{ at: end, kind: 'purge', text: 'All was purged', level: 'warn' }] })); // prettier-ignore
    await show(frameAt(1));
    const events = await rowsOf(page, 'table-events');
    expect(events.map((row) => row[2])).toEqual([
      'All was purged',
      'Redis is down: connection refused',
      'The tag “prices” was purged',
    ]);
  });

  it('link to what the application names, and never to a script', async () => {
    const links = [
      { title: 'API', href: '/docs' },
      { title: 'Trap', href: 'javascript:document.title=1' },
    ];
    const { page, server } = await open(looks[0], { links });
    const hrefs = await page.locator('#links a').evaluateAll((all) => all.map((one) => one.getAttribute('href'))); // prettier-ignore
    expect(hrefs).toEqual([new URL('/docs', server.url).href, '#']);
  });

  it('of a chart are said in words, and stand in a table when it is opened', async () => {
    const { page, show } = await open();
    await show(frameAt(0, { point: { ...point, requests: 20 } }));
    const figure = page.locator('#chart-requests');
    expect(await figure.locator('.unseen').last().textContent()).toContain(': Requests per second');
    const summary = await page.locator('#chart-requests-summary').textContent();
    expect(summary).toContain('requests: now 20\u00a0/s, lowest 20\u00a0/s, highest 1,4');
    expect(await figure.locator('td').count()).toBe(0);
    await figure.locator('summary').click();
    await figure.locator('td').first().waitFor();
    expect(await figure.locator('tbody tr').count()).toBeLessThanOrEqual(16);
    const last = await figure.locator('tbody tr').last().locator('td').allTextContents();
    expect(last).toEqual(['20\u00a0/s', '0.25\u00a0/s']);
  });

  it('go back a day by the minute when asked to', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const minutes = page.locator('#chart-requests .plot');
    expect(Number(await minutes.getAttribute('aria-valuemax'))).toBe(900 - 1 + 1);
    await page.getByText('24 h').click();
    await expect.poll(() => minutes.getAttribute('aria-valuemax')).toBe('400');
  });
});

async function textsOf(page: Opened['page'], selector: string): Promise<string[]> {
  const texts = await page.locator(selector).allTextContents();
  return texts.map((text) => text.replaceAll('\u00a0', ' ').trim());
}
