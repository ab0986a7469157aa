// Headers that hooks set for the current request, as lines for a rendered head or behind kept headers. HOT: benchmarks/http.
// Invariant: what comes out is exactly what Node would write for them, or nothing at all: any name or value that needs
// thought (a conflict with a stored field, a cookie, a connection field, a character Node refuses) gives undefined, and
// the answer takes the way through writeHead.
import { isToken } from '@catzilla/http';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';
import { isSame } from './snapshot.ts';

// What Node's writeHead treats specially, and what our own heads already hold.
const AWKWARD: ReadonlySet<string> = new Set([
  'age',
  'cache-status',
  'connection',
  'cookie',
  'expect',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'x-cache',
]);
const MAX_KNOWN_NAMES = 1024;

const KIND = { line: 0, dropped: 1, awkward: 2 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];
const kinds = new Map<string, Kind>();

/** The lines to append, '' for none, undefined when writeHead has to do it. */
export function extraLines(headers: ReplyHeaders, entry: Entry): string | undefined {
  const last = entry.forms.rendered;
  if (last !== undefined && isSame(headers, last.beside)) return last.extra;
  let lines = '';
  for (const name in headers) {
    const value = headers[name];
    const kind = kinds.get(name) ?? classify(name);
    if (kind === KIND.dropped) continue;
    if (kind === KIND.awkward) {
      if (name === 'vary' && value === storedVary(entry)) continue;
      return undefined;
    }
    if (entry.names.has(name)) return undefined;
    const added = linesOf(name, value);
    if (added === undefined) return undefined;
    lines += added;
  }
  return lines;
}

/** The lines to put before those of an answer that has these names, '' for none, undefined when writeHead has to do it:
 * where something conflicts, describes the content, or is beyond ASCII (Node writes such a head in the encoding of its body). */
export function linesBeside(headers: ReplyHeaders, names: ReadonlySet<string>): string | undefined {
  let lines = '';
  for (const name in headers) {
    const kind = kinds.get(name) ?? classify(name);
    if (names.has(name) || (kind !== KIND.line && name !== 'vary')) return undefined;
    const added = linesOf(name, headers[name]);
    if (added === undefined) return undefined;
    lines += added;
  }
  return /[\x80-\xff]/.test(lines) ? undefined : lines;
}

/** Adds to the headers of an answer what compose.ts would; lists are copied.
 * @returns false when something conflicts: then `headers` is of no use, and compose.ts has to do it */
export function addExtraHeaders(
  headers: ReplyHeaders,
  current: ReplyHeaders,
  entry: Entry,
): boolean {
  for (const name in current) {
    const value = current[name];
    const kind = kinds.get(name) ?? classify(name);
    if (value === undefined || kind === KIND.dropped) continue;
    if (name === 'vary' && value === storedVary(entry)) continue;
    if (kind === KIND.awkward || entry.names.has(name)) return false;
    headers[name] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return true;
}

// As Node would write them; undefined for what needs its thought.
function linesOf(name: string, value: unknown): string | undefined {
  if (typeof value === 'string') {
    return isPlainValue(value) ? name + ': ' + value + '\r\n' : undefined;
  }
  if (typeof value === 'number') return name + ': ' + value + '\r\n';
  if (!Array.isArray(value)) return undefined;
  let lines = '';
  for (let i = 0; i < value.length; i++) {
    const line: unknown = value[i];
    if (typeof line !== 'string' || !isPlainValue(line)) return undefined;
    lines += name + ': ' + line + '\r\n';
  }
  return lines;
}

/** True for what Node accepts as a field value: tab, printable ASCII, and the upper half of Latin-1. */
function isPlainValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return true;
}

function classify(name: string): Kind {
  let kind: Kind = KIND.line;
  if (AWKWARD.has(name) || !isToken(name)) kind = KIND.awkward;
  else if (isRepresentationField(name)) kind = KIND.dropped;
  if (kinds.size < MAX_KNOWN_NAMES) kinds.set(name, kind);
  return kind;
}

function storedVary(entry: Entry): string | undefined {
  for (const [name, value] of entry.fields) {
    if (name === 'vary') return typeof value === 'string' ? value : undefined;
  }
  return undefined;
}
