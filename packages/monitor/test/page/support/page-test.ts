/// <reference lib="dom" />
// What the tests of the page share: one browser for a file, a server for a test, and a page that has drawn a frame.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import type { Frame, Hello } from '../../../src/dashboard/frame.ts';
import { executablePath, launch, looks, openPage, skipped, type Look } from './browser.ts';
import { fakeServer, type FakeServer } from './fake-server.ts';
import { frameOf, helloOf, pointOf, routeOf } from './sample.ts';

/** When the sample's history ends; a fixed moment, so that nothing depends on the clock. */
export const end: number = Date.UTC(2026, 4, 4, 12, 0, 30);
const routes = Array.from({ length: 10_000 }, (_, index) => routeOf(index));

/** The sample's frame, `seconds` after its history. */
export function frameAt(seconds: number, changes: Partial<Frame> = {}): Frame {
  return frameOf(pointOf(900 + seconds, end - 900_000), routes, changes);
}

export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly server: FakeServer;
  /** Sends a frame, and waits until the page has drawn it. */
  show(frame: Frame): Promise<void>;
}

export type Open = (look?: Look, hello?: Partial<Hello>) => Promise<Opened>;

/** A suite in a browser, or one that is skipped by name where none is installed. */
export function describePage(name: string, tests: (open: Open) => void): void {
  const suite = `${name}${executablePath === undefined ? ` (${skipped})` : ''}`;
  if (executablePath === undefined) process.stderr.write(`monitor page test ${skipped}\n`);
  describe.skipIf(executablePath === undefined)(suite, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());
    tests(async (look = looks[0]!, hello = {}) => {
      const server = await fakeServer(helloOf(end, hello));
      onTestFinished(() => server.close());
      server.routes = routes;
      const { page, complaints } = await openPage(browser, look);
      onTestFinished(() => page.close());
      await page.goto(server.url);
      await page.locator('#title', { hasText: server.hello.title }).waitFor();
      return { page, complaints, server, show: (frame) => show(page, server, frame) };
    });
  });
}

async function show(page: Page, server: FakeServer, frame: Frame): Promise<void> {
  server.send(frame);
  await drawn(page, frame);
}

/** Waits until the page has drawn that frame: its time and its count of requests are on it. */
export async function drawn(page: Page, { point, totals }: Frame): Promise<void> {
  await page.waitForFunction(
    ([clock, requests]) => {
      const spoken = document.querySelector('#chart-requests .plot')?.getAttribute('aria-valuetext') ?? ''; // prettier-ignore
      const tile = document.querySelector('[data-figure="requests"]')?.closest('li')?.textContent ?? ''; // prettier-ignore
      return spoken.startsWith(clock!) && tile.includes(requests!);
    },
    [new Date(point.at).toTimeString().slice(0, 8), totals.requests.toLocaleString('en')] as const,
  );
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))); // prettier-ignore
}

/** The texts of a table's body, row by row. */
export function rowsOf(page: Page, id: string): Promise<string[][]> {
  return page.locator(`#${id} tbody tr`).evaluateAll(
    (rows) =>
    rows.map((row) => [...row.children].map((cell) => (cell.textContent ?? '').replaceAll('\u00a0', ' '))), // prettier-ignore
  );
}
