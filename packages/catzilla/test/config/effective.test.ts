import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { effective } from '../../src/config/effective.ts';

const CANARY = 'c4n4ry';

describe('the effective configuration', () => {
  it('is a copy that is frozen to its depth', () => {
    const given = { a: { list: [{ b: 1 }] } };
    const made = effective(given);
    expect(made).toStrictEqual(given);
    expect(made.a).not.toBe(given.a);
    expect([made, made.a, made.a.list, made.a.list[0]].every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(given.a)).toBe(false);
  });

  it('keeps what is no plain object as it is', () => {
    const map = new Map();
    const made = effective({ map, run: Math.max });
    expect(made.map).toBe(map);
    expect(made.run).toBe(Math.max);
    expect(Object.isFrozen(map)).toBe(false);
  });

  it.each([
    { secret: CANARY },
    { deep: { password: CANARY } },
    { token: CANARY },
    { authorization: CANARY },
    { apiKey: CANARY },
    { key: [CANARY] },
    { secret: Buffer.from(CANARY) },
    { url: `redis://user:${CANARY}@redis.example/0` },
    { nodes: [`rediss://:${CANARY}@a.example`, 'b'] },
  ])('hides what is secret in print: %j', (given) => {
    const made = effective({ part: given });
    for (const one of [made, made.part]) {
      expect(JSON.stringify(one)).not.toContain(CANARY);
      expect(inspect(one, { depth: 9 })).not.toContain(CANARY);
      expect(JSON.stringify(one)).toContain('[hidden]');
    }
  });

  it('shows what is none', () => {
    const given = { keepAlive: 5, keys: 3, url: 'redis://a.example:1/0', secret: false, name: 'x' };
    expect(JSON.parse(JSON.stringify(effective({ ...given, keys: undefined })))).toStrictEqual({
      keepAlive: 5,
      url: 'redis://a.example:1/0',
      secret: false,
      name: 'x',
    });
  });

  it('lets the program read the secret', () => {
    expect(effective({ secret: CANARY }).secret).toBe(CANARY);
  });
});
