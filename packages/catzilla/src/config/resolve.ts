// From what was given and what the environment says to what an application is made of.
import { builtinNames } from '../builtins/options.ts';
import { errors } from '../errors.ts';
import { checkAppOptions, checkEnv, partNames } from './app-options.ts';
import type { CheckedAppOptions } from './app-options.ts';
import { applyOverrides, explain, readOverrides } from './environment.ts';
import type { Override } from './environment.ts';
import { merge } from './merge.ts';
import { modeOf, processVariables } from '../options/mode.ts';
import { serverNames } from '../options/server.ts';

/** Resolved options. */
export interface Resolved {
  readonly checked: CheckedAppOptions;
  /** What came from the environment, to explain errors by. */
  readonly overrides: readonly Override[];
}

/** What stands around the options. */
export interface Around {
  /** Parts that must not be there, and why: the plugin comes too late for `server`. */
  readonly refused?: Readonly<Record<string, string>>;
  /** What wins over options and environment. */
  readonly above?: object;
}

/** Completes and checks options.
 * @throws CATZ_APP_OPTION, CATZ_APP_ENV */
export function resolve(options: unknown, { refused = {}, above = {} }: Around = {}): Resolved {
  const given = typeof options === 'object' && options !== null ? options : {};
  const { env } = given as { env?: unknown };
  const variables = checkEnv(env) ?? processVariables();
  const overrides = variables === false ? [] : readOverrides(variables, knownNames);
  const mode = variables === false ? 'development' : modeOf(variables);
  const isObject = options === undefined || given === options;
  const all = isObject ? merge(applyOverrides(given, overrides), above) : options;
  try {
    for (const [name, why] of Object.entries(refused)) {
      if (!Object.hasOwn(all as object, name)) continue;
      throw explain(
        new errors.OPTION(`expected options to have no ${name}: ${why}`),
        name,
        overrides,
      );
    }
    return { checked: checkAppOptions(all, mode), overrides };
  } catch (error) {
    throw explainAny(error, overrides);
  }
}

// A check of options stops at the first: the part it speaks of is the one that its message names.
function explainAny(error: unknown, overrides: readonly Override[]): unknown {
  const { message } = error as Error;
  const named = overrides.filter(({ path }) =>
    new RegExp(`\\boptions\\.${path.join('\\.')}\\b`).test(message),
  );
  const [first] = named.sort((a, b) => b.path.length - a.path.length);
  return first === undefined ? error : explain(error, first.path.join('.'), [first]);
}

function knownNames(path: readonly string[]): readonly string[] | undefined {
  const [part, inner] = path;
  if (part === undefined) return partNames;
  if (part === 'server' && inner === undefined) return serverNames;
  if (part !== 'builtins') return undefined;
  if (inner === undefined) return Object.keys(builtinNames);
  return path.length === 2 ? builtinNames[inner as keyof typeof builtinNames] : undefined;
}
