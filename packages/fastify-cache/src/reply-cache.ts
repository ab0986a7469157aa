// reply.cache: what a handler can say about the response it is making, beside the fields it sets.
// Invariant: it speaks about this one response; calls after the head was sent are errors, not silence.
import type { FastifyReply } from 'fastify';
import { show } from '@catzilla/common';
import { isToken } from '@catzilla/http';
import { errors } from './errors.ts';
import { checkTags } from './options/tag.ts';

/** What a handler said; kept on the reply until the store decision. */
export interface ReplyWishes {
  ttl: number | undefined;
  skip: string | undefined;
  readonly tags: Set<string>;
  /** Request fields that select a variant, lower-case. */
  readonly vary: Set<string>;
}

const wishes: WeakMap<FastifyReply, ReplyWishes> = new WeakMap();

/** The wishes for a reply; undefined when there are none. */
export function wishesOf(reply: FastifyReply): ReplyWishes | undefined {
  return wishes.get(reply);
}

/** Decorates a reply as `reply.cache`. */
export class ReplyCache {
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  /** Sets how long this response may be kept, before what its fields say; vetoes still hold.
   * @param ms  0 or above, or Infinity; 0: not kept
   * @throws CATZ_FASTIFY_CACHE_OPTION, CATZ_FASTIFY_CACHE_TOO_LATE */
  ttl(ms: number): void {
    if (typeof ms !== 'number' || !(ms >= 0)) {
      throw new errors.OPTION(
        `expected the argument of reply.cache.ttl to be a duration in ms of at least 0, got ${show(ms)}`,
      );
    }
    this.#wishes('reply.cache.ttl').ttl = ms;
  }

  /** Keeps this response out of the cache.
   * @param reason  a word or short sentence, shown in Cache-Status; default `skip`
   * @throws CATZ_FASTIFY_CACHE_TOO_LATE */
  skip(reason = 'skip'): void {
    this.#wishes('reply.cache.skip').skip = String(reason).slice(0, 100);
  }

  /** Names request fields that this response was selected by, beside those of Vary; they do not appear in Vary.
   * @param names  of request fields, in any case
   * @throws CATZ_FASTIFY_CACHE_OPTION, CATZ_FASTIFY_CACHE_TOO_LATE */
  vary(...names: readonly string[]): void {
    const wished = this.#wishes('reply.cache.vary').vary;
    for (const name of names) {
      if (typeof name !== 'string' || !isToken(name) || name === '*') {
        throw new errors.OPTION(
          `expected each argument of reply.cache.vary to be the name of a request field, got ${show(name)}`,
        );
      }
      wished.add(name.toLowerCase());
    }
  }

  /** Puts this response into groups, for `app.cache.purgeTags`; adds to those of the route and of earlier calls.
   * @param tags  each 1 to 256 bytes of UTF-8; at most 50 for one response, or it is not stored
   * @throws CATZ_FASTIFY_CACHE_TAG, CATZ_FASTIFY_CACHE_TOO_LATE */
  tags(...tags: readonly string[]): void {
    checkTags(tags, 'each argument of reply.cache.tags');
    const wished = this.#wishes('reply.cache.tags').tags;
    for (const tag of tags) wished.add(tag);
  }

  #wishes(call: string): ReplyWishes {
    if (this.#reply.raw.headersSent) throw new errors.TOO_LATE(call);
    let known = wishes.get(this.#reply);
    if (known === undefined)
      wishes.set(
        this.#reply,
        (known = { ttl: undefined, skip: undefined, tags: new Set(), vary: new Set() }),
      );
    return known;
  }
}
