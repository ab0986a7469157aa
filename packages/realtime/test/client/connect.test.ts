// The client against a server that is in the test's hands: what it asks for, what it remembers, when it comes back.
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { start } from './support.ts';

describe('the client', () => {
  it('connects to the path of the plugin by the scheme for WebSockets', () => {
    expect(start().socket.url).toBe('ws://127.0.0.1/realtime');
    expect(start({}, 'https://shop.example/live?x=1').socket.url).toBe(
      'wss://shop.example/live?x=1',
    );
  });

  it('takes the WebSocket and the address of the page where it is given none', () => {
    const { socket } = start();
    const page = { WebSocket: socket.constructor, location: { href: 'https://shop.example/a/b' } };
    for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = connect();
    client.onInvalidate({ url: 'c?d' }, () => {});
    client.close();
  });

  it('needs a WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(() => connect('http://127.0.0.1/')).toThrow(/expected options.WebSocket/);
  });

  it('subscribes when it is open, each channel once, and gives messages to all who listen', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.subscribe('a', (data, info) => heard.push([1, data, info]));
    client.subscribe('a', (data) => heard.push([2, data]));
    expect(socket.sent).toEqual([]);
    socket.accept().admit('a', '5');
    client.subscribe('b', (data) => heard.push([3, data]));
    expect(socket.sent).toEqual([
      { type: 'subscribe', channel: 'a', ref: 1 },
      { type: 'subscribe', channel: 'b', ref: 2 },
    ]);
    socket.say({ type: 'message', channel: 'a', id: '6', event: 'made', data: { n: 1 } });
    socket.message('other', '7', 2);
    expect(heard).toEqual([
      [1, { n: 1 }, { channel: 'a', id: '6', event: 'made' }],
      [2, { n: 1 }],
    ]);
  });

  it('leaves a channel with its last listener', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    const [end, endOther] = [
      client.subscribe('a', () => heard.push(1)),
      client.subscribe('a', () => heard.push(2)),
    ];
    socket.accept().admit('a', '1');
    end();
    end();
    socket.message('a', '2', null);
    expect(socket.types).toEqual(['subscribe']);
    endOther();
    socket.message('a', '3', null);
    expect([heard, socket.sent.at(-1)]).toEqual([
      [2],
      { type: 'unsubscribe', channel: 'a', ref: 2 },
    ]);
  });

  it('gives nothing of a subscription that was left to the next one of its channel', () => {
    const { client, sockets, socket } = start();
    const heard: unknown[] = [];
    const end = client.subscribe('a', () => {});
    socket.accept().admit('a', '5');
    end();
    const { ref } = socket.sent.at(-1)!;
    client.subscribe('a', (data) => heard.push(data), { after: '2' });
    socket.message('a', '6', 'old').say({ type: 'unsubscribed', channels: ['a'], ref });
    socket.message('a', '3', 'new').admit('a', '6');
    expect(heard).toEqual(['new']);
    client.subscribe('b', () => {})();
    socket.end();
    vi.runOnlyPendingTimers();
    client.subscribe('b', (data) => heard.push(data));
    sockets.at(-1)!.accept().admit('b').message('b', '7', 'of b');
    expect(heard).toEqual(['new', 'of b']);
  });

  it('does not take the answer to a subscription that was ended for that of the next', () => {
    const { client, sockets, socket } = start();
    socket.accept();
    client.subscribe('a', () => {})();
    const { ref } = socket.asked('a');
    client.subscribe('a', () => {});
    socket.say({ type: 'subscribed', channels: [{ channel: 'a', id: '5' }], ref });
    socket.end();
    vi.runOnlyPendingTimers();
    expect(sockets.at(-1)!.accept().asked('a').after).toBeUndefined();
  });
});

describe('after a reconnect', () => {
  it('each channel goes on after the last message of any, once it is live', () => {
    const { client, sockets, socket } = start();
    for (const name of ['a', 'b']) client.subscribe(name, () => {});
    socket.accept().admit('a', '5').admit('b', '6').message('a', '7', null).end();
    vi.runOnlyPendingTimers();
    const next = sockets.at(-1)!.accept();
    expect([next.asked('a').after, next.asked('b').after]).toEqual(['7', '7']);
  });

  it('a channel whose replay was cut short goes on where it stopped, and holds back no other', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    socket.accept().admit('a', '50').message('a', '60', null);
    client.subscribe('b', () => {}, { after: '10' });
    expect(socket.asked('b').after).toBe('10');
    socket.message('b', '11', null).message('a', '61', null).message('b', '12', null).end();
    vi.runOnlyPendingTimers();
    const next = sockets.at(-1)!.accept();
    expect([next.asked('a').after, next.asked('b').after]).toEqual(['61', '12']);
    next.message('b', '13', null).admit('b', '61').end();
    vi.runOnlyPendingTimers();
    const third = sockets.at(-1)!.accept();
    expect([third.asked('a').after, third.asked('b').after]).toEqual(['61', '61']);
  });

  it('a channel that has had nothing yet begins where it was to begin', () => {
    const { client, sockets, socket } = start({ after: '3' });
    client.subscribe('a', () => {});
    client.subscribe('b', () => {}, { after: '4' });
    client.subscribe('c', () => {}, { after: null });
    for (const one of [socket, undefined]) {
      const now = one ?? sockets.at(-1)!;
      now.accept();
      expect(['a', 'b', 'c'].map((name) => now.asked(name).after)).toEqual(['3', '4', undefined]);
      now.end();
      vi.runOnlyPendingTimers();
    }
  });

  it('a quiet connection has kept its place by the answers to its pings', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    socket.accept().admit('a', '5').say({ type: 'pong', id: '900' }).say({ type: 'pong' }).end();
    vi.runOnlyPendingTimers();
    expect(sockets.at(-1)!.accept().asked('a').after).toBe('900');
  });

  it('a ping that is answered during a replay moves no place, but one beside a refused channel does', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    socket.accept().admit('a', '50');
    client.subscribe('b', () => {}, { after: '10' });
    socket.message('b', '11', null).say({ type: 'pong', id: '11' }).end();
    vi.runOnlyPendingTimers();
    const next = sockets.at(-1)!.accept();
    expect([next.asked('a').after, next.asked('b').after]).toEqual(['50', '11']);
    client.onError(() => {});
    next
      .admit('a', '50')
      .say({ type: 'error', code: 'X', message: 'no', ref: next.asked('b').ref });
    next.say({ type: 'pong', id: '70' }).end();
    vi.runOnlyPendingTimers();
    expect(sockets.at(-1)!.accept().asked('a').after).toBe('70');
  });

  it('a channel that was live where the server had no place asks for a gap', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    client.subscribe('b', () => {});
    socket.accept().admit('a').message('a', undefined, 'x');
    socket.end();
    vi.advanceTimersByTime(250);
    const next = sockets.at(-1)!.accept();
    // '?' is the place of nothing. b was never granted: it begins now, as it was to.
    expect([next.asked('a').after, next.asked('b').after]).toEqual(['?', undefined]);
  });

  it('a place is not forgotten while the server has none', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    socket.accept().admit('a', '5').end();
    vi.runOnlyPendingTimers();
    client.subscribe('b', () => {});
    sockets.at(-1)!.accept().admit('a').admit('b').message('a', undefined, 'local').end();
    vi.runOnlyPendingTimers();
    const third = sockets.at(-1)!.accept();
    expect([third.asked('a').after, third.asked('b').after]).toEqual(['5', '5']);
  });

  it('a channel that nobody has answered for misses nothing that came while there was no connection', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    socket.accept().admit('a', '5');
    client.subscribe('b', () => {});
    socket.end();
    client.subscribe('c', () => {});
    vi.runOnlyPendingTimers();
    const next = sockets.at(-1)!.accept();
    expect(['a', 'b', 'c'].map((name) => next.asked(name).after)).toEqual(['5', '5', '5']);
  });
});

describe('the connection', () => {
  it('comes back after random times from ranges that double, up to 30 s', () => {
    const { sockets } = start();
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) {
      sockets.at(-1)!.end();
      let waited = 0;
      for (const count = sockets.length; sockets.length === count; waited += 125) {
        vi.advanceTimersByTime(125);
      }
      delays.push(waited);
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    sockets.at(-1)!.accept().say({ type: 'pong' }).end();
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(11);
  });

  it('waits as long as a closing server asks, and up to as long again', () => {
    const { sockets, socket } = start();
    socket.accept().say({ type: 'closing', retry: 4000 }).end(1001);
    vi.advanceTimersByTime(5999);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    sockets.at(-1)!.end();
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(3);
  });

  it('is given up when a ping is not answered within 10 s', () => {
    const { client, socket } = start();
    const gaps: string[] = [];
    client.onGap((channel) => gaps.push(channel));
    socket.accept();
    vi.advanceTimersByTime(24_999);
    expect(socket.types).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(socket.types).toEqual(['ping']);
    vi.advanceTimersByTime(9_999);
    socket.say({ type: 'pong' });
    vi.advanceTimersByTime(25_000);
    expect(socket.types).toEqual(['ping', 'ping']);
    vi.advanceTimersByTime(9_999);
    expect(client.state).toBe('open');
    vi.advanceTimersByTime(1);
    expect([client.state, socket.closedWith]).toEqual(['waiting', undefined]);
    // What comes of it now is nobody's any more.
    socket.say({ type: 'gap', channel: 'a' }).accept().end();
    expect([client.state, gaps]).toEqual(['waiting', []]);
  });

  for (const [code, state] of [
    [1008, 'closed'],
    [4403, 'closed'],
    [1013, 'waiting'],
    [4429, 'waiting'],
  ] as const) {
    it(`is ${state} after the server's code ${code}`, () => {
      const { client, socket } = start();
      socket.accept().end(code);
      expect(client.state).toBe(state);
    });
  }

  it('tells its states, and ends for good when it is closed', () => {
    const { client, sockets, socket } = start();
    const states: string[] = [];
    const end = client.onState((state) => states.push(state));
    socket.accept().end();
    vi.runOnlyPendingTimers();
    sockets.at(-1)!.accept();
    client.close();
    client.close();
    end();
    client.subscribe('a', () => {})();
    vi.runAllTimers();
    expect(states).toEqual(['open', 'waiting', 'connecting', 'open', 'closed']);
    expect([sockets.length, sockets.at(-1)!.closedWith, sockets.at(-1)!.sent]).toEqual([
      2,
      1000,
      [],
    ]);
  });

  it('is not made any more when it is closed while it waits', () => {
    const { client, sockets, socket } = start();
    socket.end();
    client.close();
    vi.runAllTimers();
    expect([sockets.length, client.state]).toEqual([1, 'closed']);
  });

  it('is given up when it is not made within 25 s, and tried again', () => {
    const { client, sockets, socket } = start();
    vi.advanceTimersByTime(24_999);
    expect([client.state, socket.closedWith]).toEqual(['connecting', 'open']);
    vi.advanceTimersByTime(1);
    expect([client.state, socket.closedWith]).toEqual(['waiting', undefined]);
    vi.advanceTimersByTime(500);
    socket.accept();
    expect([client.state, sockets.length]).toEqual(['connecting', 2]);
  });

  it('is not made any more by one who closes it on hearing that it is', () => {
    const { client, sockets, socket } = start();
    client.subscribe('a', () => {});
    client.onState((state) => {
      if (state === 'connecting') client.close();
    });
    socket.accept().end();
    vi.runOnlyPendingTimers();
    const next = sockets.at(-1)!.accept();
    expect([sockets.length, next.closedWith, next.sent, client.state]).toEqual([
      2,
      1000,
      [],
      'closed',
    ]);
  });

  it('comes back at once when the page is online again, and is tried when it goes offline', () => {
    const listeners = new Map<string, () => void>();
    vi.stubGlobal('addEventListener', (type: string, listener: () => void) =>
      listeners.set(type, listener),
    );
    vi.stubGlobal('removeEventListener', (type: string) => listeners.delete(type));
    onTestFinished(() => void vi.unstubAllGlobals());
    const { client, sockets, socket } = start();
    socket.accept();
    listeners.get('offline')?.();
    listeners.get('offline')?.();
    expect(socket.types).toEqual(['ping']);
    vi.advanceTimersByTime(10_000);
    expect(client.state).toBe('waiting');
    listeners.get('online')?.();
    expect(sockets).toHaveLength(2);
    sockets.at(-1)!.accept();
    listeners.get('online')?.();
    expect(sockets.at(-1)!.types).toEqual(['ping']);
    client.close();
    expect(listeners.size).toBe(0);
  });
});

describe('what the server tells besides', () => {
  it('gaps go to the listeners of the channel, and to those of all', () => {
    const { client, socket } = start();
    const heard: string[] = [];
    client.subscribe('a', () => {}, { onGap: () => heard.push('own') });
    client.subscribe('b', () => {}, { onGap: () => heard.push('other') });
    client.onGap((channel) => heard.push(channel));
    socket.accept().say({ type: 'gap', channel: 'a' });
    expect(heard).toEqual(['own', 'a']);
  });

  it('invalidations of a tag or a URL go to who asked for them, and so do gaps', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.onInvalidate('public:a b', (what) => heard.push(what));
    const end = client.onInvalidate({ url: '/ä?b=1#c' }, (what) => heard.push(what));
    const [tag, url] = ['cache/tag/public%3Aa%20b', 'cache/url/%2F%25C3%25A4%3Fb%3D1'];
    socket.accept().admit(tag, '1').admit(url, '1');
    socket.say({
      type: 'invalidated',
      channel: tag,
      id: '2',
      data: { tags: ['public:a b'], at: 1 },
    });
    socket.say({ type: 'invalidated', channel: url, id: '3', data: { all: true, at: 2 } });
    socket.say({ type: 'gap', channel: url });
    expect(heard).toEqual([{ tags: ['public:a b'], at: 1 }, { all: true, at: 2 }, { gap: true }]);
    end();
    expect(socket.sent.at(-1)).toMatchObject({ type: 'unsubscribe', channel: url });
  });

  it('who is there, after each connect, and who comes and goes', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.subscribe('a', () => {}, { onPresence: (...args) => heard.push(args) });
    client.subscribe('a', () => {});
    const [one, two] = [
      { id: '1', data: {} },
      { id: '2', data: { name: 'x' } },
    ];
    socket.accept().admit('a', '1', { members: [one] });
    for (const event of ['join', 'leave']) {
      socket.say({ type: 'presence', channel: 'a', event, data: two });
    }
    expect(heard).toEqual([
      ['here', [one]],
      ['join', [two]],
      ['leave', [two]],
    ]);
  });

  it('a refused channel is an error with its code, and of the page where nobody listens', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.subscribe('a', () => {});
    const end = client.onError(({ code, message, channel }) =>
      heard.push([code, message, channel]),
    );
    socket.accept();
    const refuse = (): unknown =>
      socket.say({ type: 'error', code: 'CATZ_REALTIME_FORBIDDEN', message: 'no', ref: socket.asked('a').ref }); // prettier-ignore
    refuse();
    end();
    vi.stubGlobal('reportError', ({ code }: { code: string }) => heard.push(code));
    onTestFinished(() => void vi.unstubAllGlobals());
    refuse();
    expect(heard).toEqual([['CATZ_REALTIME_FORBIDDEN', 'no', 'a'], 'CATZ_REALTIME_FORBIDDEN']);
  });

  it('a refused channel is asked for again by who subscribes next', () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.onError(({ channel }) => heard.push(channel));
    client.subscribe('a', (data) => heard.push([1, data]));
    const { ref } = socket.accept().asked('a');
    socket.say({ type: 'error', code: 'CATZ_REALTIME_FORBIDDEN', message: 'no', ref });
    client.subscribe('a', (data) => heard.push([2, data]));
    socket.admit('a', '5').message('a', '6', 'x');
    client.subscribe('a', () => {});
    expect(heard).toEqual(['a', [1, 'x'], [2, 'x']]);
    expect(socket.types).toEqual(['subscribe', 'subscribe']);
  });

  it('a listener that throws keeps nobody from hearing', async () => {
    const { client, socket } = start();
    const heard: unknown[] = [];
    client.subscribe('a', () => {
      throw new Error('broken');
    });
    client.subscribe('a', (data) => heard.push(data));
    const uncaught: unknown[] = [];
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      try {
        task();
      } catch (error) {
        uncaught.push(error);
      }
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    socket.accept().message('a', '1', 'x');
    expect([heard, uncaught]).toEqual([['x'], [new Error('broken')]]);
  });
});

describe('publish', () => {
  it('gives the place of the message', async () => {
    const { client, socket } = start();
    socket.accept();
    const done = client.publish('a', { x: 1 }, { event: 'made', key: 'k' });
    expect(socket.sent).toEqual([
      { type: 'publish', channel: 'a', data: { x: 1 }, event: 'made', key: 'k', ref: 1 },
    ]);
    socket.say({ type: 'published', id: '8', ref: 1 }).say({ type: 'published', id: '9', ref: 99 });
    expect(await done).toBe('8');
  });

  it('rejects when it is refused, while there is no connection, and when that is lost', async () => {
    const { client, socket } = start();
    await expect(client.publish('a', 1)).rejects.toThrow('not open');
    socket.accept();
    const refused = client.publish('a', 1);
    socket.say({ type: 'error', code: 'CATZ_REALTIME_PUBLISH_OFF', message: 'off', ref: 1 });
    await expect(refused).rejects.toMatchObject({ code: 'CATZ_REALTIME_PUBLISH_OFF' });
    const lost = client.publish('a', 1);
    socket.end();
    await expect(lost).rejects.toThrow('lost');
  });
});
