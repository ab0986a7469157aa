// Constant answers of @catzilla/router written to the socket: bytes rendered once a second, for Date is all that changes.
// HOT: benchmarks/http. Invariant: what is written is what writeHead and end would send for the same form behind the same
// headers of hooks; rendered bytes are never changed, only replaced: a queued write may still hold the old ones.
// Whether a raw write is allowed is raw.ts's to say, before.
import type { ServerResponse } from 'node:http';
import type { ConstantForm } from '@catzilla/router';
import { formatHttpDate } from '@catzilla/http';
import type { ReplyHeaders } from '../internals.ts';
import { linesBeside } from './extra-lines.ts';
import { connectionTail, writeRaw } from './raw.ts';
import { isSame, snapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** Largest head and body written as one; above, they are written corked. */
const WHOLE_LIMIT = 16_384;

/** A form as it goes out within one second, on connections with one tail. */
interface Rendered {
  /** Since the epoch. */
  readonly second: number;
  readonly tail: string;
  /** Headers that hooks had set, and the lines they make. */
  readonly beside: Snapshot;
  readonly extra: string;
  /** Status line with its CRLF. */
  readonly first: string;
  /** All behind it, to the empty line. */
  readonly rest: string;
  /** Head with those lines, and the body if it is small. */
  readonly bytes: Buffer;
  /** A small body as Latin-1 text, byte for byte; undefined for a large one. */
  readonly bodyText: string | undefined;
}

const renderings = new WeakMap<ConstantForm, Rendered>();

/** Lines of the headers that hooks have set, each with its CRLF; undefined when writeHead has to do it. */
export function constantLines(form: ConstantForm, headers: ReplyHeaders): string | undefined {
  const last = renderings.get(form);
  if (last !== undefined && isSame(headers, last.beside)) return last.extra;
  return linesBeside(headers, form.names);
}

/** Writes a whole answer and ends the message.
 * @param headers  those that hooks have set
 * @param extra    the lines they make, from constantLines
 * @param now      ms */
export function writeConstant(
  res: ServerResponse,
  form: ConstantForm,
  headers: ReplyHeaders,
  extra: string,
  now: number,
): void {
  const made = rendered(form, now, connectionTail(res), headers, extra);
  const { first, rest, bytes, bodyText } = made;
  const head = extra === made.extra ? bytes : first + extra + rest + (bodyText ?? '');
  writeRaw(res, form.status, head, bodyText === undefined ? form.body : undefined);
}

function rendered(
  form: ConstantForm,
  now: number,
  tail: string,
  headers: ReplyHeaders,
  extra: string,
): Rendered {
  const second = Math.floor(now / 1000);
  let last = renderings.get(form);
  if (last === undefined || last.second !== second || last.tail !== tail) {
    last = render(form, now, tail, snapshot(headers), extra);
    renderings.set(form, last);
  }
  return last;
}

function render(
  form: ConstantForm,
  now: number,
  tail: string,
  beside: Snapshot,
  extra: string,
): Rendered {
  const head = form.head.toString('latin1');
  const at = head.indexOf('\r\n') + 2;
  const first = head.slice(0, at);
  const rest = `${head.slice(at)}Date: ${formatHttpDate(now)}\r\n${tail}`;
  const isSmall = head.length + form.body.length <= WHOLE_LIMIT;
  const bodyText = isSmall ? form.body.toString('latin1') : undefined;
  const text = first + extra + rest + (bodyText ?? '');
  // Not from the pool: a slice of it would keep 8 KiB alive for each queued write.
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  const second = Math.floor(now / 1000);
  return { second, tail, beside, extra, first, rest, bytes, bodyText };
}
