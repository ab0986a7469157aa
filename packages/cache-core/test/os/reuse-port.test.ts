// Listening sockets with SO_REUSEPORT, by real connections. Linux only, as the functions are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { closeFd, dupFd, hasReusePort, reusePortFd } from '../../src/os/index.ts';
import { code } from '../contract/suite.ts';
import { until } from '../support/until.ts';

/** A socket that is closed after the test, unless a server got it. */
function listening(...args: Parameters<typeof reusePortFd>) {
  const socket = reusePortFd(...args);
  onTestFinished(() => closeFd(socket.fd));
  return socket;
}

async function serve(fd: number): Promise<{ server: Server; taken: () => number }> {
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    socket.end('hello');
  });
  server.listen({ fd });
  await once(server, 'listening');
  onTestFinished(async () => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  });
  return { server, taken: () => taken };
}

async function greeting(port: number, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host }).setEncoding('utf8');
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

const hasIPv6 = (): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** Clients of a port that the kernel has not answered yet. */
function connecting(port: number): number {
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const target = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 02`;
  return lines.filter((line) => line.includes(target)).length;
}

function flagsOf(fd: number): number {
  const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))!;
  return parseInt(flags!, 8);
}

const openFds = (): number => readdirSync('/proc/self/fd').length;

describe('reusePortFd', () => {
  beforeEach((context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
  });

  it('is available', () => {
    expect(hasReusePort()).toBe(true);
  });

  it('chooses a port for 0, on which a second socket may listen', async () => {
    const first = reusePortFd('127.0.0.1', 0);
    const second = reusePortFd('127.0.0.1', first.port);
    expect(first.port).toBeGreaterThan(0);
    expect(second.port).toBe(first.port);
    expect(second.fd).not.toBe(first.fd);
    const servers = [await serve(first.fd), await serve(second.fd)];
    // Over 200 connections: that one of the two gets none has the chance of 2^-199.
    for (let i = 0; i < 20; i++) {
      const texts = await Promise.all(Array.from({ length: 10 }, () => greeting(first.port)));
      expect(texts).toStrictEqual(Array.from({ length: 10 }, () => 'hello'));
    }
    const taken = servers.map((server) => server.taken());
    expect(taken[0]! + taken[1]!).toBe(200);
    expect(Math.min(...taken)).toBeGreaterThan(0);
  });

  it('listens on IPv6, for IPv4 too unless ipv6Only', async (context) => {
    if (!hasIPv6()) context.skip('this machine has no IPv6 on its loopback');
    const both = reusePortFd('::', 0);
    await serve(both.fd);
    expect(await greeting(both.port, '::1')).toBe('hello');
    expect(await greeting(both.port, '127.0.0.1')).toBe('hello');
    const only = reusePortFd('::', 0, { ipv6Only: true });
    await serve(only.fd);
    expect(await greeting(only.port, '::1')).toBe('hello');
    await expect(greeting(only.port, '127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says EADDRINUSE where a socket without the option listens', async () => {
    const server = createServer();
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const call = () => reusePortFd('127.0.0.1', port);
    expect(call).toThrow(code('CATZ_CACHE_LISTEN'));
    expect(call).toThrow(
      `cannot listen on 127.0.0.1 port ${port}: EADDRINUSE: address already in use`,
    );
    expect(thrown(call).cause).toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
  });

  it('says EADDRNOTAVAIL for an address of another machine', () => {
    expect(thrown(() => reusePortFd('192.0.2.1', 0)).cause).toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
  });

  it('says ENODEV for an interface that is not there', () => {
    expect(thrown(() => reusePortFd('fe80::1%absent0', 0)).cause).toMatchObject({ code: 'ENODEV' });
  });

  it.each<[unknown, unknown, object, string]>([
    ['localhost', 0, {}, 'expected host to be an IPv4 or IPv6 address, got "localhost"'],
    ['', 0, {}, 'expected host to be an IPv4 or IPv6 address, got ""'],
    [undefined, 0, {}, 'expected host to be an IPv4 or IPv6 address, got undefined'],
    ['127.0.0.1', -1, {}, 'expected port to be an integer from 0 to 65535, got -1'],
    ['127.0.0.1', 65_536, {}, 'expected port to be an integer from 0 to 65535, got 65536'],
    ['127.0.0.1', '80', {}, 'expected port to be an integer from 0 to 65535, got "80"'],
    ['127.0.0.1', 0, { backlog: 0 }, 'expected options.backlog to be an integer'],
    ['127.0.0.1', 0, { ipv6only: true }, 'unknown option options.ipv6only, did you mean ipv6Only?'],
  ])('refuses host %o, port %o, options %o', (host, port, options, sentence) => {
    const call = () => reusePortFd(host as string, port as number, options);
    expect(call).toThrow(code('CATZ_CACHE_OPTION'));
    expect(call).toThrow(sentence);
  });

  it('keeps as many connections waiting as backlog says, and one', async () => {
    const { port } = listening('127.0.0.1', 0, { backlog: 3 });
    let connected = 0;
    const clients = Array.from({ length: 12 }, () => {
      const client = connect({ port, host: '127.0.0.1' });
      client.on('error', () => {}).once('connect', () => connected++);
      return client;
    });
    onTestFinished(() => clients.forEach((client) => void client.destroy()));
    await until(
      () => connected === 4 && connecting(port) === 8,
      () => [connected, connecting(port)],
    );
  });

  it('leaks no descriptor, where it works and where it fails', () => {
    const { fd, port } = reusePortFd('127.0.0.1', 0);
    const before = openFds();
    for (let i = 0; i < 50; i++) {
      closeFd(reusePortFd('127.0.0.1', port).fd);
      expect(() => reusePortFd('192.0.2.1', 0)).toThrow();
      expect(() => reusePortFd('fe80::1%absent0', 0)).toThrow();
    }
    expect(openFds()).toBe(before);
    closeFd(fd);
    expect(openFds()).toBe(before - 1);
  });

  it('is closed in child processes', async () => {
    const { fd } = listening('127.0.0.1', 0);
    const copy = dupFd(fd);
    onTestFinished(() => closeFd(copy));
    const program = `
      const { readdirSync, readlinkSync } = require('node:fs');
      const target = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch (error) { return error.code; } };
      process.send(readdirSync('/proc/self/fd').map(target));`;
    const child = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [open] = (await once(child, 'message')) as [string[]];
    expect(open.length).toBeGreaterThan(3);
    expect(open).not.toContain(readlinkSync(`/proc/self/fd/${fd}`));
  });

  it('does not block', () => {
    const { fd } = listening('127.0.0.1', 0);
    expect(flagsOf(fd) & 0o4000).toBe(0o4000); // O_NONBLOCK
  });
});

describe('dupFd and closeFd', () => {
  beforeEach((context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
  });

  it('keeps connections waiting that came when its server had ended, for the next one', async () => {
    const { fd, port } = listening('127.0.0.1', 0);
    const first = await serve(dupFd(fd));
    expect(await greeting(port)).toBe('hello');
    first.server.close();
    await once(first.server, 'close');
    const waiting = greeting(port);
    const second = await serve(dupFd(fd));
    expect(await waiting).toBe('hello');
    expect([first.taken(), second.taken()]).toStrictEqual([1, 1]);
  });

  it.each([
    ['that was never open', () => 1_000_000],
    ['of standard input', () => 0],
  ])('refuses a descriptor %s', (_what, given) => {
    expect(() => dupFd(given())).toThrow(code('CATZ_CACHE_SOCKET'));
    expect(() => closeFd(given())).toThrow(code('CATZ_CACHE_SOCKET'));
  });

  it.each([-1, 1.5, NaN, '3', undefined])('refuses %o, which is none', (given) => {
    expect(() => dupFd(given as number)).toThrow('it is no file descriptor');
    expect(() => closeFd(given as number)).toThrow(code('CATZ_CACHE_SOCKET'));
  });

  it('closes no file, and no connection', async () => {
    const file = openSync('/dev/null', 'r');
    onTestFinished(() => closeSync(file));
    expect(() => closeFd(file)).toThrow(code('CATZ_CACHE_SOCKET'));
    expect(readlinkSync(`/proc/self/fd/${file}`)).toBe('/dev/null');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1' });
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
    expect(() => closeFd(fd)).toThrow(code('CATZ_CACHE_SOCKET'));
    expect(client.destroyed).toBe(false);
  });
});

it('says on other systems that they do not spread connections', () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
  onTestFinished(() => void vi.restoreAllMocks());
  expect(hasReusePort()).toBe(false);
  for (const call of [() => reusePortFd('127.0.0.1', 0), () => dupFd(3), () => closeFd(3)]) {
    expect(call).toThrow(code('CATZ_CACHE_UNSUPPORTED_PLATFORM'));
    expect(call).toThrow('is not supported on darwin');
  }
});

function thrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it threw nothing');
}
