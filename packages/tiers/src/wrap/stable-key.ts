// A string of any arguments, equal in every process and release for equal arguments, and different for different ones.
// Invariant: each kind of value begins with a character of its own and ends where it says, so no two can be confused:
// 1 is not "1", undefined not null, [] not {}. The forms stand in test/wrap/golden-keys.json; changing one loses the
// entries of all cached functions.
//
//   undefined u    null n    true t    false f    number 1, -0, NaN, Infinity    bigint 1n    string "…" as in JSON
//   Date D<ms>    bytes B<base64url>.    array [a,b]    object {"k":v,…}    Map M{k:v,…}    Set S{v,…}
//
// Equal are objects, Maps and Sets that hold the same in another order, Buffer and Uint8Array, holes and undefined.
// What has no form is refused, for leaving it out would give one key to different arguments.
import { createHash } from 'node:crypto';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';

/** Longer keys are replaced by their hash, bytes. */
const MAX_BYTES = 200;
/** Deeper values are refused before the stack ends. */
const MAX_DEPTH = 100;
/** What JSON may write otherwise; not each surrogate, but those are rare. */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** A step on the way to a value: an index, a property, or a part of a Map or Set. */
type Step = string | number | { readonly part: 'key' | 'value' | 'item'; readonly at: number };

/** Where we are in the arguments: what encloses the value, and how it is reached. */
interface Walk {
  readonly around: object[];
  readonly path: Step[];
}

/** Makes the key of some arguments.
 * @returns at most 200 bytes of UTF-8; '' for no arguments. Beyond, `#` and the SHA-256 of it in base64url
 * @throws CATZ_TIERS_ARGUMENT, with the path, for functions, symbols, instances of classes, properties that are symbols,
 *   cycles and more than 100 levels
 * @example stableKey([{ id: 7, lang: 'de' }, [1, undefined]]) === '{"id":7,"lang":"de"},[1,u]' */
// HOT: benchmarks/tiers
export function stableKey(args: readonly unknown[]): string {
  const walk: Walk = { around: [], path: [] };
  let key = '';
  for (let i = 0; i < args.length; i++) key += (i === 0 ? '' : ',') + form(args[i], i, walk);
  // A unit of UTF-16 is at most 3 bytes: most keys need not be measured.
  if (key.length * 3 <= MAX_BYTES || Buffer.byteLength(key) <= MAX_BYTES) return key;
  return `#${createHash('sha256').update(key).digest('base64url')}`;
}

// The path is kept for what has parts alone: whatever else is refused gets its last step then.
function form(value: unknown, step: Step, walk: Walk): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return 'u';
    case 'bigint':
      return `${value}n`;
    case 'object': {
      if (value === null) return 'n';
      walk.path.push(step);
      const text = formOfObject(value, walk);
      walk.path.pop();
      return text;
    }
    default:
      walk.path.push(step);
      throw refused(walk, `${show(value)} has no form that is equal in every process`);
  }
}

function formOfObject(value: object, walk: Walk): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return `D${(value as Date).getTime()}`;
  if (prototype === Buffer.prototype || prototype === Uint8Array.prototype) {
    const { buffer, byteOffset, byteLength } = value as Uint8Array;
    return `B${Buffer.from(buffer, byteOffset, byteLength).toString('base64url')}.`;
  }
  if (walk.around.includes(value)) throw refused(walk, 'it is part of itself');
  if (walk.around.length === MAX_DEPTH)
    throw refused(walk, `it is deeper than ${MAX_DEPTH} levels`);
  walk.around.push(value);
  const text = formOfItems(value, prototype, walk);
  walk.around.pop();
  return text;
}

function formOfItems(value: object, prototype: unknown, walk: Walk): string {
  if (prototype === Object.prototype || prototype === null) return formOfProperties(value, walk);
  if (prototype === Array.prototype) {
    const items = value as unknown[];
    let text = '';
    for (let i = 0; i < items.length; i++) text += (i === 0 ? '' : ',') + form(items[i], i, walk);
    return `[${text}]`;
  }
  if (prototype === Map.prototype) {
    const entries = Array.from(value as Map<unknown, unknown>, ([key, item], at) => {
      const keyForm = form(key, { part: 'key', at }, walk);
      return `${keyForm}:${form(item, { part: 'value', at }, walk)}`;
    });
    return `M{${entries.toSorted().join(',')}}`;
  }
  if (prototype === Set.prototype) {
    const items = Array.from(value as Set<unknown>, (item, at) =>
      form(item, { part: 'item', at }, walk),
    );
    return `S{${items.toSorted().join(',')}}`;
  }
  throw refused(walk, `${show(value)} may hold more than can be seen`);
}

function formOfProperties(value: object, walk: Walk): string {
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
      throw refused(walk, 'it has a property that is a symbol');
    }
  }
  const names = Object.keys(value).sort();
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    text += `${i === 0 ? '' : ','}${quoted(name)}:${form(inner, name, walk)}`;
  }
  return `{${text}}`;
}

// What JSON.stringify makes, and that for most strings without its call.
function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

// `[0].user["first name"].<key 2>`, its names cut.
function refused(walk: Walk, why: string): Error {
  const path = walk.path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    if (typeof step === 'object') return `.<${step.part} ${step.at}>`;
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]{0,40}$/u.test(step)
      ? `.${step}`
      : `[${show(step)}]`;
  });
  return new errors.ARGUMENT(path.join(''), why);
}
