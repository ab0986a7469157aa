// One option for each part of an application: its settings, `true` for the defaults, or `false` to leave it out.
// Invariant: what comes out is false or an object of the caller's, unchanged; what stands in it is checked by its owner.
import { show } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';

/** What may be given for a part. */
export type Part<T> = T | boolean;

/** Makes the spec of a part.
 * @param isOn  whether the part is there when nothing is said */
export function part<T extends object>(isOn: boolean): OptionSpec<T | false> {
  return {
    check(value, site) {
      const given = value === undefined ? isOn : value;
      if (given === false) return false;
      if (given === true) return {} as T;
      if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as T;
      throw site.error(`expected ${site.path} to be false, true or an object, got ${show(given)}`);
    },
  };
}
