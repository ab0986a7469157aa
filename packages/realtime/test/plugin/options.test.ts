import { memoryBus } from '@catzilla/bus';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/options.ts';

describe('options', () => {
  it('have defaults', () => {
    expect(resolveOptions({})).toEqual({
      name: 'app',
      path: '/realtime',
      bus: undefined,
      websocket: true,
      sse: true,
      origins: 'same',
      heartbeat: 30_000,
      maxConnections: 10_000,
      maxMessageBytes: 65_536,
      maxBufferedBytes: 1_048_576,
      slow: 'disconnect',
      maxChannelsPerConnection: 100,
      history: { max: 10_000, maxBytes: 16 * 1_048_576 },
      replayTimeout: 5_000,
      closeDelay: 2_000,
      live: false,
      client: true,
    });
  });

  it('are taken as they are given', async () => {
    await using bus = memoryBus();
    const given = {
      name: 'shop.1',
      path: '/live/v1',
      bus,
      websocket: false,
      sse: false,
      origins: ['https://example.com', 'http://localhost:3000'],
      heartbeat: 1_000,
      maxConnections: 1,
      maxMessageBytes: 64,
      maxBufferedBytes: 1_024,
      slow: 'latest',
      maxChannelsPerConnection: 1,
      history: { max: 1, maxBytes: 1_024 },
      replayTimeout: 0,
      closeDelay: 0,
      client: false,
    } as const;
    expect(resolveOptions(given)).toEqual({ ...given, live: false });
    expect(resolveOptions({ origins: '*' }).origins).toBe('*');
  });

  it.each([
    [{ nmae: 'x' }, 'unknown option options.nmae, did you mean name?'],
    [{ prefix: '/x' }, 'expected options.prefix to be given to a scope around realtime, got "/x"'],
    [{ name: 'a b' }, 'expected options.name to be 1 to 64 letters'],
    [{ path: 'live' }, 'expected options.path to be a path such as /realtime'],
    [{ path: '/live/' }, 'expected options.path to be a path such as /realtime'],
    [{ path: '/:id' }, 'expected options.path to be a path such as /realtime'],
    [{ bus: {} }, 'expected options.bus to be a bus of @catzilla/bus, got an object'],
    [{ bus: null }, 'expected options.bus to be a bus of @catzilla/bus, got null'],
    [{ origins: 'all' }, "expected options.origins to be 'same', '*' or a list"],
    [{ origins: ['example.com'] }, 'expected options.origins[0] to be an origin'],
    [{ origins: ['https://example.com/'] }, 'expected options.origins[0] to be an origin'],
    [{ heartbeat: 999 }, 'expected options.heartbeat to be a duration in ms from 1000 to 600000'],
    [{ closeDelay: 9_001 }, 'expected options.closeDelay'],
    [{ slow: 'drop' }, 'expected options.slow to be "disconnect" or "drop-oldest" or "latest"'],
    [{ history: { max: 0 } }, 'expected options.history.max'],
    [
      { maxBufferedBytes: 100_000 },
      'expected options.maxBufferedBytes to be at least twice options.maxMessageBytes, 131072, got 100000',
    ],
    [{ websocket: 1 }, 'expected options.websocket to be true or false'],
    [{ client: 1 }, 'expected options.client to be true or false'],
    [{ live: 'yes' }, 'expected options.live to be false, true or an object, got "yes"'],
  ])('refuse %j', (options, message) => {
    expect(() => resolveOptions(options as never)).toThrow(
      expect.objectContaining({
        code: 'CATZ_REALTIME_OPTION',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
