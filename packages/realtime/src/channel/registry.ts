// All channels that are defined. Invariant: a name fits at most one pattern, so the order of definitions means nothing.
import { errors } from '../errors.ts';
import type { ChannelDefinition } from './definition.ts';
import { matchPattern, overlaps } from './pattern.ts';

/** The rules of one name. */
export interface ChannelMatch {
  readonly definition: ChannelDefinition;
  readonly params: Readonly<Record<string, string>>;
}

export class ChannelRegistry {
  readonly #definitions: ChannelDefinition[] = [];

  /** @throws CATZ_REALTIME_CHANNEL_TAKEN */
  add(definition: ChannelDefinition): void {
    const { pattern } = definition;
    const other = this.#definitions.find((one) => overlaps(one.pattern, pattern));
    if (other !== undefined) throw new errors.CHANNEL_TAKEN(pattern.text, other.pattern.text);
    this.#definitions.push(definition);
  }

  /** @param name  a channel name; cost: O(definitions) */
  find(name: string): ChannelMatch | undefined {
    const parts = name.split('/');
    for (const definition of this.#definitions) {
      const params = matchPattern(definition.pattern, parts);
      if (params !== undefined) return { definition, params };
    }
    return undefined;
  }
}
