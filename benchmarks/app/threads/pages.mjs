// What is asked of the application, and what answers it.
import { makeObject } from '../../http/payloads.mjs';
import { browserRequest } from '../../http/requests.mjs';

export const PAGES = 100;
const PAGE = makeObject(1024);

export function pageOf(id) {
  return { ...PAGE, id: 1_000_000 + id };
}

/** @returns [{ request, body }], one for each page */
export function pairs() {
  return Array.from({ length: PAGES }, (_, id) => ({
    request: browserRequest(`/pages/${id}`),
    body: JSON.stringify(pageOf(id)),
  }));
}

/** The pairs as load.cc reads them: each text as its length and its bytes. */
export function encodePairs(list) {
  const parts = list
    .flatMap(({ request, body }) => [request, body])
    .flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    });
  return Buffer.concat(parts);
}
