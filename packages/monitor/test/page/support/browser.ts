// The Chromium that is installed, and a page in it that complains of everything that goes wrong there.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
export const executablePath: string | undefined = candidates.find((path) => path !== '' && existsSync(path)); // prettier-ignore
export const skipped = 'skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM to one)'; // prettier-ignore
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']; // prettier-ignore

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args });
}

export interface Look {
  readonly name: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
}

export const looks: readonly Look[] = [
  { name: 'a desk in light colours', colorScheme: 'light', width: 1280, height: 900 },
  { name: 'a desk in dark colours', colorScheme: 'dark', width: 1280, height: 900 },
  { name: 'a phone in light colours', colorScheme: 'light', width: 390, height: 844 },
  { name: 'a phone in dark colours', colorScheme: 'dark', width: 390, height: 844 },
];

/** A page of that look; `complaints` gets console messages, errors and requests that failed. */
export async function openPage(
  browser: Browser,
  look: Look,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({
    colorScheme: look.colorScheme,
    viewport: { width: look.width, height: look.height },
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    // The feed is ended by the one who closes it.
    if (!request.url().endsWith('/data/feed')) complaints.push(`failed ${request.url()}`);
  });
  return { page, complaints };
}
