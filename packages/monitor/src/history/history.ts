// What the charts begin with: a day by the minute, and a quarter of an hour by the second of times when somebody watched.
// Invariant: at most 2 MiB, whatever the application holds; nothing is measured here, points are made of snapshots that others
// took. A restart begins anew.
import type { Snapshot } from '../snapshot/snapshot.ts';
import { basisOf, FIRST, pointOf } from './point.ts';
import type { Basis, Point } from './point.ts';
import { PointRing } from './ring.ts';

const SECONDS = 900;
const MINUTES = 1440;

/** What was, as `app.monitor.history`. */
export interface MonitorHistory {
  /** The last 24 hours by the minute, oldest first; rates are means of the minute. */
  minutes(): readonly Point[];
  /** At most 900 points of a second each, oldest first, of times when a dashboard was open. */
  seconds(): readonly Point[];
  /** Memory the points take, bytes. */
  readonly bytes: number;
}

/** The points of one application. */
export class History implements MonitorHistory {
  readonly #seconds = new PointRing(SECONDS);
  readonly #minutes = new PointRing(MINUTES);
  #minute: Basis | undefined;
  #before: Basis | undefined;

  get bytes(): number {
    return this.#seconds.bytes + this.#minutes.bytes;
  }

  minutes(): readonly Point[] {
    return this.#minutes.points();
  }

  seconds(): readonly Point[] {
    return this.#seconds.points();
  }

  /** Keeps the point of the minute that ends with a snapshot. */
  takeMinute(snapshot: Snapshot): void {
    this.#minutes.push(pointOf(this.#minute ?? FIRST, snapshot));
    this.#before = this.#minute;
    this.#minute = basisOf(snapshot);
  }

  /** What went on since a minute was kept, or the process began: of a second at least, for a rate of less is chance. */
  sinceMinute(snapshot: Snapshot): Point {
    const isLongAgo = (basis: Basis | undefined): basis is Basis =>
      basis !== undefined && snapshot.process.uptimeMs - basis.uptimeMs >= 1000;
    const basis = [this.#minute, this.#before].find(isLongAgo);
    return pointOf(basis ?? FIRST, snapshot);
  }

  /** Keeps the point of a second. */
  takeSecond(point: Point): void {
    this.#seconds.push(point);
  }
}
