// Tags told to caches in front (src/hooks/emit-tags.ts), in the field that each of them reads.
// Which tags a response has is hooks/reply-policy.ts, how they are read from its own fields rfc/response-tags.test.ts.
import type { FastifyReply } from 'fastify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitTags } from '../src/hooks/emit-tags.ts';
import type { RoutePolicy } from '../src/options/policy.ts';
import { parseGroups } from '../src/rfc/cache-groups.ts';

type Name = RoutePolicy['emitTags'];
type Value = string | string[];

// The two methods of a reply that are used, and its fields.
function replyWith(fields: Record<string, Value>): { reply: FastifyReply; fields: typeof fields } {
  const reply = {
    getHeader: (name: string) => fields[name],
    header: (name: string, value: Value) => {
      fields[name] = value;
    },
  };
  return { reply: reply as unknown as FastifyReply, fields };
}

function emitted(name: Name, tags: readonly string[], known: Record<string, Value> = {}): unknown {
  const { reply, fields } = replyWith({ ...known });
  emitTags(reply, name, tags);
  return fields;
}

describe('emitted tags', () => {
  it.each<[Name, string]>([
    ['surrogate-key', 'a b/c d"e'],
    ['cache-tag', 'a, b/c, d"e'],
    ['cache-groups', '"a", "b/c", "d\\"e"'],
  ])('stand in %s as it is read', (name, expected) => {
    expect(emitted(name, ['a', 'b/c', 'd"e'])).toEqual({ [String(name)]: expected });
  });

  it('are none where the policy says so', () => {
    expect(emitted(false, ['a'])).toEqual({});
  });

  it('are none where there is none to tell', () => {
    expect(emitted('cache-tag', [])).toEqual({});
    expect(emitted('surrogate-key', ['é'], { 'surrogate-key': 'x' })).toEqual({
      'surrogate-key': 'x',
    });
  });

  it.each<[Name, string, string]>([
    ['surrogate-key', 'x a y', 'x a y b'],
    ['cache-tag', 'x,a, y', 'x,a, y, b'],
    ['cache-groups', '"x", "a"', '"x", "a", "b"'],
  ])('come behind those that the handler wrote in %s, each once', (name, known, expected) => {
    const field = String(name);
    expect(emitted(name, ['a', 'b'], { [field]: known })).toEqual({ [field]: expected });
    expect(emitted(name, ['a'], { [field]: known })).toEqual({ [field]: known });
  });

  it('leave out what the field cannot hold', () => {
    const tags = ['a', 'é', 'b\u0000', 'c d', 'e,f'];
    expect(emitted('surrogate-key', tags)).toEqual({ 'surrogate-key': 'a e,f' });
    expect(emitted('cache-tag', ['a', 'é', 'b\u0000', 'e,f'])).toEqual({ 'cache-tag': 'a' });
    expect(emitted('cache-groups', ['a', 'é', 'b\u0000', 'e,f'])).toEqual({
      'cache-groups': '"a", "e,f"',
    });
  });

  it('leave out the groups that came by Cache-Groups', () => {
    const tags = ['group|https|a.example|x', 'a'];
    expect(emitted('cache-groups', tags, { 'cache-groups': '"x"' })).toEqual({
      'cache-groups': '"x", "a"',
    });
    expect(emitted('surrogate-key', tags)).toEqual({ 'surrogate-key': 'a' });
  });

  it('are read back from Cache-Groups as they were, whatever they are made of', () => {
    const tag = fc.string({
      unit: fc.constantFrom('a', '"', '\\', ',', ';', '|', '~', '!'),
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.uniqueArray(tag), (tags) => {
        const { reply, fields } = replyWith({});
        emitTags(reply, 'cache-groups', tags);
        expect(parseGroups(fields['cache-groups'])).toEqual(tags);
      }),
    );
  });
});

describe('tags that stand there already', () => {
  it('Surrogate-Key is split at spaces alone: a key with a comma is no two tags', () => {
    expect(emitted('surrogate-key', ['a'], { 'surrogate-key': 'a,b' })).toEqual({
      'surrogate-key': 'a,b a',
    });
  });

  it('a group with a space is told in Cache-Groups, which can hold it', () => {
    expect(emitted('cache-groups', ['a b'])).toEqual({ 'cache-groups': '"a b"' });
  });

  it('a group with a comma is told once', () => {
    const known = { 'cache-groups': '"a,b"' };
    expect(emitted('cache-groups', ['a,b'], known)).toEqual(known);
  });

  it('several lines of Surrogate-Key stay apart', () => {
    const known = { 'surrogate-key': ['a', 'b'] };
    expect(emitted('surrogate-key', ['c'], known)).toEqual({ 'surrogate-key': 'a b c' });
  });
});
