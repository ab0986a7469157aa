// The words by which Cache-Status and stats name why a response was not stored or not reused.
// They are public: operators alert on them. One word, one cause.

/** Why a request never touched the cache, or a response was not stored: the `detail` of Cache-Status. */
export type Reason =
  | 'method'
  | 'request-body'
  | 'stale-if-error'
  | 'precondition'
  | 'upgrade'
  | 'host'
  | 'identity'
  | 'url'
  | 'excluded'
  | 'request-no-store'
  | 'no-freshness'
  | 'no-store'
  | 'no-cache'
  | 'private'
  | 'set-cookie'
  | 'authorization'
  | 'cookie'
  | 'credentials'
  | 'vary-star'
  | 'status'
  | 'content-type'
  | 'content-encoding'
  | 'event-stream'
  | 'nonce'
  | 'trailers'
  | 'field'
  | 'error';

/** Why a request went to the handler (RFC 9211 2.2). */
export type ForwardReason =
  'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial';
