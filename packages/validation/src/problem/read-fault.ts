// From whatever was thrown to what the client is told of it.
// Invariant: of a status of 500 and above the client gets title, code of Fastify or ours, and request id, unless the error says
// `expose: true`; of the others what the error says only where it carries its own status: then somebody meant it for clients.
// Never throws, whatever was thrown. Writing the answer is answer.ts.
import { STATUS_CODES } from 'node:http';
import { cut, issuesOf } from './issues.ts';
import type { IssueList } from './issues.ts';
import { isField, isProblem } from './problem.ts';
import type { ProblemError } from './problem.ts';
import { SENTENCES, codeOfTitle } from './sentences.ts';

/** How problems are answered; the plugin has checked the values. */
export interface ProblemSettings {
  /** What stands before the code in `type`; `about:blank` stands alone. */
  readonly problemBase: string;
  /** Entries of `errors`. */
  readonly maxErrors: number;
  /** Sends the stack of every error that was thrown. */
  readonly exposeStack: boolean;
  /** Status of a request that does not fit its schema. */
  readonly invalidStatus: 400 | 422;
}

/** A fault as it is answered. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly type: string;
  readonly issues: IssueList | undefined;
  /** Fields of the response, checked. */
  readonly headers: Readonly<Record<string, string | number | readonly string[]>>;
  readonly stack: string | undefined;
}

const MAX_DETAIL = 500;
const ABOUT_BLANK = 'about:blank';
const INVALID = new Set(['FST_ERR_VALIDATION', 'CATZ_VALIDATION_INVALID']);
/** What describes the body that was not sent, or the message on the wire: never an error's to say. */
const OURS = new Set(
  'content-type content-length content-encoding content-range transfer-encoding connection trailer'.split(
    ' ',
  ),
);

/** Reads an error.
 * @param thrown    anything
 * @param current   the status that the reply has already; counts from 400 on, where the error has none
 * @param settings  of the plugin */
export function readFault(thrown: unknown, current: number, settings: ProblemSettings): Fault {
  try {
    return read(thrown, current, settings);
  } catch {
    // A getter or proxy that throws: nothing of the value is known, and nothing is told. It is logged as it came.
    return read(undefined, 500, settings);
  }
}

function read(thrown: unknown, current: number, settings: ProblemSettings): Fault {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Thrown;
  const own = asStatus(error.statusCode) ?? asStatus(error.status);
  const ownCode = codeIn(error, own);
  let status = own ?? asStatus(current) ?? 500;
  if (own === 400 && ownCode !== undefined && INVALID.has(ownCode)) status = settings.invalidStatus;
  const isShown =
    error.expose === true || (own !== undefined && status < 500 && error.expose !== false);
  const mine = isShown && isProblem(error) ? (error as unknown as ProblemError) : undefined;
  const title = STATUS_CODES[status] ?? (status < 500 ? 'Client Error' : 'Server Error');
  const code =
    ownCode !== undefined && (isShown || isFramework(ownCode)) ? ownCode : codeOfTitle(title);
  return {
    status,
    code,
    title: mine?.title ?? title,
    detail: isShown ? detailOf(error, mine, code) : undefined,
    type: mine?.type ?? typeOf(code, settings.problemBase),
    issues: isShown ? issuesOf(error, settings.maxErrors) : undefined,
    headers: headersOf(error, isShown),
    stack: settings.exposeStack && typeof error.stack === 'string' ? error.stack : undefined,
  };
}

type Thrown = Readonly<Record<string, unknown>>;

/** `type` of a problem without one of its own. */
function typeOf(code: string, problemBase: string): string {
  return problemBase === ABOUT_BLANK ? ABOUT_BLANK : problemBase + code;
}

function asStatus(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599
    ? (value as number)
    : undefined;
}

// Body parsers that users bring throw SyntaxErrors of JSON.parse, whose messages quote the body.
function codeIn({ code, name }: Thrown, own: number | undefined): string | undefined {
  if (typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(code)) return code;
  return name === 'SyntaxError' && own === 400 ? 'FST_ERR_CTP_INVALID_JSON_BODY' : undefined;
}

function isFramework(code: string): boolean {
  return code.startsWith('FST_') || code.startsWith('CATZ_');
}

// FST_ERR_VALIDATION says what the schema asks, or what the user's schemaErrorFormatter has written.
function detailOf(
  { message }: Thrown,
  mine: ProblemError | undefined,
  code: string,
): string | undefined {
  if (mine !== undefined) return mine.detail;
  if (code.startsWith('FST_ERR_') && code !== 'FST_ERR_VALIDATION') return SENTENCES[code];
  return typeof message === 'string' && message !== '' ? cut(message, MAX_DETAIL) : undefined;
}

// Errors of HTTP clients carry the fields of somebody else's response: of what is not shown, only when to come back.
function headersOf({ headers }: Thrown, isShown: boolean): Fault['headers'] {
  if (typeof headers !== 'object' || headers === null) return {};
  const taken: Record<string, string | number | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    const lower = name.toLowerCase();
    if (OURS.has(lower) || !(isShown || lower === 'retry-after') || !isField(name, value)) continue;
    taken[lower] = value as string | number | readonly string[];
  }
  return taken;
}
