// The payload of a task against its schema: before it is enqueued, and again before it runs.
// Invariant: an issue says where and what rule, never what the value was. A Standard Schema is asked by itself; JSON Schema and
// TypeBox by `validate`, which the application hands in.
import type { CodedError } from '@catzilla/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { errors } from '../errors.ts';
import type { AnyTask } from './types.ts';

/** One thing that is wrong with a payload. */
export interface PayloadIssue {
  /** A JSON Pointer (RFC 6901) into the payload; empty: all of it. */
  readonly path: string;
  /** Without values. */
  readonly message: string;
}

/** The error of a payload that does not fit. */
export interface PayloadError extends CodedError<'CATZ_TASKS_PAYLOAD'> {
  readonly issues: readonly PayloadIssue[];
}

/** What `validate` gives: `validate` of @catzilla/validation fits.
 * Issues are taken with `pointer` or `path`, and `message`. */
export type Validate = (schema: object, value: unknown) => Validated | Promise<Validated>;

type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly pointer?: string;
        readonly path?: string;
        readonly message: string;
      }[];
    };

const MAX_ISSUES = 20;
const MAX_MESSAGE = 200;

/** Makes the error of a payload. */
export function payloadError(task: string, issues: readonly PayloadIssue[]): PayloadError {
  const shown = issues.slice(0, MAX_ISSUES);
  const sentence = shown
    .slice(0, 3)
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`))
    .join('; ');
  const more = issues.length > 3 ? `; and ${issues.length - 3} more` : '';
  return Object.assign(new errors.PAYLOAD(task, `${sentence}${more}`), {
    issues: Object.freeze(shown),
  });
}

/** Checks that the schema of a task can be used.
 * @throws CATZ_TASKS_OPTIONS when it is no Standard Schema and there is no `validate` */
export function requireValidator(task: AnyTask, validate: Validate | undefined): void {
  if (standardOf(task.schema) !== undefined || validate !== undefined) return;
  throw new errors.OPTIONS(
    `expected the schema of task ${task.name} to be a Standard Schema (zod, valibot, arktype), or option validate to be given`,
  );
}

/** Validates a payload.
 * @returns what the schema makes of it
 * @throws CATZ_TASKS_PAYLOAD (a PayloadError); what the schema itself throws */
export async function validatePayload(
  task: AnyTask,
  payload: unknown,
  validate: Validate | undefined,
): Promise<unknown> {
  const standard = standardOf(task.schema);
  if (validate === undefined || standard !== undefined) {
    if (standard === undefined) throw new errors.OPTIONS(`task ${task.name} has no validator`);
    const result = await standard.validate(payload);
    if (!result.issues) return result.value;
    throw payloadError(
      task.name,
      result.issues.map((issue) => issueOf(standard.vendor, issue, payload)),
    );
  }
  const result = await validate(task.schema, payload);
  if (result.issues === undefined) return result.value;
  throw payloadError(
    task.name,
    result.issues.map(({ pointer, path, message }) => ({ path: pointer ?? path ?? '', message })),
  );
}

function standardOf(schema: object): StandardSchemaV1.Props | undefined {
  return (schema as Partial<StandardSchemaV1>)['~standard'];
}

/** What libraries add to the issues of the standard. */
interface LibraryIssue extends StandardSchemaV1.Issue {
  readonly expected?: unknown;
  readonly received?: unknown;
}

function issueOf(vendor: string, issue: LibraryIssue, payload: unknown): PayloadIssue {
  // Not path.map: the paths of arktype are lists of a kind of their own.
  const keys = Array.from(issue.path ?? [], (part) => (typeof part === 'object' ? part.key : part));
  const path = keys
    .map((key) => `/${String(key).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return { path, message: messageOf(vendor, issue, payload) };
}

// valibot and arktype write what they got into their messages, and an application's own message may: then the rule is named
// instead, or nothing but that it is not valid.
function messageOf(vendor: string, { message, expected }: LibraryIssue, payload: unknown): string {
  const plain = 'is not valid';
  if (vendor === 'valibot' || vendor === 'arktype') {
    const isRule = typeof expected === 'string' && expected !== '' && !expected.includes('(was ');
    return isRule ? `must be ${expected.slice(0, MAX_MESSAGE)}` : plain;
  }
  return echoes(message, payload, { left: 1_000 }) ? plain : message.slice(0, MAX_MESSAGE);
}

// Whether a text or a number of the payload stands in the message. Of very large payloads nobody can say: then it counts as one.
function echoes(message: string, value: unknown, budget: { left: number }): boolean {
  budget.left -= 1;
  if (budget.left < 0) return true;
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).some((member) => echoes(message, member, budget));
  }
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const text = String(value);
  // Shorter ones stand in many a sentence by chance, and tell nobody anything.
  return text.length >= 4 && message.includes(text);
}
