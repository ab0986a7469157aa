// Where a path of a scope is found. Invariant: joined as Fastify joins them, so that what is told is what is answered.
import type { FastifyInstance } from 'fastify';

/** @param path  begins with a slash */
export function below({ prefix }: Pick<FastifyInstance, 'prefix'>, path: string): string {
  return prefix.replace(/\/$/, '') + path;
}
