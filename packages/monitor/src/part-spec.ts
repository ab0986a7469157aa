// One option for each part: its settings, `true` for its defaults, or `false` to leave it out.
import { show } from '@catzilla/common';
import type { OptionSite, OptionSpec } from '@catzilla/common';

/** Makes the spec of a part.
 * @param isOn   whether the part is there when nothing is said
 * @param check  of its settings; `{}` stands for the defaults */
export function partSpec<T>(
  isOn: boolean,
  check: (value: unknown, site: OptionSite) => T,
): OptionSpec<T | false> {
  return {
    check(value, site) {
      const given = value === undefined ? isOn : value;
      if (given === false) return false;
      if (given === true) return check({}, site);
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        throw site.error(
          `expected ${site.path} to be false, true or an object, got ${show(given)}`,
        );
      }
      return check(given, site);
    },
  };
}
