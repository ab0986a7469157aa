// The path of a request target that find-my-way has split already.

/** The path as it came.
 * @param query      what find-my-way took for the query: all that stands behind the delimiter
 * @param semicolon  whether `;` is a delimiter too */
export function pathOf(url: string, query: string, semicolon: boolean): string {
  let end = url.length - query.length;
  if (end < url.length) end--;
  else if (end > 1 && isDelimiter(url.charCodeAt(end - 1), semicolon)) end--;
  if (url.charCodeAt(0) === 47 /* / */) return end === url.length ? url : url.slice(0, end);
  // find-my-way takes any other scheme for a path.
  const origin = /^https?:\/\//i.exec(url);
  if (origin === null) return url.slice(0, end);
  const start = url.indexOf('/', origin[0].length);
  return start === -1 || start >= end ? '/' : url.slice(start, end);
}

// An empty query still has its delimiter, and no path ends with one.
function isDelimiter(unit: number, semicolon: boolean): boolean {
  return unit === 63 /* ? */ || unit === 35 /* # */ || (semicolon && unit === 59); /* ; */
}
