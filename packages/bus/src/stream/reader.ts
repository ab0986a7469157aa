// Reads the streams of its cursors over a connection of its own, by XREAD BLOCK, for a blocked connection answers nobody
// else. All cursors that a node serves share one reader; in a cluster, where a command reaches one slot, each has its own.
// Invariant: what was read is delivered only when it is known to follow what was delivered before (cursor.ts), and after
// each (re)connect every cursor is compared with its stream before anything is read. run() never rejects.
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis } from '../redis/connection.ts';
import type { RedisConnection, RedisState } from '../redis/connection.ts';
import { faultOf } from '../redis/fault.ts';
import type { Tally } from '../tally.ts';
import type { Cursor, StreamEntry } from './cursor.ts';
import { clientIdOf, identityOf, infoOf } from './inquiry.ts';
import type { StreamSettings } from './options.ts';
import { compareIds } from './position.ts';
import { LateError, within } from './within.ts';

/** What a reader needs of its bus. */
export interface ReaderHost {
  readonly settings: StreamSettings;
  readonly tally: Tally;
  readonly commands: RedisConnection;
  readonly onChange: () => void;
}

/** Cursors that read from one place: their entries come once. */
interface Group {
  readonly key: string;
  readonly position: string;
  readonly cursors: Cursor[];
  isChecked: boolean;
}

/** ms that an answer may take beyond the block. */
const GRACE = 2_000;
const RETRY_DELAY = 50;
/** When the server answers, but with no. */
const REFUSED_DELAY = 1_000;
/** Up to so many groups, whether a group's position is still there is asked along with the read, and not after it. */
const ASK_AHEAD = 4;
const UNBLOCK_ATTEMPTS = 50;

export class Reader {
  readonly #host: ReaderHost;
  readonly #connection: RedisConnection;
  readonly #cursors = new Set<Cursor>();
  /** The cursors of the read that is under way. */
  #reading: ReadonlySet<Cursor> | undefined;
  #identity: string | undefined;
  #isIdentified = false;
  #clientId: number | undefined;
  /** Changes with each loss of the connection: what was asked before is void. */
  #epoch = 0;
  #wasReady = false;
  #isInterrupting = false;
  #isClosed = false;
  #lastError: string | undefined;
  #resume: () => void = () => undefined;

  constructor(host: ReaderHost) {
    this.#host = host;
    this.#connection = connectRedis(host.settings.redis, {
      role: 'blocking',
      who: 'streamBus',
      onState: (state) => this.#changed(state),
    });
    void this.#run();
  }

  get state(): RedisState {
    return this.#connection.state;
  }

  get lastError(): string | undefined {
    return this.#connection.lastError ?? this.#lastError;
  }

  get isEmpty(): boolean {
    return this.#cursors.size === 0;
  }

  add(cursor: Cursor): void {
    this.#cursors.add(cursor);
    this.#resume();
    if (this.#reading !== undefined) void this.#interrupt();
  }

  remove(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#resume();
    return this.#connection.close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (this.isEmpty || this.state !== 'ready') {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
        continue;
      }
      const epoch = this.#epoch;
      try {
        await this.#sync();
        await this.#read();
        this.#lastError = undefined;
      } catch (error) {
        await sleep(this.#failed(error, epoch), undefined, { ref: false });
      }
    }
  }

  #changed(state: RedisState): void {
    if (state === 'ready') {
      if (this.#wasReady) this.#host.tally.reconnects++;
      this.#wasReady = true;
    } else this.#lose();
    this.#host.onChange();
    this.#resume();
  }

  // Whatever stood is compared anew. @returns ms until then
  #failed(error: unknown, epoch: number): number {
    if (this.#isClosed) return 0;
    this.#lastError = (error as Error).message;
    const isSameConnection = epoch === this.#epoch;
    this.#lose();
    this.#host.onChange();
    const isOurs = error instanceof LateError || error instanceof LostError;
    const fault = isOurs ? 'down' : faultOf(error);
    if (fault === 'request' || fault === 'misconfigured') return REFUSED_DELAY;
    // A server that does not answer; or a slot that another node has now, which may lack what the first one had.
    const isElsewhere = this.#connection.topology === 'cluster' && fault === 'down';
    if (isSameConnection && (error instanceof LateError || isElsewhere)) this.#connection.reset();
    return RETRY_DELAY;
  }

  #lose(): void {
    this.#epoch++;
    this.#isIdentified = false;
    for (const cursor of this.#cursors) cursor.lose();
  }

  async #sync(): Promise<void> {
    const unsynced = [...this.#cursors].filter(({ isSynced }) => !isSynced);
    if (unsynced.length === 0) return;
    const epoch = this.#epoch;
    const { topology } = this.#connection;
    let isReplaced = false;
    if (!this.#isIdentified) {
      const identity = await this.#ask(identityOf(this.#connection, unsynced[0]!.key));
      this.#clientId =
        topology === 'cluster' ? undefined : await this.#ask(clientIdOf(this.#connection));
      this.#assertSame(epoch);
      isReplaced = this.#identity !== undefined && identity !== this.#identity;
      this.#identity = identity;
      this.#isIdentified = true;
    }
    const keys = [...new Set(unsynced.map(({ key }) => key))];
    const infos = await this.#ask(Promise.all(keys.map((key) => infoOf(this.#connection, key))));
    this.#assertSame(epoch);
    const byKey = new Map(keys.map((key, index) => [key, infos[index]]));
    for (const cursor of unsynced) cursor.sync(byKey.get(cursor.key), isReplaced);
    this.#host.onChange();
  }

  async #read(): Promise<void> {
    const { block, batch } = this.#host.settings;
    const groups = this.#group();
    if (groups.length === 0) return;
    const epoch = this.#epoch;
    this.#reading = new Set(groups.flatMap(({ cursors }) => cursors));
    // One that was added while the others were compared with their streams must not wait for a message of theirs.
    const isPressed = [...this.#cursors].some(({ isSynced }) => !isSynced);
    try {
      const args = ['COUNT', batch, ...(isPressed ? [] : ['BLOCK', block]), 'STREAMS'];
      const keys = groups.map(({ key }) => key);
      const ids = groups.map(({ position }) => position);
      const reply = this.#connection.callBuffer('XREAD', ...args, ...keys, ...ids);
      const ahead = groups.length <= ASK_AHEAD ? groups.map((group) => this.#verify(group)) : [];
      const [streams] = await within(Promise.all([reply, ...ahead]), block + GRACE);
      this.#assertSame(epoch);
      const entriesOf = assign(groups, streams as readonly StreamReply[] | null);
      for (const group of groups) {
        await this.#hand(group, entriesOf.get(group) ?? [], epoch);
      }
    } finally {
      this.#reading = undefined;
    }
  }

  // Cursors of one key and position are one group; those of one key stand in the order of their positions.
  #group(): Group[] {
    const groups = new Map<string, Group>();
    for (const cursor of this.#cursors) {
      if (!cursor.isSynced) continue;
      const { key, position } = cursor;
      const name = `${position} ${key}`;
      const group = groups.get(name) ?? { key, position, cursors: [], isChecked: false };
      group.cursors.push(cursor);
      groups.set(name, group);
    }
    return [...groups.values()].sort((a, b) => compareIds(a.position, b.position));
  }

  // Asked after the read, so that a position which is still there means: nothing after it was trimmed before the read.
  async #verify(group: Group): Promise<void> {
    const { key, position } = group;
    const found = await this.#connection.callBuffer('XRANGE', key, position, position);
    group.isChecked = (found as unknown[]).length > 0;
  }

  async #hand(group: Group, entries: readonly StreamEntry[], epoch: number): Promise<void> {
    if (!group.isChecked && (entries.length > 0 || group.position !== '0-0')) {
      const info = await this.#ask(infoOf(this.#connection, group.key));
      this.#assertSame(epoch);
      for (const cursor of group.cursors) cursor.check(info, entries);
    }
    const isAll = entries.length < this.#host.settings.batch;
    for (const cursor of group.cursors) cursor.take(entries, isAll);
  }

  #ask<T>(promise: Promise<T>): Promise<T> {
    return within(promise, GRACE);
  }

  #assertSame(epoch: number): void {
    if (epoch !== this.#epoch || this.#isClosed) throw new LostError('the connection was lost');
  }

  // Ends a blocked read that does not know of a new cursor. The read may not have reached the server yet, so it is tried
  // until the read is over.
  async #interrupt(): Promise<void> {
    if (this.#isInterrupting) return;
    this.#isInterrupting = true;
    const isNeeded = (): boolean =>
      !this.#isClosed &&
      this.#reading !== undefined &&
      [...this.#cursors].some((cursor) => !this.#reading!.has(cursor));
    try {
      for (let attempt = 0; attempt < UNBLOCK_ATTEMPTS && isNeeded(); attempt++) {
        const id = this.#clientId;
        if (id === undefined) break;
        const { commands } = this.#host;
        await this.#ask(commands.call('CLIENT', 'UNBLOCK', id, 'TIMEOUT'));
        await sleep(2, undefined, { ref: false });
      }
      if (isNeeded()) this.#connection.reset();
    } catch {
      // Not allowed to, or no connection for commands: by a new connection, then.
      if (isNeeded()) this.#connection.reset();
    } finally {
      this.#isInterrupting = false;
    }
  }
}

class LostError extends Error {}

type StreamReply = readonly [key: Buffer, entries: readonly StreamEntry[]];

// A key that was asked for from several positions comes several times, in the order asked; what follows a later position
// follows an earlier one too, so those without entries are the last ones.
function assign(
  groups: readonly Group[],
  streams: readonly StreamReply[] | null,
): Map<Group, readonly StreamEntry[]> {
  const result = new Map<Group, readonly StreamEntry[]>();
  const open = [...groups];
  for (const [key, entries] of streams ?? []) {
    const name = key.toString();
    const at = open.findIndex((group) => group.key === name);
    if (at !== -1) result.set(open.splice(at, 1)[0]!, entries);
  }
  return result;
}
