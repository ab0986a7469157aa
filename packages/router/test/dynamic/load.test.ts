// Clients on real connections, while routes come, change and go with every tick: each answer is one that was right at some
// moment of its request, and none is lost.
import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { atEnd, listen, makeTable } from './apps.ts';

const CLIENTS = 16;
const REQUESTS = 60;

test.each(VERSIONS)(
  'on Fastify %s, no answer is wrong or lost under changes',
  async (_version, make) => {
    const { app, table } = await makeTable(make);
    const port = await listen(app);
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    atEnd(() => agent.destroy());
    let version = 0;
    let isRunning = true;
    const route = () => {
      const mine = String(version);
      return {
        method: 'GET',
        url: '/hot/:id',
        handler: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return mine;
        },
      };
    };
    table.add(route());
    const changing = (async () => {
      while (isRunning) {
        version++;
        table.replace(route());
        table.add({ method: 'GET', url: `/cold/${version}`, handler: async () => 'cold' });
        if (version > 5) table.remove('GET', `/cold/${version - 5}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const get = (): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        request({ port, agent, path: '/t/hot/7', host: '127.0.0.1' }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        })
          .on('error', reject)
          .end();
      });
    const client = async (): Promise<number> => {
      for (let i = 0; i < REQUESTS; i++) {
        const from = version - 1;
        const { status, text } = await get();
        expect(status).toBe(200);
        expect(Number(text)).toBeGreaterThanOrEqual(from);
        expect(Number(text)).toBeLessThanOrEqual(version);
      }
      return REQUESTS;
    };
    const done = await Promise.all(Array.from({ length: CLIENTS }, client));
    isRunning = false;
    await changing;
    expect(done.reduce((sum, count) => sum + count)).toBe(CLIENTS * REQUESTS);
    expect(table.generation).toBeGreaterThan(50);
    await table.drained(table.commit());
    expect(table.stats().inFlight).toEqual({});
  },
);
