// The browser of these tests, which has to be there already: Debian's `chromium`, or Chrome.
import { existsSync } from 'node:fs';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Where it is; undefined: it is not there. */
export const executablePath = candidates.find((path) => path !== '' && existsSync(path));

export const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']; // prettier-ignore

/** The name of a suite, with the reason where it is skipped. */
export function suiteName(name: string): string {
  if (executablePath !== undefined) return `${name} in a browser`;
  const skipped = 'skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM to one)'; // prettier-ignore
  process.stderr.write(`${name} in a browser ${skipped}\n`);
  return `${name} in a browser (${skipped})`;
}
