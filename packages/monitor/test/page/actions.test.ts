// Purge and warm: nothing happens before it is confirmed, and how it ended is said.
import { expect, it } from 'vitest';
import { describePage, frameAt } from './support/page-test.ts';

describePage('an action', (open) => {
  it('says what it will do, is sent once with the token, and tells how it ended', async () => {
    const { page, complaints, server, show } = await open();
    await show(frameAt(0));
    await page.getByRole('button', { name: 'Purge …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Purge stored responses' });
    await dialog.getByLabel('Tag', { exact: true }).last().fill('cities');
    expect(await page.locator('#purge-plan').textContent()).toBe('Will be removed: every response with the tag “cities”. The next request for each goes to its handler.'); // prettier-ignore
    expect(server.actions).toEqual([]);
    await dialog.getByRole('button', { name: 'Purge this tag' }).dblclick();
    await dialog.getByText('3 responses were removed').waitFor();
    expect(server.actions[0]).toEqual({ path: 'actions/purge', token: 'token-of-the-test', body: { kind: 'tag', value: 'cities', soft: false } }); // prettier-ignore
    expect(await page.locator('#purge-outcome').getAttribute('role')).toBe('status');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  });

  it('is not sent twice while its answer is waited for', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    const held: (() => void)[] = [];
    await page.route('**/actions/purge', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await route.continue();
    });
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByText('Everything', { exact: true }).click();
    const send = page.getByRole('button', { name: 'Purge everything' });
    await send.click();
    await page.locator('#purge-send[aria-disabled=true]').waitFor();
    await send.click({ force: true });
    await show(frameAt(1));
    expect(held).toHaveLength(1);
    held[0]!();
    await page.getByText('3 responses were removed').waitFor();
    expect(server.actions).toEqual([{ path: 'actions/purge', token: 'token-of-the-test', body: { kind: 'all', value: '', soft: false } }]); // prettier-ignore
  });

  it('is not sent when it is cancelled, by button or Escape', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    for (const leave of ['Cancel', 'Escape']) {
      await page.getByRole('button', { name: 'Purge …' }).click();
      await page.getByText('Everything', { exact: true }).click();
      if (leave === 'Cancel') await page.getByRole('button', { name: 'Cancel' }).click();
      else await page.keyboard.press('Escape');
      await page.locator('#purge').waitFor({ state: 'hidden' });
    }
    await show(frameAt(1));
    expect(server.actions).toEqual([]);
  });

  it('asks for a value where one is needed', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByText('URL', { exact: true }).first().click();
    await page.getByRole('button', { name: 'Purge this URL' }).click();
    expect(await page.locator('#purge-value:invalid').count()).toBe(1);
    await page.locator('#purge-value').fill('   ');
    await page.getByRole('button', { name: 'Purge this URL' }).click();
    await show(frameAt(1));
    expect(server.actions).toEqual([]);
  });

  it('can be soft', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByText('Pattern', { exact: true }).first().click();
    await page.locator('#purge-value').fill('/cities/*');
    await page.getByLabel('Softly').check();
    expect(await page.locator('#purge-plan').textContent()).toContain('Will be marked as stale: every response whose path fits /cities/*.'); // prettier-ignore
    await page.getByRole('button', { name: 'Purge this pattern' }).click();
    await page.getByText('3 responses were removed').waitFor();
    expect(server.actions.map(({ body }) => body)).toEqual([{ kind: 'pattern', value: '/cities/*', soft: true }]); // prettier-ignore
  });

  it('says why it failed, and can be tried again', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    server.answer.purge = 400;
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.locator('#purge-value').fill('cities');
    await page.getByRole('button', { name: 'Purge this tag' }).click();
    await page.getByText('It failed: the tag is too long.').waitFor();
    server.answer.purge = { text: '<img src=x> was removed' };
    await page.getByRole('button', { name: 'Purge this tag' }).click();
    await page.getByText('<img src=x> was removed').waitFor();
  });

  it('that was taken in part is not said to be well', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    server.answer.purge = { ok: false, text: 'gone here; not every tier has taken it yet' };
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.locator('#purge-value').fill('cities');
    await page.getByRole('button', { name: 'Purge this tag' }).click();
    await page.getByText('▲ gone here; not every tier has taken it yet').waitFor();
    expect(await page.locator('#purge-outcome').getAttribute('data-tone')).toBe('warn');
  });

  it('warms URLs, and lists what became of each', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    server.answer.warm = {
      results: [
        { url: 'https://shop.example/', status: 200, stored: true, reason: null, ms: 12 },
        { url: '<img src=x>', status: 200, stored: false, reason: 'set-cookie', ms: 3.4 },
      ],
    };
    await page.getByRole('button', { name: 'Warm …' }).click();
    await page.getByLabel('URLs, one on each line').fill('https://shop.example/\n\n  /cart  \n');
    expect(await page.locator('#warm-plan').textContent()).toContain('ask itself for 2 URLs');
    await page.getByRole('button', { name: 'Warm 2 URLs' }).click();
    await page.getByText('▲ 1 of 2 stored.').waitFor();
    expect(await page.locator('#warm-outcome li').allTextContents()).toEqual([
      'https://shop.example/: stored, 12\u00a0ms',
      '<img src=x>: not stored (set-cookie), 3.4\u00a0ms',
    ]);
    expect(server.actions[0]!.body).toEqual({ urls: ['https://shop.example/', '/cart'] });
  });

  it('does not warm more than a hundred URLs at once', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.getByRole('button', { name: 'Warm …' }).click();
    await page.getByLabel('URLs, one on each line').fill('/a\n'.repeat(101));
    await page.getByRole('button', { name: 'Warm 101 URLs' }).click();
    expect(await page.locator('#warm-urls:invalid').count()).toBe(1);
    await show(frameAt(1));
    expect(server.actions).toEqual([]);
  });
});
