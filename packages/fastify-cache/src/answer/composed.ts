// The fields of a hit to which no hook has added any, kept with the entry for as long as Age stays the same: what
// render.ts is to the raw write, this is to writeHead and reply.send. HOT: benchmarks/http.
// Invariant: what is kept is never handed to a reply: each gets an object of its own, lists included, since the hooks
// after us change it in place.
import type { Entry } from '../entry/entry.ts';
import type { ReplyHeaders } from '../internals.ts';
import { untilNextAge } from '../rfc/reuse.ts';
import { composeFields, headersOf } from './compose.ts';
import type { AnswerField, Hit } from './compose.ts';
import type { Style } from './style.ts';

/** Composed forms of one entry, good for one style until the age's next second. */
export interface Composed {
  /** First ms at which Age has moved on. */
  readonly until: number;
  readonly style: Style;
  /** Made when first asked for, as the one of a 304. */
  full: Form | undefined;
  notModified: Form | undefined;
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
  const copy = { ...headers };
  for (const [name, lines] of lists) copy[name] = [...lines];
  return copy;
}

function formOf(entry: Entry, hit: Hit): Form {
  const { now, style } = hit;
  let last = entry.forms.composed;
  if (last === undefined || now >= last.until || last.style !== style) {
    const until = untilNextAge(entry, now);
    last = entry.forms.composed = { until, style, full: undefined, notModified: undefined };
  }
  if (hit.notModified) return (last.notModified ??= compose(entry, hit));
  return (last.full ??= compose(entry, hit));
}

function compose(entry: Entry, hit: Hit): Form {
  const fields = composeFields(entry, { ...hit, current: NONE, raw: NONE });
  const lists = fields.flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [[name, value] as const],
  );
  return { fields, headers: headersOf(fields), lists };
}
