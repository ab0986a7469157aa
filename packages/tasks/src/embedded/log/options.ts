// The options of embeddedBackend() that concern the disk, and the levels of durability.
import { bool, duration, int, oneOf, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';

/** When an enqueue is acknowledged, and so what a crash can take.
 * - `every-write`: a flush of the device covers it: nothing is lost, if the disk honours flushes.
 * - `interval`: the system has it: a killed process loses nothing; a power failure at most `flushInterval` and one flush.
 * - `none`: it is in memory: a killed process loses what was not written yet (one turn of the event loop and one write); a power
 *   failure what the system had not flushed, up to 30 s. */
export type Durability = 'every-write' | 'interval' | 'none';

/** Checked options of a store with a folder. */
export interface DiskOptions {
  readonly dir: string;
  readonly durability: Durability;
  readonly flushInterval: number;
  readonly awaitCompletion: boolean;
  readonly repair: boolean;
  readonly maxStalled: number;
}

/** One spec each, to be checked along with those of the engine. `dir` has no default: without it there is no disk. */
export const diskSpecs: OptionSpecs<DiskOptions> = {
  /** Path of a folder, made when it is not there (0700). One process owns it. */
  dir: string(),
  /** Default: 'every-write'. */
  durability: oneOf<Durability>(['every-write', 'interval', 'none'], 'every-write'),
  /** ms between flushes in mode `interval`, and of starts and ends of attempts in `every-write`. Default: 100. */
  flushInterval: duration({ max: 60_000, default: 100 }),
  /** Wait for the log when an attempt ends, too: a finished job then never runs again. Default: false. */
  awaitCompletion: bool(false),
  /** Open a damaged folder: keep a copy beside it, and all that is readable. Default: false. */
  repair: bool(false),
  /** How often a job may be active while the process dies before it fails. Default: 3. */
  maxStalled: int({ min: 0, default: 3 }),
};
