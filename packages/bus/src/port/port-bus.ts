// The bus whose log another thread of the process has: it is appended to, and read, through a MessagePort.
// Invariant: what one turn of the event loop says goes out as one message, in its order. A thread that ends takes no message with
// it that was acknowledged, and leaves nothing behind. When the side that has the log ends, the bus is 'down' for good: there is no
// other log to come back to. The port keeps the thread alive only while an append waits for its answer.
import type { MessagePort } from 'node:worker_threads';
import type { AppendOptions, Bus, Message, SubscribeOptions, Subscription } from '../bus.ts';
import { checkAppend, checkPayload, checkSubscribe, checkTopic } from '../check.ts';
import { errors } from '../errors.ts';
import { handled } from '../handled.ts';
import type { BusHealth, BusStats } from '../health.ts';
import { newOrigin } from '../origin.ts';
import { Subscriber } from '../subscriber.ts';
import { newTally } from '../tally.ts';
import { Appends } from './appends.ts';
import { settlePort } from './options.ts';
import type { PortBusOptions, PortSettings } from './options.ts';
import { joinBytes, PROTOCOL } from './protocol.ts';
import type { Batch, Call, Reply } from './protocol.ts';

/** Makes a bus over a port whose other end is given to `BusServer.connect`, before or after.
 * @param port  closed with the bus
 * @throws CATZ_BUS_OPTION */
export function portBus(port: MessagePort, options: PortBusOptions = {}): Bus {
  return new PortBus(port, settlePort(options));
}

const GONE = 'the thread that has the log has ended';
const OLDER = 'the thread that has the log runs another release: start the process anew';

class PortBus implements Bus {
  readonly kind = 'memory';
  readonly origin: string = newOrigin();
  readonly #port: MessagePort;
  readonly #settings: PortSettings;
  readonly #tally = newTally();
  readonly #appends: Appends;
  readonly #subscribers = new Map<number, Subscriber>();
  #lastNumber = 0;
  #calls: Call[] = [];
  #payloads: Buffer[] = [];
  /** Of the log; undefined before its hello. */
  #log: string | undefined;
  #state: BusHealth['state'] = 'connecting';
  #since = Date.now();
  #lastError: string | undefined;
  /** Why nothing can be said to the log any more. */
  #end: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(port: MessagePort, settings: PortSettings) {
    this.#port = port;
    this.#settings = settings;
    const { deadline, maxInFlight, maxLen, maxBytes } = settings;
    this.#appends = new Appends({
      deadline,
      maxInFlight,
      onWait: (isWaited) => (isWaited ? port.ref() : port.unref()),
      onLate: ({ message }) => this.#fault(message),
    });
    port.on('message', (reply: Reply) => this.#hear(reply));
    port.on('close', () => this.#lose(GONE));
    port.unref();
    this.#say(['hello', PROTOCOL, this.origin, { maxLen, maxBytes }]);
  }

  append(topic: string, payload: Uint8Array | string, options?: AppendOptions): Promise<string> {
    return handled(this.#append(topic, payload, options));
  }

  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription {
    if (this.#closing !== undefined) throw new errors.CLOSED();
    checkTopic(topic);
    const checked = checkSubscribe(handler, options);
    const number = ++this.#lastNumber;
    const subscriber = new Subscriber({
      topic,
      handler,
      options: checked,
      tally: this.#tally,
      dedupe: this.#settings.dedupe,
      onClose: () => {
        this.#subscribers.delete(number);
        this.#say(['unsubscribe', number]);
      },
    });
    this.#subscribers.set(number, subscriber);
    this.#say(['subscribe', number, topic, subscriber.from]);
    return subscriber;
  }

  health(): BusHealth {
    const topics: Record<string, string | undefined> = {};
    for (const { topic, position } of this.#subscribers.values()) topics[topic] = position;
    const [state, since, lastError] = [this.#state, this.#since, this.#lastError];
    return { state, kind: this.kind, since, lastError, topics };
  }

  stats(): BusStats {
    return { ...this.#tally };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #append(
    topic: string,
    payload: Uint8Array | string,
    options: AppendOptions | undefined,
  ): Promise<string> {
    if (this.#closing !== undefined) throw new errors.CLOSED();
    checkTopic(topic);
    const bytes = checkPayload(payload, this.#settings.maxMessageBytes);
    const id = checkAppend(options);
    try {
      if (this.#end !== undefined) throw this.#end;
      this.#appends.admit();
      this.#payloads.push(bytes);
      this.#say(['append', topic, id, bytes.length]);
      const sequence = await this.#appends.add();
      this.#tally.appended++;
      return this.#positionOf(sequence);
    } catch (cause) {
      this.#tally.failures++;
      throw new errors.UNAVAILABLE(topic, (cause as Error).message, { cause });
    }
  }

  // Behind the promises that are settled by now: those who wait for them say what they want next.
  #say(call: Call): void {
    if (this.#calls.push(call) === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const calls = this.#calls;
    const payloads = this.#payloads;
    this.#calls = [];
    this.#payloads = [];
    if (calls.length === 0 || this.#end !== undefined) return;
    const length = payloads.reduce((sum, payload) => sum + payload.length, 0);
    const bytes = joinBytes(payloads, length);
    this.#port.postMessage({ calls, bytes }, [bytes.buffer]);
  }

  #hear(reply: Reply): void {
    switch (reply.type) {
      case 'refused':
        this.#lose(OLDER);
        return;
      case 'hello':
        this.#log = reply.origin;
        break;
      case 'taken':
        this.#appends.answer(reply.sequences);
        break;
      case 'placed':
        this.#subscribers.get(reply.subscription)?.place(this.#positionOf(reply.sequence));
        break;
      default:
        this.#deliver(reply);
    }
    this.#lastError = undefined;
    this.#enter('live');
  }

  #deliver({ subscription, steps, bytes, isLive }: Batch): void {
    const subscriber = this.#subscribers.get(subscription);
    if (subscriber === undefined) return;
    const { topic } = subscriber;
    let at = 0;
    for (const step of steps) {
      const position = this.#positionOf(step[0]);
      if (typeof step[1] === 'string') {
        subscriber.tellGap(step[1]);
        subscriber.place(position);
        continue;
      }
      const [, length, origin, id] = step;
      const payload = Buffer.from(bytes.buffer, at, length);
      at += length;
      subscriber.deliver({ topic, position, origin, payload, id });
    }
    if (isLive) subscriber.setLive(true);
    // Not before: who is slow shall not get more.
    if (!subscriber.isClosed) this.#say(['done', subscription]);
  }

  #positionOf(sequence: number): string {
    return `${this.#log}-${sequence}`;
  }

  #enter(state: BusHealth['state']): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#since = Date.now();
  }

  #fault(why: string): void {
    if (this.#state === 'closed') return;
    this.#lastError = why;
    this.#enter('down');
  }

  #lose(why: string): void {
    if (this.#end !== undefined) return;
    this.#fault(why);
    this.#end = new Error(why);
    this.#port.close();
    this.#appends.fail(this.#end);
    for (const subscriber of this.#subscribers.values()) subscriber.setLive(false);
  }

  async #close(): Promise<void> {
    // After this line #closing is set: what the rest calls finds the bus closed.
    await Promise.resolve();
    this.#enter('closed');
    for (const subscriber of this.#subscribers.values()) subscriber.close();
    // What was appended is to be in the log, also where nobody waits for it.
    await this.#appends.idle();
    this.#flush();
    this.#port.close();
    this.#appends.fail(new errors.CLOSED());
  }
}
