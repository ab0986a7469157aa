// The requests that are sent: with the ten header fields a browser sends, with Host alone, a revalidation of what is still
// current and of what is not, a range, and one
// with a query for the route that validates it. Each knows which status answers it, and with what of the body.

const BROWSER = [
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: application/json, text/plain, */*',
  'Accept-Language: en-US,en;q=0.7,fr;q=0.3',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Referer: http://127.0.0.1/cities/paris',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Site: same-origin',
];
/** Bytes of a range, from the middle of the body, so that no answer can be right by sending its beginning. */
const RANGE = { first: 20_480, last: 21_503 };

export const HEADS = {
  browser: () => head(['Host: 127.0.0.1', ...BROWSER]),
  minimal: () => head(['Host: 127.0.0.1']),
  guarded: () => head(['Host: 127.0.0.1', ...BROWSER], '/data?page=2&lang=en'),
  revalidation: (etag) => head(['Host: 127.0.0.1', ...BROWSER, `If-None-Match: ${etag}`]),
  changed: () => head(['Host: 127.0.0.1', ...BROWSER, 'If-None-Match: "0123456789abcdefghijkl"']),
  range: () => head(['Host: 127.0.0.1', ...BROWSER, `Range: bytes=${RANGE.first}-${RANGE.last}`]),
};

/** The request of a browser for another target. */
export function browserRequest(target) {
  return head(['Host: 127.0.0.1', ...BROWSER], target);
}

/**
 * What answers a request.
 * @param name of HEADS
 * @param body the whole one
 * @returns {{ status: number, body: Buffer }}
 */
export function answerTo(name, body) {
  if (name === 'revalidation') return { status: 304, body: Buffer.alloc(0) };
  if (name === 'range') return { status: 206, body: body.subarray(RANGE.first, RANGE.last + 1) };
  return { status: 200, body };
}

function head(fields, target = '/data') {
  return `GET ${target} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
}

/** Fields of an answer's head as [name, value] pairs, names as sent. */
export function fieldsOf(head) {
  return head
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}
