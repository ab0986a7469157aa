import { describe, expect, it } from 'vitest';
import { acceptsFloor, checkLock } from '../check-lock.mjs';

describe('checkLock', () => {
  it('finds a platform package that has no entry', () => {
    const packages = {
      '': {},
      'node_modules/tool': {
        version: '1.0.0',
        optionalDependencies: { 'tool-linux': '1', 'tool-mac': '1' },
      },
      'node_modules/tool-linux': { version: '1.0.0', optional: true },
    };
    const { problems, edges } = checkLock({ packages });
    expect(problems).toEqual(['node_modules/tool: tool-mac is missing from the lock']);
    expect(edges).toBe(2);
  });

  it('looks from the folder of the entry outwards, and not into others', () => {
    const edge = { version: '1.0.0', optionalDependencies: { part: '1' } };
    const check = (packages) => checkLock({ packages: { '': {}, ...packages } }).problems;
    const part = { version: '1.0.0' };
    expect(check({ 'node_modules/a/node_modules/b': edge, 'node_modules/part': part })).toEqual([]);
    expect(
      check({ 'node_modules/a/node_modules/b': edge, 'node_modules/a/node_modules/part': part }),
    ).toEqual([]);
    expect(check({ 'packages/x': edge, 'packages/x/node_modules/part': part })).toEqual([]);
    expect(
      check({ 'node_modules/b': edge, 'node_modules/a/node_modules/part': part }),
    ).toHaveLength(1);
  });

  it('leaves a linked folder to the lock of its own workspace', () => {
    const packages = {
      '': {},
      '../packages/x': { optionalDependencies: { part: '1' } },
      'node_modules/x': { resolved: '../packages/x', link: true },
    };
    expect(checkLock({ packages })).toEqual({ problems: [], entries: 3, edges: 0 });
  });

  it('refuses an install script that is not allowed by name', () => {
    const packages = {
      '': {},
      'node_modules/@odd/one': { version: '1.0.0', hasInstallScript: true },
    };
    expect(checkLock({ packages }).problems).toEqual([
      'node_modules/@odd/one: has an install script that is not allowed by name',
    ]);
  });

  it('refuses what needs a newer Node, unless it is optional', () => {
    const engines = { node: '>=22' };
    const packages = {
      '': {},
      'node_modules/new': { version: '2.0.0', engines },
      'node_modules/other': { version: '2.0.0', engines, optional: true },
    };
    expect(checkLock({ packages }).problems).toEqual(['node_modules/new@2.0.0: needs Node >=22']);
  });
});

describe('acceptsFloor', () => {
  it.each([
    undefined,
    '',
    '*',
    '>=18',
    '>= 20',
    '^20.19.0 || >=22.12.0',
    '^18.0.0 || ^20.0.0',
    '20.x',
    '20 || >=22',
    '>=10 <21',
    '>=14.0.0',
    '20 || 22',
    '>12',
    '~20.19.0',
    '>=20.19',
  ])('accepts %s', (range) => {
    expect(acceptsFloor(range)).toBe(true);
  });

  it.each([
    '>=22',
    '^18',
    '>=20.19.1',
    '>=20.20',
    '^22.12.0 || >=24',
    '>=10 <20',
    '18 || 22',
    '~20.18',
    '>20.19.0',
  ])('refuses %s', (range) => {
    expect(acceptsFloor(range)).toBe(false);
  });
});
