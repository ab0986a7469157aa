// Server-sent events as bytes, in two forms: plain, for a response that Node frames, and chunked, for one whose chunks are
// written by us (RFC 9112 7.1). Made once and shared by all clients of the form.
// Invariant: the bytes of a delivery are one whole event, and in the chunked form one whole chunk.
import { encodeEvent } from '@catzilla/http';
import type { StreamedEvent } from '@catzilla/http';
import type { DeliveryFields, Encoder } from '../delivery.ts';

/** How events become bytes. An identity: deliveries keep what each has made. */
export interface FrameForm {
  readonly encodeDelivery: Encoder;
  encode(event: StreamedEvent): Buffer;
}

/** For `response.write()`. */
export const plain: FrameForm = {
  encodeDelivery: (delivery) => plain.encode(eventOf(delivery)),
  encode: (event) => Buffer.from(encodeEvent(event)),
};

/** For the socket itself. */
export const chunked: FrameForm = {
  encodeDelivery: (delivery) => chunked.encode(eventOf(delivery)),
  encode(event) {
    const text = encodeEvent(event);
    const head = `${Buffer.byteLength(text).toString(16)}\r\n`;
    return Buffer.from(`${head}${text}\r\n`);
  },
};

// Named by what was published, or by its kind. A message that somebody named as a kind is told from one by `kind`.
function eventOf({ kind, channel, id, event, data }: DeliveryFields): StreamedEvent {
  const isMessage = kind === 'message';
  const member = isMessage ? '' : `"kind":"${kind}",`;
  return {
    id,
    event: event ?? (isMessage ? undefined : kind),
    data: `{${member}"channel":${JSON.stringify(channel)},"data":${data}}`,
  };
}
