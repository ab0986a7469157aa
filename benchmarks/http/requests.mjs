// The requests that are sent: with the ten header fields a browser sends, with Host alone, and a revalidation.

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

export const HEADS = {
  browser: () => head(['Host: 127.0.0.1', ...BROWSER]),
  minimal: () => head(['Host: 127.0.0.1']),
  revalidation: (etag) => head(['Host: 127.0.0.1', ...BROWSER, `If-None-Match: ${etag}`]),
};

function head(fields) {
  return `GET /data HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
}

/** Fields of an answer's head as [name, value] pairs, names as sent. */
export function fieldsOf(head) {
  return head
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}
