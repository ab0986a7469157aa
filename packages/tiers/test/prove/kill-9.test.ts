// A process that is killed in the middle of its writes, twenty times over one folder: whatever it had been told was on disk
// is there, whatever it had removed stays away, and no value is damaged.
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makeFolder, PATIENT } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';

const ROUNDS = 20;
const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
const tags = ['red', 'green', 'blue'];

type Step =
  | { readonly how: 'set'; readonly keys: readonly string[]; readonly tag: string }
  | { readonly how: 'delete'; readonly keys: readonly string[] }
  | { readonly how: 'tag'; readonly tag: string }
  | { readonly how: 'clear' };
type Message =
  | {
      readonly kind: 'found';
      readonly found: Readonly<Record<string, number>>;
      readonly corrupt: number;
      readonly counted: number;
      readonly state: string;
    }
  | ({ readonly kind: 'begun'; readonly step: number } & Step)
  | { readonly kind: 'done'; readonly step: number; readonly disk: string };

interface Value {
  readonly version: number;
  readonly tag: string;
}

/** What a step leaves of the values before. */
function after(before: ReadonlyMap<string, Value>, number: number, step: Step): Map<string, Value> {
  if (step.how === 'clear') return new Map();
  const values = new Map(before);
  if (step.how === 'tag') {
    for (const [key, { tag }] of before) if (tag === step.tag) values.delete(key);
    return values;
  }
  for (const key of step.keys) {
    if (step.how === 'set') values.set(key, { version: number, tag: step.tag });
    else values.delete(key);
  }
  return values;
}

it(`loses and revives nothing, and damages nothing, ${ROUNDS} times`, async () => {
  const disk = { dir: makeFolder(), minFree: 0, maxBytes: 64 * 2 ** 20 };
  const options = { name: 'killed', disk, write: { disk: 'through' }, deadline: PATIENT };
  // What is known to be there, and what may be there instead, of the step that was under way.
  let certain = new Map<string, Value>();
  let possible = certain;
  let step = 1;
  let steps = 0;
  let interrupted = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const child = startChild('kill.mjs', { options, keys, tags, step });
    const first = await child.next<Message>();
    if (first.kind !== 'found') throw new Error(`expected what it found, got ${first.kind}`);
    expect(first).toMatchObject({ corrupt: 0, counted: 0, state: 'ready' });
    for (const key of keys) {
      const version = first.found[key];
      const expected = [certain.get(key)?.version, possible.get(key)?.version];
      expect(expected, `round ${round}, ${key}`).toContain(version);
      const value = version === certain.get(key)?.version ? certain.get(key) : possible.get(key);
      if (value === undefined) certain.delete(key);
      else certain.set(key, value);
    }
    for (let left = 2 + Math.random() * 20; left > 0; left--) await child.next();
    await setTimeout(Math.random() * 20);
    expect((await child.kill()).signal).toBe('SIGKILL');

    let open: Step | undefined;
    for (const message of child.messages as Message[]) {
      if (message.kind === 'begun') {
        open = message;
        step = message.step;
      } else if (message.kind === 'done') {
        if (open === undefined) throw new Error('done before it began');
        // What a full or slow disk did not take is not acknowledged, and not expected.
        expect(message.disk).toBe('ok');
        certain = after(certain, message.step, open);
        open = undefined;
        steps++;
      }
    }
    if (open !== undefined) interrupted++;
    possible = open === undefined ? certain : after(certain, step, open);
    step++;
  }
  expect(steps).toBeGreaterThan(ROUNDS);
  expect(interrupted).toBeGreaterThan(0);
});
