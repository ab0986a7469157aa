// What goes out to clients: one message of one channel, encoded once for each form of transport and shared by all who get it.
// Invariant: immutable; the bytes of a form are made at the first use and never changed.

/** 'message': published. 'gap': messages may be missing, so what they built must be fetched anew. 'presence': somebody came or
 * went. 'invalidated': cached responses are no longer valid. */
export type DeliveryKind = 'message' | 'gap' | 'presence' | 'invalidated';

/** What a delivery says. */
export interface DeliveryFields {
  readonly kind: DeliveryKind;
  readonly channel: string;
  /** Place in the log, to resume after; undefined: it is not in the log (presence, a gap, a log that is down). */
  readonly id: string | undefined;
  /** Name of the event, as published; undefined: none. */
  readonly event: string | undefined;
  /** JSON text. */
  readonly data: string;
  /** What it replaces: of several with one key, the slow rule 'latest' keeps the last. */
  readonly key: string | undefined;
}

/** Makes the bytes of one form. */
export type Encoder = (delivery: DeliveryFields) => Buffer;

/** One message on its way to any number of clients. */
export class Delivery implements DeliveryFields {
  readonly kind: DeliveryKind;
  readonly channel: string;
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
  readonly key: string | undefined;
  // Two transports: two slots are faster than a Map.
  #encoder: Encoder | undefined;
  #bytes: Buffer | undefined;
  #others: Map<Encoder, Buffer> | undefined;

  constructor({ kind, channel, id, event, data, key }: DeliveryFields) {
    this.kind = kind;
    this.channel = channel;
    this.id = id;
    this.event = event;
    this.data = data;
    this.key = key;
  }

  /** Its bytes in one form, made once. HOT: benchmarks/realtime */
  as(encoder: Encoder): Buffer {
    if (this.#encoder === encoder) return this.#bytes!;
    if (this.#encoder === undefined) {
      this.#encoder = encoder;
      return (this.#bytes = encoder(this));
    }
    this.#others ??= new Map();
    let bytes = this.#others.get(encoder);
    if (bytes === undefined) this.#others.set(encoder, (bytes = encoder(this)));
    return bytes;
  }
}
