// catzilla cache stats: what the response cache of a running program has done, and what it holds.
import type { CacheStatsAnswer } from '../../control/commands.ts';
import { OK } from '../command.ts';
import { connectProgram, programInfo, programText, QUICK } from '../program.ts';
import { printResult } from '../print.ts';
import { paintFor, table, visible } from '../table.ts';
import type { Paint } from '../table.ts';
import { bytesText, countText, percentText } from '../units.ts';
import type { CacheAction } from './action.ts';

/** Routes shown, those that are asked most. */
const MOST_ROUTES = 10;

export const stats: CacheAction = {
  options: [],
  operands: [],
  async run(context) {
    await using client = await connectProgram(context);
    const { signal } = context;
    const program = await programInfo(client);
    const answer = (await client.ask(
      'cache.stats',
      {},
      { signal, timeout: QUICK },
    )) as CacheStatsAnswer;
    printResult(context, { program, ...answer }, () =>
      [programText(program), '', statsText(answer, paintFor(context.stdout, context.env))].join(
        '\n',
      ),
    );
    return OK;
  },
};

function statsText({ http, routes, health, engine }: CacheStatsAnswer, paint: Paint): string {
  const state = health.ok ? paint.green('ok') : paint.red('not at work');
  const asked = http.hits + http.misses;
  const rows: (readonly [string, string])[] = [
    ['health', `${state}, engine ${health.backend}${tiersText(health.tiers)}`],
    ['hits', `${countText(http.hits)} of ${countText(asked)}, ${percentText(http.hits, asked)}`],
    [
      'stale',
      `${countText(http.stale)} served stale, ${countText(http.staleIfError)} for an error`,
    ],
    [
      'stored',
      `${countText(http.stored)}, not stored ${countText(http.notStored)}${reasonsText(http.reasons)}`,
    ],
    ['collapsed', `${countText(http.collapsed)} waited for another's answer`],
    ['purges', `${countText(http.purges)}, responses purged ${countText(http.purged)}`],
    ['faults', http.faults === 0 ? '0' : paint.red(countText(http.faults))],
  ];
  if (engine !== undefined) {
    const { bytes, entries, evictions } = engine;
    rows.push(
      ['entries', `${countText(entries)}, evicted ${countText(evictions)}`],
      ['memory', `${bytesText(bytes.used)} of ${bytesText(bytes.max)}`],
    );
  }
  if (health.lastFault !== undefined) {
    const { operation, message, at } = health.lastFault;
    rows.push(['last fault', visible(`${operation} at ${at}: ${message}`)]);
  }
  return [table(rows), routesText(routes, paint)].filter((part) => part !== '').join('\n');
}

function tiersText(tiers: Readonly<Record<string, string>>): string {
  const below = Object.entries(tiers).filter(
    ([name, state]) => name !== 'memory' && state !== 'off',
  );
  return below.map(([name, state]) => `, ${name} ${state}`).join('');
}

function reasonsText(reasons: Readonly<Record<string, number>>): string {
  const all = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (all.length === 0) return '';
  return ` (${all.map(([reason, count]) => `${visible(reason)} ${countText(count)}`).join(', ')})`;
}

function routesText(routes: CacheStatsAnswer['routes'], paint: Paint): string {
  const asked = routes
    .filter(({ hits, misses }) => hits + misses > 0)
    .sort((a, b) => b.hits + b.misses - a.hits - a.misses);
  if (asked.length === 0) return '';
  const rows = asked
    .slice(0, MOST_ROUTES)
    .map(({ method, url, hits, misses, stored, notStored }) => [
      visible(`${method} ${url}`),
      ...[hits, misses, stored, notStored].map(countText),
    ]);
  const head = ['route', 'hits', 'misses', 'stored', 'not stored'];
  const more = asked.length > MOST_ROUTES ? `and ${asked.length - MOST_ROUTES} more\n` : '';
  return table(rows, { head, right: [1, 2, 3, 4], paint }) + more;
}
