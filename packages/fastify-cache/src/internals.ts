// The corners of Fastify and Node that have no public name: symbols found by their description, once, on a live object.
// Invariant: nothing here is assumed. A symbol that is not found is reported as absent, and the callers then take the
// public, slower way (Reply.getHeaders) or the careful decision ("foreign hooks present", raw path off).
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Reply headers as Fastify keeps them: lower-case names in the order they were set. */
export type ReplyHeaders = Record<string, unknown>;

/** The part of a compiled route that is read here; hook lists are null when empty. */
export interface RouteContext {
  readonly onSend: readonly ((...args: never[]) => unknown)[] | null;
}

/** Symbols of one Reply class family; undefined where this Fastify has no such symbol. */
interface FastifySymbols {
  readonly headers: symbol | undefined;
  readonly trailers: symbol | undefined;
  readonly context: symbol | undefined;
}

const OUT_HEADERS = findSymbol(
  new ServerResponse(new IncomingMessage(new Socket())),
  'kOutHeaders',
);

let symbols: FastifySymbols | undefined;

/** Looks once for the symbols of Fastify, on the first reply that comes by.
 * @returns the symbols; the same object for the life of the process */
function symbolsOf(reply: FastifyReply): FastifySymbols {
  return (symbols ??= {
    headers: findSymbol(reply, 'fastify.reply.headers'),
    trailers: findSymbol(reply, 'fastify.reply.trailers'),
    context: findSymbol(reply.request, 'fastify.context'),
  });
}

/** The headers set on the reply so far, without those on the raw response. HOT.
 * @returns Fastify's own object (read it, do not keep it), or a copy where it cannot be found */
export function replyHeaders(reply: FastifyReply): ReplyHeaders {
  const { headers } = symbols ?? symbolsOf(reply);
  if (headers === undefined) return reply.getHeaders();
  return (reply as unknown as Record<symbol, ReplyHeaders>)[headers] as ReplyHeaders;
}

/** Puts these headers in the place of all that are set on the reply; those on the raw response stay. HOT.
 * @param headers  lower-case names; the reply keeps the object and changes it */
export function setReplyHeaders(reply: FastifyReply, headers: ReplyHeaders): void {
  const symbol = (symbols ?? symbolsOf(reply)).headers;
  if (symbol !== undefined) {
    (reply as unknown as Record<symbol, ReplyHeaders>)[symbol] = headers;
    return;
  }
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
  reply.headers(headers as Record<string, string>);
}

/** True when trailers were promised with reply.trailer(); unknown counts as true. HOT. */
export function hasTrailers(reply: FastifyReply): boolean {
  const { trailers } = symbols ?? symbolsOf(reply);
  if (trailers === undefined) return true;
  return (reply as unknown as Record<symbol, unknown>)[trailers] !== null;
}

/** The compiled route of a request, or undefined where this Fastify does not show it. */
export function routeContext(
  request: FastifyRequest,
  reply: FastifyReply,
): RouteContext | undefined {
  const { context } = symbols ?? symbolsOf(reply);
  if (context === undefined) return undefined;
  return (request as unknown as Record<symbol, RouteContext>)[context];
}

/** The hooks of one stage that an instance has, those around it included; undefined where this Fastify does not show them. */
export function instanceHooks(
  instance: FastifyInstance,
  stage: 'preParsing' | 'preValidation' | 'preHandler',
): readonly { readonly name: string }[] | undefined {
  for (
    let at: object | null = instance;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const symbol = findSymbol(at, 'fastify.hooks');
    if (symbol === undefined) continue;
    const hooks = (at as Record<symbol, Record<string, unknown>>)[symbol]?.[stage];
    return Array.isArray(hooks) ? (hooks as { name: string }[]) : undefined;
  }
  return undefined;
}

/** True when headers were set on the raw response itself (reply.raw.setHeader); unknown counts as true. HOT. */
export function hasRawHeaders(res: ServerResponse): boolean {
  if (OUT_HEADERS === undefined) return true;
  return (res as unknown as Record<symbol, unknown>)[OUT_HEADERS] !== null;
}

function findSymbol(target: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(target).find((symbol) => symbol.description === description);
}
