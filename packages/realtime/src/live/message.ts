// What one instance tells the others: one message of the log for what was invalidated within a few milliseconds.
// Invariant: bounded, and safe to show to every client that has named what is in it. A message that this release does not
// understand invalidates everything: erring is towards too much.
import { patternForm, patternOf } from './pattern.ts';
import type { PatternForm } from './pattern.ts';

/** Names in one message; above it stands for everything. */
const MAX_NAMES = 100;
/** Length of a message, UTF-8 bytes; above it stands for everything. */
const MAX_BYTES = 32_768;

/** The form of the log. */
export interface LiveMessage {
  /** By the names that browsers know. */
  readonly tags?: readonly string[];
  /** Paths with query. */
  readonly urls?: readonly string[];
  readonly patterns?: readonly PatternForm[];
  readonly all?: true;
  /** ms since the epoch, by the clock of the instance. */
  readonly at: number;
}

/** A message in the making. */
export class Changes {
  readonly #tags = new Set<string>();
  readonly #urls = new Set<string>();
  readonly #patterns = new Map<string, PatternForm>();
  #isAll = false;

  get isEmpty(): boolean {
    return !this.#isAll && this.#size === 0;
  }

  get #size(): number {
    return this.#tags.size + this.#urls.size + this.#patterns.size;
  }

  addTag(name: string): void {
    if (this.#hasRoom) this.#tags.add(name);
  }

  addUrl(target: string): void {
    if (this.#hasRoom) this.#urls.add(target);
  }

  addPattern(pattern: string | RegExp): void {
    if (!this.#hasRoom) return;
    const form = patternForm(pattern);
    // Not as text alone: that of `/a/` is the same for a glob and an expression.
    this.#patterns.set(JSON.stringify(form), form);
  }

  addAll(): void {
    this.#isAll = true;
  }

  /** What is to be told. */
  message(at: number): LiveMessage {
    const all = { all: true, at } as const;
    if (this.#isAll || this.#size > MAX_NAMES) return all;
    const message: LiveMessage = {
      ...(this.#tags.size > 0 && { tags: [...this.#tags] }),
      ...(this.#urls.size > 0 && { urls: [...this.#urls] }),
      ...(this.#patterns.size > 0 && { patterns: [...this.#patterns.values()] }),
      at,
    };
    return Buffer.byteLength(JSON.stringify(message)) > MAX_BYTES ? all : message;
  }

  // One above the limit is enough to know that there are too many.
  get #hasRoom(): boolean {
    return !this.#isAll && this.#size <= MAX_NAMES;
  }
}

/** A message that was read. */
export interface Heard {
  readonly at: number;
  readonly isAll: boolean;
  hasTag(name: string): boolean;
  hasUrl(target: string): boolean;
}

const heard = new WeakMap<object, Heard>();

/** Reads a message of the log.
 * @param data  what JSON made of it; read once, however often it is given. HOT: benchmarks/realtime */
export function hear(data: unknown): Heard {
  if (typeof data !== 'object' || data === null) return read({});
  let known = heard.get(data);
  if (known === undefined) heard.set(data, (known = read(data)));
  return known;
}

function read(data: object): Heard {
  const { tags, urls, patterns, at, all } = data as Record<string, unknown>;
  const lists = [tags, urls, patterns].map((list) => (list === undefined ? [] : list));
  const matchers = Array.isArray(lists[2]) ? lists[2].map(patternOf) : [undefined];
  const isAll =
    all === true ||
    !lists.every(Array.isArray) ||
    lists.every((list) => (list as unknown[]).length === 0) ||
    matchers.includes(undefined);
  const names = new Set<unknown>(isAll ? [] : (lists[0] as unknown[]));
  const targets = new Set<unknown>(isAll ? [] : (lists[1] as unknown[]));
  return {
    at: typeof at === 'number' ? at : Date.now(),
    isAll,
    hasTag: (name) => isAll || names.has(name),
    hasUrl: (target) =>
      isAll || targets.has(target) || matchers.some((matches) => matches?.(target)),
  };
}
