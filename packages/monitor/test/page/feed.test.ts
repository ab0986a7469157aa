// What becomes of the page when the feed does not come: pause, a server that starts again, one that refuses, a long absence.
import { expect, it, onTestFinished } from 'vitest';
import { describePage, drawn, end, frameAt } from './support/page-test.ts';
import { fakeServer } from './support/fake-server.ts';
import { helloOf, pointOf } from './support/sample.ts';

describePage('the feed', (open) => {
  it('is paused and goes on, and no second is missing afterwards', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    const shown = () => page.locator('[data-figure=requests]').textContent();
    const before = await shown();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused at/).waitFor();
    for (let second = 1; second <= 5; second += 1) {
      server.send(frameAt(second, { point: { ...pointOf(900 + second, end - 900_000), requests: second } })); // prettier-ignore
    }
    server.send(frameAt(6));
    await expect.poll(() => page.evaluate('performance.getEntriesByType("resource").length')).toBeGreaterThan(5); // prettier-ignore
    expect(await shown()).toBe(before);
    // Another range is drawn, but of the same moment.
    await page.getByText('24 h').click();
    await expect.poll(() => page.locator('#chart-requests .plot').getAttribute('aria-valuemax')).toBe('400'); // prettier-ignore
    expect(await shown()).toBe(before);
    await page.getByText('15 min').click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await drawn(page, frameAt(6));
    await page.locator('#chart-requests summary').click();
    const plot = page.locator('#chart-requests .plot');
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await plot.getAttribute('aria-valuetext')).toContain('requests 5.0\u00a0/s');
  });

  it('comes back by itself after the server has started again, with the history of both', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.locator('#state-word', { hasText: 'Live' }).waitFor();
    await server.close();
    await page.locator('#state-word', { hasText: 'Connection lost' }).waitFor();
    expect(await page.locator('#state-more').textContent()).toMatch(/again in \d+ s/);
    expect(await page.locator('[data-figure=requests]').textContent()).toBe('1,138');

    const again = await fakeServer(helloOf(end, { title: 'Shop again', seconds: [], minutes: [] }), server.port); // prettier-ignore
    onTestFinished(() => again.close());
    await page.locator('#title', { hasText: 'Shop again' }).waitFor();
    const frame = frameAt(40);
    again.send(frame);
    await drawn(page, frame);
    await page.locator('#state-word', { hasText: 'Live' }).waitFor();
    expect(again.viewers).toBe(1);
    // What was there before, a gap, and the new second; the oldest forty are older than a quarter of an hour.
    const plot = page.locator('#chart-requests .plot');
    expect(await plot.getAttribute('aria-valuemax')).toBe(String(901 - 40 + 1 + 1 - 1));
  });

  it('says why it is refused, and goes on trying', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    const { port } = server;
    await server.close();
    await page.locator('#state-word', { hasText: 'Connection lost' }).waitFor();
    const again = await fakeServer(helloOf(end), port);
    onTestFinished(() => again.close());
    again.refusal = 'who are you?';
    await page.locator('#state-more', { hasText: 'who are you?; again in' }).waitFor();
    again.refusal = undefined;
    await expect.poll(() => again.viewers).toBe(1);
  });

  it('says so when its guard leads it to a page to sign in', async () => {
    const { page, server } = await open();
    await page.route('**/data/feed', (route) => route.fulfill({ status: 302, headers: { location: server.url } })); // prettier-ignore
    await page.reload();
    await page.locator('#state-more', { hasText: 'you are asked to sign in' }).waitFor();
  });

  it('is let go when nobody has looked for five minutes, and taken up when somebody does', async () => {
    const { page, server, show } = await open();
    await page.clock.install();
    await show(frameAt(0));
    await hide(page, true);
    await page.clock.fastForward(4 * 60_000 + 50_000);
    expect(await page.locator('#state-word').textContent()).not.toContain('Resting');
    await page.clock.fastForward(15_000);
    await expect.poll(() => server.viewers).toBe(0);
    expect(await page.locator('#state-word').textContent()).toBe('Resting, since nobody was looking'); // prettier-ignore
    await hide(page, false);
    await expect.poll(() => server.viewers).toBe(1);
  });

  it('is let go as well by a page that was opened in the background', async () => {
    const { page, server } = await open();
    await page.clock.install();
    await page.addInitScript(
      "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })",
    );
    await page.goto('about:blank');
    await expect.poll(() => server.viewers).toBe(0);
    await page.goto(server.url);
    await expect.poll(() => server.viewers).toBe(1);
    await page.clock.fastForward(5 * 60_000 + 1000);
    await page.locator('#state-word', { hasText: 'Resting' }).waitFor();
    await expect.poll(() => server.viewers).toBe(0);
  });

  it('is announced when its state changes, and health when that does, not with every second', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(globalThis, { said });
      const regions = document.querySelectorAll('[role=status], [aria-live]');
      const observer = new MutationObserver((records) => said.push(...records.map((record) => record.target.textContent ?? ''))); // prettier-ignore
      for (const region of regions) observer.observe(region, { subtree: true, childList: true, characterData: true }); // prettier-ignore
    });
    await show(frameAt(1));
    await show(frameAt(2));
    expect(await page.evaluate('said')).toEqual([]);
    await show(frameAt(3, { health: { state: 'ok', parts: [] } }));
    expect(await page.evaluate('said')).toEqual(['Health: Healthy']);
  });
});

async function hide(
  page: { evaluate(code: string): Promise<unknown> },
  hidden: boolean,
): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} }); document.dispatchEvent(new Event('visibilitychange'))`,
  );
}
