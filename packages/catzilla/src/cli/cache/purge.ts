// catzilla cache purge: removes responses, or makes them stale, over the control socket or by the purge route of a server.
// Invariant: everything goes only where a person or --yes has agreed.
import type { PurgeAnswer, PurgeArgs } from '../../control/commands.ts';
import { FAILED, OK } from '../command.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { textOption } from '../parse.ts';
import { connectProgram } from '../program.ts';
import { printResult } from '../print.ts';
import { countOf } from '../units.ts';
import { isOn, misuse, textOptions } from './action.ts';
import type { CacheAction } from './action.ts';
import { purgeByHttp } from './purge-by-http.ts';

/** A walk through all keys of all tiers may take its time, ms. */
const TIMEOUT = 600_000;

export const purge: CacheAction = {
  options: ['tag', 'url', 'pattern', 'all', 'soft', 'yes', 'server', 'token'],
  operands: [],
  async run(context) {
    const what = purgeArgs(context);
    if (what.all && !isOn(context.args, 'yes')) {
      const question = what.soft
        ? 'Make every response of this cache stale?'
        : 'Purge every response of this cache?';
      if (!(await confirm(context, question, '--yes'))) {
        context.stderr.write('nothing was purged\n');
        return FAILED;
      }
    }
    const answer = await send(context, what);
    printResult(context, answer, () => purgeText(what, answer));
    if (!answer.ok) context.stderr.write('not every tier has taken it; it is told again\n');
    return answer.ok ? OK : FAILED;
  },
};

function purgeArgs({ args }: CommandContext): PurgeArgs {
  const what = {
    tags: textOptions(args, 'tag'),
    urls: textOptions(args, 'url'),
    patterns: textOptions(args, 'pattern'),
    all: isOn(args, 'all'),
    soft: isOn(args, 'soft'),
  };
  const { tags, urls, patterns, all } = what;
  const some = tags.length + urls.length + patterns.length;
  if (!all && some === 0)
    throw misuse('purge', 'expected one of --tag, --url, --pattern and --all');
  if (all && some > 0) throw misuse('purge', 'expected --all to stand alone');
  if (!all && isOn(args, 'yes')) throw misuse('purge', 'expected --yes beside --all only');
  return what;
}

async function send(context: CommandContext, what: PurgeArgs): Promise<PurgeAnswer> {
  const { args, signal, env } = context;
  const server = textOption(args, 'server');
  const token = textOption(args, 'token') ?? env['CATZILLA_PURGE_TOKEN'];
  if (server !== undefined) return purgeByHttp(server, what, token, signal);
  if (textOption(args, 'token') !== undefined) {
    throw misuse('purge', 'expected --token beside --server only');
  }
  await using client = await connectProgram(context);
  return (await client.ask('cache.purge', what, { signal, timeout: TIMEOUT })) as PurgeAnswer;
}

function purgeText({ soft, tags }: PurgeArgs, { purged }: PurgeAnswer): string {
  const did = soft ? 'made stale' : 'purged';
  // How many have a tag is never counted: that is why it costs one step.
  if (tags.length > 0 && purged === 0) return `${did} by ${tags.length === 1 ? 'tag' : 'tags'}`;
  return `${did}: ${countOf(purged, 'response')} in memory`;
}
