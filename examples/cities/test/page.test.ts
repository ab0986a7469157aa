import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { running } from './helpers.ts';

// The page in a real browser, which has to be there already: Debian's `chromium`, or Chrome. Screenshots go
// to .reports/ at the top of the repository.

const SCREENSHOTS = fileURLToPath(new URL('../../../.reports/', import.meta.url));
const CANDIDATES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const executablePath = CANDIDATES.find((path) => path !== '' && existsSync(path));
const ARGUMENTS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const SKIPPED =
  'skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM to one)';

// A busy machine may take its time; what is waited for comes or does not.
const PATIENCE = { timeout: 60_000 };

const VIEWS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 780 } },
] as const;

const suite =
  executablePath === undefined ? `the page in a browser (${SKIPPED})` : 'the page in a browser';
if (executablePath === undefined) process.stderr.write(`examples/cities page test ${SKIPPED}\n`);

describe.skipIf(executablePath === undefined)(suite, () => {
  let browser: Browser;
  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ARGUMENTS.split(' '),
    });
  });
  afterAll(() => browser?.close());

  /** Opens the page of a fresh application, and gathers what the browser complains about. */
  async function open(view: Parameters<Browser['newPage']>[0]) {
    const { url } = await running({ interval: 50 });
    const page = await browser.newPage(view);
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await page.locator('#live[data-state=live]').waitFor();
    return { page, complaints };
  }

  const ratio = async (page: Page) => Number.parseFloat((await page.textContent('#hit-ratio'))!);
  const fire = async (page: Page) => {
    await page.click('#fire');
    await page.locator('#fire:enabled').waitFor();
  };

  it.each(VIEWS)(
    'shows real requests and a rising hit ratio ($name)',
    async ({ name, ...view }) => {
      const { page, complaints } = await open(view);
      expect(await page.textContent('#places')).toBe('135,233');
      expect(await page.isVisible('.empty')).toBe(true);

      await fire(page);
      expect(await page.locator('#rows tr').count()).toBe(24);
      expect(await page.locator('#rows tr[data-kind=computed]').count()).toBe(6);
      expect(await page.locator('#rows tr[data-kind=hit]').count()).toBeGreaterThanOrEqual(12);
      expect(await page.textContent('#rows tr[data-kind=hit] .status')).toMatch(/^catzilla; hit/);
      expect(await page.textContent('#rows tr[data-kind=miss] .status')).toMatch(/fwd=uri-miss/);
      expect(await page.textContent('#ms-computed')).toMatch(/^[\d.]+ ms$/);
      expect(await page.textContent('#ms-hit')).toMatch(/^[\d.]+ ms$/);
      expect(await page.textContent('#announce')).toMatch(/^24 requests: median/);
      await expect.poll(() => ratio(page), PATIENCE).toBeGreaterThan(50);

      const before = await ratio(page);
      await fire(page);
      await fire(page);
      await expect.poll(() => ratio(page), PATIENCE).toBeGreaterThan(before);
      expect(Number(await page.textContent('#entries'))).toBeGreaterThan(0);
      expect(await page.textContent('#hit-p50')).toMatch(/^[\d.]+$/);
      expect(await page.textContent('#rss')).toMatch(/^[\d.]+ MiB$/);
      for (const id of ['ratio', 'hit', 'miss', 'entries', 'rss']) {
        const box = await page.locator(`#spark-${id} .line`).boundingBox();
        expect(box?.width).toBeGreaterThan(10);
      }

      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow).toBe(0);
      const picture = await page.screenshot({
        path: `${SCREENSHOTS}cities-${name}.png`,
        fullPage: true,
      });
      expect(picture.length).toBeGreaterThan(30_000);
      expect(complaints).toStrictEqual([]);
    },
  );

  it('follows the system to dark colours', async () => {
    const { page } = await open({ colorScheme: 'light' });
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await paper()).toBe('rgb(245, 244, 239)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await paper()).toBe('rgb(13, 16, 19)');
  });

  it('changes a population and shows the purged search computed again', async () => {
    const { page, complaints } = await open({});
    await fire(page);
    await expect.poll(() => page.inputValue('#population'), PATIENCE).toBe('2138551');
    await page.fill('#population', '2200000');
    await page.click('#change button');
    await expect
      .poll(() => page.textContent('#outcome'), PATIENCE)
      .toMatch(/^Paris now has 2,200,000 inhabitants.*\/api\/countries\/FR\/stats.*was a miss/);
    expect(await page.getAttribute('#rows tr', 'data-kind')).toBe('miss');
    await expect.poll(() => page.inputValue('#population'), PATIENCE).toBe('2200000');
    expect(complaints).toStrictEqual([]);
  });

  it('is usable with the keyboard alone', async () => {
    const { page } = await open({});
    const focused = () =>
      page.evaluate('document.activeElement.id || document.activeElement.className');
    const order: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toStrictEqual(['skip', 'query', 'fire', 'keep']);
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#keep', 'aria-pressed')).toBe('true');
    await expect.poll(() => page.locator('#rows tr').count(), PATIENCE).toBeGreaterThan(30);
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#keep', 'aria-pressed')).toBe('false');
    await page.focus('#query');
    const asked = page.waitForRequest(/\/api\/cities\?q=/);
    await page.keyboard.press('Enter');
    await asked;
  });

  it('says so when the server is gone', async () => {
    const { app, url } = await running({ interval: 50 });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    await page.locator('#live[data-state=live]').waitFor();
    await app.close();
    await page.locator('#live[data-state=waiting]').waitFor();
    await page.click('#fire');
    await page.locator('#ratio-text', { hasText: 'A request failed' }).waitFor();
  });
});
