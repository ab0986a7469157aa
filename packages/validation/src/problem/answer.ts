// Writes a fault to a reply, as application/problem+json, whatever the client accepts: an error is better read than refused.
// Invariant: the text is final. Response schemas, serializers and preSerialization hooks of the route do not touch it, onSend
// hooks see it; fields that described the reply that was given up are gone.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cut } from './issues.ts';
import type { ProblemIssue } from './problem.ts';
import type { Fault } from './read-fault.ts';

/** The media type of problems (RFC 9457 3). */
export const PROBLEM_JSON = 'application/problem+json';
/** Fields of a reply that are about its body. */
const ABOUT_THE_BODY = [
  'content-encoding',
  'content-range',
  'content-disposition',
  'content-language',
  'content-location',
  'etag',
  'last-modified',
];
/** A request id may come from a field of the request. */
const MAX_ID = 100;

/** A problem as it is sent. */
export interface ProblemBody {
  /** A URI that names the kind of problem, or `about:blank`. */
  readonly type: string;
  /** The kind of problem in words. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What happened this time. */
  readonly detail?: string;
  /** The kind of problem for programs. */
  readonly code: string;
  /** What the log calls the request. Absent where there was none, as for what is no HTTP. */
  readonly requestId?: string;
  /** What is wrong where. */
  readonly errors?: readonly ProblemIssue[];
  /** There is more that is wrong than `errors` says. */
  readonly truncated?: true;
  /** With `exposeStack`. */
  readonly stack?: string;
}

/** Sends a fault. */
export function answer(fault: Fault, request: FastifyRequest, reply: FastifyReply): void {
  for (const name of ABOUT_THE_BODY) reply.removeHeader(name);
  reply.code(fault.status).headers({ ...fault.headers, 'content-type': PROBLEM_JSON });
  // Of a route that has a serializer of its own, Fastify gives it the text too.
  reply.serializer(asIs).send(JSON.stringify(bodyOf(fault, request.id)));
}

/** The members of a problem, in the order of RFC 9457. */
export function bodyOf(fault: Fault, requestId?: string): ProblemBody {
  const { type, title, status, detail, code, issues, stack } = fault;
  return {
    type,
    title,
    status,
    ...(detail !== undefined && { detail }),
    code,
    ...(requestId !== undefined && { requestId: cut(String(requestId), MAX_ID) }),
    ...(issues !== undefined && { errors: issues.errors }),
    ...(issues?.isTruncated === true && { truncated: true }),
    ...(stack !== undefined && { stack }),
  };
}

function asIs(text: unknown): string {
  return text as string;
}
