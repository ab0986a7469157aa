// app.config: what an application was made of, with every default of createApp() in place. A copy, frozen to its depth.
// Invariant: printed or written as JSON, no secret shows: neither values of telling names nor passwords in URLs.
// The program itself reads them as they are.
import { inspect } from 'node:util';
import { isPlain } from '../options/plain.ts';

const SECRET =
  /secret|password|passphrase|passwd|credential|token|authorization|private|apikey|api_key|^key$|^keys$|^pfx$|^cert$/i;
const HIDDEN = '[hidden]';

/** Copies options. What is no plain object or array (functions, open caches, loggers) is kept as it is. */
export function effective<T>(options: T): T {
  return copy(options) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(copy));
  if (!isPlain(value)) return value;
  const made: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) made[name] = copy(one);
  const hide = (): unknown => hidden(made);
  for (const name of ['toJSON', inspect.custom]) {
    if (!Object.hasOwn(made, name)) Object.defineProperty(made, name, { value: hide });
  }
  return Object.freeze(made);
}

// The objects inside hide their own.
function hidden(made: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(made).map(([name, value]) => [name, hiddenValue(name, value)]);
  return Object.fromEntries(entries) as object;
}

function hiddenValue(name: string, value: unknown): unknown {
  const isText = typeof value === 'string' || typeof value === 'number';
  const isBytes = ArrayBuffer.isView(value) || Array.isArray(value);
  if (SECRET.test(name) && (isText || isBytes)) return HIDDEN;
  if (typeof value === 'string') return withoutPassword(value);
  return Array.isArray(value) ? value.map((one) => hiddenValue('', one)) : value;
}

// user:password@ of a URL.
function withoutPassword(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, `$1${HIDDEN}@`);
}
