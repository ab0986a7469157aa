// The control socket: who is answered, and what nobody can do to it.
import { once } from 'node:events';
import { lstat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ControlClient } from '../../src/control/client.ts';
import { MAX_REQUEST_BYTES } from '../../src/control/protocol.ts';
import type { ControlHandler } from '../../src/control/protocol.ts';
import { openControl, removeOld } from '../../src/control/server.ts';
import { folder } from '../cli/support/run.ts';

const echo: ControlHandler = async (command, args) => ({ command, args });

async function serve(handle: ControlHandler = echo) {
  const path = join(await folder(), 'a.sock');
  const server = await openControl(path, handle);
  onTestFinished(() => server.close());
  return { path, server };
}

async function client(path: string): Promise<ControlClient> {
  const opened = await ControlClient.open(path);
  onTestFinished(() => opened.close());
  return opened;
}

async function raw(path: string): Promise<{ socket: Socket; said: () => Promise<string> }> {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  return { socket, said: async () => closed.then(() => text) };
}

const quick = { timeout: 60_000 };

it('answers questions, those of one client in their order', async () => {
  const { path } = await serve();
  const one = await client(path);
  const answers = await Promise.all([one.ask('a', { n: 1 }, quick), one.ask('b', null, quick)]);
  expect(answers).toStrictEqual([
    { command: 'a', args: { n: 1 } },
    { command: 'b', args: null },
  ]);
});

it('answers several clients at a time', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { path } = await serve(async (command) => (command === 'wait' ? held : command));
  const [slow, fast] = [await client(path), await client(path)];
  const waiting = slow.ask('wait', {}, quick);
  expect(await fast.ask('now', {}, quick)).toBe('now');
  release();
  expect(await waiting).toBeNull();
});

it('gives an error with its code and without its stack, and one without a code as CATZ_CLI_CONTROL', async () => {
  const { path } = await serve(async (command) => {
    if (command === 'odd') throw 'text';
    const error = new Error('no such thing');
    throw command === 'coded' ? Object.assign(error, { code: 'CATZ_X_Y' }) : error;
  });
  const one = await client(path);
  await expect(one.ask('coded', {}, quick)).rejects.toMatchObject({
    code: 'CATZ_X_Y',
    message: 'no such thing',
  });
  await expect(one.ask('plain', {}, quick)).rejects.toMatchObject({
    code: 'CATZ_CLI_CONTROL',
    message: 'the program failed: no such thing',
  });
  await expect(one.ask('odd', {}, quick)).rejects.toThrow('something that is no error');
});

it('refuses what is no question, and a line that is too long, and serves on', async () => {
  const { path } = await serve();
  const bad = await raw(path);
  bad.socket.write('hello\n');
  expect(await bad.said()).toContain('expected a line of JSON');
  const other = await raw(path);
  other.socket.write('{"v":9,"id":1,"command":"info"}\n');
  expect(await other.said()).toContain('version 1');
  const long = await raw(path);
  long.socket.write('x'.repeat(MAX_REQUEST_BYTES + 1));
  expect(await long.said()).toContain('at most 1048576 bytes');
  expect(await (await client(path)).ask('a', 1, quick)).toMatchObject({ command: 'a' });
});

it('refuses a client with too many questions at once', async () => {
  const never = new Promise<never>(() => undefined);
  const { path } = await serve(async () => never);
  const { socket, said } = await raw(path);
  socket.write('{"v":1,"id":1,"command":"a"}\n'.repeat(33));
  expect(await said()).toContain('at most 32 questions');
});

it('turns clients away beyond its number', async () => {
  const { path } = await serve();
  const clients = await Promise.all(Array.from({ length: 16 }, async () => client(path)));
  for (const one of clients) await one.ask('a', 1, quick);
  const { said } = await raw(path);
  expect(await said()).toBe('');
});

it('takes over the socket that a dead program has left', async () => {
  const path = join(await folder(), 'a.sock');
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  // As a killed process leaves it: the file stays. Node removes it on close, so it is moved out of its sight.
  const { link, rename } = await import('node:fs/promises');
  await link(path, `${path}.kept`);
  dead.close();
  await once(dead, 'close');
  await rename(`${path}.kept`, path);
  expect((await lstat(path)).isSocket()).toBe(true);
  const server = await openControl(path, echo);
  onTestFinished(() => server.close());
  expect(await (await client(path)).ask('a', 1, quick)).toMatchObject({ command: 'a' });
});

it('leaves alone a socket that is in use, and a file that is no socket: CATZ_CLI_SOCKET', async () => {
  const { path } = await serve();
  await expect(openControl(path, echo)).rejects.toMatchObject({ code: 'CATZ_CLI_SOCKET' });
  expect(await (await client(path)).ask('a', 1, quick)).toMatchObject({ command: 'a' });
  const file = join(await folder({ 'b.sock': 'mine' }), 'b.sock');
  await expect(openControl(file, echo)).rejects.toMatchObject({ code: 'CATZ_CLI_SOCKET' });
  const nowhere = join(await folder(), 'no', 'c.sock');
  await expect(openControl(nowhere, echo)).rejects.toMatchObject({ code: 'CATZ_CLI_SOCKET' });
});

it('removes its file when it closes, and lets its clients go', async () => {
  const { path, server } = await serve();
  const one = await client(path);
  await one.ask('a', 1, quick);
  await Promise.all([server.close(), server.close()]);
  await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(one.ask('a', 1, quick)).rejects.toMatchObject({ code: 'CATZ_CLI_CONTROL' });
});

it('leaves a new socket file of nobody alone, for its program may be about to listen', async () => {
  const directory = await folder();
  await writeFile(join(directory, 'text'), '');
  await removeOld(join(directory, 'text'));
  await removeOld(join(directory, 'none'));
  expect((await lstat(join(directory, 'text'))).isFile()).toBe(true);
});

it('tells who nobody answers: CATZ_CLI_CONTROL', async () => {
  await expect(ControlClient.open(join(await folder(), 'x.sock'))).rejects.toMatchObject({
    code: 'CATZ_CLI_CONTROL',
  });
});

it('ends a wait by time and by signal', async () => {
  const never = new Promise<never>(() => undefined);
  const { path } = await serve(async () => never);
  await expect((await client(path)).ask('a', 1, { timeout: 5 })).rejects.toThrow('within 5 ms');
  const abort = new AbortController();
  const waiting = (await client(path)).ask('a', 1, { ...quick, signal: abort.signal });
  abort.abort();
  await expect(waiting).rejects.toThrow('was ended');
  const aborted = (await client(path)).ask('a', 1, { ...quick, signal: abort.signal });
  await expect(aborted).rejects.toThrow('was ended');
});

it.each([
  ['no JSON', 'hello\n', 'no JSON'],
  [
    'a refusal without id',
    '{"v":1,"id":null,"ok":false,"error":{"message":"go away"}}\n',
    'go away',
  ],
  ['an answer without id', '{"v":1,"id":null,"ok":true,"result":1}\n', 'no id'],
  ['an end', '', 'ended the connection'],
])('tells of %s in place of an answer', async (_what, line, words) => {
  const path = join(await folder(), 'a.sock');
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(line));
  }).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  await expect((await client(path)).ask('a', 1, quick)).rejects.toThrow(words);
});

it('passes over answers to nobody', async () => {
  const path = join(await folder(), 'a.sock');
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.end('{"v":1,"id":99,"ok":true,"result":0}\n{"v":1,"id":1,"ok":true,"result":7}\n');
    });
  }).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(await (await client(path)).ask('a', 1, quick)).toBe(7);
});
