// A copy of a streamed body, taken while it flows to the client: bytes are counted, back-pressure stays the client's.
// Invariant: the stream goes on whatever becomes of the copy. A copy ends exactly once: complete, or dropped with a reason;
// then its bytes are given back to the budget that all fills of a scope share.
import { Transform, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { TransformStream } from 'node:stream/web';
import type { ReadableStream } from 'node:stream/web';
import type { Counters, PluginReason } from './stats.ts';

/** Bounds of a copy, in bytes. */
export interface TeeLimits {
  readonly body: number;
  /** For all unfinished copies counted in the same Counters. */
  readonly inflight: number;
}

/** The bytes of a body under way. */
export class BodyCopy {
  readonly #limits: TeeLimits;
  readonly #counters: Counters;
  readonly #onEnd: (body: Buffer | undefined, reason: PluginReason | undefined) => void;
  #chunks: Buffer[] | undefined = [];
  #size = 0;

  /** @param onEnd  called once: with the whole body, or with undefined and why there is none */
  constructor(
    limits: TeeLimits,
    counters: Counters,
    onEnd: (body: Buffer | undefined, reason: PluginReason | undefined) => void,
  ) {
    this.#limits = limits;
    this.#counters = counters;
    this.#onEnd = onEnd;
  }

  /** True until the copy is complete or dropped. */
  get isOpen(): boolean {
    return this.#chunks !== undefined;
  }

  /** Takes a chunk; drops the copy when a bound is passed. */
  add(chunk: Buffer): void {
    if (this.#chunks === undefined) return;
    this.#size += chunk.length;
    this.#counters.inflightBytes += chunk.length;
    if (this.#size > this.#limits.body) this.drop('too-large');
    else if (this.#counters.inflightBytes > this.#limits.inflight) this.drop('inflight-limit');
    else this.#chunks.push(chunk);
  }

  /** The source has ended cleanly. */
  complete(): void {
    const chunks = this.#release();
    if (chunks !== undefined) this.#onEnd(Buffer.concat(chunks), undefined);
  }

  /** Gives the copy up; harmless when it has ended. */
  drop(reason: PluginReason): void {
    if (this.#release() !== undefined) this.#onEnd(undefined, reason);
  }

  #release(): Buffer[] | undefined {
    const chunks = this.#chunks;
    if (chunks === undefined) return undefined;
    this.#chunks = undefined;
    this.#counters.inflightBytes -= this.#size;
    return chunks;
  }
}

/** True for a payload that `tee` can copy: a Node or a web stream. */
export function isStream(payload: unknown): payload is Readable | ReadableStream {
  if (typeof payload !== 'object' || payload === null) return false;
  const stream = payload as { pipe?: unknown; on?: unknown; getReader?: unknown };
  return (
    (typeof stream.pipe === 'function' && typeof stream.on === 'function') ||
    typeof stream.getReader === 'function'
  );
}

/** Puts the copy between a stream and its reader.
 * @returns the stream to send in its place */
export function tee(source: Readable | ReadableStream, copy: BodyCopy): Readable | ReadableStream {
  return 'getReader' in source ? teeWeb(source, copy) : teeNode(source, copy);
}

/** Ends a payload that nobody will read. */
export function discard(payload: unknown): void {
  if (!isStream(payload)) return;
  if ('getReader' in payload) {
    if (!payload.locked) void payload.cancel().catch(() => undefined);
    return;
  }
  // To its end, not destroyed: a connection that is kept open can then be used again. Its error concerns nobody.
  payload.on('error', () => undefined);
  payload.resume();
}

function teeNode(source: Readable, copy: BodyCopy): Readable {
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      copy.add(chunk);
      done(null, chunk);
    },
    flush(done) {
      copy.complete();
      done();
    },
  });
  // An error of either side destroys the other; Fastify listens on `through` and answers as it would have.
  pipeline(source, through, (error) => {
    if (error) copy.drop('incomplete');
  });
  return through;
}

function teeWeb(source: ReadableStream, copy: BodyCopy): ReadableStream {
  if (source.locked) {
    copy.drop('incomplete');
    return source;
  }
  return source.pipeThrough(
    new TransformStream<Uint8Array | string, Uint8Array | string>({
      transform(chunk, controller) {
        copy.add(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
        controller.enqueue(chunk);
      },
      flush: () => copy.complete(),
    }),
  );
}
