// One text to one value: the rules of coercion, the same for every library.
// Invariant: a text that is not written exactly as JSON would write the value stays text, so that the validator reports it.

const INTEGER = /^-?(?:0|[1-9][0-9]*)$/;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** An integer in the safe range, in decimal digits; else the text. HOT: benchmarks/validation */
export function toInteger(text: string): number | string {
  if (!INTEGER.test(text)) return text;
  const value = Number(text);
  // 0 is added because -0 is no integer to anybody.
  return Number.isSafeInteger(value) ? value + 0 : text;
}

/** A finite number in the grammar of JSON (RFC 8259 6); else the text. HOT: benchmarks/validation */
export function toNumber(text: string): number | string {
  if (!NUMBER.test(text)) return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** `true` or `false`; else the text. */
export function toBoolean(text: string): boolean | string {
  return text === 'true' ? true : text === 'false' ? false : text;
}
