import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { catzilla } from '../src/index.ts';
import type { CatzillaOptions } from '../src/index.ts';

function open(options: { return503OnClosing?: boolean } = {}) {
  const app = Fastify(options);
  onTestFinished(() => app.close());
  return app;
}

describe('the plugin catzilla', () => {
  it('brings the parts to an instance that is there', async () => {
    const app = open({ return503OnClosing: false });
    await app.register(catzilla, { env: false, cache: { ttl: 60_000 } });
    let runs = 0;
    app.get('/', async () => ({ runs: ++runs }));
    await app.inject('/');
    expect((await app.inject('/')).json()).toStrictEqual({ runs: 1 });
    expect((await app.inject('/readyz')).json()).toStrictEqual({ status: 'ready' });
    expect(await app.lifecycle.stop()).toMatchObject({ ok: true });
  });

  it.each(['server', 'router'])('refuses %s, and says why', async (name) => {
    const app = open();
    await expect(
      app.register(catzilla, { env: false, [name]: {} } as unknown as CatzillaOptions),
    ).rejects.toMatchObject({
      code: 'CATZ_APP_OPTION',
      message: expect.stringMatching(new RegExp(`^expected options to have no ${name}: `)),
    });
  });

  it('refuses them from the environment, and names the variable', async () => {
    const app = open();
    const env = { CATZILLA__SERVER__BODY_LIMIT: '5' };
    await expect(app.register(catzilla, { env })).rejects.toMatchObject({ code: 'CATZ_APP_ENV' });
  });

  it('refuses a scope', async () => {
    const app = open();
    app.register(async (scope) => {
      await scope.register(catzilla, { env: false });
    });
    await expect(app.ready()).rejects.toMatchObject({
      code: 'CATZ_APP_OPTION',
      message: expect.stringContaining('root instance'),
    });
  });

  it.each(['prefix', 'logLevel', 'logSerializers'])(
    'refuses %s of register(), unless it says nothing',
    async (name) => {
      const refused = open().register(catzilla, { env: false, [name]: 'x' } as CatzillaOptions);
      await expect(refused).rejects.toMatchObject({
        code: 'CATZ_APP_OPTION',
        message: expect.stringMatching(`^expected options to have no ${name}: it belongs to the`),
      });
      const app = open();
      await app.register(catzilla, { env: false, [name]: undefined } as CatzillaOptions);
      expect((await app.inject('/healthz')).statusCode).toBe(200);
    },
  );
});
