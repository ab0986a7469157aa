// Judges one answer: is it whole, is it the representation that was asked for, and is its version one that may be seen.
// Invariant: each byte is compared with what the site makes of the version that the answer claims.
import { bodyOf, etagOf, negotiate, readEtag } from './site.mjs';

/** @typedef {object} Verdict
 *  @property {string | undefined} fault   in words
 *  @property {number | undefined} version
 *  @property {boolean} isHit
 *  @property {boolean} isFailure  of the origin, and allowed */

/** Judges an answer to a GET or HEAD.
 * @param asked   the request, with `floor`, the lowest version that may be seen
 * @param answer  status, headers and body, or error
 * @param newest  version of the item after the answer came
 * @param {Set<string>} once  numbers of answers that nobody else may see
 * @returns {Verdict} */
export function judge(asked, answer, newest, once) {
  const { item } = asked;
  const { status, headers, error } = answer;
  const isHit = /catzilla; hit/.test(headers?.['cache-status'] ?? '');
  const verdict = (fault, version) => ({ fault, version, isHit, isFailure: false });
  if (error !== undefined) {
    const isAllowed = item.does.mayBreak === true && error.code === 'ECONNRESET';
    return { ...verdict(isAllowed ? undefined : `error: ${error.stack}`), isFailure: isAllowed };
  }
  if (item.does.mayFail?.includes(status) === true) {
    return { ...verdict(isHit ? 'a failure was kept' : undefined), isFailure: true };
  }
  if (status === 504) {
    return verdict(asked.turn === 'onlyIfCached' ? undefined : 'nobody wanted only what is cached');
  }
  if (item.kind === 'private') {
    if (isHit) return verdict('kept against no-store');
    const run = headers['x-run'];
    if (run !== undefined && once.has(run)) return verdict('shared against no-store');
    if (run !== undefined) once.add(run);
  }
  if (status === 416) return verdict(faultOfRefusal(asked, answer, newest));
  const version = versionOf(asked, answer);
  if (version === undefined) return verdict('no version can be told');
  if (version < asked.floor)
    return verdict(`version ${version} is stale: ${asked.floor} was the least`);
  if (version > newest)
    return verdict(`version ${version} is not there yet: ${newest} is the newest`);
  return verdict(faultOf(asked, answer, version), version);
}

function versionOf({ item, known }, { status, headers }) {
  const tag = readEtag(headers.etag);
  if (tag !== undefined) return tag.index === item.index ? tag.version : undefined;
  if (status !== 304)
    return Number(headers['x-version'] ?? NaN) || (headers['x-version'] === '0' ? 0 : undefined);
  return headers.etag === known?.etag ? known?.version : undefined;
}

function faultOf({ item, method, headers: sent }, { status, headers, body }, version) {
  const { language, coding } = negotiate(item, sent);
  if (item.does.anonymous !== true && headers.etag !== etagOf(item, version, language, coding)) {
    return `expected ${language} in ${coding}, version ${version}, got ${headers.etag}`;
  }
  if (status === 304) {
    if (sent['if-none-match'] !== headers.etag) return '304 to nothing that was named';
    return body.length === 0 ? undefined : '304 with a body';
  }
  if (headers['x-version'] !== String(version)) return `field and tag disagree about the version`;
  const boundary = /^multipart\/byteranges; ?boundary=(\S+)$/.exec(
    headers['content-type'] ?? '',
  )?.[1];
  const named = headers['content-encoding'] ?? 'identity';
  // A coding is that of the parts, and not of what encloses them.
  if (named !== (boundary === undefined ? coding : 'identity'))
    return `expected the coding ${coding}, got ${named}`;
  const whole = bodyOf(item, version, language, coding);
  const length = headers['content-length'];
  if (method === 'HEAD') {
    const isRight = length === undefined || Number(length) === whole.length;
    return isRight && body.length === 0
      ? undefined
      : `HEAD names ${length} of ${whole.length} bytes`;
  }
  if (length !== undefined && Number(length) !== body.length)
    return `${length} bytes were declared`;
  if (status === 200) return body.equals(whole) ? undefined : `damaged: ${firstOf(body)}`;
  if (status !== 206) return `nobody expects ${status}`;
  if (sent.range === undefined) return 'a part, which nobody asked for';
  if (boundary !== undefined) return faultOfParts(body, boundary, whole, coding);
  return faultOfPart(headers['content-range'], body, whole);
}

function faultOfPart(field, bytes, whole) {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(field ?? '') ?? [];
  if (first === undefined) return `a part without place: ${field}`;
  if (total !== '*' && Number(total) !== whole.length) return `${field} of ${whole.length} bytes`;
  const isRight = bytes.equals(whole.subarray(Number(first), Number(last) + 1));
  return isRight ? undefined : `damaged part ${field}: ${firstOf(bytes)}`;
}

// The bytes of the site are letters, digits and a few marks: a delimiter is never among them.
function faultOfParts(body, boundary, whole, coding) {
  const pieces = body.toString('latin1').split(`--${boundary}`);
  if (pieces.length < 3 || !pieces.at(-1).startsWith('--')) return 'parts without end';
  for (const piece of pieces.slice(1, -1)) {
    const middle = piece.indexOf('\r\n\r\n');
    const head = piece.slice(0, middle);
    const field = /^content-range: (.*)\r?$/im.exec(head)?.[1];
    const named = /^content-encoding: (\S+)\r?$/im.exec(head)?.[1] ?? 'identity';
    if (named !== coding) return `expected a part in ${coding}, got ${named}`;
    const bytes = Buffer.from(piece.slice(middle + 4, -2), 'latin1');
    const fault = faultOfPart(field?.trim(), bytes, whole);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

// The range must lie outside of some version that may be seen; how long a body is, every version says anew.
function faultOfRefusal({ item, headers: sent, floor }, { headers }, newest) {
  const first = Number(/^bytes=(\d+)/.exec(sent.range ?? '')?.[1] ?? NaN);
  const total = Number(/^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? NaN);
  const { language, coding } = negotiate(item, sent);
  for (let version = Math.max(floor, newest - 500); version <= newest; version++) {
    const { length } = bodyOf(item, version, language, coding);
    if (length === total && first >= length) return undefined;
  }
  return `416 for ${sent.range} of ${headers['content-range']}`;
}

function firstOf(bytes) {
  return JSON.stringify(bytes.subarray(0, 60).toString('latin1'));
}
