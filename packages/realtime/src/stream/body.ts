// The body of a streamed reply: items of a source, written in a form, pulled only as fast as the client reads.
// Invariant: a body ends only after the last item; whatever else ends it (an error, a client that left, a shutdown) destroys
// it, aborts the signal of the source and closes its iterator. No item is asked for before the one before it was taken.
import { Readable } from 'node:stream';
import type { Form } from './forms.ts';
import { openSource } from './source.ts';
import type { AnyIterator, StreamSource } from './source.ts';

/** Small items leave together, up to this many characters or until the source waits. */
const CHUNK = 16_384;

/** The body of one reply. */
export class StreamBody<T> extends Readable {
  readonly #source: StreamSource<T>;
  readonly #form: Form<T>;
  readonly #abort = new AbortController();
  #iterator: AnyIterator<T> | undefined;
  #text = '';
  #hasBegun = false;
  #isFirst = true;
  #isRunning = false;
  #isWanted = false;
  #isFlushing = false;
  #isComplete = false;
  readonly #flushLater = (): void => this.#flush();
  readonly #onLateError: (error: unknown) => void;

  /** @param onLateError  told what the source throws once it is being closed: nobody else hears it */
  constructor(source: StreamSource<T>, form: Form<T>, onLateError: (error: unknown) => void) {
    super({ highWaterMark: CHUNK });
    this.#source = source;
    this.#form = form;
    this.#onLateError = onLateError;
  }

  /** Opens the source and takes its first item, so that what fails before anything was sent can be answered as an error.
   * @throws (rejects) what the source throws */
  async begin(): Promise<void> {
    this.#iterator = await openSource(this.#source, this.#abort.signal);
    if (this.destroyed) return this.#closeSource();
    await this.#step();
    this.#hasBegun = true;
    if (this.#isWanted) this.#start();
  }

  /** Says that it is still there, in a form that can. A client that has not read what there is needs no more of it. */
  beat(): void {
    const { idle } = this.#form;
    if (idle === undefined || this.destroyed || this.#isComplete) return;
    if (this.#text === '' && this.readableLength === 0) this.push(idle);
  }

  override _read(): void {
    this.#isWanted = true;
    // Not before the first item: until then there is nobody to give an error to but `begin`.
    if (this.#hasBegun) this.#start();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#text = '';
    if (!this.#isComplete) {
      this.#abort.abort();
      this.#closeSource();
    }
    done(error);
  }

  #start(): void {
    if (this.#isRunning || this.destroyed) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && !this.destroyed) {
        const step = this.#step();
        if (step !== undefined) await step;
      }
    } catch (error) {
      if (this.destroyed) this.#onLateError(error);
      else this.destroy(asError(error));
    } finally {
      this.#isRunning = false;
    }
  }

  // Takes one item. Plain iterables take no turn of the event loop, nor a promise each.
  #step(): Promise<void> | undefined {
    const result = this.#iterator!.next();
    if ('then' in result) return this.#takeLater(result);
    // As `for await` does it: what a plain iterable gives may be promises.
    if (result.value instanceof Promise) return this.#takeValue(result.value);
    this.#take(result as IteratorResult<T, unknown>);
    return undefined;
  }

  async #takeLater(result: Promise<IteratorResult<T, unknown>>): Promise<void> {
    this.#take(await result);
  }

  async #takeValue(value: Promise<T>): Promise<void> {
    this.#take({ done: false, value: await value });
  }

  #take(result: IteratorResult<T, unknown>): void {
    if (this.destroyed) return;
    const { open, between, close } = this.#form;
    let text = this.#isFirst ? open : '';
    if (result.done === true) {
      this.#isWanted = false;
      this.#isComplete = true;
      this.#text += text + close;
      this.#flush();
      this.push(null);
      return;
    }
    if (!this.#isFirst) text += between;
    this.#text += text + this.#form.encode(result.value);
    this.#isFirst = false;
    if (this.#text.length >= CHUNK) this.#flush();
    else if (!this.#isFlushing) {
      // After all promises that can settle without waiting: what a source gives at once leaves at once.
      this.#isFlushing = true;
      process.nextTick(this.#flushLater);
    }
  }

  #flush(): void {
    this.#isFlushing = false;
    const text = this.#text;
    if (text === '' || this.destroyed) return;
    this.#text = '';
    if (!this.push(text)) this.#isWanted = false;
  }

  #closeSource(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    void (async () => {
      try {
        await iterator?.return?.();
      } catch (error) {
        this.#onLateError(error);
      }
    })();
  }
}

/** What was thrown, as an error that can be answered and logged. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a stream failed', { cause: thrown });
}
