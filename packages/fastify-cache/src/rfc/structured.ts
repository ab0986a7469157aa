// Reads Dictionaries and Lists of structured fields (RFC 9651 3, 4.2), the syntax of the newer fields about caching.
// Invariant: nothing throws, time is linear in the input, and one malformed character voids the whole field
// (RFC 9651 4.2): undefined means absent, empty or malformed. What types a field wants is left to its own file.
// Our own parser, because structured-headers 2.1.0 reads `60.0` as the Integer 60, which RFC 9213 2.1 warns of, and
// refuses a Dictionary in which anything follows a Date. Parameters are checked and dropped: no field here has any.
import { fieldText } from '@catzilla/http';
import type { FieldValue } from '@catzilla/http';

/** A value without Parameters. `kind` is the type of RFC 9651 3.3; a Date is in seconds, `bytes` is base64 as it came. */
export type BareItem =
  | { readonly kind: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly kind: 'string' | 'token' | 'display-string' | 'bytes'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** An Inner List (RFC 9651 3.1.1). */
export interface InnerList {
  readonly kind: 'inner-list';
  readonly value: readonly BareItem[];
}

/** A member of a List or the value of a Dictionary's key. */
export type Member = BareItem | InnerList;

interface Cursor {
  readonly text: string;
  at: number;
}

// All sticky and without alternatives that overlap: each is linear and none looks back.
const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(\d+)(?:\.(\d*))?/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const BOOLEAN = /\?([01])/y;
const DATE = /@(-?\d{1,15})/y;
const DISPLAY_STRING = /%"([\x20\x21\x23-\x7e]*)"/y;
const COMMA = /[ \t]*,[ \t]*/y;
const SPACES = / */y;

const yes: Member = Object.freeze({ kind: 'boolean', value: true });

/** The members of a Dictionary by key (RFC 9651 3.2); of equal keys the last one counts. Several lines are one value.
 * @returns undefined when the field is absent, empty or malformed */
export function parseDictionary(value: FieldValue): ReadonlyMap<string, Member> | undefined {
  const members = new Map<string, Member>();
  const isWhole = eachMember(value, (cursor) => {
    const key = take(cursor, KEY)?.[0];
    if (key === undefined) return false;
    const member = takeCharacter(cursor, '=') ? takeMember(cursor) : yes;
    if (member === undefined) return false;
    members.set(key, member);
    return true;
  });
  return isWhole ? members : undefined;
}

/** The members of a List in order (RFC 9651 3.1). Several lines are one value.
 * @returns undefined when the field is absent, empty or malformed */
export function parseList(value: FieldValue): readonly Member[] | undefined {
  const members: Member[] = [];
  const isWhole = eachMember(value, (cursor) => {
    const member = takeMember(cursor);
    if (member === undefined) return false;
    members.push(member);
    return true;
  });
  return isWhole ? members : undefined;
}

// True when there is a member, each was taken with its Parameters, and no comma ends the text.
function eachMember(value: FieldValue, takeOne: (cursor: Cursor) => boolean): boolean {
  const cursor: Cursor = { text: fieldText(value) ?? '', at: 0 };
  if (cursor.text === '') return false;
  do {
    if (!takeOne(cursor) || !takeParameters(cursor)) return false;
    if (cursor.at === cursor.text.length) return true;
  } while (take(cursor, COMMA) !== undefined);
  return false;
}

function takeMember(cursor: Cursor): Member | undefined {
  return cursor.text[cursor.at] === '(' ? takeInnerList(cursor) : takeItem(cursor);
}

function takeInnerList(cursor: Cursor): InnerList | undefined {
  const items: BareItem[] = [];
  cursor.at++;
  for (;;) {
    const spaces = take(cursor, SPACES)![0].length;
    if (takeCharacter(cursor, ')')) return { kind: 'inner-list', value: items };
    if (items.length > 0 && spaces === 0) return undefined;
    const item = takeItem(cursor);
    if (item === undefined || !takeParameters(cursor)) return undefined;
    items.push(item);
  }
}

function takeParameters(cursor: Cursor): boolean {
  while (takeCharacter(cursor, ';')) {
    take(cursor, SPACES);
    if (take(cursor, KEY) === undefined) return false;
    if (takeCharacter(cursor, '=') && takeItem(cursor) === undefined) return false;
  }
  return true;
}

function takeItem(cursor: Cursor): BareItem | undefined {
  switch (cursor.text[cursor.at]) {
    case '"':
      return item('string', takeString(cursor));
    case '?': {
      const digit = take(cursor, BOOLEAN)?.[1];
      return digit === undefined ? undefined : { kind: 'boolean', value: digit === '1' };
    }
    case ':':
      return takeBytes(cursor);
    case '@': {
      const seconds = take(cursor, DATE)?.[1];
      return seconds === undefined ? undefined : { kind: 'date', value: Number(seconds) };
    }
    case '%':
      return item('display-string', decodeDisplay(take(cursor, DISPLAY_STRING)?.[1]));
    default:
      // A text that is no token has not moved the cursor; a number that is too long has, and ends the reading.
      return item('token', take(cursor, TOKEN)?.[0]) ?? takeNumber(cursor);
  }
}

function item(
  kind: 'string' | 'token' | 'display-string' | 'bytes',
  value: string | undefined,
): BareItem | undefined {
  return value === undefined ? undefined : { kind, value };
}

// Padding may be absent (RFC 9651 4.2.7), but not be wrong.
function takeBytes(cursor: Cursor): BareItem | undefined {
  const base64 = take(cursor, BYTES)?.[1];
  if (base64 === undefined) return undefined;
  const isWhole = base64.endsWith('=') ? base64.length % 4 === 0 : base64.length % 4 !== 1;
  return isWhole ? { kind: 'bytes', value: base64 } : undefined;
}

// At most 15 digits, or 12 and 1 to 3 after the point (RFC 9651 3.3.1, 3.3.2).
function takeNumber(cursor: Cursor): BareItem | undefined {
  const match = take(cursor, NUMBER);
  if (match === undefined) return undefined;
  const [text, whole, fraction] = match;
  const value = Number(text);
  if (fraction === undefined) return whole!.length > 15 ? undefined : { kind: 'integer', value };
  if (whole!.length > 12 || fraction.length === 0 || fraction.length > 3) return undefined;
  return { kind: 'decimal', value };
}

// Printable ASCII in which only `"` and `\` are escaped (RFC 9651 4.2.5). A loop: a pattern could not skip escapes
// without a stack as deep as the string is long.
function takeString(cursor: Cursor): string | undefined {
  let out = '';
  for (let i = cursor.at + 1; i < cursor.text.length; i++) {
    const character = cursor.text[i]!;
    if (character === '"') {
      cursor.at = i + 1;
      return out;
    }
    if (character < ' ' || character > '~') return undefined;
    if (character !== '\\') out += character;
    else {
      const escaped = cursor.text[++i];
      if (escaped !== '"' && escaped !== '\\') return undefined;
      out += escaped;
    }
  }
  return undefined;
}

// Lower-case percent-encoded UTF-8 (RFC 9651 4.2.10).
function decodeDisplay(body: string | undefined): string | undefined {
  if (body === undefined || /%(?![0-9a-f]{2})/.test(body)) return undefined;
  try {
    return decodeURIComponent(body);
  } catch {
    return undefined; // Not UTF-8.
  }
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match === null) return undefined;
  cursor.at = pattern.lastIndex;
  return match;
}

function takeCharacter(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at++;
  return true;
}
