import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressOf, assertFree, sharingOf, threadCount, urlOf } from '../../src/threads/address.ts';
import { SharedPort } from '../../src/threads/shared-port.ts';

describe('how threads share a port', () => {
  it.each([
    ['linux', '20.19.0', true, 'socket'],
    ['linux', '24.0.0', true, 'socket'],
    ['linux', '20.19.0', false, 'none'],
    ['linux', '22.11.0', false, 'none'],
    ['linux', '22.12.0', false, 'reusePort'],
    ['linux', '23.0.0', false, 'none'],
    ['linux', '23.1.0', false, 'reusePort'],
    ['freebsd', '26.0.0', false, 'reusePort'],
    ['darwin', '24.0.0', false, 'none'],
    ['win32', '24.0.0', false, 'none'],
  ] as const)('on %s with Node %s, addon %s, is %s', (platform, version, native, sharing) => {
    expect(sharingOf(platform, version, native)).toBe(sharing);
  });

  it('decides how many there are', () => {
    expect(threadCount(7, 'socket')).toBe(7);
    expect(threadCount('auto', 'reusePort')).toBe(availableParallelism());
    expect(threadCount(7, 'none')).toBe(1);
  });
});

it('looks names up, and leaves addresses as they are', async () => {
  expect(await addressOf('::1')).toBe('::1');
  expect(['127.0.0.1', '::1']).toContain(await addressOf('localhost'));
  await expect(addressOf('no.such.host.invalid')).rejects.toThrow('no.such.host.invalid');
});

it('puts IPv6 addresses into brackets', () => {
  expect(urlOf('::1', 80)).toBe('http://[::1]:80');
  expect(urlOf('127.0.0.1', 80)).toBe('http://127.0.0.1:80');
});

describe('a port', () => {
  it('is free, or is not', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(assertFree('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    server.close();
    await once(server, 'close');
    await assertFree('127.0.0.1', port);
    await assertFree('127.0.0.1', 0);
  });

  it('that threads listen at is not free for another, though SO_REUSEPORT would let it in', async (context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
    const shared = new SharedPort('127.0.0.1', 0, 'socket');
    await shared.find();
    const first = shared.placeOf(1);
    onTestFinished(() => shared.close());
    const other = new SharedPort('127.0.0.1', shared.port, 'socket');
    await expect(other.find()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(shared.placeOf(1)).toStrictEqual(first);
    expect(shared.placeOf(2)).not.toStrictEqual(first);
  });

  it('is the same for all threads, once the first one has it', () => {
    const shared = new SharedPort('127.0.0.1', 0, 'reusePort');
    shared.settle(4711);
    const place = { kind: 'port', host: '', port: 4711, reusePort: true };
    expect(shared.placeOf(2)).toStrictEqual(place);
    shared.release(2); // there is no socket: nothing happens
  });
});
