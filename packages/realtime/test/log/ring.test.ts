import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Delivery } from '../../src/delivery.ts';
import { Ring } from '../../src/log/ring.ts';
import type { LogEntry } from '../../src/log/ring.ts';
import { decodeWire, encodeWire, OVERHEAD } from '../../src/log/wire.ts';

function entry(sequence: number, size: number): LogEntry {
  const fields = { kind: 'message', event: undefined, key: undefined, data: '1' } as const;
  const id = `id${sequence}`;
  const delivery = new Delivery({ ...fields, channel: 'a', id });
  return { sequence, id, channel: 'a', delivery, size, turn: undefined };
}

describe('a ring', () => {
  it('keeps what a list would that drops its oldest', () => {
    const act = fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: 60 }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 150, maxLength: 400 }),
        fc.integer({ min: 1, max: 80 }),
        (acts, max) => {
          const ring = new Ring({ max, maxBytes: 1_000 });
          let model: LogEntry[] = [];
          let floor: { sequence: number; id: string | undefined } = { sequence: 0, id: undefined };
          for (const one of acts) {
            if (one === 'clear') {
              ring.clear();
              floor = { sequence: model.at(-1)?.sequence ?? floor.sequence, id: undefined };
              model = [];
            } else {
              const next = entry(ring.last + 1, one);
              ring.push(next);
              model.push(next);
              const bytes = (): number => model.reduce((sum, { size }) => sum + size, 0);
              while (model.length > max || (bytes() > 1_000 && model.length > 1))
                floor = model.shift()!;
              expect(ring.bytes).toBe(bytes());
            }
            expect(ring.size).toBe(model.length);
            expect(ring.floor).toBe(floor.sequence);
            expect(ring.lastId).toBe(model.at(-1)?.id ?? floor.id);
            expect(ring.idOf(floor.sequence)).toBe(floor.id);
            const isKept = (kept: LogEntry): boolean =>
              ring.at(kept.sequence) === kept &&
              ring.sequenceOf(kept.id) === kept.sequence &&
              ring.idOf(kept.sequence) === kept.id;
            expect(model.every(isKept)).toBe(true);
            expect(ring.at(ring.floor)).toBeUndefined();
            expect(ring.at(ring.last + 1)).toBeUndefined();
            if (floor.id !== undefined) expect(ring.sequenceOf(floor.id)).toBe(floor.sequence);
            expect(ring.sequenceOf(`id${floor.sequence - 1}`)).toBeUndefined();
          }
        },
      ),
      { seed: 3, numRuns: 30 },
    );
  });

  it('keeps the newest, however large it is', () => {
    const ring = new Ring({ max: 10, maxBytes: 100 });
    ring.push(entry(1, 50));
    ring.push(entry(2, 5_000));
    expect([ring.size, ring.lastId, ring.floor]).toEqual([1, 'id2', 1]);
  });
});

describe('the form on the wire', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(
        fc.record({
          channel: fc.string({ unit: 'grapheme' }),
          data: fc.jsonValue().map((value) => JSON.stringify(value)),
          event: fc.option(fc.string(), { nil: undefined }),
          key: fc.option(fc.string(), { nil: undefined }),
          name: fc.string(),
          time: fc.nat(),
        }),
        (message) => {
          expect(decodeWire(Buffer.from(encodeWire(message)))).toEqual(message);
        },
      ),
      { seed: 2 },
    );
  });

  it('is longer than its data by a bounded length', () => {
    const worst = '\u001f';
    const message = {
      channel: worst.repeat(256),
      event: worst.repeat(128),
      key: worst.repeat(256),
      data: '',
      name: 'x'.repeat(30),
      time: Date.now(),
    };
    expect(Buffer.byteLength(encodeWire(message))).toBeLessThanOrEqual(OVERHEAD);
  });

  it.each([
    '',
    'no line feed',
    'no json\n1',
    '{"v":2,"c":"a","i":"x"}\n1',
    '{"v":1,"i":"x"}\n1',
    '{"v":1,"c":"a"}\n1',
    '[]\n1',
  ])('is not guessed from %j', (text) => {
    expect(decodeWire(Buffer.from(text))).toBeUndefined();
  });

  it('is not guessed from null', () => {
    expect(decodeWire(Buffer.from('null\n1'))).toBeUndefined();
  });
});
