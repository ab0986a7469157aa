// The program in the guide to constant routes is run as it stands there, from the built package.
import { expect, test } from 'vitest';
import { runProgram } from '../support/run-program.ts';

test('the guide to constant routes: its program answers what the guide says', async () => {
  const url = await runProgram('constant-routes.md');
  const health = await fetch(`${url}/health`);
  expect(await health.text()).toBe('{"status":"ok"}');
  const etag = '"op7isVxJQxHFJSF2bkSvVq"';
  expect(health.headers.get('etag')).toBe(etag);
  const again = await fetch(`${url}/health`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  const robots = await fetch(`${url}/robots.txt`, { method: 'HEAD' });
  expect(robots.headers.get('content-length')).toBe('32');
  const old = await fetch(`${url}/old`, { redirect: 'manual' });
  expect([old.status, old.headers.get('location')]).toEqual([301, '/new']);
  const page = await fetch(`${url}/page`, { headers: { 'accept-encoding': 'gzip' } });
  expect(page.headers.get('content-encoding')).toBe('gzip');
  expect(page.headers.get('vary')).toBe('accept-encoding');
  expect(await page.text()).toContain('It is always the same.');
});
