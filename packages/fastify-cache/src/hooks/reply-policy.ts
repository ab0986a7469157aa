// The route's policy and tags with what one reply adds to them.
import { show } from '@catzilla/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fields } from '@catzilla/http';
import { errors } from '../errors.ts';
import { originOf } from '../key/origin.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { checkTags } from '../options/tag.ts';
import { wishesOf } from '../reply-cache.ts';
import { groupTag, parseGroups } from '../rfc/cache-groups.ts';
import type { FillPass } from './pass.ts';
import { responseTags } from '../rfc/response-tags.ts';

/** The policy a reply is judged by. @fastify/compress names Accept-Encoding in Vary only when it compresses, so the plain
 * body would go to everybody: with it the field always counts.
 * @param ttl     what the handler asked for, ms
 * @param status  of the response that may be stored */
export function policyFor(
  reply: FastifyReply,
  policy: RoutePolicy,
  ttl: number | undefined,
  status: number,
): RoutePolicy {
  let result = policy;
  const added = [...(wishesOf(reply)?.vary ?? [])];
  if (ttl !== undefined) {
    const table = { exact: new Map([[status, ttl]]), classes: [] };
    result = { ...result, ttl: table, ttlMode: 'override' };
  }
  if (compresses(reply)) added.push('accept-encoding');
  const news = added.filter((name) => !policy.vary.add.includes(name));
  if (news.length === 0) return result;
  const { vary } = policy;
  return { ...result, vary: { ...vary, add: [...new Set([...vary.add, ...news])] } };
}

/** Whether @fastify/compress may choose a coding for a reply. */
export function compresses(reply: FastifyReply): boolean {
  return typeof (reply as { compress?: unknown }).compress === 'function';
}

/** All groups a response belongs to: those of the policy, of the handler, and of its own fields.
 * @param headers  of the response
 * @returns undefined where a function of the options does not tell them: then no purge could find the response */
export function tagsFor(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, policy }: Pick<FillPass, 'route' | 'policy'>,
  headers: Fields,
): readonly string[] | undefined {
  const own = wishesOf(reply)?.tags;
  const named = responseTags(headers);
  const groups = parseGroups(headers['cache-groups']);
  if (own === undefined && named.length + groups.length + policy.tagsOf.length === 0) {
    return policy.tags;
  }
  const { scheme = '', host = '' } = originOf(request) ?? {};
  let told: readonly string[];
  try {
    told = policy.tagsOf.flatMap((tagsOf) => checked(tagsOf(request)));
  } catch (error) {
    route.scope.fault('tags', error);
    return undefined;
  }
  return [
    ...new Set([
      ...policy.tags,
      ...told,
      ...(own ?? []),
      ...named,
      ...groups.map((group) => groupTag(scheme, host, group)),
    ]),
  ];
}

function checked(tags: unknown): readonly string[] {
  if (!Array.isArray(tags)) throw new errors.TAG('what tags returns', 'an array', show(tags));
  checkTags(tags, 'each tag that tags returns');
  return tags;
}
