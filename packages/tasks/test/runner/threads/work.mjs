// What threads run in tests: it does what its payload says.
import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

class OddError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'OddError';
    this.code = 'E_ODD';
  }
}

export default async function work(payload, meta) {
  switch (payload.do) {
    case 'echo':
      return { payload, meta: { ...meta, progress: typeof meta.progress }, threadId };
    case 'progress':
      meta.progress({ done: 1 });
      meta.progress({ done: 2 });
      return 'told';
    case 'throw':
      throw new OddError('odd', { cause: new TypeError('inside') });
    case 'unrecoverable':
      throw Object.assign(new Error('hopeless'), { name: 'UnrecoverableError' });
    case 'bigint':
      return { n: 1n };
    case 'spin':
      // Marks every step in shared memory, so that a test sees whether it goes on.
      for (;;) Atomics.add(payload.steps, 0, 1);
    case 'hash':
      Atomics.add(payload.steps, 0, 1);
      pbkdf2Sync('a', 'b', 300_000, 64, 'sha512');
      return 'hashed';
    case 'read':
      return Atomics.load(payload.steps, 0);
    case 'fill': {
      const kept = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, Math.random));
    }
    case 'wait':
      await sleep(1e9);
      return undefined;
    default:
      return undefined;
  }
}
