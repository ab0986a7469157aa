// Options from the environment: CATZILLA__CACHE__TTL=5000 sets `cache.ttl`. Two underscores go one level down, one stands
// before a capital: MAX_BYTES is maxBytes. Values are read as JSON, and as text where they are none.
// Invariant: a variable wins over what the program says; one that names no option, or one of a part that is off, is an error
// that names it. Its value is in no message. What an option may hold is checked by its owner: see explain().
import { nearest } from '@catzilla/common';
import { errors } from '../errors.ts';
import { isPlain } from '../options/plain.ts';
import type { Variables } from '../options/mode.ts';

/** How variables begin. */
const PREFIX = 'CATZILLA__';

/** One variable. */
export interface Override {
  readonly variable: string;
  /** Where it goes: `['cache', 'ttl']`. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly text: string;
}

/** Names that an object of options may have, by its path: `builtins.cors`. Where none are known, any is taken. */
export type KnownNames = (path: readonly string[]) => readonly string[] | undefined;

/** Reads the variables that override options, in the order in which they apply: parts before what stands in them.
 * @throws CATZ_APP_ENV for an unknown or empty name */
export function readOverrides(variables: Variables, known: KnownNames): readonly Override[] {
  const found: Override[] = [];
  for (const [variable, text] of Object.entries(variables)) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    found.push({ variable, path: pathOf(variable, known), value: valueOf(text), text });
  }
  // What is inside of a part has a longer name that begins like its own, and so comes after it.
  return found.sort((a, b) => (a.variable < b.variable ? -1 : 1));
}

/** Sets the options that variables name. The given object and all in it stay as they are.
 * @throws CATZ_APP_ENV where a variable sets something inside a part that is off, or inside what is no plain object */
export function applyOverrides(options: object, overrides: readonly Override[]): object {
  return overrides.reduce((all, override) => set(all, override, 0), options);
}

/** Gives the error to throw for a failure of a part: where variables are at fault, one that names them.
 * @param part  the path of the part: `builtins.cors` */
export function explain(error: unknown, part: string, overrides: readonly Override[]): unknown {
  const inside = overrides.filter(({ path }) => `${path.join('.')}.`.startsWith(`${part}.`));
  if (inside.length === 0 || !(error instanceof Error)) return error;
  const { message } = error;
  const named = inside.filter(({ path }) => mentions(message, path, part));
  const culprits = named.length > 0 ? named : inside;
  const names = culprits.map(({ variable }) => variable).join(', ');
  const told = inside.reduce((text, { text: value }) => hide(text, value), message);
  return new errors.ENV(`with ${names} from the environment: ${told}`, { cause: error });
}

function pathOf(variable: string, known: KnownNames): string[] {
  const path: string[] = [];
  for (const word of variable.slice(PREFIX.length).split('__')) {
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(word)) {
      throw new errors.ENV(
        `expected ${cut(variable)} to be ${PREFIX}<PART>__<OPTION> in upper case, two underscores for each level`,
      );
    }
    path.push(nameOf(word, variable, known(path)));
  }
  return path;
}

function nameOf(word: string, variable: string, names: readonly string[] | undefined): string {
  const camel = word
    .toLowerCase()
    .replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
  if (names === undefined) return camel;
  // CSP and the like are written in capitals in some names.
  const same = names.find((name) => name.toLowerCase() === camel.toLowerCase());
  if (same !== undefined) return same;
  const guess = nearest(camel, names);
  const hint =
    guess === undefined
      ? `known are ${names.map(shout).join(', ')}`
      : `did you mean ${shout(guess)}?`;
  throw new errors.ENV(`unknown option ${word.slice(0, 64)} in ${cut(variable)}, ${hint}`);
}

// As it would stand in a variable: maxBytes is MAX_BYTES.
function shout(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function set(target: object, override: Override, depth: number): object {
  const name = override.path[depth] as string;
  const copy: Record<string, unknown> = { ...target };
  const isLast = depth === override.path.length - 1;
  copy[name] = isLast
    ? override.value
    : set(insideOf(copy[name], override, depth), override, depth + 1);
  return copy;
}

// What is absent, or on with its defaults, is an object from now on.
function insideOf(value: unknown, { path, variable }: Override, depth: number): object {
  if (value === undefined || value === true) return {};
  if (isPlain(value)) return value;
  const where = `options.${path.slice(0, depth + 1).join('.')}`;
  if (value === false) {
    throw new errors.ENV(`${variable} sets an option of ${where}, which is off: ${where} is false`);
  }
  throw new errors.ENV(`${variable} sets an option in ${where}, which holds no options`);
}

// Parts name their options from where they stand: options.ttl, or options.cache.ttl.
function mentions(message: string, path: readonly string[], part: string): boolean {
  const inner = path.slice(part.split('.').length);
  return [path, inner].some(
    (names) => names.length > 0 && new RegExp(`\\b${names.join('\\.')}\\b`).test(message),
  );
}

function hide(message: string, text: string): string {
  if (text.length < 4) return message;
  // Quoted and cut, as show() of common writes text, or as it is.
  return message.replaceAll(text, '…').replaceAll(text.slice(0, 40), '…');
}

function cut(variable: string): string {
  return variable.slice(0, 128);
}
