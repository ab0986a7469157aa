// Finds the key that an object of a JSON text has twice. Called only where there is one, or where keys were taken out.
// Invariant: for texts that JSON.parse accepts; keys are compared as they are read, so that "a" and "\u0061" are one.
import { pointerTo } from '../issue/pointer.ts';
import { endOfString } from './scan-json.ts';

interface Level {
  /** Keys seen; undefined: a list. */
  readonly keys: Set<string> | undefined;
  readonly pointer: string;
  /** The last key, or the index. */
  name: string | number;
}

/** @returns a JSON Pointer to the second of the two, or undefined */
export function findDuplicate(text: string): string | undefined {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const top = levels.at(-1);
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at + 1);
        if (top?.keys !== undefined && isKey(text, end)) {
          const key = JSON.parse(text.slice(at, end + 1)) as string;
          if (top.keys.has(key)) return pointerTo(top.pointer, key);
          top.keys.add(key);
          top.name = key;
        }
        at = end;
        break;
      }
      case ',':
        if (typeof top?.name === 'number') top.name++;
        break;
      case '{':
      case '[': {
        const pointer = top === undefined ? '' : pointerTo(top.pointer, top.name);
        const keys = text[at] === '{' ? new Set<string>() : undefined;
        levels.push({ keys, pointer, name: keys === undefined ? 0 : '' });
        break;
      }
      case '}':
      case ']':
        levels.pop();
        break;
      default:
    }
  }
  return undefined;
}

function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (/\s/.test(text[at] ?? '')) at++;
  return text[at] === ':';
}
