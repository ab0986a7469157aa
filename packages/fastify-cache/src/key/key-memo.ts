// Keys of the targets that are asked for again and again: found without joining strings, flat and hashed, so that whoever
// looks one up in a table need not make it so first. HOT: benchmarks/http.
// Invariant: a pure memo. Bounded in entries and in their length: it begins anew when full, and stays small under a flood.

/** Targets of one key scope at most, over all hosts. */
const MAX_ENTRIES = 4096;
/** Characters of a target above which it is not remembered. */
const MAX_LENGTH = 512;

/** Keys by protocol, host and raw target. */
export class KeyMemo {
  readonly #http = new Map<string, Map<string, string>>();
  readonly #https = new Map<string, Map<string, string>>();
  #size = 0;

  /** The key of a target; undefined: not remembered. */
  get(protocol: string, host: string, target: string): string | undefined {
    return (protocol === 'https' ? this.#https : this.#http).get(host)?.get(target);
  }

  /** Remembers a key. */
  set(protocol: string, host: string, target: string, key: string): void {
    if (target.length > MAX_LENGTH) return;
    if (this.#size >= MAX_ENTRIES) {
      this.#http.clear();
      this.#https.clear();
      this.#size = 0;
    }
    const hosts = protocol === 'https' ? this.#https : this.#http;
    let targets = hosts.get(host);
    if (targets === undefined) hosts.set(host, (targets = new Map<string, string>()));
    targets.set(target, key);
    this.#size++;
  }
}
