// The events of one queue, newest last: a stream of bounded length that any number of readers follow, each from its own place.
// Invariant: ids `<ms>-<seq>` only grow, and none is given twice, though the clock may jump back; at most `maxLength` are held,
// and at most MAX_TEXT of text, or one event. Held as commands gave them: lists of texts are made for a reader.

/** What happened. `event` is its name; undefined fields are left out when it is read. */
export interface EventFields {
  readonly event: string;
  readonly [field: string]: string | number | undefined;
}

/** What happens to every job: fields that are the same each time, told apart from those that are not, so that it costs no object. */
export interface JobEventKind {
  readonly event: string;
  /** The name of a field that differs each time. */
  readonly valueName?: string;
  readonly prev?: string;
}

/** As XREAD answers: id, then field, value, field, value. */
export type StreamEntry = [id: string, fields: string[]];

/** How many events a queue holds unless BullMQ's `streams.events.maxLen` says otherwise. */
export const DEFAULT_MAX_EVENTS = 10_000;

const FIRST_ROOM = 64;

/** Results and reasons may be large, and `maxBytes` does not count those of events: beyond this much text, the oldest go. */
const MAX_TEXT = 16_777_216;

export class EventRing {
  #maxLength: number;
  // Arrays used as rings: entry n of the present ones is at (#start + n) % #fields.length. Where there is a job id, what stands in
  // #fields is a kind, and the value that goes with it in #values.
  #fields: (EventFields | JobEventKind | undefined)[] = [];
  #jobIds: (string | undefined)[] = [];
  #values: (string | undefined)[] = [];
  /** Characters of the values, and of the fields of the other events. */
  #text = 0;
  #times: number[] = [];
  #sequences: number[] = [];
  #start = 0;
  #length = 0;
  #lastTime = 0;
  #lastSequence = 0;
  #listeners: (() => void)[] = [];

  constructor(maxLength: number = DEFAULT_MAX_EVENTS) {
    this.#maxLength = maxLength;
  }

  get length(): number {
    return this.#length;
  }

  /** Of the newest event that ever was, `0-0` before the first. */
  get lastId(): string {
    return `${String(this.#lastTime)}-${String(this.#lastSequence)}`;
  }

  get maxLength(): number {
    return this.#maxLength;
  }

  /** Takes effect with the next event, as in Redis. */
  set maxLength(value: number) {
    this.#maxLength = Math.max(0, Math.trunc(value));
  }

  /** Appends. Cost: O(1). HOT: benchmarks/tasks
   * @param now  epoch ms; a smaller one than the last counts as the last */
  append(fields: EventFields, now: number): void {
    const at = this.#place(now);
    if (at !== -1) {
      this.#fields[at] = fields;
      this.#jobIds[at] = undefined;
      this.#values[at] = undefined;
      this.#weigh(textOf(fields));
    }
    if (this.#listeners.length > 0) this.#tell();
  }

  /** Appends what happens to every job. Cost: O(1), no object. HOT: benchmarks/tasks
   * @param kind   one object for each kind, made once
   * @param value  of the field that the kind names */
  appendJob(kind: JobEventKind, jobId: string, now: number, value?: string): void {
    const at = this.#place(now);
    if (at !== -1) {
      this.#fields[at] = kind;
      this.#jobIds[at] = jobId;
      this.#values[at] = value;
      if (value !== undefined) this.#weigh(value.length);
    }
    if (this.#listeners.length > 0) this.#tell();
  }

  /** Drops the oldest until at most `maxLength` are left.
   * @returns how many went */
  trim(maxLength: number): number {
    const gone = Math.max(0, this.#length - Math.max(0, Math.trunc(maxLength)));
    for (let n = 0; n < gone; n++) {
      this.#text -= this.#textAt(this.#start);
      this.#fields[this.#start] = undefined;
      this.#jobIds[this.#start] = undefined;
      this.#values[this.#start] = undefined;
      this.#start = (this.#start + 1) % this.#fields.length;
    }
    this.#length -= gone;
    return gone;
  }

  /** Everything after an id, oldest first.
   * @param id  as an earlier read gave it, or `<ms>` for `<ms>-0`; one that was trimmed reads from the oldest that is left */
  after(id: string): StreamEntry[] {
    const [time, sequence] = parseId(id);
    const entries: StreamEntry[] = [];
    for (let n = this.#firstAfter(time, sequence); n < this.#length; n++) {
      const at = (this.#start + n) % this.#fields.length;
      const fields = this.#fields[at];
      if (fields === undefined) continue;
      const jobId = this.#jobIds[at];
      const texts =
        jobId === undefined
          ? flat(fields as EventFields)
          : flatJob(fields as JobEventKind, jobId, this.#values[at]);
      entries.push([`${String(this.#times[at])}-${String(this.#sequences[at])}`, texts]);
    }
    return entries;
  }

  /** Calls back once, within the next append: a reader then goes on in a later tick, with all that this one brought.
   * @returns what takes the listener away again */
  onceAppended(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at !== -1) this.#listeners.splice(at, 1);
    };
  }

  /** Forgets all events; ids go on growing, so that readers miss nothing of what comes. */
  clear(): void {
    this.trim(0);
    this.#fields = [];
    this.#jobIds = [];
    this.#values = [];
    this.#times = [];
    this.#sequences = [];
    this.#start = 0;
  }

  /** Makes room for an event of a time, and gives its cell, or -1 when none are held. */
  #place(now: number): number {
    if (now > this.#lastTime) {
      this.#lastTime = now;
      this.#lastSequence = 0;
    } else {
      this.#lastSequence++;
    }
    if (this.#length >= this.#maxLength) this.trim(this.#maxLength - 1);
    if (this.#maxLength <= 0) return -1;
    if (this.#length === this.#fields.length) this.#grow();
    const at = (this.#start + this.#length) % this.#fields.length;
    this.#times[at] = this.#lastTime;
    this.#sequences[at] = this.#lastSequence;
    this.#length++;
    return at;
  }

  /** Counts the text of the newest event, and lets old ones go for it. */
  #weigh(text: number): void {
    this.#text += text;
    while (this.#text > MAX_TEXT && this.#length > 1) this.trim(this.#length - 1);
  }

  #textAt(at: number): number {
    if (this.#jobIds[at] !== undefined) return this.#values[at]?.length ?? 0;
    return textOf(this.#fields[at] as EventFields);
  }

  #tell(): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  #firstAfter(time: number, sequence: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = (this.#start + middle) % this.#fields.length;
      const behind =
        (this.#times[at] as number) - time || (this.#sequences[at] as number) - sequence;
      if (behind > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(): void {
    const room = Math.max(FIRST_ROOM, this.#fields.length * 2);
    this.#fields = this.#unrolled(this.#fields, room, undefined);
    this.#jobIds = this.#unrolled(this.#jobIds, room, undefined);
    this.#values = this.#unrolled(this.#values, room, undefined);
    this.#times = this.#unrolled(this.#times, room, 0);
    this.#sequences = this.#unrolled(this.#sequences, room, 0);
    this.#start = 0;
  }

  #unrolled<T>(ring: readonly T[], room: number, empty: T): T[] {
    const straight = [...ring.slice(this.#start), ...ring.slice(0, this.#start)];
    while (straight.length < room) straight.push(empty);
    return straight;
  }
}

function parseId(id: string): [number, number] {
  const [time = '', sequence = '0'] = id.split('-');
  return [Number(time), Number(sequence)];
}

function flat(fields: EventFields): string[] {
  const texts: string[] = [];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value !== undefined) texts.push(name, String(value));
  }
  return texts;
}

function flatJob(
  { event, valueName, prev }: JobEventKind,
  jobId: string,
  value: string | undefined,
): string[] {
  const texts = ['event', event, 'jobId', jobId];
  if (valueName !== undefined) texts.push(valueName, value ?? '');
  if (prev !== undefined) texts.push('prev', prev);
  return texts;
}

function textOf(fields: EventFields): number {
  let text = 0;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (typeof value === 'string') text += value.length;
  }
  return text;
}
