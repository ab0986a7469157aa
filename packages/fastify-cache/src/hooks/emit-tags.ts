// Tells caches in front of the application which groups a response belongs to, by the field they read.
import type { FastifyReply } from 'fastify';
import { fieldLines } from '@catzilla/http';
import type { FieldValue } from '@catzilla/http';
import type { RoutePolicy } from '../options/policy.ts';
import { parseGroups } from '../rfc/cache-groups.ts';

/** How a field holds tags: what it can hold, how they are told apart, and what a line of it says. */
interface Form {
  readonly fits: RegExp;
  readonly separator: string;
  write(tag: string): string;
  read(lines: readonly string[]): readonly string[];
}

const plain = (tag: string): string => tag;
const FORMS: Readonly<Record<Exclude<RoutePolicy['emitTags'], false>, Form>> = {
  'surrogate-key': {
    fits: /^[\x21-\x7e]+$/,
    separator: ' ',
    write: plain,
    read: (lines) => lines.flatMap((line) => line.split(/[ \t]+/)),
  },
  'cache-tag': {
    fits: /^[\x21-\x2b\x2d-\x7e]+$/,
    separator: ', ',
    write: plain,
    read: (lines) => lines.flatMap((line) => line.split(/[ \t]*,[ \t]*/)),
  },
  // A List of Strings (RFC 9875 2).
  'cache-groups': {
    fits: /^[\x20-\x7e]+$/,
    separator: ', ',
    write: (tag) => `"${tag.replace(/["\\]/g, '\\$&')}"`,
    read: parseGroups,
  },
};

/** Adds tags to a reply, under the name that the policy says; what the field cannot hold is left out, and what stands there
 * already stays as it is. */
export function emitTags(
  reply: FastifyReply,
  name: RoutePolicy['emitTags'],
  tags: readonly string[],
): void {
  if (name === false) return;
  const { fits, separator, write, read } = FORMS[name];
  const lines = fieldLines(reply.getHeader(name) as FieldValue);
  const known = new Set(read(lines));
  // Groups have come by Cache-Groups, and stand there.
  const news = tags.filter((tag) => !tag.startsWith('group|') && fits.test(tag) && !known.has(tag));
  if (news.length > 0) reply.header(name, [...lines, ...news.map(write)].join(separator));
}
