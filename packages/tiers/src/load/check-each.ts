// Runs option specs over an object that is checked on every call. Unlike checkOptions of common, which makes a frozen
// copy once at construction, it copies nothing, allocates nothing and pays only for the options that are there; so an
// object may be checked each time, as it is now, and nothing has to be remembered of it.
import { checkOptions, show } from '@catzilla/common';
import type { OptionSite, OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';

/** What is known of one object of options, with the sites made beforehand: no call makes one. */
export interface Rules {
  readonly path: string;
  readonly specs: OptionSpecs<Record<string, unknown>>;
  readonly byName: ReadonlyMap<string, { readonly spec: OptionSpec<unknown>; site: OptionSite }>;
}

/** Makes the error of a bad option. */
export const error = (message: string): Error => new errors.OPTION(message);

/** Checks the options that are there. HOT
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function checkEach(options: object, rules: Rules): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw error(`expected ${rules.path} to be an object, got ${show(options)}`);
  }
  // for-in sees what a read of the option would see, inherited ones too, and makes no array as Object.keys does.
  for (const name in options) {
    const rule = rules.byName.get(name);
    if (rule === undefined) refuseUnknown(options, name, rules);
    else {
      const value = (options as Record<string, unknown>)[name];
      if (value !== undefined) rule.spec.check(value, rule.site);
    }
  }
}

/** Prepares the specs of one object of options. */
export function rulesOf<T extends object>(path: string, specs: OptionSpecs<T>): Rules {
  const byName = new Map(
    Object.entries<OptionSpec<unknown>>(specs).map(([name, spec]) => [
      name,
      { spec, site: Object.freeze({ path: `${path}.${name}`, error }) },
    ]),
  );
  return { path, specs: specs as unknown as Rules['specs'], byName };
}

/** An object of options within options.
 * @param or  what else may stand there, for the message */
export function nested<T extends object>(
  path: string,
  specs: OptionSpecs<T>,
  or?: string,
): OptionSpec<unknown> {
  const rules = rulesOf(path, specs);
  const what = or === undefined ? 'an object' : `${or} or an object`;
  return {
    check(value, site) {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        checkEach(value, rules);
        return value;
      }
      throw error(`expected ${site.path} to be ${what}, got ${show(value)}`);
    },
  };
}

// Somebody else's enumerable property of Object.prototype is no option.
function refuseUnknown(options: object, name: string, { path, specs }: Rules): void {
  if (Object.hasOwn(options, name)) checkOptions({ [name]: true }, specs, { path, error });
}
