// Tells a factory that nobody wants its value any more. Made for the flights of one factory call, one or many.
// Invariant: fires once, and never after the factory has settled: then there is nothing left to be given up.

/** A signal that costs nothing until a factory looks at it. */
export class Cancel {
  #controller: AbortController | undefined;
  #reason: unknown;
  #state: 'live' | 'aborted' | 'settled' = 'live';
  readonly #loads: { readonly isAbandoned: boolean }[] = [];

  get aborted(): boolean {
    return this.#state === 'aborted';
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Adds a load that this factory call is for. */
  add(load: { readonly isAbandoned: boolean }): void {
    this.#loads.push(load);
  }

  /** A caller has given up: was it the last of all loads? */
  giveUp(reason: unknown): void {
    if (this.#loads.every((load) => load.isAbandoned)) this.abort(reason);
  }

  abort(reason: unknown): void {
    if (this.#state !== 'live') return;
    this.#state = 'aborted';
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** The factory has given its value or error. */
  settle(): void {
    if (this.#state === 'live') this.#state = 'settled';
  }
}
