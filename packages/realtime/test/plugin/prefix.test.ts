// The plugin in a scope with a prefix: both transports, the script, and the browser client over a real socket.
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/client/index.ts';
import { realtime } from '../../src/index.ts';
import type { Realtime } from '../../src/index.ts';

async function start(prefix: string) {
  const app = Fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  let live: Realtime | undefined;
  await app.register(
    async (scope) => {
      await scope.register(realtime, { closeDelay: 0 });
      scope.realtime.channel('prices', { public: true });
      live = scope.realtime;
    },
    { prefix },
  );
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), live: live! };
}

it.each(['/api', '/api/'])('serves everything below the prefix %s', async (prefix) => {
  const { url, live } = await start(prefix);

  const script = await fetch(`${url}/api/realtime/client.js`);
  expect([script.status, (await script.text()).includes('export function connect')]).toEqual([
    200,
    true,
  ]);
  expect((await fetch(`${url}/realtime/client.js`)).status).toBe(404);

  const heard: unknown[] = [];
  const client = connect(`${url}/api/realtime`, { WebSocket });
  onTestFinished(() => client.close());
  client.subscribe('prices', (data) => heard.push(data));
  const stream = await fetch(`${url}/api/realtime/events?channel=prices`);
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  await expect.poll(() => live.stats().subscriptions).toBe(2);

  await live.publish('prices', { coffee: 4.2 });
  await expect.poll(() => heard).toEqual([{ coffee: 4.2 }]);
  let text = '';
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('coffee')) break;
  }
  expect(text).toContain('"data":{"coffee":4.2}');
});
