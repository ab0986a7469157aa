// Names of options that belong to somebody else, who would pass over an unknown one in silence.
import { checkOptions } from '@catzilla/common';
import type { OptionContext, OptionSpec } from '@catzilla/common';

/** Refuses names that are not known. What they hold is not looked at.
 * @throws context.error, naming the nearest */
export function onlyKnown(given: object, names: readonly string[], context: OptionContext): void {
  const anything: OptionSpec<unknown> = { check: (value) => value };
  checkOptions(given, Object.fromEntries(names.map((name) => [name, anything])), context);
}
