// Faults: what is wrong with a graph, as data, and the one error that holds all of them.
import { aggregate, errors } from '../errors.ts';
import type { Aggregate } from '../errors.ts';
import { whereOf } from '../binding/binding.ts';
import type { Origin } from '../binding/binding.ts';

/** The faults that make a container refuse to start, and what it only warns of. */
export type FaultKind =
  | 'MISSING'
  | 'CYCLE'
  | 'CAPTIVE'
  | 'ASYNC_IN_SYNC'
  | 'SCOPE_KIND'
  | 'TRANSIENT_OWNER'
  | 'DISPOSE_ORDER';

/** One thing that is wrong, or a warning. */
export interface Fault {
  /** `CATZ_DI_MISSING`, …; of a warning `CATZ_WARN_DI_…`. */
  readonly code: string;
  readonly message: string;
  /** Names, from who asks to what is wrong. */
  readonly path: readonly string[];
  /** File and line of the registration, if the stack told it. */
  readonly where: string | undefined;
}

/** Makes a fault.
 * @param text  what is wrong; the path and the place are put behind it */
export function fault(
  kind: FaultKind,
  text: string,
  path: readonly string[],
  origin?: Origin,
): Fault {
  return make(`CATZ_DI_${kind}`, text, path, origin);
}

/** Makes a warning. */
export function warning(
  kind: 'LAZY_CYCLE' | 'PARTIAL_OVERRIDE' | 'SAME_NAME',
  text: string,
  path: readonly string[],
  origin?: Origin,
): Fault {
  return make(`CATZ_WARN_DI_${kind}`, text, path, origin);
}

/** The error that holds faults, of one container or of several.
 * @returns CATZ_DI_INVALID; each entry of `errors` has the code, the message and the `path` of a fault */
export function invalid(faults: readonly Fault[]): Aggregate<'CATZ_DI_INVALID'> {
  const causes = faults.map(errorOf);
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const list = faults.map(({ message }) => `\n- ${message}`).join('');
  return aggregate('INVALID', `${count} in the graph of services:${list}`, causes);
}

function errorOf({ code, message, path, where }: Fault): Error {
  const Type = errors[code.slice('CATZ_DI_'.length) as FaultKind];
  return Object.assign(new Type(message), { path, where });
}

function make(code: string, text: string, path: readonly string[], origin?: Origin): Fault {
  const where = origin && whereOf(origin);
  const message = where === undefined ? text : `${text} (registered at ${where})`;
  return Object.freeze({ code, message, path: Object.freeze([...path]), where });
}
