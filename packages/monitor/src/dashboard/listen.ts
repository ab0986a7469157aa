// Turns what the caches tell into events: states of tiers, gaps in what a bus said, purges.
// Invariant: names of keys, URLs and tags are told only where keys are shown.
import type { Events } from './events.ts';
import { cut } from './events.ts';
import type { EventRow } from './frame.ts';
import { tieredOf } from './parts.ts';
import type { CacheParts, PurgeHeard, TiersPart } from './parts.ts';

/** Listens from now on.
 * @returns a function that ends it */
export function listen(parts: CacheParts, events: Events, showKeys: boolean): () => void {
  const ends = tieredOf(parts).flatMap((tiers) => hearTiers(tiers, events));
  const { cache, tiers } = parts;
  const end = cache?.onPurge?.((purge) => {
    events.add('purge', () => ({ level: 'info', text: purgeText(purge, showKeys) }));
  });
  if (end !== undefined) ends.push(end);
  // Where the response cache stands on it, what it tells of tags is in its purges.
  if (tiers !== undefined && (end === undefined || tiers.name !== cache?.tiers?.name)) {
    ends.push(
      tiers.on('invalidate', ({ tags, soft }) => {
        const text = (): string => purgeText({ kind: 'tags', tags, soft }, showKeys);
        events.add('purge', () => ({ level: 'info', text: text() }));
      }),
    );
  }
  return () => {
    for (const each of ends) each();
  };
}

function hearTiers(tiers: TiersPart, events: Events): (() => void)[] {
  return [
    tiers.on('state', ({ tier, state, lastError }) => {
      const why = lastError === undefined || GOOD.has(state) ? '' : `: ${cut(lastError, 200)}`;
      events.add('tier', () => ({ level: levelOf(state), text: `tier ${tier} is ${state}${why}` }));
    }),
    tiers.on('gap', ({ reason }) => {
      const text = `the bus has missed something, memory was checked anew: ${cut(reason, 200)}`;
      events.add('gap', () => ({ level: 'warn', text }));
    }),
  ];
}

const GOOD: ReadonlySet<string> = new Set(['ok', 'ready', 'off']);

function levelOf(state: string): EventRow['level'] {
  return GOOD.has(state) ? 'info' : 'warn';
}

/** One sentence about a purge. */
export function purgeText(purge: PurgeHeard, showKeys: boolean): string {
  const done = purge.soft ? 'made stale' : 'purged';
  switch (purge.kind) {
    case 'all':
      return `everything was ${done}`;
    case 'pattern':
      return showKeys ? `${cut(String(purge.pattern), 200)} was ${done}` : `a pattern was ${done}`;
    case 'tags':
      return `${named('tag', purge.tags, showKeys)} ${done}`;
    case 'url':
      return `${named(
        'URL',
        purge.urls.map(({ target }) => target),
        showKeys,
      )} ${done}`;
  }
}

function named(what: string, names: readonly string[], showKeys: boolean): string {
  const many = names.length === 1 ? `1 ${what} was` : `${names.length} ${what}s were`;
  if (!showKeys || names.length === 0) return many;
  const shown = names.slice(0, 3).map((name) => cut(name, 100));
  const rest = names.length > shown.length ? `, and ${names.length - shown.length} more` : '';
  return `${names.length === 1 ? what : `${what}s`} ${shown.join(', ')}${rest} ${
    names.length === 1 ? 'was' : 'were'
  }`;
}
