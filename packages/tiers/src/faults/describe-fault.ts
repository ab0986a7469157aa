// What health shows of an error: its message in short, without passwords and without the keys and values of commands.

import { show } from '@catzilla/common';

const LONGEST = 200;

/** @returns the message of an error, safe to be logged and shown */
export function describeFault(error: unknown): string {
  const message =
    error instanceof Error
      ? error.message || nameOf(error)
      : `expected an Error, got ${show(error)}`;
  const [first = ''] = message.split('\n', 1);
  return (
    first
      // redis://user:password@host
      .replaceAll(/\/\/[^/@\s]*@/g, '//…@')
      // Redis repeats the arguments of commands that it does not know.
      .replace(/,? with args beginning with:.*/, '')
      .slice(0, LONGEST)
  );
}

// An AggregateError of a refused connection has no message, only a code.
function nameOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
