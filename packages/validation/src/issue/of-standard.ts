// From the issues of a Standard Schema to the form of ajv, in which Fastify hands on what is wrong.
// Invariant: messages say nothing of the value. valibot and arktype write what they got into theirs: those are written anew;
// a message of the application's own is kept unless a piece of the value stands in it.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifySchemaValidationError } from 'fastify';
import { pointerTo } from './pointer.ts';

/** Said where nothing else can be. */
const PLAIN = 'is not valid';
/** Shorter pieces stand in many a sentence by chance, and tell nobody anything. */
const MIN_ECHO = 4;
const MAX_LEAVES = 1000;

/** What libraries add to the issues of the standard. */
interface LibraryIssue extends StandardSchemaV1.Issue {
  readonly code?: unknown;
  readonly type?: unknown;
  readonly keys?: unknown;
  readonly expected?: unknown;
  readonly received?: unknown;
}

/** @param vendor  `~standard.vendor` of the schema
 * @param value   what was checked
 * @param max     entries at most */
export function entriesOf(
  vendor: string,
  issues: readonly StandardSchemaV1.Issue[],
  value: unknown,
  max: number,
): FastifySchemaValidationError[] {
  const entries: FastifySchemaValidationError[] = [];
  for (let at = 0; at < issues.length && entries.length < max; at++) {
    const issue = issues[at] as LibraryIssue;
    // Not path.map: the paths of arktype are lists of a kind of their own.
    const path = Array.from(issue.path ?? [], (part) =>
      typeof part === 'object' ? part.key : part,
    );
    const pointer = path.reduce<string>(pointerTo, '');
    const code = textOr(issue.code ?? issue.type, 'invalid');
    if (Array.isArray(issue.keys) && code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, max - entries.length)) {
        entries.push(entryOf(code, pointerTo(pointer, String(key)), 'is not known here'));
      }
      continue;
    }
    const message = messageOf(vendor, issue);
    const isEcho = echoes(message, valueAt(value, path));
    entries.push(entryOf(code, pointer, isEcho ? PLAIN : message));
  }
  return entries;
}

function entryOf(
  keyword: string,
  instancePath: string,
  message: string,
): FastifySchemaValidationError {
  return { keyword, instancePath, schemaPath: '', params: {}, message };
}

function messageOf(vendor: string, issue: LibraryIssue): string {
  const { message, expected, received } = issue;
  if (vendor === 'arktype') {
    const wanted = textOr(expected, '');
    // Of a union it says what came, too.
    return wanted === '' || wanted.includes('(was ') ? PLAIN : `must be ${wanted}`;
  }
  if (vendor === 'valibot' && typeof received === 'string' && message.includes(received)) {
    return typeof expected === 'string' ? `must be ${expected}` : PLAIN;
  }
  return message;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = (found as Record<PropertyKey, unknown>)[name];
  }
  return found;
}

// Whether a text or number of the value, however deep, stands in the message. Of very large values nobody can say.
function echoes(message: string, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isIn(message, value);
  const open: unknown[] = [value];
  for (let seen = 0; open.length > 0; seen++) {
    if (seen > MAX_LEAVES) return true;
    const one = open.pop();
    if (typeof one === 'object' && one !== null) {
      const children = Object.values(one);
      if (children.length > MAX_LEAVES) return true;
      open.push(...children);
    } else if (isIn(message, one)) return true;
  }
  return false;
}

function isIn(message: string, leaf: unknown): boolean {
  if (typeof leaf !== 'string' && typeof leaf !== 'number' && typeof leaf !== 'bigint')
    return false;
  const text = String(leaf);
  return text.length >= MIN_ECHO && message.includes(text);
}
