// Joins what sockets are given in one turn of the event loop, so that each gets it in one write: a system call is most of what a
// small message costs. Sockets that were given the same frames in the same order share the joined bytes, which are made once.
// Invariant: a target gets its bytes in the order it was given them, before the process waits for anything again. Bytes that
// were given must never change; whether a target may still be written to is the target's to know.

/** Where the bytes go in the end. */
export interface TurnTarget {
  /** The frames of this turn, joined. Must not throw. */
  leave(bytes: Buffer): void;
}

/** The place of one target: what it was given and has not left yet. */
export class TurnPlace {
  readonly #turn: Turn;
  readonly #target: TurnTarget;
  #given: Joint | undefined;

  /** Made by `Turn.place`. */
  constructor(turn: Turn, target: TurnTarget) {
    this.#turn = turn;
    this.#target = target;
  }

  /** Bytes that have not left. */
  get bytes(): number {
    return this.#given === undefined ? 0 : this.#given.length;
  }

  /** Gives it a frame. HOT: benchmarks/realtime */
  write(frame: Buffer): void {
    const given = this.#given;
    this.#given = given === undefined ? this.#turn.begin(this, frame) : given.follow(frame);
  }

  /** What was given leaves now: before something is written to the socket in another way. */
  flush(): void {
    const given = this.#given;
    if (given === undefined) return;
    this.#given = undefined;
    this.#target.leave(given.bytes());
  }

  /** What was given is forgotten. */
  discard(): void {
    this.#given = undefined;
  }
}

/** The turns of one set of sockets. */
export class Turn {
  #places: TurnPlace[] = [];
  #first: Joint | undefined;

  /** A place for a target, for as long as it lives. */
  place(target: TurnTarget): TurnPlace {
    return new TurnPlace(this, target);
  }

  /** For TurnPlace: the first frame of a place in this turn. */
  begin(place: TurnPlace, frame: Buffer): Joint {
    // After the promises that are due, too: deliveries often come by one.
    if (this.#places.length === 0) process.nextTick(() => this.#flush());
    this.#places.push(place);
    if (this.#first?.frame === frame) return this.#first;
    return (this.#first = new Joint(undefined, frame));
  }

  #flush(): void {
    const places = this.#places;
    this.#places = [];
    this.#first = undefined;
    for (const place of places) place.flush();
  }
}

/** A sequence of frames: the last one, and what came before it. Immutable, so any number of places hold the same one. */
class Joint {
  readonly frame: Buffer;
  readonly length: number;
  readonly #before: Joint | undefined;
  // Of those that follow, the one that was asked for last: a message goes to all of a channel before the next one comes.
  #after: Joint | undefined;
  #bytes: Buffer | undefined;

  constructor(before: Joint | undefined, frame: Buffer) {
    this.#before = before;
    this.frame = frame;
    this.length = frame.length + (before === undefined ? 0 : before.length);
  }

  follow(frame: Buffer): Joint {
    if (this.#after?.frame === frame) return this.#after;
    return (this.#after = new Joint(this, frame));
  }

  bytes(): Buffer {
    if (this.#before === undefined) return this.frame;
    return (this.#bytes ??= Joint.#join(this));
  }

  static #join(last: Joint): Buffer {
    const bytes = Buffer.allocUnsafe(last.length);
    for (let joint: Joint | undefined = last; joint !== undefined; joint = joint.#before) {
      bytes.set(joint.frame, joint.length - joint.frame.length);
    }
    return bytes;
  }
}
