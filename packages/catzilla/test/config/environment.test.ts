import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

async function open(env: Record<string, string>, options: AppOptions = {}) {
  const app = await createApp({ ...options, env });
  onTestFinished(() => app.close());
  return app;
}

async function refusal(env: Record<string, string>, options: AppOptions = {}) {
  const error: unknown = await open(env, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error as Error & { code: string };
}

describe('variables of the environment', () => {
  it('win over the options of the program, and leave the rest of them', async () => {
    const options = { cache: { ttl: 1, xCache: true } };
    const { config } = await open({ CATZILLA__CACHE__TTL: '5000' }, options);
    expect(config.cache).toMatchObject({ ttl: 5000, xCache: true });
    expect(options.cache.ttl).toBe(1);
  });

  it('are read as JSON, and as text where they are none', async () => {
    const { config } = await open({
      CATZILLA__CACHE__NAMESPACE: 'build-7',
      CATZILLA__CACHE__X_CACHE: 'true',
      CATZILLA__CACHE__EXCLUDE: '["/admin/*"]',
      CATZILLA__CACHE__KEEP: '1000',
      CATZILLA__BUILTINS__COOKIE__SECRET: '"12345"',
    });
    expect(config.cache).toMatchObject({
      namespace: 'build-7',
      xCache: true,
      exclude: ['/admin/*'],
      keep: 1000,
    });
    expect(config.builtins.cookie).toMatchObject({ secret: '12345' });
  });

  it('switch parts on and off', async () => {
    const { config } = await open({
      CATZILLA__CACHE: 'false',
      CATZILLA__BUILTINS__FORMBODY: 'true',
      CATZILLA__TIERS__NAME: 'environment-test',
      CATZILLA__MODE: 'production',
    });
    expect(config).toMatchObject({
      cache: false,
      builtins: { formbody: {} },
      tiers: { name: 'environment-test' },
      mode: 'production',
      shutdown: { shutdownDelay: 5000 },
    });
  });

  it('find names that are written in capitals', async () => {
    const { config } = await open({ CATZILLA__BUILTINS__HELMET__ENABLE_CSP_NONCES: 'true' });
    expect(config.builtins.helmet).toMatchObject({ enableCSPNonces: true });
  });

  it('apply parts before what stands in them, however they are ordered', async () => {
    const { config } = await open({ CATZILLA__CACHE__TTL: '7', CATZILLA__CACHE: 'true' });
    expect(config.cache).toMatchObject({ ttl: 7 });
  });

  it('count for nothing with env: false', async () => {
    process.env['CATZILLA__CACHE__TTL'] = '4321';
    onTestFinished(() => {
      delete process.env['CATZILLA__CACHE__TTL'];
    });
    const without = await createApp({ env: false });
    const withThem = await createApp();
    await Promise.all([without.close(), withThem.close()]);
    expect(without.config.cache).toStrictEqual({});
    expect(withThem.config.cache).toMatchObject({ ttl: 4321 });
  });

  it('say the mode by NODE_ENV, unless the options do', async () => {
    expect((await open({ NODE_ENV: 'production' })).config.mode).toBe('production');
    expect((await open({ NODE_ENV: 'test' })).config.mode).toBe('development');
    const said = await open({ NODE_ENV: 'production' }, { mode: 'development' });
    expect(said.config.shutdown.shutdownDelay).toBe(0);
  });

  it('leave other variables alone', async () => {
    const { config } = await open({ CATZILLA_CACHE: 'x', CACHE__TTL: 'x', PORT: '1' });
    expect(config.cache).toStrictEqual({});
  });
});

describe('a variable that is wrong', () => {
  it.each<[Record<string, string>, RegExp, AppOptions?]>([
    [
      { CATZILLA__CAHCE__TTL: '1' },
      /^unknown option CAHCE in CATZILLA__CAHCE__TTL, did you mean CACHE\?$/,
    ],
    [{ CATZILLA__ENV: 'false' }, /^unknown option ENV in CATZILLA__ENV, known are MODE, SERVER, /],
    [{ CATZILLA__BUILTINS__CORZ: 'true' }, /did you mean CORS\?$/],
    [
      { CATZILLA__SERVER__BODY_LIMT: '1' },
      /CATZILLA__SERVER__BODY_LIMT, did you mean BODY_LIMIT\?$/,
    ],
    [
      { CATZILLA__BUILTINS__RATE_LIMIT__MIN: '1' },
      /^unknown option MIN in CATZILLA__BUILTINS__RATE_LIMIT__MIN, /,
    ],
    [
      { CATZILLA__CACHE__TLL: '1' },
      /^with CATZILLA__CACHE__TLL from the environment: .*did you mean ttl\?/,
    ],
    [{ CATZILLA__CACHE__TTL: 'soon' }, /^with CATZILLA__CACHE__TTL from the environment: /],
    [
      { CATZILLA__CACHE: '5' },
      /^with CATZILLA__CACHE from the environment: expected options\.cache/,
    ],
    [{ CATZILLA__SHUTDOWN__KILL_AFTER: '-1' }, /^with CATZILLA__SHUTDOWN__KILL_AFTER from/],
    [
      { CATZILLA__ROUTER__ENGINE: 'fastest' },
      /^with CATZILLA__ROUTER__ENGINE from the environment: /,
    ],
    [{ CATZILLA__SERVER__BODY_LIMIT: 'big' }, /^with CATZILLA__SERVER__BODY_LIMIT from/],
    [{ CATZILLA__TIERS__NAME: 'a b' }, /^with CATZILLA__TIERS__NAME from the environment: /],
    [{ CATZILLA__MODE: 'fast' }, /^with CATZILLA__MODE from the environment: /],
    [{ CATZILLA__cache__ttl: '1' }, /to be CATZILLA__<PART>__<OPTION> in upper case/],
    [{ CATZILLA__CACHE____TTL: '1' }, /to be CATZILLA__<PART>__<OPTION> in upper case/],
    [{ CATZILLA__: '1' }, /to be CATZILLA__<PART>__<OPTION> in upper case/],
    [
      { CATZILLA__CACHE__TTL: '1' },
      /^CATZILLA__CACHE__TTL sets an option of options\.cache, which is off/,
      { cache: false },
    ],
    [
      { CATZILLA__SERVER__LOGGER_INSTANCE__X: '1' },
      /sets an option in options\.server\.loggerInstance, which holds no options/,
      { server: { loggerInstance: new Map() as never } },
    ],
  ])('is named: %j', async (env, message, options) => {
    const error = await refusal(env, options);
    expect(error.code).toBe('CATZ_APP_ENV');
    expect(error.message).toMatch(message);
  });

  it('is not named where an option of the program is at fault', async () => {
    const options = { cache: { tll: 1 } } as AppOptions;
    expect((await refusal({ CATZILLA__SHUTDOWN__KILL_AFTER: '5' }, options)).code).toBe(
      'CATZ_FASTIFY_CACHE_OPTION',
    );
  });

  it('does not show its value', async () => {
    const error = await refusal({ CATZILLA__CACHE__CACHE__MAX_BYTES: 'a secret that came here' });
    expect(error.code).toBe('CATZ_APP_ENV');
    expect(error.message).toContain('CATZILLA__CACHE__CACHE__MAX_BYTES');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('reaches no prototype', async () => {
    const error = await refusal({ CATZILLA__CACHE__CONSTRUCTOR__PROTOTYPE__X: '1' });
    expect(error.code).toBe('CATZ_APP_ENV');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
