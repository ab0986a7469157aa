// The list of what is wrong in a request, as a problem shows it: from issues in our form, or in ajv's, which Fastify leaves on an
// error as `validation`. Invariant: no value of the client, names cut, at most `max` entries, whoever made the error.
import { issuesOf as issuesOfAjv, PARTS, partOf } from '../issue/issue.ts';
import { cutPointer } from '../issue/pointer.ts';
import type { ProblemIssue } from './problem.ts';

/** Characters of a code, and of a message, which may hold a name of the client's. */
const MAX_CODE = 100;
const MAX_MESSAGE = 300;

/** A list that is fit to be sent. */
export interface IssueList {
  readonly errors: readonly ProblemIssue[];
  /** There were more. */
  readonly isTruncated: boolean;
}

/** The issues of an error, or undefined when it has none.
 * @param error  its `issues` or `errors` in our form, else its `validation` in ajv's, with `validationContext`
 * @param max    entries at most */
export function issuesOf(
  error: Readonly<Record<string, unknown>>,
  max: number,
): IssueList | undefined {
  const { issues, errors, truncated } = error;
  const own = Array.isArray(issues) ? issues : errors;
  const found = Array.isArray(own) ? own.filter(isIssue) : ofAjv(error);
  if (found.length === 0) return undefined;
  return {
    errors: found.slice(0, max).map(({ in: part, pointer, code, message }) => ({
      in: part,
      pointer: cutPointer(pointer),
      code: cut(code, MAX_CODE),
      message: cut(message, MAX_MESSAGE),
    })),
    isTruncated: found.length > max || truncated === true,
  };
}

/** Cuts a text; an ellipsis says so. A surrogate pair is not torn apart. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function isIssue(value: unknown): value is ProblemIssue {
  if (typeof value !== 'object' || value === null) return false;
  const { in: part, pointer, code, message } = value as Partial<ProblemIssue>;
  return (
    (PARTS as readonly unknown[]).includes(part) &&
    [pointer, code, message].every((field) => typeof field === 'string')
  );
}

// Validators of the application leave what they like.
function ofAjv({
  validation,
  validationContext: context,
}: Readonly<Record<string, unknown>>): readonly ProblemIssue[] {
  if (!Array.isArray(validation)) return [];
  const part = partOf(typeof context === 'string' ? context : undefined);
  return issuesOfAjv(validation.filter(isEntry), part, Infinity).filter(isIssue);
}

function isEntry(value: unknown): value is Parameters<typeof issuesOfAjv>[0][number] {
  if (typeof value !== 'object' || value === null) return false;
  const { instancePath, message, keyword } = value as Record<string, unknown>;
  return [instancePath, message, keyword].every((field) =>
    ['string', 'undefined'].includes(typeof field),
  );
}
