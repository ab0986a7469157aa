// Field values as Node and Fastify hold them, and the small tokenizer the other parsers share.
// Invariant: nothing here throws, and each function is linear in the length of its input.

/** One field value: a line, several lines, a number (Content-Length), or absent. */
export type FieldValue = string | number | readonly string[] | undefined;

/** Fields by lower-case name, as `request.headers` and `reply.getHeaders()` give them. */
export type Fields = Readonly<Record<string, FieldValue>>;

const noLines: readonly string[] = Object.freeze([]);

/** The lines of a field, outer whitespace removed; absent = no lines. */
export function fieldLines(value: FieldValue): readonly string[] {
  if (value === undefined || value === null) return noLines;
  if (typeof value === 'object') return value.map((line) => trimOws(String(line)));
  return [trimOws(String(value))];
}

/** All lines of a field as one value joined with `, ` (RFC 9110 5.3); undefined when absent. */
export function fieldText(value: FieldValue): string | undefined {
  if (typeof value === 'string') return trimOws(value);
  const lines = fieldLines(value);
  return lines.length === 0 ? undefined : lines.join(', ');
}

/** True for a token (RFC 9110 5.6.2): what a method, a field name or a directive name may be. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** True when a field may be written to a socket as it is: a token as name, and no control characters in its lines. */
export function isWritable(name: string, value: FieldValue): boolean {
  return isToken(name) && fieldLines(value).every((line) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line));
}

/** Removes spaces and tabs at both ends (OWS of RFC 9110 5.6.3), nothing else. */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** A list taken apart. `open`: a quoted string was never closed, so the last member cannot be trusted. */
export interface List {
  readonly members: readonly string[];
  readonly open: boolean;
}

/** Members of a comma-separated list, trimmed, empty ones dropped; commas in quoted strings separate nothing. */
export function splitList(text: string): List {
  const members: string[] = [];
  let start = 0;
  let quoted = false;
  const take = (end: number): void => {
    const member = trimOws(text.slice(start, end));
    if (member !== '') members.push(member);
    start = end + 1;
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 /* " */) quoted = !quoted;
    else if (quoted && code === 0x5c /* \ */) i++;
    else if (!quoted && code === 0x2c /* , */) take(i);
  }
  take(text.length);
  return { members, open: quoted };
}

/** The text of a quoted string (RFC 9110 5.6.4); undefined when the text is not exactly one. */
export function unquote(text: string): string | undefined {
  if (text.length < 2 || text[0] !== '"') return undefined;
  let out = '';
  for (let i = 1; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"') return i === text.length - 1 ? out : undefined;
    if (character !== '\\') out += character;
    else if (++i < text.length) out += text[i]!;
  }
  return undefined;
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
