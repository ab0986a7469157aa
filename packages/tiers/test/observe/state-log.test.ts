import { describe, expect, it } from 'vitest';
import { StateLog } from '../../src/observe/state-log.ts';

const event = (state: string, lastError?: string) => ({
  tier: 'remote' as const,
  state,
  lastError,
});

describe('the log of states', () => {
  it('has one line for each change, none for what stays as it is', () => {
    const lines: unknown[] = [];
    const log = new StateLog(
      {
        info: (fields, message) => lines.push(['info', message, fields]),
        warn: (fields, message) => lines.push(['warn', message, fields]),
      },
      'main',
    );
    expect(log.tell(event('down', 'ECONNREFUSED'))).toBe(true);
    expect(log.tell(event('down', 'something else'))).toBe(false);
    log.tell({ tier: 'disk', state: 'full', lastError: undefined });
    log.tell(event('ready', 'ECONNREFUSED'));
    const fields = { cache: 'main', tier: 'remote' };
    expect(lines).toEqual([
      [
        'warn',
        'cache main: remote is down',
        { ...fields, state: 'down', previous: undefined, lastError: 'ECONNREFUSED' },
      ],
      [
        'warn',
        'cache main: disk is full',
        { ...fields, tier: 'disk', state: 'full', previous: undefined, lastError: undefined },
      ],
      [
        'info',
        'cache main: remote is ready',
        { ...fields, state: 'ready', previous: 'down', lastError: undefined },
      ],
    ]);
  });

  it('is silent without a logger, and bears one that throws', () => {
    expect(new StateLog(undefined, 'main').tell(event('down'))).toBe(true);
    expect(new StateLog(undefined, 'main').tell(event('ready'))).toBe(true);
    const broken = (): never => {
      throw new Error('the disk of the log is full');
    };
    expect(new StateLog({ info: broken, warn: broken }, 'main').tell(event('down'))).toBe(true);
  });
});
