// A backend whose store is in another thread: names and life are here, all else is called there, member by member, on a backend of its own
// (served-thread.ts). Invariant: a closed one calls nothing any more; siblings (forQueue) share the life of their root.
import { errors } from '../../errors.ts';
import { Named } from '../backend/named.ts';
import { unpackError } from './crossed-error.ts';
import { FORWARDED } from './protocol.ts';
import { isAsBefore, settingsOf } from './settings.ts';
import type { BackendOptions } from '../backend/arguments.ts';
import type { CrossedError } from './crossed-error.ts';
import type { Line } from './line.ts';
import type { Forwarded } from './protocol.ts';
import type { Settings } from './settings.ts';

export class RemoteBackend extends Named {
  readonly minimumBlockTimeout = 0.001;
  readonly maximumBlockTimeout = 2_147_483;
  readonly #line: Line;
  readonly #options: BackendOptions;
  readonly #root: RemoteBackend;
  readonly #number: number;
  readonly #siblings = new Map<string, RemoteBackend>();
  #settings: Settings;
  #isReady = false;
  #hasEnded = false;
  #closing: Promise<void> | undefined;

  /** @param open  tells the owner of it, by its number
   * @param root  of a sibling */
  constructor(
    line: Line,
    queueName: string,
    options: BackendOptions,
    open: (number: number, settings: Settings) => void,
    root?: RemoteBackend,
  ) {
    super(queueName, options.prefix);
    this.#line = line;
    this.#options = options;
    this.#root = root ?? this;
    this.#number = line.nextNumber();
    this.#settings = settingsOf(options);
    if (root === undefined) line.listen(this.#number, this);
    open(this.#number, this.#settings);
  }

  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /** The same one for the same queue: a flow asks for each of its jobs. */
  forQueue(queueName: string, prefix: string = this.prefix): RemoteBackend {
    const root = this.#root;
    const key = `${prefix}:${queueName}`;
    let sibling = root.#siblings.get(key);
    if (sibling === undefined) {
      const open = (number: number): void =>
        this.#line.tell(number, 'sibling', root.#number, queueName, prefix);
      sibling = new RemoteBackend(this.#line, queueName, { ...this.#options, prefix }, open, root);
      root.#siblings.set(key, sibling);
    }
    return sibling;
  }

  async close(force = false): Promise<void> {
    if (this.#root !== this) return;
    this.#closing ??= this.#end(force);
    await this.#closing;
  }

  /** As an 'error' event, where somebody listens. */
  report(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  /** Calls a member there. */
  async forward(member: Forwarded, args: readonly unknown[]): Promise<unknown> {
    const root = this.#root;
    if (root.#hasEnded) {
      // A worker that closes may still ask: there is nothing for it.
      if (member === 'moveToActive') return [null, 0, 0, 0];
      if (member === 'waitForJob') return { member: '0', score: Infinity };
      throw new errors.CLOSING();
    }
    if (WITH_SETTINGS.has(member) && !isAsBefore(root.#settings, root.#options)) {
      root.#settings = settingsOf(root.#options);
      this.#line.tell(root.#number, 'settings', root.#settings);
    }
    const value = await this.#line.call(this.#number, member, args);
    if (member === 'waitUntilReady' && !root.#isReady) {
      root.#isReady = true;
      root.emit('ready');
    }
    if (member === 'addFlow') return errorsOf(value as FlowResult[]);
    return value;
  }

  async #end(force: boolean): Promise<void> {
    try {
      await this.#line.call(this.#number, 'close', [force]);
    } catch (error) {
      // Without a line there is nothing to close: the owner has.
      if (this.#line.isOpen) throw error;
    } finally {
      this.#hasEnded = true;
      this.#line.leave(this.#number);
      this.emit('close');
    }
  }
}

type FlowResult = [CrossedError | null, string | number];

const WITH_SETTINGS: ReadonlySet<string> = new Set<Forwarded>([
  'moveStalledJobsToWait',
  'moveToActive',
  'moveToCompleted',
  'moveToDelayed',
  'moveToFailed',
  'waitForJob',
]);

function errorsOf(results: readonly FlowResult[]): [Error | null, string | number][] {
  return results.map(([error, id]) => [error === null ? null : unpackError(error), id]);
}

for (const member of FORWARDED) {
  Object.defineProperty(RemoteBackend.prototype, member, {
    configurable: true,
    writable: true,
    value(this: RemoteBackend, ...args: unknown[]) {
      return this.forward(member, args);
    },
  });
}
