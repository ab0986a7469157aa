// catzilla cache keys: URLs that the response cache of a running program has something stored for.
import { MAX_KEYS } from '../../control/commands.ts';
import type { KeyList } from '../../control/cache-keys.ts';
import { OK } from '../command.ts';
import { textOption, wholeNumber } from '../parse.ts';
import { connectProgram } from '../program.ts';
import { printResult } from '../print.ts';
import { visible } from '../table.ts';
import type { CacheAction } from './action.ts';

const TIMEOUT = 60_000;
const LIMIT = 100;

export const keys: CacheAction = {
  options: ['prefix', 'limit'],
  operands: [],
  async run(context) {
    const { args, signal, stderr } = context;
    const given = textOption(args, 'limit');
    const limit =
      given === undefined ? LIMIT : wholeNumber(given, '--limit', { min: 1, max: MAX_KEYS });
    const prefix = textOption(args, 'prefix') ?? '';
    await using client = await connectProgram(context);
    const what = { prefix, limit };
    const list = (await client.ask('cache.keys', what, { signal, timeout: TIMEOUT })) as KeyList;
    printResult(context, list, () =>
      list.keys
        .map(({ url, kind }) => `${visible(url)}${kind === 'variant' ? '  (variant)' : ''}\n`)
        .join(''),
    );
    if (list.more) stderr.write(`there are more than ${limit}; see --limit\n`);
    return OK;
  },
};
