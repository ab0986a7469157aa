// A job as the embedded engine holds it: the fields that every job has, and one object more for those that few have.
// Invariant: all jobs have the same shape, so that a million of them stay small; what is JSON to the outside stays text here.
// Only commands write these fields; a job is in exactly one collection of its queue, the one that `state` names.
import type { JobsOptions } from 'bullmq';

/** Where a job is. `wait` has priority 0, `prioritized` all others, as in BullMQ. */
export type Place =
  'wait' | 'prioritized' | 'delayed' | 'active' | 'completed' | 'failed' | 'waiting-children';

/** Options of a job, shared by all jobs that have the same: parsed once, never changed. */
export interface SharedOptions {
  readonly json: string;
  readonly value: Readonly<JobsOptions>;
  /** Whether no member is an object, so that a copy of the first level is a copy. */
  readonly isFlat: boolean;
}

/** Who takes jobs: the backend of a worker. Its locks hold as long as it is open, however long its thread is busy. */
export interface LockOwner {
  readonly isOpen: boolean;
}

/** What a running attempt holds a job by. Not in a snapshot: whoever held it is gone after a restart. */
export interface Lock {
  readonly token: string;
  /** Its end makes the job stalled; undefined in a replay. */
  readonly owner: LockOwner | undefined;
}

/** What a job is made from: JSON, so that it can stand in the log. */
export type NewJob = {
  /** Given by the caller; absent: the queue counts on. */
  readonly id?: string;
  readonly name: string;
  /** JSON. */
  readonly data: string;
  /** JSON of BullMQ's JobsOptions. */
  readonly options: string;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly parentKey?: string;
  /** JSON of BullMQ's ParentKeys. */
  readonly parent?: string;
  readonly repeatJobKey?: string;
  readonly deduplicationId?: string;
  /** A parent, which waits for its children first. */
  readonly toWaitingChildren?: boolean;
};

/** The children of a job, and what became of them; keys are `<prefix>:<queue>:<id>`. */
export interface Dependencies {
  /** Not finished yet. */
  readonly pending: Set<string>;
  /** Key to the JSON of what it returned. */
  readonly processed: Map<string, string>;
  /** Key to the reason, of those whose failure is ignored. */
  readonly ignored: Map<string, string>;
  /** Failed, with their parent failing or going on because of it. */
  readonly failed: Set<string>;
}

/** Fields that few jobs have. */
export interface RareFields {
  parentKey?: string;
  /** JSON of BullMQ's ParentKeys. */
  parent?: string;
  dependencies?: Dependencies;
  deduplicationId?: string;
  repeatJobKey?: string;
  deferredFailure?: string;
  processedBy?: string;
  logs?: string[];
  /** What the logs take; whoever changes them keeps it. */
  logBytes?: number;
}

/** What a job has once it was started. Most jobs that wait were not: they do without. */
class Ran {
  attemptsMade = 0;
  attemptsStarted = 0;
  stalledCounter = 0;
  processedOn = 0;
  finishedOn = 0;
  progress: string | undefined = undefined;
  returnValue: string | undefined = undefined;
  failedReason: string | undefined = undefined;
  stacktrace: string | undefined = undefined;
  lock: Lock | undefined = undefined;
}

/** Times near this one fit a small integer, which takes no room of its own: 24 days around the start of the process. */
const NEAR = Date.now();

export class Job {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  data: string;
  options: SharedOptions;
  /** ms. */
  delay = 0;
  /** 0 to 2,097,151; 0 is served first, then 1. */
  priority = 0;
  state: Place = 'wait';
  rare: RareFields | undefined = undefined;
  /** Its place in the collection that holds it: written and read by that collection alone. */
  slot = -1;
  /** How far `timestamp` is from NEAR; use `timestamp`. */
  sinceNear: number;
  /** Use the members that are called as its fields are. */
  ran: Ran | undefined = undefined;

  constructor(id: string, name: string, data: string, options: SharedOptions, timestamp: number) {
    this.id = id;
    this.name = name;
    this.data = data;
    this.options = options;
    this.sinceNear = timestamp - NEAR;
  }

  /** Epoch ms at which it was added, or what the caller gave. */
  get timestamp(): number {
    return this.sinceNear + NEAR;
  }

  set timestamp(value: number) {
    this.sinceNear = value - NEAR;
  }

  get attemptsMade(): number {
    return this.ran === undefined ? 0 : this.ran.attemptsMade;
  }

  set attemptsMade(value: number) {
    if (this.ran !== undefined || value !== 0) started(this).attemptsMade = value;
  }

  get attemptsStarted(): number {
    return this.ran === undefined ? 0 : this.ran.attemptsStarted;
  }

  set attemptsStarted(value: number) {
    if (this.ran !== undefined || value !== 0) started(this).attemptsStarted = value;
  }

  get stalledCounter(): number {
    return this.ran === undefined ? 0 : this.ran.stalledCounter;
  }

  set stalledCounter(value: number) {
    if (this.ran !== undefined || value !== 0) started(this).stalledCounter = value;
  }

  /** Epoch ms of its last start, 0 before. */
  get processedOn(): number {
    return this.ran === undefined ? 0 : this.ran.processedOn;
  }

  set processedOn(value: number) {
    if (this.ran !== undefined || value !== 0) started(this).processedOn = value;
  }

  /** Epoch ms, 0 before. */
  get finishedOn(): number {
    return this.ran === undefined ? 0 : this.ran.finishedOn;
  }

  set finishedOn(value: number) {
    if (this.ran !== undefined || value !== 0) started(this).finishedOn = value;
  }

  /** JSON; undefined is BullMQ's 0. */
  get progress(): string | undefined {
    return this.ran?.progress;
  }

  set progress(value: string | undefined) {
    if (this.ran !== undefined || value !== undefined) started(this).progress = value;
  }

  /** JSON. */
  get returnValue(): string | undefined {
    return this.ran?.returnValue;
  }

  set returnValue(value: string | undefined) {
    if (this.ran !== undefined || value !== undefined) started(this).returnValue = value;
  }

  get failedReason(): string | undefined {
    return this.ran?.failedReason;
  }

  set failedReason(value: string | undefined) {
    if (this.ran !== undefined || value !== undefined) started(this).failedReason = value;
  }

  /** JSON of a list of texts. */
  get stacktrace(): string | undefined {
    return this.ran?.stacktrace;
  }

  set stacktrace(value: string | undefined) {
    if (this.ran !== undefined || value !== undefined) started(this).stacktrace = value;
  }

  get lock(): Lock | undefined {
    return this.ran?.lock;
  }

  set lock(value: Lock | undefined) {
    if (this.ran !== undefined || value !== undefined) started(this).lock = value;
  }
}

function started(job: Job): Ran {
  job.ran ??= new Ran();
  return job.ran;
}

// V8 learns the kinds of a class's fields from what they hold first, and when a field gets another kind, every job made before
// moves to a new shape when it is next touched. One job that has had all kinds,
// made before any other, settles the shape. A field that has held undefined keeps small integers in place, whatever comes later.
function settleShape(): void {
  const options: SharedOptions = { json: '{}', value: {}, isFlat: true };
  const job = new Job('', '', '', options, NEAR);
  const none = undefined as never;
  job.sinceNear = none;
  job.delay = none;
  job.data = ' ';
  job.options = { ...options };
  job.state = 'active';
  job.rare = {};
  job.priority = 1;
  job.slot = 1;
  job.ran = new Ran();
  job.processedOn = 0.5;
  job.finishedOn = none;
  job.progress = '';
  job.returnValue = '';
  job.failedReason = '';
  job.stacktrace = '';
  job.lock = { token: '', owner: none };
  job.lock = none;
}

settleShape();
