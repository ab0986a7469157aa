// Notes what perRequest posts do to the fields of a reply.
import type { FastifyReply } from 'fastify';
import type { RequestState } from './request-state.ts';

/** Notes the fields that change until the function it returns is called; undefined: nobody wants to know. */
export function noteFields(state: RequestState, reply: FastifyReply): (() => void) | undefined {
  const { perRequestFields: noted } = state;
  if (noted === undefined) return undefined;
  const before = new Map(
    Object.entries(reply.getHeaders()).map(([name, value]) => [name, textOf(value)]),
  );
  return () => {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (before.get(name) !== textOf(value)) noted[name] = value;
    }
  };
}

// Fastify adds cookies to the list that is there.
function textOf(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
