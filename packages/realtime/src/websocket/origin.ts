// Which pages may open a WebSocket. Browsers let any page open one anywhere, with the cookies of the host it goes to, and
// tell only its origin: whoever does not look hands the user's session to strangers (cross-site WebSocket hijacking).
// Invariant: a request that names an origin passes only where that origin is allowed. One that names none comes from no page.

/** 'same': pages of the host that the request was sent to, of whatever scheme. A list: these origins. '*': all pages. */
export type Origins = 'same' | '*' | readonly string[];

/** What is asked of a request. */
export interface OriginRequest {
  readonly headers: { readonly origin?: string | undefined };
  /** Name and port it was sent to; behind a trusted proxy, those the proxy was asked for. */
  readonly host: string;
}

/** Makes the check.
 * @param origins  those of a list with scheme, and with the port where it is not the scheme's own: `https://example.org` */
export function makeOriginCheck(origins: Origins): (request: OriginRequest) => boolean {
  if (origins === '*') return () => true;
  const listed = origins === 'same' ? undefined : new Set(origins.map(normalOf));
  return ({ headers: { origin }, host }) => {
    if (origin === undefined) return true;
    if (listed !== undefined) return listed.has(normalOf(origin));
    // More than a name and a port would be read as other parts of a URL.
    if (/[/\\@?#]/.test(host)) return false;
    const page = urlOf(origin);
    // The host is read with the page's scheme, which knows the port that is left out.
    return page !== undefined && page.host === urlOf(`${page.protocol}//${host}`)?.host;
  };
}

// 'null', which sandboxed pages and files send, is no URL and stays what it is.
function normalOf(origin: string): string {
  return urlOf(origin)?.origin ?? origin;
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
