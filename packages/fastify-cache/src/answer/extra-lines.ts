// Headers that hooks set for the current request, as lines for a rendered head or behind kept headers. HOT: benchmarks/http.
// Invariant: what comes out is exactly what Node would write for them, or nothing at all: any name or value that needs
// thought (a conflict with a stored field, a cookie, a connection field, a character Node refuses) gives undefined, and
// the answer takes the way through writeHead.
import { isToken } from '../rfc/fields.ts';
import { isRepresentationField } from '../rfc/stored-headers.ts';
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';

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
    if (typeof value === 'string') {
      if (!isPlainValue(value)) return undefined;
      lines += name + ': ' + value + '\r\n';
    } else if (typeof value === 'number') {
      lines += name + ': ' + value + '\r\n';
    } else if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const line: unknown = value[i];
        if (typeof line !== 'string' || !isPlainValue(line)) return undefined;
        lines += name + ': ' + line + '\r\n';
      }
    } else return undefined;
  }
  return lines;
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
