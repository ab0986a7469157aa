// Routes with `storePartial`: 206 replies are stored as parts, joined with what is there, and answer later requests for
// ranges inside them (RFC 9111 3.3, 3.4). Invariant: a part never answers a request for the whole; joined to one, it is
// stored as the 200 it has become.
import { decideRange } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { letGo, ownBody } from '../entry/entry.ts';
import type { Entry } from '../entry/entry.ts';
import { partOfPart } from '../answer/part-of-part.ts';
import { findEntry } from '../lookup.ts';
import { isWhole, joined, PART, partIn } from '../rfc/partial.ts';
import type { Piece } from '../rfc/partial.ts';
import { reuseRefusal } from '../rfc/reuse.ts';
import { isFreshNow } from '../rfc/use.ts';
import type { Ask } from './ask.ts';
import type { Job } from './keep.ts';

/** The fields that select parts in the place of whole responses. */
export function partial(headers: Fields): Fields {
  return { ...headers, [PART]: 'bytes' };
}

// The part in memory that fits a request; undefined: none, or not for this request.
function findPart(ask: Pick<Ask, 'route' | 'policy' | 'key' | 'headers'>): Entry | undefined {
  const { route, policy, key, headers } = ask;
  if (!policy.readsMemory) return undefined;
  try {
    const { records } = route.scope;
    const { normalize } = policy.vary;
    const now = Date.now();
    const entry = findEntry(records, key, route.id, partial(headers), normalize, now);
    const fits =
      entry !== undefined &&
      entry.status === 206 &&
      isFreshNow(entry, now) &&
      reuseRefusal(headers, entry, policy) === undefined;
    return fits ? entry : letGo(entry);
  } catch (error) {
    route.scope.fault('get', error);
    return undefined;
  }
}

/** The answer to a request for one range inside a stored part; undefined: it has to come from the handler. */
export function answerFromPart(ask: Ask, now: number): Entry | undefined {
  const { headers, policy, request } = ask;
  if (!policy.storePartial || request.method !== 'GET' || headers['range'] === undefined) {
    return undefined;
  }
  const entry = findPart(ask);
  const part = entry === undefined ? undefined : partIn(Object.fromEntries(entry.fields) as Fields);
  if (entry === undefined || part === undefined) return letGo(entry);
  const whole = { ...entry.validators, status: 200 };
  const decision = decideRange(headers, whole, part.size, now);
  const [range, more] = decision.kind === 'parts' ? decision.ranges : [];
  if (range === undefined || more !== undefined) return letGo(entry);
  if (range.start < part.start || range.end > part.end) return letGo(entry);
  return partOfPart(entry, part, range);
}

/** What a 206 is stored as: by itself, joined with the part that is there, or as the whole they make.
 * @param limit  bytes that a stored body may have: above it, the newer part stands alone */
export function pieceToStore(
  ask: Pick<Ask, 'route' | 'policy' | 'key' | 'headers'>,
  job: Job,
  body: Buffer,
  limit: number,
): { readonly job: Job; readonly body: Buffer; readonly isPart: boolean } {
  const fields = Object.fromEntries(job.fields) as Fields;
  const part = partIn(fields);
  // Only a 206 whose fields were found fit comes here.
  if (part === undefined) return { job, body, isPart: true };
  const piece = joinedWithStored(ask, fields, { part, body }, limit);
  const kept = job.fields.filter(([name]) => name !== 'content-range');
  if (isWhole(piece.part)) {
    return { job: { ...job, status: 200, fields: kept }, body: piece.body, isPart: false };
  }
  const { start, end, size } = piece.part;
  const range = `bytes ${start}-${end}/${size}`;
  return {
    job: { ...job, fields: [...kept, ['content-range', range]] },
    body: piece.body,
    isPart: true,
  };
}

function joinedWithStored(
  ask: Pick<Ask, 'route' | 'policy' | 'key' | 'headers'>,
  fields: Fields,
  piece: Piece,
  limit: number,
): Piece {
  const found = findPart(ask);
  if (found === undefined) return piece;
  const stored = ownBody(found);
  const part = partIn(Object.fromEntries(stored.fields) as Fields);
  if (part === undefined || stored.validators.etag !== fields['etag']) return piece;
  const both = joined({ part, body: stored.body }, piece);
  return both === undefined || both.body.length > limit ? piece : both;
}
