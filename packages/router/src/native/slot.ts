// A slot: where native code of other addons finds the routes of an application, and answers known ahead.
// native/router/include/catzilla_router.h is the other side. Publishing replaces all of it at once.
import { errors } from '../errors.ts';
import { openSlot } from './addon.ts';

/** One method's routes. */
export interface PublishedMethod {
  readonly method: string;
  readonly image: Uint8Array;
}

/** The whole answer of a route; `route` counts over all methods in their order. */
export interface PublishedPlan {
  readonly route: number;
  readonly status: number;
  /** Status line and header fields, each ended by CRLF. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** Bytes of the entity tag, or none. */
  readonly etag: Uint8Array;
}

const REFUSED: Readonly<Record<number, string>> = {
  [-1]: 'an image is damaged, or of another version',
  [-2]: 'a plan is for no route',
  [-3]: 'readers hold 63 older tables',
  [-4]: 'there is no memory',
};

/** A slot of this isolate; the native side of it lives as long as anybody holds it. */
export class Slot {
  readonly #native = openSlot();
  #generation = 0;

  /** What other addons get: an external, see `catzilla_router.h`. Undefined without the addon of this package. */
  get abi(): object | undefined {
    return this.#native?.abi() ?? undefined;
  }

  /** Counts what was published. */
  get generation(): number {
    return this.#generation;
  }

  /** Replaces what native code sees.
   * @param plans  by ascending route
   * @throws CATZ_ROUTER_BAD_IMAGE when native code refuses it: it then goes on with what it had */
  publish(methods: readonly PublishedMethod[], plans: readonly PublishedPlan[]): void {
    if (this.#native === undefined) return;
    const generation = this.#generation + 1;
    const names = methods.map(({ method }) => method);
    const images = methods.map(({ image }) => image);
    const result = this.#native.publish(generation, names, images, plans);
    if (result < 0) throw new errors.BAD_IMAGE(REFUSED[result] ?? `unknown result ${result}`);
    this.#generation = generation;
  }
}
