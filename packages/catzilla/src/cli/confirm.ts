// A question to the person at the terminal.
// Invariant: where nobody can answer, nobody has agreed. Only `y` and `yes` are a yes.
import { createInterface } from 'node:readline/promises';
import { cliErrors } from '../errors.ts';
import type { CommandContext } from './command.ts';

/** Asks, on stderr, for a yes.
 * @param question  without its question mark's answer: `Purge everything?`
 * @param flag      what says yes where there is no terminal: `--yes`
 * @throws CATZ_CLI_USAGE where there is no terminal; the abort of the signal */
export async function confirm(
  context: CommandContext,
  question: string,
  flag: string,
): Promise<boolean> {
  const { stderr, signal, openInput } = context;
  const input = stderr.isTTY === true ? openInput?.() : undefined;
  if (input?.isTTY !== true) {
    throw new cliErrors.USAGE(`${question} Nobody can be asked here: say ${flag}`);
  }
  const lines = createInterface({ input, output: stderr as NodeJS.WritableStream, terminal: true });
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  // In a terminal that is read by line, Ctrl-C is a character and no signal; Ctrl-D ends the input.
  lines.once('SIGINT', stop);
  lines.once('close', stop);
  signal.addEventListener('abort', stop);
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: abort.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    stderr.write('\n');
    return false;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}
