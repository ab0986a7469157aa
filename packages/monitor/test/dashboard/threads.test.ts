import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Threads } from '../../src/dashboard/threads.ts';
import type { EventRow } from '../../src/dashboard/frame.ts';

let last = 0;

function thread(heard: (row: EventRow) => void = () => undefined): Threads {
  const threads = new Threads(heard);
  onTestFinished(() => threads.close());
  return threads;
}

describe('threads', () => {
  it('accept the token of any of them, whoever came first, and no other', async () => {
    const name = `a${++last}`;
    const [a, b] = [thread(), thread()];
    a.join(name);
    b.join(name);
    await vi.waitFor(() => {
      expect(a.accepts(b.token)).toBe(true);
      expect(b.accepts(a.token)).toBe(true);
    });
    expect(a.accepts(a.token)).toBe(true);
    expect(a.accepts('')).toBe(false);
    expect(a.accepts(undefined)).toBe(false);
    expect(a.accepts([a.token])).toBe(false);
    expect(a.accepts(`${a.token}x`)).toBe(false);
  });

  it('know the token of one that has left, and tell it to those that come later', async () => {
    const name = `b${++last}`;
    const [a, b, c] = [thread(), thread(), thread()];
    a.join(name);
    b.join(name);
    await vi.waitFor(() => expect(b.accepts(a.token)).toBe(true));
    a.close();
    c.join(name);
    await vi.waitFor(() => expect(c.accepts(a.token)).toBe(true));
    expect(b.accepts(a.token)).toBe(true);
  });

  it('do not know those of another application', async () => {
    const [a, b, other] = [thread(), thread(), thread()];
    const name = `c${++last}`;
    other.join(`${name}x`);
    a.join(name);
    b.join(name);
    await vi.waitFor(() => expect(a.accepts(b.token)).toBe(true));
    expect(a.accepts(other.token)).toBe(false);
    expect(other.accepts(a.token)).toBe(false);
  });

  it('keep their own token however many have come', async () => {
    const name = `d${++last}`;
    const a = thread();
    a.join(name);
    const [b] = [thread()];
    b.join(name);
    await vi.waitFor(() => expect(a.accepts(b.token)).toBe(true));
    const channel = new BroadcastChannel(`catzilla.monitor.dashboard:${name}`);
    onTestFinished(() => channel.close());
    const many = Array.from({ length: 300 }, (_, i) => `token ${i}`);
    channel.postMessage({ kind: 'tokens', tokens: many });
    await vi.waitFor(() => expect(a.accepts('token 299')).toBe(true));
    expect(a.accepts(a.token)).toBe(true);
    expect(a.accepts(b.token)).toBe(false);
    expect(a.accepts('token 0')).toBe(false);
  });

  it('hear of the events of the others, across real threads', async () => {
    const name = `e${++last}`;
    const heard: EventRow[] = [];
    const here = thread((row) => heard.push(row));
    here.join(name);
    const row = { at: 5, kind: 'purge', level: 'info', text: 'from there' };
    const worker = new Worker(
      `const { BroadcastChannel, parentPort } = require('node:worker_threads');
       const channel = new BroadcastChannel('catzilla.monitor.dashboard:${name}');
       channel.onmessage = ({ data }) => { parentPort.postMessage(data); channel.close(); };
       channel.postMessage({ kind: 'event', row: ${JSON.stringify(row)} });
       channel.postMessage({ kind: 'hello', tokens: ['of the worker'] });`,
      { eval: true },
    );
    onTestFinished(() => void worker.terminate());
    const answer = await new Promise((resolve) => worker.once('message', resolve));
    expect(answer).toMatchObject({ kind: 'tokens', tokens: [here.token, 'of the worker'] });
    expect(heard).toStrictEqual([row]);
    expect(here.accepts('of the worker')).toBe(true);
  });
});
