// Fields of every answer of the dashboard, whatever the application's own plugins say: nothing of other sites is loaded, no other
// site may frame the page or read it, and no script or style stands in it.

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ');

/** Of all answers. */
export const HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});

/** Of all answers with data. */
export const DATA_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  ...HEADERS,
  'cache-control': 'no-store',
});
