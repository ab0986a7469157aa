// The fields of a hit to which no hook has added any, or always the same, kept with the entry for as long as Age stays the
// same: what render.ts is to the raw write, this is to writeHead and reply.send. HOT: benchmarks/http.
// Invariant: what is kept is never handed to a reply: each gets an object of its own, lists included, since the hooks
// after us change it in place.
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';
import { untilNextAge } from '../rfc/reuse.ts';
import { composeFields, headersOf } from './compose.ts';
import type { AnswerField, Hit } from './compose.ts';
import { isSame, snapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import type { Style } from './style.ts';

/** Composed forms of one entry, good for one style until the age's next second. */
export interface Composed {
  /** First ms at which Age has moved on. */
  readonly until: number;
  readonly style: Style;
  /** Made when first asked for, as the one of a 304. */
  full: Form | undefined;
  notModified: Form | undefined;
  flat: Flat | undefined;
  flatNotModified: Flat | undefined;
}

/** Names and values in turn, as writeHead takes them, and the headers of hooks that are among them. */
interface Flat {
  readonly beside: Snapshot;
  readonly list: readonly (string | string[])[];
}

interface Form {
  readonly fields: readonly AnswerField[];
  readonly headers: ReplyHeaders;
  /** Fields of several lines: a copy of the headers needs a copy of each. */
  readonly lists: readonly (readonly [name: string, lines: readonly string[]])[];
}

const NONE: ReplyHeaders = Object.freeze({});

/** The fields of a hit, to be read only. */
export function plainFields(entry: Entry, hit: Hit): readonly AnswerField[] {
  return formOf(entry, hit).fields;
}

/** The fields of a hit as reply headers, for the reply to keep. */
export function plainHeaders(entry: Entry, hit: Hit): ReplyHeaders {
  const { headers, lists } = formOf(entry, hit);
  // A copy by `...` has a shape of its own, and makes another with each header that comes to it.
  const copy: ReplyHeaders = Object.assign({}, headers);
  for (const [name, lines] of lists) copy[name] = [...lines];
  return copy;
}

/** The fields of a hit and the headers of hooks, names and values in turn, for writeHead to keep.
 * @param check  throws for headers that writeHead would refuse; not asked again for the same ones */
export function flatFields(
  entry: Entry,
  hit: Hit,
  current: ReplyHeaders,
  check: (current: ReplyHeaders) => void,
): (string | string[])[] {
  const kept = composedOf(entry, hit);
  const last = hit.notModified ? kept.flatNotModified : kept.flat;
  if (last !== undefined && isSame(current, last.beside)) return last.list.slice();
  check(current);
  const list: (string | string[])[] = [];
  for (const [name, value] of composeFields(entry, { ...hit, current, raw: NONE })) {
    list.push(name, value);
  }
  // Once a second: requests may have headers of their own, each others.
  if (last === undefined) {
    const flat: Flat = { beside: snapshot(current), list: list.slice() };
    if (hit.notModified) kept.flatNotModified = flat;
    else kept.flat = flat;
  }
  return list;
}

function formOf(entry: Entry, hit: Hit): Form {
  const kept = composedOf(entry, hit);
  if (hit.notModified) return (kept.notModified ??= compose(entry, hit));
  return (kept.full ??= compose(entry, hit));
}

function composedOf(entry: Entry, { now, style }: Hit): Composed {
  const last = entry.forms.composed;
  if (last !== undefined && now < last.until && last.style === style) return last;
  return (entry.forms.composed = {
    until: untilNextAge(entry, now),
    style,
    full: undefined,
    notModified: undefined,
    flat: undefined,
    flatNotModified: undefined,
  });
}

function compose(entry: Entry, hit: Hit): Form {
  const fields = composeFields(entry, { ...hit, current: NONE, raw: NONE });
  const lists = fields.flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, value] as const],
  );
  return { fields, headers: headersOf(fields), lists };
}
