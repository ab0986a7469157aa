// What an origin is told to answer, and what it was asked: the part of the conformance suite that knows nothing of caches.
// Invariant: fields reach the cache line by line as they are written in a test; nothing is added but Date, and that by the
// clock of the test. How the answer gets there (handler, stream, server) is stage.ts and behind.ts.

/** Fields by name; a list is several lines. */
export type FieldLines = Readonly<Record<string, string | readonly string[]>>;

/** One scripted answer. */
export interface Reply {
  /** Default: 200. */
  readonly status?: number;
  /** `date` is added with the time of the test's clock unless it is named here; `date: []` sends none. */
  readonly headers?: FieldLines;
  /** Default: `body <n>`, n counting the requests that reached this resource from 1. None for HEAD, 204, 304. */
  readonly body?: string | Uint8Array;
  /** Interim responses sent before, as pairs of status (102, 103) and fields. */
  readonly interim?: readonly (readonly [
    status: number,
    headers: Readonly<Record<string, string>>,
  ])[];
  /** Trailer fields, where the origin is a server. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** The origin breaks off before its head was sent, or in the middle of its body. */
  readonly fails?: 'before' | 'during';
  /** Done while the client waits for the head. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** What reached the origin. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** By lower-case name, several lines joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** An answer by itself, or made when the request arrives; `n` counts from 1. */
export type Script = Reply | ((request: Received, n: number) => Reply);

/** A reply with nothing left open. */
export interface Answering {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string | readonly string[]])[];
  readonly body: Buffer | undefined;
  readonly interim: NonNullable<Reply['interim']>;
  readonly trailers: Readonly<Record<string, string>> | undefined;
  readonly fails: Reply['fails'];
  readonly meanwhile: Reply['meanwhile'];
}

/** The scripts of one application's resources by path, and what each received. */
export class Origin {
  readonly #scripts = new Map<string, readonly Script[]>();
  readonly #received = new Map<string, Received[]>();

  /** Answers of a resource in their order; the last one goes on for ever.
   * @param url  path and query */
  responds(url: string, scripts: readonly Script[]): void {
    this.#scripts.set(url, scripts);
    this.#received.set(url, []);
  }

  /** Requests that reached a resource since it was scripted, oldest first. */
  received(url: string): readonly Received[] {
    return this.#received.get(url) ?? [];
  }

  /** Notes a request and says what to answer; 404 for what no test has scripted. */
  answer(request: Received): Answering {
    const scripts = this.#scripts.get(request.url);
    const received = this.#received.get(request.url);
    if (scripts === undefined || received === undefined)
      return complete({ status: 404 }, request, 0);
    received.push(request);
    const n = received.length;
    const script = scripts[Math.min(n, scripts.length) - 1] ?? {};
    return complete(typeof script === 'function' ? script(request, n) : script, request, n);
  }
}

/** Request fields as Node gives them, several lines joined. */
export function joined(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'object' ? value.join(', ') : value,
    ]),
  );
}

function complete(reply: Reply, request: Received, n: number): Answering {
  const { status = 200, body = `body ${n}`, interim = [], trailers, fails, meanwhile } = reply;
  const headers = { ...reply.headers };
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (!names.includes('date')) headers['date'] = new Date().toUTCString();
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
  return {
    status,
    headers: Object.entries(headers).filter(([, value]) => value.length > 0 || value === ''),
    body: hasBody ? Buffer.from(body) : undefined,
    interim,
    trailers,
    fails,
    meanwhile,
  };
}
