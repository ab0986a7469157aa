// Reads an image by its description in native/router/image.h, to look at what the encoder wrote.
import { HAS_PARAMETRIC, HAS_ROUTE, HAS_WILDCARD, HEADER_WORDS } from '../../src/image/layout.ts';

/** One node of an image. */
export interface ImageNode {
  /** Where it stands. */
  readonly place: number;
  readonly kind: number;
  readonly flags: number;
  readonly prefix: string;
  /** Its route's number; undefined when it has none. */
  readonly route: number | undefined;
  /** Places of all its children. */
  readonly children: readonly number[];
}

/** The words of the header. */
export function readHeader(image: Uint8Array): number[] {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  return Array.from({ length: HEADER_WORDS }, (_, i) => view.getUint32(i * 4, true));
}

/** All nodes, in the order of their places. */
export function readImage(image: Uint8Array): ImageNode[] {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const nodes: ImageNode[] = [];
  let at = HEADER_WORDS * 4;
  const word = (): number => view.getUint32((at += 4) - 4, true);
  const align = (): number => (at = (at + 3) & ~3);
  while (at < image.length) {
    const place = at;
    const flags = view.getUint8(at + 1);
    const prefixLength = view.getUint16(at + 2, true);
    const count = view.getUint16(at + 4, true);
    at += 8;
    const prefix = Buffer.from(image.subarray(at, at + prefixLength)).toString('latin1');
    at += prefixLength;
    align();
    const route = flags & HAS_ROUTE ? word() : undefined;
    const others: number[] = [];
    if (flags & HAS_PARAMETRIC) others.push(word());
    if (flags & HAS_WILDCARD) others.push(word());
    at += count;
    align();
    const statics = Array.from({ length: count }, word);
    nodes.push({
      place,
      kind: view.getUint8(place),
      flags,
      prefix,
      route,
      children: [...statics, ...others],
    });
  }
  return nodes;
}
