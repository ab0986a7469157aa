// Log lines of the main thread, which has no Fastify: of pino's form, so that one reader takes all lines of the process.
// Each names its thread; the main thread is 0. Lines are written at once.
import { hostname } from 'node:os';

const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 } as const;

/** Writes one line. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** One function a level. */
export type ThreadLog = Readonly<Record<keyof typeof LEVELS, LogLine>>;

/** Makes the log of the main thread. */
export function makeLog(output: Pick<NodeJS.WritableStream, 'write'>): ThreadLog {
  const base = { pid: process.pid, hostname: hostname() };
  const at =
    (level: number): LogLine =>
    (msg, fields = {}) => {
      const line = { level, time: Date.now(), ...base, thread: 0, ...fields, msg };
      output.write(`${JSON.stringify(line)}\n`);
    };
  return {
    info: at(LEVELS.info),
    warn: at(LEVELS.warn),
    error: at(LEVELS.error),
    fatal: at(LEVELS.fatal),
  };
}

/** An error as pino writes it. */
export function errorFields(error: Error): { readonly err: Readonly<Record<string, unknown>> } {
  const { name: type, message, stack } = error;
  const { code } = error as { code?: unknown };
  return { err: { type, message, stack, ...(typeof code === 'string' && { code }) } };
}
