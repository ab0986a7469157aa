// No L1: what remains is the order of events, so that a slow load cannot undo a delete. Versions are counters of hashed
// names: a fill may be called late for another's sake, never the other way round.
import type { Cache } from '@catzilla/cache-core';
import type { Envelope } from '../envelope/envelope.ts';
import type { FillTicket } from '../load/host.ts';
import type { Memory, StoreOutcome } from './memory.ts';

const COUNTERS = 4096;

/** The absence of L1. */
export class NoMemory implements Memory {
  readonly cache: Cache | undefined = undefined;
  readonly #versions = new Float64Array(COUNTERS);
  readonly outlives = false;
  note: string | undefined;
  #all = 0;

  find(): undefined {
    return undefined;
  }

  peek(): undefined {
    return undefined;
  }

  ticket(name: string): FillTicket {
    return { version: this.#version(name), epoch: 0 };
  }

  isCurrent(name: string, ticket: FillTicket): boolean {
    return this.#version(name) === ticket.version;
  }

  store(
    name: string,
    _ns: string,
    _envelope: Envelope,
    _now: number,
    ticket: FillTicket | undefined,
  ): StoreOutcome {
    if (ticket === undefined) this.delete(name);
    else if (!this.isCurrent(name, ticket)) return 'late';
    return 'off';
  }

  delete(name: string): void {
    const at = slotOf(name);
    this.#versions[at] = (this.#versions[at] as number) + 1;
  }

  // Tags of a value are known only once it is there: the table of epochs judges it then.
  invalidateTags(): void {}

  clearNamespace(): void {
    this.#all++;
  }

  drainEvicted(): { readonly name: string; readonly bytes: Buffer }[] {
    return [];
  }

  keys(): Iterable<string> {
    return [];
  }

  close(): void {}

  #version(name: string): number {
    return (this.#versions[slotOf(name)] as number) + this.#all;
  }
}

// FNV-1a, 32 bits (Fowler, Noll, Vo).
function slotOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % COUNTERS;
}
