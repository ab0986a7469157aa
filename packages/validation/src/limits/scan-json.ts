// How many keys are written in the text of a JSON body, and how many there are, and how deep, in what JSON.parse made of it.
// Invariant: `writtenKeys` never says fewer than are written, so a text whose numbers agree has no key twice; it may say more, for
// a string can hold what looks like a key. Then find-duplicate.ts looks again. Nothing here recurses.

const QUOTE = 34;

/** Counts what is written as keys are: a colon behind a quote.
 *
 * HOT: benchmarks/validation */
export function writtenKeys(text: string): number {
  let keys = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    let before = at - 1;
    while (isSpace(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === QUOTE) keys++;
  }
  return keys;
}

/** What `keysOf` gives for a value that is too deep. */
export const TOO_DEEP = -1;

/** Counts the keys of a value that JSON.parse has made.
 * @param maxDepth  levels of objects and lists
 * @returns how many, or TOO_DEEP
 *
 * HOT: benchmarks/validation */
export function keysOf(value: unknown, maxDepth: number): number {
  let keys = 0;
  let level: object[] = typeof value === 'object' && value !== null ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return TOO_DEEP;
    const below: object[] = [];
    for (const one of level) {
      if (Array.isArray(one)) {
        for (const item of one) {
          if (typeof item === 'object' && item !== null) below.push(item as object);
        }
      } else {
        for (const name in one) {
          keys++;
          const field = (one as Record<string, unknown>)[name];
          if (typeof field === 'object' && field !== null) below.push(field);
        }
      }
    }
    level = below;
  }
  return keys;
}

/** Whether objects and lists are opened so often, once in 8 characters, that the text may be much slower to parse than others of
 * its size: what is nested hundreds of thousands of times is. HOT: benchmarks/validation */
export function isDense(text: string): boolean {
  const many = text.length / 8;
  let opened = 0;
  for (const opener of ['[', '{']) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      if (++opened > many) return true;
    }
  }
  return false;
}

/** Whether a text opens more levels than allowed, whatever else it is. */
export function isTooDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === 91 || code === 123) {
      if (++depth > maxDepth) return true;
    } else if (code === 93 || code === 125) depth--;
  }
  return false;
}

/** Where the quote stands that ends a string.
 * @param from  behind the one that begins it */
export function endOfString(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    // What follows a backslash ends nothing.
    if (code === 92) at++;
  }
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}
