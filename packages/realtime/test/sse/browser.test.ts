// An EventSource of a real browser, which has to be there already: Debian's `chromium`, or Chrome.
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { memoryBus } from '@catzilla/bus';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { realtime } from '../../src/plugin.ts';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = candidates.find((path) => path !== '' && existsSync(path));
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];

const page = `<!doctype html><title>test</title><script>
  globalThis.heard = [];
  globalThis.states = [];
  globalThis.listen = (query) => {
    globalThis.source = new EventSource('/realtime/events?' + query);
    source.onmessage = (event) => heard.push(JSON.parse(event.data).data);
    source.addEventListener('flash', (event) => heard.push('flash ' + JSON.parse(event.data).data));
    source.addEventListener('gap', () => heard.push('gap'));
    source.onopen = () => states.push('open');
    source.onerror = () => states.push(source.readyState === EventSource.CLOSED ? 'closed' : 'lost');
  };
</script>`;

async function start(bus: ReturnType<typeof memoryBus>, port = 0): Promise<FastifyInstance> {
  // A browser connects ahead of need, and Node waits for what was never used.
  const app = Fastify({ forceCloseConnections: true });
  await app.register(realtime, { bus, closeDelay: 50 });
  app.realtime.channel('prices', { public: true });
  app.realtime.channel('orders/:id', { authorize: () => false });
  app.get('/', (_request, reply) => reply.type('text/html').send(page));
  await app.listen({ port, host: '127.0.0.1' });
  return app;
}

function seen(view: Page, what: 'heard' | 'states'): Promise<unknown[]> {
  return view.evaluate(`globalThis.${what}`);
}

it('an EventSource resumes by itself, and gives up where it is refused', async (context) => {
  if (executablePath === undefined) context.skip('no Chromium is installed (CHROMIUM names one)');
  const browser = await chromium.launch({ executablePath: executablePath!, args });
  onTestFinished(() => browser.close());
  const bus = memoryBus();
  onTestFinished(() => bus.close());
  let app = await start(bus);
  const { port } = app.server.address() as AddressInfo;
  const view = await browser.newPage();
  await view.goto(`http://127.0.0.1:${port}/`);
  await view.evaluate(`listen('channel=prices')`);
  await view.waitForFunction(`states.length === 1`);
  await app.realtime.publish('prices', 1);
  await app.realtime.publish('prices', 2, { event: 'flash' });
  await view.waitForFunction(`heard.length === 2`);

  // The application ends and comes again; what is published meanwhile comes from elsewhere.
  await app.close();
  const elsewhere = await start(bus);
  await elsewhere.realtime.publish('prices', 3);
  app = await start(bus, port);
  await elsewhere.realtime.publish('prices', 4);
  await view.waitForFunction(`heard.length === 4`);
  await elsewhere.realtime.publish('prices', 5);
  await view.waitForFunction(`heard.length === 5`);
  expect(await seen(view, 'heard')).toEqual([1, 'flash 2', 3, 4, 5]);
  expect(await seen(view, 'states')).toEqual(['open', 'lost', 'open']);

  await view.evaluate(`source.close(); states.length = 0; listen('channel=orders/1')`);
  await view.waitForFunction(`states.length > 0`);
  expect(await seen(view, 'states')).toEqual(['closed']);
  await view.close();
  await elsewhere.close();
  await app.close();
});
