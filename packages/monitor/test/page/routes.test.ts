// The table of ten thousand routes: a page at a time, searched and sorted by the server.
import { expect, it } from 'vitest';
import { describePage, frameAt, rowsOf, type Opened } from './support/page-test.ts';

describePage('the table of routes', (open) => {
  it('comes with the frames as long as nobody asks for another part of it', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    expect(await rowsOf(page, 'table-routes')).toHaveLength(10);
    expect((await rowsOf(page, 'table-routes'))[3]).toEqual(['GET /api/things/00003/:id', '769 /s', '999,730', '3', '0.40 ms', '4.0 ms', '20 ms', '799,790', '89.9 %', '3']); // prettier-ignore
    expect(await place(page)).toBe('1 to 10 of 10,000');
    expect(server.asked).toEqual([]);
  });

  it('turns its pages, to the last and back', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => place(page)).toBe('11 to 20 of 10,000');
    expect((await rowsOf(page, 'table-routes'))[0]![0]).toBe('GET /api/things/00010/:id');
    expect(server.asked).toEqual(['q=&sort=-perSecond&offset=10&limit=10']);
    await page.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(() => place(page)).toBe('1 to 10 of 10,000');
    expect(await page.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
  });

  it('is searched by what is typed, once somebody stops to type', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    await page.getByLabel('Search routes').pressSequentially('things/0777', { delay: 5 });
    await expect.poll(() => place(page)).toBe('1 to 10 of 10');
    expect(server.asked).toEqual(['q=things%2F0777&sort=-perSecond&offset=0&limit=10']);
    await page.getByLabel('Search routes').fill('nowhere');
    await page.getByText('No route contains “nowhere”.').waitFor();
    await page.getByLabel('Search routes').fill('');
    await expect.poll(() => place(page)).toBe('1 to 10 of 10,000');
  });

  it('is sorted by a press on a header, and the other way round by the next', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    const header = page.getByRole('columnheader', { name: 'Requests' });
    await header.getByRole('button').click();
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('descending');
    await header.getByRole('button').click();
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending');
    await expect.poll(async () => (await rowsOf(page, 'table-routes'))[0]![0]).toBe('GET /api/things/09999/:id'); // prettier-ignore
    expect(await page.locator('[aria-sort]').count()).toBe(1);
  });

  it('does not show an answer that comes after a later question', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    let release = () => {};
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/data/routes?q=00001*', async (route) => {
      await late;
      await route.continue();
    });
    const answered = page.waitForResponse(/q=00001/);
    await page.getByLabel('Search routes').fill('00001');
    await page.waitForRequest(/q=00001/);
    await page.getByLabel('Search routes').fill('00002');
    await expect.poll(async () => (await rowsOf(page, 'table-routes'))[0]![0]).toBe('GET /api/things/00002/:id'); // prettier-ignore
    release();
    await (await answered).finished();
    await show(frameAt(1));
    expect((await rowsOf(page, 'table-routes'))[0]![0]).toBe('GET /api/things/00002/:id');
  });

  it('says what the server said where it refuses', async () => {
    const { page, server, show } = await open();
    await show(frameAt(0));
    server.refusal = 'the dashboard answers to this machine alone';
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('#routes-problem', { hasText: server.refusal }).waitFor();
    expect(await rowsOf(page, 'table-routes')).toHaveLength(10);
  });

  it('keeps its rows, so that a second without news writes nothing', async () => {
    const { page, show } = await open();
    await show(frameAt(0));
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver((records) => seen.push(...records.map((record) => record.type))).observe(document.querySelector('#table-routes')!, { subtree: true, childList: true, characterData: true, attributes: true }); // prettier-ignore
    });
    await show(frameAt(1));
    expect(await page.evaluate('seen')).toEqual([]);
    await show(frameAt(2, { routes: frameAt(2).routes.map((row) => ({ ...row, requests: 5 })) }));
    expect(await page.evaluate('seen.length')).toBe(10);
  });
});

async function place(page: Opened['page']): Promise<string | null> {
  return await page.locator('#routes-place').textContent();
}
