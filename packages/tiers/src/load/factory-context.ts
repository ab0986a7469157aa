// What a factory is told, and what it says of its value while it runs.
// Invariant: everything is checked at the line that says it; once the factory has settled, saying more is an error, for
// it could have no effect. Its functions need no `this`, so a factory may take the context apart.
import { errors } from '../errors.ts';
import type { Entry } from '../entry.ts';
import type { EntryOptions } from '../tiered-cache.ts';
import { checkOne, checkTag } from './entry-specs.ts';
import type { Flight } from './flight.ts';
import type { FactoryContext } from './options.ts';

/** What a factory said. */
export interface Said {
  readonly ttl: EntryOptions['ttl'];
  readonly grace: number | undefined;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly isSkipped: boolean;
  /** Set when `notModified` was called: the entry that is still true. */
  readonly unchanged: Entry | undefined;
}

/** A context, and the means to end it. */
export interface OpenContext {
  readonly context: FactoryContext<unknown>;
  /** What was said until now.
   * @throws CATZ_TIERS_OPTION when `meta` is not what it must be */
  said(): Said;
  close(): void;
}

/** Opens the context of one factory call.
 * @param fence  of the distributed lock, if one is held */
export function openContext(flight: Flight, fence: number | undefined): OpenContext {
  const { key, cancel, previous, plan } = flight;
  const meta: Record<string, string> = { ...plan.entry.meta };
  const tags: string[] = [];
  let ttl: EntryOptions['ttl'];
  let grace: number | undefined;
  let isSkipped = false;
  let unchanged: Entry | undefined;
  let isOpen = true;

  function mustBeOpen(name: string): void {
    if (isOpen) return;
    throw new errors.FACTORY(`context.${name}()`, 'called while the factory runs', 'a late call');
  }

  const context: FactoryContext<unknown> = {
    key,
    get signal() {
      return cancel.signal;
    },
    previous,
    fence,
    meta,
    setTtl(value) {
      mustBeOpen('setTtl');
      checkOne('ttl', value, 'context.setTtl(ttl)');
      ttl = value;
    },
    setGrace(value) {
      mustBeOpen('setGrace');
      checkOne('grace', value, 'context.setGrace(grace)');
      grace = value;
    },
    tags(...more) {
      mustBeOpen('tags');
      for (const tag of more) checkTag(tag);
      tags.push(...more);
    },
    skip() {
      mustBeOpen('skip');
      isSkipped = true;
    },
    notModified() {
      mustBeOpen('notModified');
      if (previous === undefined) throw new errors.NOT_MODIFIED(key.slice(0, 64));
      unchanged = previous;
      return previous.value;
    },
  };
  return {
    context,
    close() {
      isOpen = false;
    },
    said() {
      checkOne('meta', meta, 'context.meta');
      return { ttl, grace, tags, meta, isSkipped, unchanged };
    },
  };
}
