// Built-in tokens: what a container knows without being told. CurrentRequest, CurrentReply and ScopeInfo are scoped, Server and
// ScopeFactory are the application's. Log and Signal belong to who asks: a singleton gets the application's, a scoped service
// those of its scope, so they are never captive.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type {
  Logger,
  ScopeFactory as ScopeFactoryType,
  ScopeInfo as ScopeInfoType,
} from './types.ts';
import { token } from './token.ts';
import type { Token } from './token.ts';

/** The request of the scope: in scopes of kind 'request', 'socket' and 'message'. */
export const CurrentRequest: Token<FastifyRequest> = token('CurrentRequest');

/** The reply of the scope: in scopes of kind 'request'. */
export const CurrentReply: Token<FastifyReply> = token('CurrentReply');

/** Kind and label of the scope. */
export const ScopeInfo: Token<ScopeInfoType> = token('ScopeInfo');

/** The Fastify instance at which the container is registered; there only inside Fastify. */
export const Server: Token<FastifyInstance> = token('Server');

/** Opens scopes: how a singleton comes to scoped services without keeping them. */
export const ScopeFactory: Token<ScopeFactoryType> = token('ScopeFactory');

/** The logger of who asks; without one, a logger that does nothing. */
export const Log: Token<Logger> = token('Log');

/** Aborts when the work of who asks is to end: start failed or the container closes, the request or the task was aborted. */
export const Signal: Token<AbortSignal> = token('Signal');

/** How a built-in token is resolved; the order is of no account. */
export type BuiltInKind = 'request' | 'reply' | 'info' | 'server' | 'scopes' | 'log' | 'signal';

/** Every built-in token. */
export const builtIns: ReadonlyMap<Token<unknown>, BuiltInKind> = new Map<
  Token<unknown>,
  BuiltInKind
>([
  [CurrentRequest, 'request'],
  [CurrentReply, 'reply'],
  [ScopeInfo, 'info'],
  [Server, 'server'],
  [ScopeFactory, 'scopes'],
  [Log, 'log'],
  [Signal, 'signal'],
]);
