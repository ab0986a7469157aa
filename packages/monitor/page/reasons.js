// A sentence for each word by which Cache-Status says why a response was not stored or a request passed the cache by.
// The words are @catzilla/fastify-cache's; what is not among them is the application's own.

const sentences = {
  method: 'The method is not one that a cache answers.',
  'request-body': 'The request has a body.',
  'stale-if-error': 'The handler failed; what was stored was sent in its place.',
  precondition: 'The request guards an update (If-Match, If-Unmodified-Since).',
  upgrade: 'The connection becomes something else, a WebSocket for example.',
  host: 'The host of the request is not among `hosts`.',
  identity: '`identity` said null for this request.',
  url: 'The target of the request does not fit its host.',
  excluded: 'Excluded by `include`, `exclude` or the route’s `config.cache`.',
  'request-no-store': 'The client asked for it (Cache-Control: no-store).',
  'no-freshness': 'Nobody gave a lifetime: set Cache-Control: max-age, or a `ttl`.',
  'no-store': 'The response forbids it (Cache-Control: no-store).',
  'no-cache': 'The response forbids it (Cache-Control: no-cache).',
  private: 'The response is for one person (Cache-Control: private).',
  'set-cookie': 'The response sets a cookie; `setCookie: \'strip\'` stores it without.', // prettier-ignore
  authorization: 'The request has Authorization; Cache-Control: public permits it.',
  cookie: 'The request has a cookie, and only a `ttl` speaks for caching: see `cookies`.',
  credentials:
    'The request has an API key, and only a `ttl` speaks for caching: see `authorization`.',
  'vary-star': 'The response says Vary: *, so no other request may get it.',
  status: 'The `ttl` does not cover this status: see `statuses`.',
  'content-type': 'The type is not among `types` of the rule or preset.',
  'content-encoding': 'The response has a coding that the cache does not know.',
  'event-stream': 'A stream of events has no end to be stored at.',
  nonce: 'HTML with a nonce in its content security policy, and only a `ttl` speaks for caching.',
  trailers: 'The response has trailers.',
  field: 'The response has a header that no message may carry.',
  error: 'The reply came from an error.',
  'too-large': 'The body is above `maxBodyBytes`.',
  'inflight-limit': 'All unfinished answers together are above `maxInflightBytes`.',
  incomplete: 'The reply was cut off before its end.',
  'purged-meanwhile': 'A purge came while the response was computed.',
  backend: 'The engine had no room or failed, or a function of `tags` did: see Health.',
  skip: 'The handler said so: `reply.cache.skip()`.',
  'too-many-tags': 'More than 50 tags, of route, handler and response together.',
  'refresh-refused': 'A refresh was refused or failed; what was there stays.',
  superseded: 'A reply that was asked for later is stored already.',
};

/** What the word means. */
export function sentenceOf(word) {
  return Object.hasOwn(sentences, word)
    ? sentences[word]
    : 'A word of the application’s own: `reply.cache.skip(word)`.';
}
