// Whether a value survives JSON: what is enqueued comes out of the store exactly as it went in, or is refused with the path.
// Invariant: the text that it gives parses to a value deeply equal to the payload. Issues name places, never values.
import type { PayloadIssue } from './validate.ts';

/** A payload as text, or what is wrong with it. */
export type Encoded =
  | { readonly json: string; readonly issues?: undefined }
  | { readonly issues: readonly PayloadIssue[]; readonly json?: undefined };

const MAX_ISSUES = 20;
const MAX_DEPTH = 512;

/** Turns a payload into JSON.
 * @param maxBytes  of the text in UTF-8 */
export function encodePayload(payload: unknown, maxBytes: number): Encoded {
  const issues: PayloadIssue[] = [];
  inspect(payload, '', [], issues);
  if (issues.length > 0) return { issues };
  const json = JSON.stringify(payload);
  const size = Buffer.byteLength(json);
  if (size <= maxBytes) return { json };
  return {
    issues: [{ path: '', message: `must be at most ${maxBytes} bytes as JSON, has ${size}` }],
  };
}

function inspect(
  value: unknown,
  path: string,
  above: readonly object[],
  issues: PayloadIssue[],
): void {
  if (issues.length >= MAX_ISSUES) return;
  const wrong = whatIsWrong(value);
  if (wrong !== undefined) {
    issues.push({ path, message: wrong });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (above.includes(value)) {
    issues.push({ path, message: 'must not contain itself' });
    return;
  }
  if (above.length >= MAX_DEPTH) {
    issues.push({ path, message: `must be at most ${MAX_DEPTH} levels deep` });
    return;
  }
  const chain = [...above, value];
  if (Array.isArray(value)) {
    // By index, for a hole is undefined too, and JSON would make it null.
    for (let at = 0; at < value.length; at++) inspect(value[at], `${path}/${at}`, chain, issues);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    inspect(member, `${path}/${escaped(name)}`, chain, issues);
  }
}

// Why JSON would lose it or make something else of it.
function whatIsWrong(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (Object.is(value, -0)) return 'must not be -0, which JSON does not know';
      return Number.isFinite(value) ? undefined : 'must be a finite number';
    case 'object':
      return value === null ? undefined : wrongObject(value);
    case 'undefined':
      return 'must not be undefined: leave the member out, or set null';
    default:
      return `must not be a ${typeof value}`;
  }
}

function wrongObject(value: object): string | undefined {
  if (typeof (value as { readonly toJSON?: unknown }).toJSON === 'function') {
    return `must not be ${kindOf(value)}, of which JSON makes something else`;
  }
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `must be a plain object, is ${kindOf(value)}`;
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return 'must not have symbols as names';
  return undefined;
}

function kindOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `of class ${name.slice(0, 40)}`
    : 'an object with toJSON';
}

/** One step of a JSON Pointer (RFC 6901, section 3). */
function escaped(name: string): string {
  return name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
}
