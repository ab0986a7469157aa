// The storefront in a real browser, which has to be there already: Debian's `chromium`, or Chrome.

import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { client, manager, shopForAll } from './support.ts';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const executablePath = candidates.find((path) => path !== '' && existsSync(path));
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']; // prettier-ignore
const skipped = 'skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM to one)'; // prettier-ignore
const views = [
  { name: 'a desk in light colours', colorScheme: 'light', width: 1280 },
  { name: 'a phone in dark ones', colorScheme: 'dark', width: 360 },
] as const;

const suite = `the storefront in a browser${executablePath === undefined ? ` (${skipped})` : ''}`;
if (executablePath === undefined) process.stderr.write(`examples/shop browser test ${skipped}\n`);

describe.skipIf(executablePath === undefined)(suite, () => {
  const shop = shopForAll();
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args });
  });
  afterAll(() => browser?.close());

  it.each(views)('sells on $name', async ({ colorScheme, width }) => {
    await client(shop)('PATCH', '/api/admin/products/1', { stock: 9 }, manager);
    const { name } = (await client(shop)('GET', '/api/products/1')).body;
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
    onTestFinished(() => page.close());
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    // Everything fits into the width, and everything that takes a finger is large enough for one.
    const looksRight = async () => {
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      const heights = await page.evaluate<number[]>(
        `[...document.querySelectorAll('button, input:not([type=hidden]), select, textarea')].map((one) => one.offsetHeight)`,
      );
      expect(Math.min(...heights, 44)).toBe(44);
      const missing = await page.evaluate(
        `[...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter((one) => one.labels.length === 0 && !one.ariaLabel).length`,
      );
      expect(missing).toBe(0);
    };

    await page.goto(shop.url);
    await looksRight();
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(251, 250, 247)' : 'rgb(22, 24, 28)');
    await page.getByLabel('Search').fill(name);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('link', { name }).first().click();
    await page.getByLabel('Pieces').fill('2');
    await looksRight();
    await page.getByRole('button', { name: 'Put into cart' }).click();
    await page.waitForURL('**/cart');
    await looksRight();
    await page.getByLabel('Name', { exact: true }).fill('Nobody');
    await page.getByLabel('Address').fill('1 Example Street');
    await page.getByRole('button', { name: /Order for/ }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await looksRight();
    expect((await client(shop)('GET', '/api/products/1')).body.stock).toBe(7);
    expect(complaints).toEqual([]);
  });
});
