// One request at one entry: it holds its generation until nothing of the entry can run for it any more.
// Invariant: it leaves once, when its answer has left or its connection has closed, the promises of its hooks and handler
// have settled, and nothing more of the entry will be called: an answer has been given, or the handler has returned.
import type { FastifyReply } from 'fastify';
import type { Entry } from './entry.ts';
import type { Generation, Generations } from './generations.ts';

export class Flight {
  readonly entry: Entry;
  /** It is a HEAD request to an entry of GET. */
  readonly isHead: boolean;
  readonly #generations: Generations;
  readonly #generation: Generation;
  #held = 0;
  #isClosed = false;
  #isDone = false;
  #isOver = false;

  constructor(entry: Entry, isHead: boolean, generations: Generations, reply: FastifyReply) {
    this.entry = entry;
    this.isHead = isHead;
    this.#generations = generations;
    this.#generation = generations.enter();
    const { raw } = reply;
    // 'close' does not come again for a client that has gone while a hook of the scope was waiting.
    if (isGone(raw)) this.#isClosed = true;
    else {
      raw.once('close', () => {
        this.#isClosed = true;
        if (reply.sent) this.#isDone = true;
        this.#check();
      });
    }
  }

  /** Nothing of the entry will be called any more. */
  done(): void {
    this.#isDone = true;
    this.#check();
  }

  /** Waits with the request for a promise of the entry; `then` of it is called once, as some do their work in there.
   * @param settled  called before what hears of the promise
   * @returns what stands in its place */
  hold(promise: PromiseLike<unknown>, settled?: () => void): Promise<unknown> {
    this.#held++;
    const release = (): void => {
      this.#held--;
      settled?.();
      this.#check();
    };
    return Promise.resolve(promise).finally(release);
  }

  #check(): void {
    if (!this.#isClosed || !this.#isDone || this.#held > 0 || this.#isOver) return;
    this.#isOver = true;
    this.#generations.leave(this.#generation);
  }
}

// A response of HTTP/2 says it of its stream.
function isGone(raw: { destroyed?: boolean; stream?: { destroyed?: boolean } }): boolean {
  return raw.destroyed === true || raw.stream?.destroyed === true;
}
