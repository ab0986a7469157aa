// What crosses threads is the whole contract.
import { expect, expectTypeOf, it } from 'vitest';
import { EmbeddedBackend } from '../../../src/embedded/backend/embedded-backend.ts';
import { FORWARDED } from '../../../src/embedded/threads/protocol.ts';
import { RemoteBackend } from '../../../src/embedded/threads/remote-backend.ts';
import type { Forgotten } from '../../../src/embedded/threads/protocol.ts';

it('covers every member of BullMQ’s contract', () => {
  expectTypeOf<Forgotten>().toBeNever();
});

it('forwards members that backends have, each once, to those who ask a remote one', () => {
  expect(new Set(FORWARDED).size).toBe(FORWARDED.length);
  for (const member of FORWARDED) {
    expect(EmbeddedBackend.prototype[member], member).toBeTypeOf('function');
    expect(RemoteBackend.prototype, member).toHaveProperty(member);
  }
});
