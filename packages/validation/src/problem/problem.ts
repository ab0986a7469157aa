// problem(): an error that says itself what the client is told (RFC 9457). Throw it from a handler, a hook, or anything below.
// Invariant: all of its fields were checked where it was made, so that answering it can never fail.
// How it is written to a reply is answer.ts; which errors of others are mapped to what is read-fault.ts.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { checkOptions, custom, list, object, optional, show, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import { PARTS } from '../issue/issue.ts';
import type { Issue } from '../issue/issue.ts';

/** What one entry of `errors` says. */
export type ProblemIssue = Issue;

/** What a problem tells. */
export interface ProblemOptions {
  /** For programs, and never changed after a release: letters, digits and `_ . -`, at most 100, a letter first. */
  readonly code: string;
  /** The kind of problem in a few words. Default: the name of the status. */
  readonly title?: string;
  /** What happened this time, for whoever sent the request. Default: none. */
  readonly detail?: string;
  /** A URI that names the kind of problem. Default: `problemBase` and the code. */
  readonly type?: string;
  /** What is wrong where. Default: none. */
  readonly errors?: readonly ProblemIssue[];
  /** Fields of the response: `{ allow: 'GET' }`, `{ 'retry-after': 5 }`. Content-Type and the like stay ours. Default: none. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
  /** For the log; never sent. */
  readonly cause?: unknown;
}

// Two copies of the package may meet in one application.
const MARK = Symbol.for('catzilla.validation.problem');

/** What `problem` makes. Its fields are sent as they are, at any status: `expose` is always true. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  /** The HTTP status, 400 to 599; `status` is the same. */
  readonly statusCode: number;
  readonly status: number;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly type: string | undefined;
  readonly errors: readonly ProblemIssue[] | undefined;
  readonly headers: ProblemOptions['headers'] | undefined;
  readonly expose = true;

  constructor(status: number, options: CheckedOptions) {
    const { code, title, detail, type, cause } = options;
    super(detail ?? title ?? code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.statusCode = status;
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.type = type;
    this.errors = options.errors;
    this.headers = options.headers;
    Object.defineProperty(this, MARK, { value: true });
  }
}

/** Whether an error was made by `problem`, in this copy of the package or another. */
export function isProblem(error: object): error is ProblemError {
  return MARK in error;
}

type CheckedOptions = { readonly [K in keyof ProblemOptions]-?: ProblemOptions[K] | undefined } & {
  readonly code: string;
};

const TEXT = { maxLength: 1_000 };
const specs: OptionSpecs<CheckedOptions> = {
  code: string({
    pattern: /^[A-Za-z][A-Za-z0-9_.-]*$/,
    maxLength: 100,
    what: 'up to 100 letters, digits and _ . -, a letter first',
  }),
  title: optional(string(TEXT)),
  detail: optional(string(TEXT)),
  type: optional(
    string({ pattern: /^[!-~]+$/, maxLength: 1_000, what: 'a URI of at most 1000 characters' }),
  ),
  errors: optional(
    list(
      object<ProblemIssue>({
        in: custom(PARTS.join(', '), (value): value is ProblemIssue['in'] =>
          (PARTS as readonly unknown[]).includes(value),
        ),
        pointer: custom(
          'a JSON Pointer',
          (value): value is string => typeof value === 'string' && /^(?:\/.*)?$/s.test(value),
        ),
        code: string(TEXT),
        message: string(TEXT),
      }),
    ),
  ),
  headers: {
    check(value, site) {
      if (value === undefined) return undefined;
      if (!areFields(value)) throw site.error(`expected ${site.path} to be fields of HTTP`);
      return value;
    },
  },
  cause: { check: (value) => value },
};

/** Makes an error that is answered as it says.
 * @param status   400 to 599
 * @param options  `code`, and what else the client is told
 * @returns an error to throw; `cause` and stack go to the log only
 * @throws CATZ_VALIDATION_PROBLEM when status or options are not what is written above
 * @see RFC 9457
 * @example throw problem(404, { code: 'NO_SUCH_USER', detail: 'no user has this id' }); */
export function problem(status: number, options: ProblemOptions): ProblemError {
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new errors.PROBLEM(
      `expected the status of a problem to be an integer from 400 to 599, got ${show(status)}`,
    );
  }
  const error = (message: string): Error => new errors.PROBLEM(message);
  return new ProblemError(status, checkOptions(options, specs, { path: 'problem', error }));
}

function areFields(value: unknown): value is NonNullable<ProblemOptions['headers']> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, field]) => isField(name, field));
}

/** Whether Node would send a field: a wrong one must not make a second error of the first. */
export function isField(name: string, value: unknown): boolean {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  try {
    validateHeaderName(name);
    for (const one of values) {
      if (typeof one !== 'string' && typeof one !== 'number') return false;
      validateHeaderValue(name, String(one));
    }
    return true;
  } catch {
    // Node says so by throwing; which of its reasons it was makes no difference.
    return false;
  }
}
