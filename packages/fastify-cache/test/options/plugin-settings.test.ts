import { describe, expect, expectTypeOf, it } from 'vitest';
import { errors } from '../../src/errors.ts';
import { resolveOptions } from '../../src/options/policy.ts';
import type { FastifyCacheOptions, RouteCacheOptions, Rule } from '../../src/options/types.ts';

const authorize = (): boolean => true;
const headers = (): Record<string, string> => ({});

describe('refresh', () => {
  it('takes what is given, and has defaults beside it', () => {
    const { refresh } = resolveOptions({ refresh: { timeout: 5, headers } });
    expect(refresh).toEqual({ concurrency: 16, timeout: 5, headers });
    expect(Object.isFrozen(refresh)).toBe(true);
    expect(resolveOptions({ refresh: { concurrency: 1 } }).refresh).toEqual({
      concurrency: 1,
      timeout: 30_000,
      headers: undefined,
    });
  });

  it.each([
    [false, /options\.refresh to be an object, got false/],
    [{ concurrency: 0 }, /options\.refresh\.concurrency to be an integer from 1/],
    [{ concurrency: 1.5 }, /options\.refresh\.concurrency/],
    [{ timeout: 0 }, /options\.refresh\.timeout to be a duration in ms above 0/],
    [{ timeout: 2 ** 31 }, /options\.refresh\.timeout/],
    [{ headers: {} }, /options\.refresh\.headers to be a function, got an object/],
    [{ header: headers }, /options\.refresh\.header, did you mean headers\?/],
  ])('refuses %o', (refresh, message) => {
    const attempt = (): unknown => resolveOptions({ refresh });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: errors.OPTION.code }));
  });
});

describe('purgeRoute', () => {
  it('is off by default and with false, and takes what is given', () => {
    expect(resolveOptions({}).purgeRoute).toBeUndefined();
    expect(resolveOptions({ purgeRoute: false }).purgeRoute).toBeUndefined();
    const { purgeRoute } = resolveOptions({ purgeRoute: { path: '/purge', authorize } });
    expect(purgeRoute).toEqual({ path: '/purge', authorize, purgeMethod: false });
    expect(Object.isFrozen(purgeRoute)).toBe(true);
    const both = resolveOptions({ purgeRoute: { path: '/', authorize, purgeMethod: true } });
    expect(both.purgeRoute).toMatchObject({ path: '/', purgeMethod: true });
  });

  it('without authorize is an error of its own', () => {
    expect(() => resolveOptions({ purgeRoute: { path: '/purge' } })).toThrow(
      expect.objectContaining({
        code: 'CATZ_FASTIFY_CACHE_PURGE_UNGUARDED',
        message:
          'expected options.purgeRoute.authorize to be a function that decides who may purge, got nothing',
      }),
    );
    expect(errors.PURGE_UNGUARDED.code).toBe('CATZ_FASTIFY_CACHE_PURGE_UNGUARDED');
  });

  it.each([
    ['/purge', /options\.purgeRoute to be false or an object, got "\/purge"/],
    [{ authorize }, /options\.purgeRoute\.path to be a path that begins with "\/"/],
    [{ path: 'purge', authorize }, /purgeRoute\.path/],
    [{ path: '', authorize }, /purgeRoute\.path/],
    [{ path: '/:id', authorize }, /has no parameters/],
    [{ path: '/*', authorize }, /purgeRoute\.path/],
    [{ path: '/a?b', authorize }, /purgeRoute\.path/],
    [{ path: '/a#b', authorize }, /purgeRoute\.path/],
    [{ path: '/a b', authorize }, /purgeRoute\.path/],
    [{ path: '/purge', authorize: true }, /purgeRoute\.authorize to be a function, got true/],
    [{ path: '/purge', authorise: authorize }, /\.authorise, did you mean authorize\?/],
    [{ path: '/purge', authorize, purgeMethod: 'PURGE' }, /purgeMethod to be true or false/],
  ])('refuses %o', (purgeRoute, message) => {
    const attempt = (): unknown => resolveOptions({ purgeRoute });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: errors.OPTION.code }));
  });
});

it('skipGuards is an option of routes alone, also by its type', () => {
  expectTypeOf<RouteCacheOptions>().toHaveProperty('skipGuards');
  expectTypeOf<Rule>().not.toHaveProperty('skipGuards');
  expectTypeOf<FastifyCacheOptions>().not.toHaveProperty('skipGuards');
});
