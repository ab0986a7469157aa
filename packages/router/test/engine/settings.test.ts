// The options that choose an engine.
import { expect, it } from 'vitest';
import { engineSettings } from '../../src/engine/settings.ts';
import { thrownBy } from '../support/tables.ts';

it('defaults to auto, with native from 300 routes and compile up to 2000', () => {
  expect(engineSettings({})).toEqual({ engine: 'auto', nativeThreshold: 300, compileLimit: 2000 });
});

it('refuses what is no engine, no threshold and no limit', () => {
  for (const options of [
    { engine: 'fast' },
    { engine: null },
    { nativeThreshold: 0 },
    { nativeThreshold: 1.5 },
    { nativeThreshold: Infinity },
    { compileLimit: -1 },
    { compileLimit: '10' },
  ]) {
    const error = thrownBy(() => engineSettings(options as never));
    expect(error.code, JSON.stringify(options)).toBe('CATZ_ROUTER_OPTIONS');
    expect(error.message).toContain(`expected options.${Object.keys(options)[0]}`);
  }
});

it('refuses an unknown option and names the nearest', () => {
  const error = thrownBy(() => engineSettings({ nativeTreshold: 1 } as never));
  expect(error.code).toBe('CATZ_ROUTER_OPTIONS');
  expect(error.message).toContain('did you mean nativeThreshold?');
});
