import { describe, expect, it } from 'vitest';
import { redisTier } from '../../src/remote/redis-tier.ts';
import { drivers } from '../support/drivers.ts';
import type { RedisTierOptions } from '../../src/remote/redis-options.ts';

const url = 'redis://127.0.0.1:1';

describe('options of redisTier', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'nothing',
      undefined,
      /^expected options to have one of url, node, sentinels, cluster, client, got none/,
    ],
    ['two places', { url, node: {} }, /one of url, .*, got url and node/],
    [
      'an unknown name',
      { url, prefx: 'a' },
      /^unknown option options\.prefx, did you mean prefix\?/,
    ],
    ['an option of another', { url, keyPrefix: 'a' }, /^unknown option options\.keyPrefix, /],
    ['an empty prefix', { url, prefix: '' }, /^expected options\.prefix to be a string of 1 to 64/],
    ['a prefix with a colon', { url, prefix: 'a:b' }, /options\.prefix .*got "a:b"/],
    [
      'a prefix with a digit at its end',
      { url, prefix: 'a1' },
      /does not end with a digit, got "a1"/,
    ],
    [
      'a hashTag that is none',
      { url, hashTag: 'x' },
      /^expected options\.hashTag to be a function/,
    ],
    [
      'tracking in a cluster',
      { cluster: { nodes: [{ host: 'a' }] }, tracking: true },
      /^expected options\.tracking to be false beside cluster, got true/,
    ],
    [
      'tracking that is no boolean',
      { url, tracking: 1 },
      /^expected options\.tracking to be true or false/,
    ],
    ['a URL of something else', { url: 'http://x' }, /^expected options\.url to be a URL redis:/],
    ['no client', { client: {} }, /^expected options\.client to be an ioredis client/],
    ['a cluster without nodes', { cluster: { nodes: [] } }, /options\.cluster\.nodes/],
    [
      'sentinels without a name',
      { sentinels: { nodes: [{ host: 'a' }] } },
      /options\.sentinels\.name/,
    ],
  ])('refuse %s', (_title, options, message) => {
    const make = (): unknown => redisTier(options as RedisTierOptions);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'CATZ_TIERS_OPTION' }));
  });

  it.each(drivers)(
    'refuse a client of %s that changes keys, or would be changed',
    (_name, Driver) => {
      const client = new Driver({ lazyConnect: true, keyPrefix: 'a:' });
      expect(() => redisTier({ client })).toThrow(/^expected options\.client to have no keyPrefix/);
      const plain = new Driver({ lazyConnect: true });
      expect(() => redisTier({ client: plain, tracking: true })).toThrow(
        /^expected options\.tracking to be false beside client/,
      );
    },
  );

  it('are checked without connecting', () => {
    expect(redisTier({ url, prefix: 'shop', hashTag: (key) => key }).kind).toBe('redis');
  });
});
