// catzilla cache: asks the response cache of a running program, and changes what it holds.
import { nearest } from '@catzilla/common';
import type { CacheAction } from '../cache/action.ts';
import { misuse } from '../cache/action.ts';
import type { Command, CommandContext } from '../command.ts';
import { PROGRAM_OPTIONS } from '../program.ts';

/** Loaded when it runs, and not for a help page. */
const ACTIONS: Readonly<Record<string, () => Promise<CacheAction>>> = {
  stats: async () => (await import('../cache/stats.ts')).stats,
  purge: async () => (await import('../cache/purge.ts')).purge,
  warm: async () => (await import('../cache/warm.ts')).warm,
  keys: async () => (await import('../cache/keys.ts')).keys,
};

const COMMON: readonly string[] = [...Object.keys(PROGRAM_OPTIONS), 'json', 'help'];

/** The command. */
export const cache: Command = {
  name: 'cache',
  summary: 'stats, purge, warm or keys: the response cache of a running program',
  arguments: ['<stats|purge|warm|keys>', '[urls.txt]'],
  options: {
    ...PROGRAM_OPTIONS,
    tag: { type: 'string', multiple: true, value: '<tag>', summary: 'purge: what has this tag' },
    url: {
      type: 'string',
      multiple: true,
      value: '<url>',
      summary: 'purge: this path on every host, or this absolute URL',
    },
    pattern: {
      type: 'string',
      multiple: true,
      value: '<glob>',
      summary: "purge: paths that match, as '/products/**'",
    },
    all: { type: 'boolean', summary: 'purge: everything; asks first' },
    soft: { type: 'boolean', summary: 'purge: make stale instead of removing' },
    yes: { type: 'boolean', summary: 'purge --all: do not ask' },
    server: {
      type: 'string',
      value: '<url>',
      summary: 'purge: by the purge route at this URL, instead of the control socket',
    },
    token: {
      type: 'string',
      value: '<text>',
      summary: 'purge --server: bearer token; default CATZILLA_PURGE_TOKEN',
    },
    host: {
      type: 'string',
      value: '<host>',
      summary: 'warm: Host of the requests; default: the address the program listens at',
    },
    concurrency: { type: 'string', value: '<n>', summary: 'warm: requests at a time; default 4' },
    timeout: {
      type: 'string',
      value: '<ms>',
      summary: 'warm: time of one URL; default 30000',
    },
    prefix: {
      type: 'string',
      value: '<path>',
      summary: 'keys: beginning of the path, or of the absolute URL',
    },
    limit: { type: 'string', value: '<n>', summary: 'keys: how many at most; default 100' },
  },
  notes: [
    'urls.txt has one URL a line, and # before comments; - reads what is piped in.',
    "Example: catzilla cache purge --tag product:1 --pattern '/products/**' --soft",
  ],
  run: runCache,
};

async function runCache(context: CommandContext): Promise<number> {
  const { positionals, values } = context.args;
  const [name = '', ...operands] = positionals;
  const open = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (open === undefined) {
    const known = Object.keys(ACTIONS);
    const guess = nearest(name, known);
    const hint = guess === undefined ? `known are ${known.join(', ')}` : `did you mean ${guess}?`;
    throw misuse('', `unknown action ${JSON.stringify(name.slice(0, 64))}, ${hint}`);
  }
  const action = await open();
  const stray = Object.keys(values).find(
    (option) => !action.options.includes(option) && !COMMON.includes(option),
  );
  if (stray !== undefined) throw misuse(name, `expected no --${stray}, it is of another action`);
  if (operands.length !== action.operands.length) {
    const wanted = action.operands.join(' ') || 'nothing';
    throw misuse(name, `expected ${wanted} behind ${name}, got ${operands.length}`);
  }
  return action.run(context, operands);
}
