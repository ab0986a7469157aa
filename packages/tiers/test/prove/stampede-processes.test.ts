// Many callers in two processes want one key at the same moment: the factory runs once, and whatever happens to Redis or to
// the process that computes, everybody gets a value.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { expect, it } from 'vitest';
import type { LoadOptions } from '../../src/index.ts';
import { atEnd, PATIENT, until } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';
import type { Child } from './support/child.ts';

interface Message {
  readonly kind: 'ready' | 'computing' | 'done' | 'value';
}
interface Done extends Message {
  readonly calls: number;
  readonly values: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  readonly lockWaits: number;
}

async function server(): Promise<RedisServer> {
  const redis = await startRedis();
  atEnd(() => redis.stop());
  return redis;
}

interface Start {
  readonly redis: RedisServer;
  readonly id: string;
  readonly count: number;
  readonly load: LoadOptions;
  /** ms, or until it is told. */
  readonly factory: number | 'told';
}

async function started({ redis, ...rest }: Start): Promise<Child> {
  const options = { name: 'stampede', remote: { url: redis.url }, deadline: PATIENT };
  const child = startChild('stampede.mjs', { options, ...rest });
  await told(child, 'ready');
  return child;
}

/** The next message of a kind; those before it are passed over. */
async function told<T extends Message>(child: Child, kind: T['kind']): Promise<T> {
  for (;;) {
    const message = await child.next<Message>();
    if (message.kind === kind) return message as T;
  }
}

async function value(child: Child, ask: object): Promise<unknown> {
  child.send({ ask });
  return (await told<Message & { readonly value?: unknown }>(child, 'value')).value;
}

/** Its end, which must be one of its own. */
async function leave(child: Child): Promise<void> {
  child.send({});
  expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
}

it('runs the factory once for 2 × 1000 callers, and gives all of them its value', async () => {
  const redis = await server();
  const start = { redis, count: 1000, load: { lock: true }, factory: 50 };
  const children = await Promise.all(['a', 'b'].map((id) => started({ ...start, id })));
  for (const child of children) child.send({});
  const done = await Promise.all(children.map((child) => told<Done>(child, 'done')));
  expect(done.map(({ errors }) => errors)).toEqual([[], []]);
  expect(done[0]!.calls + done[1]!.calls).toBe(1);
  const winner = done[0]!.calls === 1 ? 'by a' : 'by b';
  for (const { values } of done) expect(values).toEqual({ [winner]: 1000 });
  await Promise.all(children.map(leave));
});

it('runs it twice at most when Redis is killed meanwhile, and nobody gets an error', async () => {
  const redis = await server();
  const start = { redis, count: 1000, load: { lock: true }, factory: 50 };
  const children = await Promise.all(['a', 'b'].map((id) => started({ ...start, id })));
  for (const child of children) child.send({});
  await Promise.race(children.map((child) => told(child, 'computing')));
  await redis.kill();
  const done = await Promise.all(children.map((child) => told<Done>(child, 'done')));
  expect(done.map(({ errors }) => errors)).toEqual([[], []]);
  expect(done[0]!.calls + done[1]!.calls).toBeLessThanOrEqual(2);
  for (const { values } of done) {
    expect(Object.values(values).reduce((sum, count) => sum + count, 0)).toBe(1000);
  }
  await Promise.all(children.map(leave));
});

it('goes on in the other process when the one that computes is killed', async () => {
  const redis = await server();
  const start = { redis, count: 100, load: { lock: { ttl: 600, wait: 60_000 } } };
  const holder = await started({ ...start, id: 'holder', factory: 'told' });
  const other = await started({ ...start, id: 'other', factory: 1 });
  holder.send({});
  await told(holder, 'computing');
  other.send({});
  // It waits for as long as the holder lives, which extends its lease.
  const lock = 'cz1:stampede::{key}:l';
  await until(async () => (await redis.ask('EXISTS', lock)) === 1);
  expect((await holder.kill()).signal).toBe('SIGKILL');
  const done = await told<Done>(other, 'done');
  expect(done).toMatchObject({ calls: 1, errors: [], values: { 'by other': 100 }, lockWaits: 1 });
  await leave(other);
});

it('refuses the value of a process that slept through its lease', async () => {
  const redis = await server();
  const start = { redis, count: 10, load: { lock: { ttl: 300, wait: 60_000 } } };
  const sleeper = await started({ ...start, id: 'sleeper', factory: 'told' });
  const other = await started({ ...start, id: 'other', factory: 1 });
  sleeper.send({});
  await told(sleeper, 'computing');
  sleeper.signal('SIGSTOP');
  other.send({});
  expect(await told<Done>(other, 'done')).toMatchObject({ values: { 'by other': 10 }, errors: [] });
  // The fill of the other is on its way when its callers have their value.
  const remote = { tiers: ['remote'] };
  await until(async () => (await value(other, remote)) === 'by other');

  sleeper.signal('SIGCONT');
  sleeper.send({}); // its factory ends
  // Its own callers get what they waited for; nobody else does, and it does not keep it.
  expect(await told<Done>(sleeper, 'done')).toMatchObject({
    calls: 1,
    errors: [],
    values: { 'by sleeper': 10 },
  });
  await until(async () => (await value(sleeper, {})) === 'by other');
  expect(await value(other, remote)).toBe('by other');
  expect(await value(other, {})).toBe('by other');
  await leave(sleeper);
  await leave(other);
});
