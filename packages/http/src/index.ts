// Public API of @catzilla/http.
export {
  acceptEncoding,
  byWeightAndName,
  knownCodings,
  rankedForm,
  weightedList,
  weightedMember,
} from './accept-encoding.ts';
export type { Weighted } from './accept-encoding.ts';
export {
  isMatch,
  isNotModified,
  isUnmodified,
  notModifiedFields,
  validatorsOf,
} from './conditional.ts';
export type { HeldField, Validators } from './conditional.ts';
export { computeEtag, isComputedEtag, parseEtag, parseEtagList, weakEqual } from './etag.ts';
export type { EntityTag } from './etag.ts';
export { encodeEvent, EVENT_STREAM } from './event-stream.ts';
export type { StreamedEvent } from './event-stream.ts';
export {
  fieldLines,
  fieldText,
  isToken,
  isWritable,
  splitList,
  trimOws,
  unquote,
} from './fields.ts';
export type { Fields, FieldValue, List } from './fields.ts';
export { formatHttpDate, parseHttpDate, singleDate } from './http-date.ts';
export { negotiateCoding } from './negotiate-coding.ts';
export { decideRange } from './range.ts';
export type { ByteRange, RangeDecision } from './range.ts';
