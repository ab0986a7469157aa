// Field values as Node and Fastify hold them, and the small tokenizer the other parsers share.
// Invariant: nothing here throws, and each function is linear in the length of its input.

/** One field value: a line, several lines, a number (Content-Length), or absent. */
export type FieldValue = string | number | readonly string[] | undefined;

/** Fields by lower-case name, as `request.headers` and `reply.getHeaders()` give them. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** The lines of a field, outer whitespace removed; absent = no lines. */
export function fieldLines(value: FieldValue): readonly string[] {
  throw new Error('pending');
}

/** All lines of a field as one value joined with `, ` (RFC 9110 5.3); undefined when absent. */
export function fieldText(value: FieldValue): string | undefined {
  throw new Error('pending');
}

/** True for a token (RFC 9110 5.6.2): what a method, a field name or a directive name may be. */
export function isToken(text: string): boolean {
  throw new Error('pending');
}

/** Removes spaces and tabs at both ends (OWS of RFC 9110 5.6.3), nothing else. */
export function trimOws(text: string): string {
  throw new Error('pending');
}

/** Members of a comma-separated list, trimmed, empty ones dropped; commas in quoted strings separate nothing. */
export function splitList(text: string): string[] {
  throw new Error('pending');
}
