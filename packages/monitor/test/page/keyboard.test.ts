// Everything by keyboard alone: reached, seen, used, and left again.
import { expect, it } from 'vitest';
import { describePage, frameAt, type Opened } from './support/page-test.ts';

describePage('the keyboard', (open) => {
  it('reaches every control, each with a focus that is seen', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const controls = await page.locator('a:visible, button:not(:disabled):visible, select:visible, input:visible, summary:visible, [tabindex="0"]:visible').evaluateAll((all) => all.map((one, index) => (one as HTMLElement).dataset['stop'] = String(index))); // prettier-ignore
    expect(controls.length).toBeGreaterThan(45);
    const reached = new Map<string, string>();
    for (let press = 0; press < controls.length + 10; press += 1) {
      await page.keyboard.press('Tab');
      const [stop, outline] = await focused(page);
      reached.set(stop!, outline!);
    }
    // Of a group of radio buttons, Tab reaches one, and arrows the others.
    const missed = await page.evaluate((seen) => [...document.querySelectorAll<HTMLElement>('[data-stop]')].filter((one) => !seen.includes(one.dataset['stop']!) && !(one as HTMLInputElement).name).map((one) => one.outerHTML.slice(0, 80)), [...reached.keys()]); // prettier-ignore
    expect(missed).toEqual([]);
    const unseen = [...reached].filter(([stop, outline]) => stop !== 'none' && outline === 'none');
    expect(unseen).toEqual([]);
  });

  it('skips to the figures first', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the figures');
    expect(await page.locator('.skip').evaluate((one) => one.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0); // prettier-ignore
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('changes the range by arrows', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await page.locator('input[value=quarter]').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('#chart-requests .plot').getAttribute('aria-valuemax')).toBe('400'); // prettier-ignore
  });

  it('moves through the time of all charts at once, and reads out what is there', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const plot = page.locator('#chart-requests .plot');
    await page.locator('#chart-requests canvas').waitFor();
    await plot.focus();
    const now = await plot.getAttribute('aria-valuetext');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const before = await plot.getAttribute('aria-valuetext');
    expect(before).not.toBe(now);
    expect(await plot.getAttribute('aria-valuenow')).toBe('898');
    expect(before).toMatch(/^\d\d:\d\d:\d\d: requests [\d,]+\u00a0\/s, errors \(5xx\) \d/);
    const when = before!.slice(0, 8);
    expect(await page.locator('#chart-requests .when').textContent()).toBe(when);
    expect(await page.locator('#chart-latency .when').textContent()).toBe(when);
    await page.keyboard.press('Home');
    expect(await plot.getAttribute('aria-valuenow')).toBe('0');
    await page.keyboard.press('Escape');
    expect(await page.locator('#chart-latency .when').textContent()).toBe('now');
  });

  it('stays in a dialog until that is closed, and goes back to where it came from', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.locator('#open-purge').focus();
    await page.keyboard.press('Enter');
    await page.locator('#purge').waitFor();
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(`document.activeElement === document.body || document.querySelector('#purge').contains(document.activeElement)`); // prettier-ignore
      expect(inside).toBe(true);
    }
    await page.locator('#purge-value').focus();
    await page.keyboard.type('cities');
    await page.keyboard.press('Enter');
    await page.getByText('3 responses were removed').waitFor();
    expect(server.actions).toHaveLength(1);
    await page.keyboard.press('Escape');
    await page.locator('#purge').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.id')).toBe('open-purge');
  });
});

/** Which stop has the focus, and the outline by which that is seen; a radio button's is around its words. */
function focused(page: Opened['page']): Promise<string[]> {
  return page.evaluate(() => {
    const one = document.activeElement as HTMLElement | null;
    const shown = one instanceof HTMLInputElement && one.type === 'radio' ? one.nextElementSibling! : one; // prettier-ignore
    if (one?.dataset['stop'] === undefined) return ['none', ''];
    return [one.dataset['stop'], getComputedStyle(shown!).outlineStyle];
  });
}
