// What a topic keeps, against a plain list.
import { expect, it } from 'vitest';
import { TopicLog } from '../../src/memory/topic-log.ts';

/** Numbers from 0 up to, not including, n; the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

it('keeps the newest messages within its bounds, also when they are widened, and finds what follows any place', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const next = random(seed);
    const bounds = { maxLen: 1 + next(200), maxBytes: next(2) === 0 ? Infinity : 1 + next(2_000) };
    let floor = next(5);
    const log = new TopicLog(bounds, floor);
    const model: { sequence: number; size: number }[] = [];
    const bytes = (): number => model.reduce((sum, { size }) => sum + size, 0);
    let sequence = floor;
    for (let step = 0; step < 1_000; step++) {
      if (next(300) === 0) bounds.maxLen += next(50);
      sequence += 1 + next(3);
      const size = next(40);
      const payload = Buffer.alloc(size);
      log.push(sequence, { topic: 't', position: '', origin: '', payload, id: undefined });
      model.push({ sequence, size });
      while (model.length > bounds.maxLen || (bytes() > bounds.maxBytes && model.length > 1)) {
        floor = model.shift()!.sequence;
      }
      const after = next(sequence + 3);
      const found = log.next(Math.max(after, floor))?.sequence;
      const expected = model.find((one) => one.sequence > Math.max(after, floor))?.sequence;
      const told = [log.floor, log.last, log.size, log.bytes, found];
      const wanted = [floor, sequence, model.length, bytes(), expected];
      expect(told, `seed ${seed}, step ${step}`).toEqual(wanted);
    }
  }
});
