// Where the items of a streamed reply come from: anything that can be gone through, or a function that makes it once a signal
// to stop by exists.
import type { ReadableStream } from 'node:stream/web';
import { errors } from '../errors.ts';

/** Items, one after the other; an iterable may give promises of them. Streams of Node and of the web are such. */
export type Items<T> = Iterable<T | Promise<T>> | AsyncIterable<T>;

/** The items, or a function that makes them for this reply. Its signal is aborted when nobody reads any more: hand it to what
 * the producer waits for, so that it stops at once instead of at its next item. */
export type StreamSource<T> = Items<T> | ((signal: AbortSignal) => Items<T> | Promise<Items<T>>);

/** Either kind of iterator: a step may be a promise. */
export interface AnyIterator<T> {
  next(): IteratorResult<T | Promise<T>, unknown> | Promise<IteratorResult<T, unknown>>;
  return?(): unknown;
}

/** Begins to go through a source.
 * @throws (rejects) CATZ_REALTIME_OPTION; what a factory throws */
export async function openSource<T>(
  source: StreamSource<T>,
  signal: AbortSignal,
): Promise<AnyIterator<T>> {
  const items = typeof source === 'function' ? await source(signal) : source;
  // A text can be gone through, too, letter by letter: nobody means that.
  if (typeof items === 'object' && items !== null) {
    if (isWebStream<T>(items)) return readerOf(items);
    if (Symbol.asyncIterator in items) return asyncIteratorOf(items);
    if (Symbol.iterator in items) return items[Symbol.iterator]();
  }
  throw notItems(items);
}

/** Lets go of a source that nobody will go through: what is a stream holds something open from the start. */
export function discardSource(source: StreamSource<unknown>): void {
  if (isNodeStream(source)) source.destroy();
  else if (isWebStream(source) && !source.locked) void handled(source.cancel());
}

/** @throws CATZ_REALTIME_OPTION, at the line that made the mistake */
export function requireSource(source: unknown): void {
  if (typeof source === 'function') return;
  if (typeof source !== 'object' || source === null) throw notItems(source);
  if (!(Symbol.asyncIterator in source) && !(Symbol.iterator in source)) throw notItems(source);
}

// The iterators of streams take no `return` before their next item comes, which may be never: streams are ended themselves.
function asyncIteratorOf<T>(items: AsyncIterable<T>): AnyIterator<T> {
  const iterator = items[Symbol.asyncIterator]();
  if (!isNodeStream(items)) return iterator;
  return { next: () => iterator.next(), return: () => items.destroy() };
}

function readerOf<T>(stream: ReadableStream<T>): AnyIterator<T> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<T, unknown>>,
    return: () => reader.cancel(),
  };
}

function isNodeStream(value: object): value is { destroy(): unknown } {
  return 'pipe' in value && 'destroy' in value && typeof value.destroy === 'function';
}

function isWebStream<T>(value: object): value is ReadableStream<T> {
  return 'getReader' in value;
}

// What a stream fails with while nobody reads it concerns nobody.
function handled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(() => undefined);
}

function notItems(value: unknown): Error {
  const what = value === null ? 'null' : `a value of type ${typeof value}`;
  return new errors.OPTION(
    `expected the source of a stream to be an iterable, an async iterable, or a function that gives one, got ${what}`,
  );
}
