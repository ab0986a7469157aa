// How names become Redis keys: `cz1:<name>:<ns>:{<key>}`, its lock `…:l`, epochs `cz1:<name>:@{<epoch>}`.
// Invariants: distinct (name, namespace, key) never share a Redis key; a value and its lock share a slot, since what stands
// between the first `{` and the next `}` is the same and never empty (Redis Cluster specification, "Hash tags");
// a value's key ends with `}` and no other does, and no namespace begins with `@`. The digit is the format's major:
// releases that write another format neither read nor sweep these keys. What is stored there is redis-store.ts's.

/** Major of the stored format, part of every key. */
const MAJOR = 1;

/** Most namespaces whose beginnings are kept. */
const MAX_HEADS = 4096;

/** Makes the keys of one cache, and reads them back. */
export class RedisKeys {
  readonly #root: string;
  readonly #hashTag: ((key: string) => string) | undefined;
  readonly #heads = new Map<string, string>();

  /** @param hashTag  what decides the slot in place of the key */
  constructor(prefix: string, name: string, hashTag?: (key: string) => string) {
    this.#root = `${prefix}${MAJOR}:${escape(name)}:`;
    this.#hashTag = hashTag;
  }

  /** Where the value of a key is. */
  entry(ns: string, key: string): string {
    const head = this.#head(ns);
    if (this.#hashTag === undefined) return `${head}{${guarded(key)}}`;
    return `${head}#{${escape(this.#hashTag(key)) || '%'}}${key}}`;
  }

  /** Where the lock of a key is: in the slot of its value. */
  lock(ns: string, key: string): string {
    return `${this.entry(ns, key)}:l`;
  }

  /** Where the two stamps of an epoch are. */
  epoch(name: string): string {
    return `${this.#root}@{${guarded(name)}}:e`;
  }

  /** What probes write. */
  get canary(): string {
    return `${this.#root}@:canary`;
  }

  /** Glob of the values of a namespace whose keys begin with a prefix; with `hashTag` it may find a few more. */
  scanPattern(ns: string, prefix: string): string {
    const head = glob(this.#head(ns));
    if (this.#hashTag === undefined) return `${head}{${glob(guarded(prefix))}*}`;
    return `${head}#{*}${glob(prefix)}*}`;
  }

  /** Glob of the values of a namespace and of all within it; '' has all namespaces within it. */
  sweepPattern(ns: string): string {
    if (ns === '') return `${glob(this.#root)}*}`;
    return `${glob(this.#root + escape(ns))}[:/]*}`;
  }

  /** The key whose value is there; undefined when none of this namespace is. */
  parse(ns: string, redisKey: string): string | undefined {
    const head = this.#head(ns);
    const start = head + (this.#hashTag === undefined ? '{' : '#{');
    if (!redisKey.startsWith(start) || !redisKey.endsWith('}')) return undefined;
    if (this.#hashTag === undefined) return unguarded(redisKey.slice(start.length, -1));
    const tagEnd = redisKey.indexOf('}', start.length);
    return tagEnd === redisKey.length - 1 ? undefined : redisKey.slice(tagEnd + 1, -1);
  }

  /** Beginning of all keys of this cache. */
  get root(): string {
    return this.#root;
  }

  /** Namespace and key whose value is there; undefined when none of this cache is. */
  parseAny(redisKey: string): { ns: string; key: string } | undefined {
    if (!redisKey.startsWith(this.#root) || redisKey[this.#root.length] === '@') return undefined;
    const ns = unescape(redisKey.slice(this.#root.length).split(':', 1)[0]!);
    const key = this.parse(ns, redisKey);
    return key === undefined ? undefined : { ns, key };
  }

  #head(ns: string): string {
    let head = this.#heads.get(ns);
    if (head === undefined) {
      head = `${this.#root}${escape(ns)}:`;
      if (this.#heads.size >= MAX_HEADS) this.#heads.clear();
      this.#heads.set(ns, head);
    }
    return head;
  }
}

// `/` stays: it joins the names of nested namespaces, and sweepPattern relies on it.
function escape(text: string): string {
  return text.replace(/[%:{}@]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unescape(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

// Only a `}` in front would make an empty tag; `%` in front is escaped to keep keys distinct. Other keys stay readable.
function guarded(key: string): string {
  const first = key.charCodeAt(0);
  if (first === 0x7d) return `%7D${key.slice(1)}`;
  return first === 0x25 ? `%25${key.slice(1)}` : key;
}

function unguarded(text: string): string {
  if (!text.startsWith('%')) return text;
  return (text.startsWith('%7D') ? '}' : '%') + text.slice(3);
}

function glob(text: string): string {
  return text.replace(/[*?[\]\\]/g, String.raw`\$&`);
}
