// What the page looks like, at a desk and on a phone, in light and in dark: that it draws, fits, and can be read.
import { expect, it } from 'vitest';
import { looks } from './support/browser.ts';
import { describePage, end, frameAt, type Opened } from './support/page-test.ts';
import { bareFrame, pointOf } from './support/sample.ts';

const charts = ['requests', 'latency', 'hits', 'tiers', 'memory', 'segments', 'entries', 'evictions', 'loop', 'cpu', 'waiting', 'finished', 'connections', 'delivered']; // prettier-ignore

describePage('the page', (open) => {
  it.each(looks)('draws every chart without a complaint on $name', async (look) => {
    const { page, complaints, show } = await open(look);
    await show(frameAt(0));
    for (const chart of charts) {
      await page.locator(`#chart-${chart} .plot`).scrollIntoViewIfNeeded();
      await expect.poll(() => inkOf(page, chart), { message: chart, timeout: 20_000 }).toBeGreaterThan(50); // prettier-ignore
    }
    expect(complaints).toEqual([]);
  });

  it.each(looks)(
    'draws microseconds as far above the ground as milliseconds on $name',
    async (look) => {
      const tierP99 = { memory: 0.0005, remote: 0.5, disk: 5 };
      const seconds = Array.from({ length: 60 }, (_, i) => ({
        ...pointOf(i, end - 60_000),
        tierP99,
      }));
      const { page, complaints, show } = await open(look, { seconds, minutes: [] });
      await show(frameAt(0, { point: { ...pointOf(60, end - 60_000), tierP99 } }));
      await page.locator('#chart-tiers .plot').scrollIntoViewIfNeeded();
      await expect.poll(() => heightsOf(page, 'tiers'), { timeout: 20_000 }).toHaveLength(3);
      const [memory, redis, disk] = await heightsOf(page, 'tiers');
      // 0.1 µs is the ground, 10 ms the top: 0.7, 3.7 and 4.7 of 5 decades.
      expect((redis! - memory!) / (disk! - redis!)).toBeCloseTo(3, 0);
      expect(memory! / (disk! - redis!)).toBeCloseTo(0.7, 0);
      expect(complaints).toEqual([]);
    },
  );

  it.each(looks)('fits into the width of $name, with room for a finger', async (look) => {
    const { page, show } = await open(look);
    await show(frameAt(0));
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    const low = await page.locator('button:visible, select:visible, input[type=search]:visible').evaluateAll((all) => Math.min(...all.map((one) => (one as HTMLElement).offsetHeight))); // prettier-ignore
    expect(low).toBeGreaterThanOrEqual(look.width < 760 ? 44 : 24);
    await page.getByRole('button', { name: 'Purge …' }).click();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    const box = (await page.locator('#purge').boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(look.width);
  });

  it.each(looks)('has texts that stand out from their ground on $name', async (look) => {
    const { page, show } = await open(look);
    await show(frameAt(0));
    expect(await faintTexts(page)).toEqual([]);
    await page.getByRole('button', { name: 'Purge …' }).click();
    expect(await faintTexts(page)).toEqual([]);
  });

  it.each(looks)('gives every control and landmark a name on $name', async (look) => {
    const { page, show } = await open(look);
    await show(frameAt(0));
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const named = ['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio', 'slider', 'dialog', 'figure', 'table', 'navigation', 'group', 'columnheader', 'rowheader', 'region']; // prettier-ignore
    const roles = nodes.filter(({ ignored, role }) => !ignored && named.includes(String(role?.value))); // prettier-ignore
    const nameless = roles.filter(({ name, role }) => String(name?.value ?? '').trim() === '' && role?.value !== 'columnheader'); // prettier-ignore
    expect(nameless.map(({ role }) => role?.value)).toEqual([]);
    expect(roles.filter(({ role }) => role?.value === 'figure')).toHaveLength(charts.length);
    expect(roles.filter(({ role }) => role?.value === 'slider')).toHaveLength(charts.length);
  });

  it('refers to what is there, has each id once, and skips no level of headings', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const wrong = await page.evaluate(() => {
      const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
      const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
      const lost = ['aria-labelledby', 'aria-describedby', 'for'].flatMap(
        (name) =>
        [...document.querySelectorAll(`[${name}]`)].flatMap((one) => one.getAttribute(name)!.split(' ')).filter((id) => !ids.includes(id)), // prettier-ignore
      );
      const anchors = [...document.querySelectorAll('a[href^="#"]')].map((one) => one.getAttribute('href')!.slice(1)).filter((id) => !ids.includes(id)); // prettier-ignore
      const levels = [...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1])); // prettier-ignore
      const skips = levels.filter((level, index) => level - (levels[index - 1] ?? 0) > 1);
      return { twice, lost, anchors, skips };
    });
    expect(wrong).toEqual({ twice: [], lost: [], anchors: [], skips: [] });
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  it('keeps the roles of its tables where rows become cards', async () => {
    const { page, show } = await open(looks[2]);
    await show(frameAt(0));
    const tiers = page.getByRole('table', { name: 'Tiers of the cache, fastest first' });
    expect(await tiers.getByRole('row').count()).toBe(4);
    expect(await tiers.getByRole('rowheader').allTextContents()).toEqual(['Memory', 'Redis', 'Disk']); // prettier-ignore
    expect(await tiers.getByRole('cell').count()).toBe(18);
  });

  it('gives every header of a table its scope', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await page.locator('#chart-requests summary').click();
    expect(await page.locator('th').count()).toBeGreaterThan(60);
    expect(await page.locator('th:not([scope])').count()).toBe(0);
    expect(await page.locator('table:not(:has(caption))').evaluateAll((all) => all.filter((one) => one.children.length > 0).length)).toBe(0); // prettier-ignore
  });

  it('takes the colours that were chosen, and keeps them', async () => {
    const { page, show } = await open(looks[0]);
    await show(frameAt(0));
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const inLight = await ground();
    await page.getByLabel('Colours').selectOption('dark');
    const inDark = await ground();
    expect(inDark).not.toBe(inLight);
    await expect.poll(() => inkOf(page, 'requests'), { timeout: 20_000 }).toBeGreaterThan(50);
    await page.reload();
    expect(await ground()).toBe(inDark);
    expect(await page.getByLabel('Colours').inputValue()).toBe('dark');
    await page.getByLabel('Colours').selectOption('auto');
    expect(await ground()).toBe(inLight);
  });

  it('changes with the colours of the system', async () => {
    const { page, show } = await open(looks[0]);
    await show(frameAt(0));
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => inkOf(page, 'requests'), { timeout: 20_000 }).toBeGreaterThan(50);
  });

  it('holds still for those who want no motion', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const moving = () => page.evaluate('document.getAnimations().length');
    await page.evaluate(() => document.querySelector('#state')!.setAttribute('data-state', 'waiting')); // prettier-ignore
    expect(await moving()).toBe(0);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await moving()).toBe(1);
  });

  it('says what is missing where an application has Fastify alone', async () => {
    const { page, complaints, show } = await open(looks[0], { seconds: [], minutes: [], events: [] }); // prettier-ignore
    await show(bareFrame(pointOf(0, Date.now())));
    for (const words of [
      'No response cache is registered: app.register(fastifyCache, { ttl: 60_000 }).',
      'No tiers are registered',
      'No cache in memory is open',
      'No background tasks are registered',
      'No live channels are registered',
      'No request has come yet.',
      'Keys may name people',
      'No part tells of its health.',
    ]) {
      await expect.poll(() => page.getByText(words, { exact: false }).filter({ visible: true }).count(), { message: words }).toBeGreaterThan(0); // prettier-ignore
    }
    expect(complaints).toEqual([]);
  });

  it('says which engine has segments where none is in use', async () => {
    const { page, show } = await open();
    const { engines } = frameAt(0);
    await show(frameAt(0, { engines: engines.filter(({ backend }) => backend === 'js') }));
    expect(await page.locator('#chart-segments .empty').textContent()).toBe('Only the native engine has segments; the backend js has none.'); // prettier-ignore
    expect(await page.locator('#chart-segments .plot').isVisible()).toBe(false);
    expect(await page.locator('#chart-entries .plot').isVisible()).toBe(true);
  });

  it('has no buttons for actions that are off', async () => {
    const { page, show } = await open(looks[0], { actions: false, token: '' });
    await show(frameAt(0));
    expect(await page.getByRole('button', { name: /Purge|Warm/ }).count()).toBe(0);
    expect(await page.getByText('Purging and warming from here are off').isVisible()).toBe(true);
  });
});

/** How high the lines of a chart lie above its lowest pixel of an axis line, in pixels, in their order; those that are seen. */
function heightsOf(page: Opened['page'], chart: string): Promise<number[]> {
  return page.evaluate((id) => {
    const figure = document.querySelector(`#chart-${id}`)!;
    const canvas = figure.querySelector('canvas');
    const over = figure.querySelector('.u-over');
    if (canvas === null || over === null) return [];
    const { top } = canvas.getBoundingClientRect();
    const ground = ((over.getBoundingClientRect().bottom - top) * canvas.height) / canvas.clientHeight; // prettier-ignore
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!; // prettier-ignore
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const swatches = [...figure.querySelectorAll('.swatch')];
    return swatches.flatMap((swatch) => {
      const wanted = getComputedStyle(swatch).color.match(/\d+/g)!.map(Number);
      const rows: number[] = [];
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3]! > 200 && [0, 1, 2].every((part) => Math.abs(data[at + part]! - wanted[part]!) < 24)) rows.push(Math.floor(at / 4 / canvas.width)); // prettier-ignore
      }
      const mean = rows.reduce((sum, row) => sum + row, 0) / rows.length;
      return rows.length < 20 ? [] : [ground - mean];
    });
  }, chart);
}

/** Pixels of the chart's canvas that have the colour of its first line. */
function inkOf(page: Opened['page'], chart: string): Promise<number> {
  return page.evaluate((id) => {
    const figure = document.querySelector(`#chart-${id}`)!;
    const canvas = figure.querySelector('canvas');
    if (canvas === null) return 0;
    const color = getComputedStyle(figure.querySelector('.swatch')!).color;
    const wanted = color.match(/\d+/g)!.map(Number);
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!; // prettier-ignore
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3]! > 200 && [0, 1, 2].every((part) => Math.abs(data[at + part]! - wanted[part]!) < 24)) found += 1; // prettier-ignore
    }
    return found;
  }, chart);
}

/** Texts on the screen whose contrast to what lies behind them is below 4.5, or 3 where they are large. */
function faintTexts(page: Opened['page']): Promise<string[]> {
  return page.evaluate(() => {
    const parse = (color: string) => {
      const [r = 0, g = 0, b = 0, a = 1] = color.match(/[\d.]+/g)!.map(Number);
      return [r, g, b, a] as const;
    };
    const over = (top: readonly number[], under: readonly number[]) =>
      [0, 1, 2].map((part) => top[part]! * top[3]! + under[part]! * (1 - top[3]!)).concat(1);
    const ground = (node: Element | null): readonly number[] => {
      if (node === null) return [255, 255, 255, 1];
      const own = parse(getComputedStyle(node).backgroundColor);
      return own[3] === 1 ? own : over(own, ground(node.parentElement));
    };
    const light = (color: readonly number[]) => {
      const [r, g, b] = color.map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const faint = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let seen = 0;
    while (walker.nextNode() !== null) {
      const { parentElement: node, textContent } = walker.currentNode;
      if (node === null || textContent!.trim() === '' || !node.checkVisibility()) continue;
      if (node.closest('.unseen, .skip, :disabled') !== null) continue;
      seen += 1;
      const style = getComputedStyle(node);
      const back = ground(node);
      const [a, b] = [light(over(parse(style.color), back)), light(back)].toSorted((x, y) => y - x); // prettier-ignore
      const contrast = (a! + 0.05) / (b! + 0.05);
      const wanted = Number.parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
      if (contrast < wanted) faint.add(`${textContent} ${contrast.toFixed(2)}`);
    }
    return seen > 100 ? [...faint] : ['the page has hardly any text'];
  });
}
