// The command line of `npm run bench`. Unknown suites and flags are errors that name what exists.
// Uses built-ins only: it runs before benchmarks/node_modules exists.

export const SUITES = [
  'engine',
  'hit-ratio',
  'http',
  'tiers',
  'router',
  'di',
  'validation',
  'tasks',
  'static',
  'monitor',
  'realtime',
  'app',
  'allocators',
];

const USAGE = `usage: npm run bench -- <${SUITES.join('|')}> [--quick] [--rounds N] [--only TEXT]
  --quick      shorter windows and smaller data, a minute or a few; the result is marked as quick
  --rounds N   interleaved rounds (default 5, at least 1)
  --only TEXT  only measures whose name contains TEXT; prints, writes no result`;

/**
 * Reads the arguments.
 * @param {string[]} args what follows the script's name
 * @returns {{ suite: string, quick: boolean, rounds: number, only: string | undefined }}
 * @throws {UsageError} on an unknown suite, an unknown flag or a bad value
 */
export function parseArguments(args) {
  const options = { suite: '', quick: false, rounds: 5, only: undefined };
  for (let at = 0; at < args.length; at++) {
    const [flag, inline] = splitFlag(args[at]);
    if (flag === '--quick' && inline === undefined) options.quick = true;
    else if (flag === '--rounds') options.rounds = positive(inline ?? args[++at]);
    else if (flag === '--only') options.only = text(inline ?? args[++at]);
    else if (flag.startsWith('-')) throw new UsageError(`unknown flag ${args[at]}`);
    else if (options.suite) throw new UsageError(`expected one suite, got also '${flag}'`);
    else options.suite = flag;
  }
  if (!options.suite) throw new UsageError('expected a suite');
  if (!SUITES.includes(options.suite)) {
    throw new UsageError(`unknown suite '${options.suite}', known are ${SUITES.join(', ')}`);
  }
  return options;
}

export class UsageError extends Error {
  constructor(message) {
    super(`${message}\n${USAGE}`);
  }
}

function splitFlag(argument) {
  const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return equals < 0 ? [argument] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

function positive(value) {
  if (!/^[1-9]\d{0,3}$/.test(value ?? '')) {
    throw new UsageError(
      `expected --rounds to be a whole number above 0, got ${value ?? 'nothing'}`,
    );
  }
  return Number(value);
}

function text(value) {
  if (!value || value.startsWith('--')) throw new UsageError('expected a text after --only');
  return value;
}
