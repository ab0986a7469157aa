// One bus of another thread, as the log sees it: what it appends, and how far its subscriptions are.
// Invariant: for each subscription at most WINDOW batches are on their way. A thread that does not take them is not sent more:
// its backlog is the log itself, with the bounds of that, and it gets a gap when it fell off the end. When the port closes, as
// it does with its thread, nothing of it is left.
import type { MessagePort } from 'node:worker_threads';
import type { Cursor, MemoryLog } from '../memory/memory-log.ts';
import { joinBytes, PROTOCOL } from './protocol.ts';
import type { Call, LossStep, MessageStep, Reply, Request } from './protocol.ts';

/** Batches that are not taken yet, of one subscription. */
const WINDOW = 4;
/** Messages of a batch, and bytes after which it takes no more. */
const BATCH = 256;
const BATCH_BYTES = 256 * 1024;

/** One subscription. */
interface Served {
  readonly number: number;
  readonly cursor: Cursor;
  /** Batches on their way. */
  underWay: number;
  isLive: boolean;
}

export class ServedPort {
  readonly #port: MessagePort;
  readonly #log: MemoryLog;
  readonly #onClose: (closed: ServedPort) => void;
  readonly #subscriptions = new Map<number, Served>();
  /** Of the bus; undefined before its hello. */
  #origin: string | undefined;
  #isClosed = false;

  constructor(port: MessagePort, log: MemoryLog, onClose: (closed: ServedPort) => void) {
    this.#port = port;
    this.#log = log;
    this.#onClose = onClose;
    port.on('message', (request: Request) => this.#hear(request));
    port.on('close', () => this.close());
    // Those who use the log keep the process.
    port.unref();
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Ends it. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { cursor } of this.#subscriptions.values()) cursor.close();
    this.#subscriptions.clear();
    this.#port.close();
    this.#onClose(this);
  }

  #hear({ calls, bytes }: Request): void {
    const sequences: number[] = [];
    let at = 0;
    for (const call of calls) {
      if (this.#isClosed) return;
      if (call[0] === 'append') {
        const [, topic, id, length] = call;
        // A copy, or one message that is kept would keep all that came with it.
        const payload = Buffer.from(bytes.subarray(at, at + length));
        at += length;
        sequences.push(this.#log.append(topic, this.#origin!, payload, id));
      } else this.#take(call);
    }
    if (sequences.length > 0) this.#tell({ type: 'taken', sequences });
  }

  #take(call: Exclude<Call, readonly ['append', ...unknown[]]>): void {
    switch (call[0]) {
      case 'hello': {
        const [, protocol, origin, { maxLen, maxBytes }] = call;
        if (protocol !== PROTOCOL) {
          this.#tell({ type: 'refused' });
          this.close();
          return;
        }
        this.#origin = origin;
        this.#log.widen(maxLen, maxBytes);
        this.#tell({ type: 'hello', origin: this.#log.origin });
        break;
      }
      case 'subscribe':
        this.#subscribe(call[1], call[2], call[3]);
        break;
      case 'unsubscribe':
        this.#subscriptions.get(call[1])?.cursor.close();
        this.#subscriptions.delete(call[1]);
        break;
      default: {
        const served = this.#subscriptions.get(call[1]);
        if (served === undefined) return;
        served.underWay--;
        this.#advance(served);
      }
    }
  }

  #subscribe(number: number, topic: string, from: string): void {
    const cursor = this.#log.cursor(topic, from, () => {
      this.#advance(served);
      // What it has no room for is sent when it has taken something.
      return false;
    });
    const served: Served = { number, cursor, underWay: 0, isLive: false };
    this.#subscriptions.set(number, served);
    const { sequence } = cursor;
    if (sequence !== undefined) this.#tell({ type: 'placed', subscription: number, sequence });
  }

  #advance(served: Served): void {
    while (served.underWay < WINDOW && this.#send(served));
  }

  /** Sends a batch.
   * @returns whether there may be more */
  #send(served: Served): boolean {
    const steps: (MessageStep | LossStep)[] = [];
    const payloads: Buffer[] = [];
    let length = 0;
    let isLive = false;
    while (steps.length < BATCH && length < BATCH_BYTES) {
      const step = served.cursor.next();
      if (step === undefined) {
        isLive = true;
        break;
      }
      if ('reason' in step) {
        steps.push([step.sequence, step.reason]);
        continue;
      }
      const { payload, origin, id } = step.message;
      steps.push([step.sequence, payload.length, origin, id]);
      payloads.push(payload);
      length += payload.length;
    }
    if (steps.length > 0 || (isLive && !served.isLive)) {
      served.underWay++;
      served.isLive ||= isLive;
      const bytes = joinBytes(payloads, length);
      this.#tell({ type: 'batch', subscription: served.number, steps, bytes, isLive }, bytes);
    }
    return !isLive;
  }

  #tell(reply: Reply, bytes?: Uint8Array<ArrayBuffer>): void {
    this.#port.postMessage(reply, bytes === undefined ? [] : [bytes.buffer]);
  }
}
