// What clients are told of the errors of Fastify, in our words: its own messages repeat paths, media types and pieces of bodies.
// Invariant: no sentence holds anything of a request. A code that is missing here is answered by its title alone.

/** `detail` by code. */
export const SENTENCES: Readonly<Record<string, string>> = {
  FST_ERR_NOT_FOUND: 'no route has this method and URL',
  FST_ERR_BAD_URL: 'the URL is not well encoded',
  FST_ERR_INVALID_URL: 'the URL is not valid',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the URL is too long',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty, and its Content-Type is JSON',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'no body of this Content-Type is accepted here',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body has not the size that Content-Length says',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than is accepted here',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'the request has a body and no Content-Type',
  FST_ERR_ROUTE_MISSING_CONTENT: 'the request has no body',
};

/** The code of an answer that has none of its own, by its status: `NOT_FOUND`. */
export function codeOfTitle(title: string): string {
  return title
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}
