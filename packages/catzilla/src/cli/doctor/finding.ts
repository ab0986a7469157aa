// What the doctor finds.

/** One finding. */
export interface Finding {
  /** What was looked at: `engine`, `redis`. */
  readonly check: string;
  /** 'error': it will not work, or not safely; 'warn': it works less well than it could; 'ok': as it should be. */
  readonly level: 'ok' | 'warn' | 'error';
  /** What was found. */
  readonly text: string;
  /** What to do, one sentence; only beside 'warn' and 'error'. */
  readonly remedy: string | undefined;
}

/** Makes findings of one check. */
export interface Findings {
  ok(text: string): Finding;
  warn(text: string, remedy: string): Finding;
  error(text: string, remedy: string): Finding;
}

/** Makes findings. */
export function findingsOf(check: string): Findings {
  return {
    ok: (text) => ({ check, level: 'ok', text, remedy: undefined }),
    warn: (text, remedy) => ({ check, level: 'warn', text, remedy }),
    error: (text, remedy) => ({ check, level: 'error', text, remedy }),
  };
}

/** First line of what was thrown. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!;
}
