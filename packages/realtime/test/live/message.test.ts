// What the log says, as other releases may write it too, and which URLs a pattern means.
import { describe, expect, it } from 'vitest';
import { Changes, hear } from '../../src/live/message.ts';
import { channelOf, topicOf } from '../../src/live/names.ts';
import { patternForm, patternOf } from '../../src/live/pattern.ts';
import { project } from '../../src/live/project.ts';

describe('a message', () => {
  it('that is not understood invalidates everything', () => {
    for (const strange of [
      null,
      'text',
      {},
      { at: 1 },
      { tags: 'a', at: 1 },
      { urls: ['/a'], patterns: 'b', at: 1 },
      { patterns: [{ like: '/x' }], at: 1 },
      { patterns: [{ source: '(', flags: '' }], at: 1 },
      { patterns: [{ glob: '\ud800' }], at: 1 },
      { keys: ['of a later release'], at: 1 },
    ]) {
      expect(hear(strange), JSON.stringify(strange)).toMatchObject({ isAll: true });
    }
  });

  it('has a glob and an expression that look the same', () => {
    for (const patterns of [
      ['/a/', /a/],
      [/a/, '/a/'],
    ]) {
      const changes = new Changes();
      for (const pattern of patterns) changes.addPattern(pattern);
      const { hasUrl } = hear(JSON.parse(JSON.stringify(changes.message(1))));
      expect(hasUrl('/other/a'), String(patterns)).toBe(true);
    }
  });

  it('is read once, and says when it was', () => {
    const message = { tags: ['a'], at: 7 };
    expect(hear(message)).toBe(hear(message));
    expect(hear(message)).toMatchObject({ at: 7, isAll: false });
    const projected = project(message, 'cache/tag/a');
    expect(projected).toEqual({
      kind: 'invalidated',
      event: undefined,
      data: '{"tags":["a"],"at":7}',
      key: 'cache/tag/a',
    });
  });
});

describe('a name', () => {
  it('reads back as it was', () => {
    for (const name of ['public:a', 'a/b c', '100%', 'ümläut', 'a\nb\0', '?&#']) {
      expect(topicOf(channelOf('tag', name)!)).toEqual({ kind: 'tag', name });
    }
    expect(topicOf(channelOf('url', '/a?b=%20')!)).toEqual({ kind: 'url', name: '/a?b=%20' });
  });

  it('that no channel can have has none', () => {
    for (const name of ['', '\udc00', 'x'.repeat(257)]) {
      expect(channelOf('tag', name)).toBeUndefined();
    }
  });

  it('is found in channels of invalidation alone', () => {
    for (const channel of [
      'cache/tag/a/b',
      'cache/key/a',
      'cache/url/a',
      'cache/tag/%E0',
      'cache',
      'x/cache/tag/a',
    ]) {
      expect(topicOf(channel), channel).toBeUndefined();
    }
  });

  it('is forgotten when there are too many, and read again', () => {
    for (let i = 0; i < 20_100; i++) topicOf(`cache/tag/${i}`);
    expect(topicOf('cache/tag/0')).toEqual({ kind: 'tag', name: '0' });
  });
});

describe('a pattern', () => {
  const meaningOf = (pattern: string | RegExp): ((url: string) => boolean) =>
    patternOf(JSON.parse(JSON.stringify(patternForm(pattern))))!;

  for (const [pattern, right, wrong] of [
    ['/a/*', ['/a/b', '/a/b?c=/d/e', '/A/B/', '/a//b', '/a/b;c/d'], ['/b/a', '/a/b/c']],
    ['/a/**', ['/a', '/a/b/c', '/a?x'], ['/ab', '/']],
    ['/**/x', ['/x', '/a/b/x'], ['/a/y', '/xx']],
    ['/a/**/b/*.js', ['/a/b/c.js', '/a/1/2/b/c.min.js'], ['/a/b/c.css', '/a/b/c/d.js']],
    ['/p-*-*z', ['/p-1-2z', '/p--z', '/p-a-b-zz'], ['/p-z', '/p-1-2zy']],
    ['/café/*', ['/caf%C3%A9/x', '/café/x'], ['/cafe/x']],
    ['/a b', ['/a%20b'], ['/a']],
    ['/x', ['/%zz', `/${'y'.repeat(2100)}`], ['/y']],
    [/^\/a\/\d+$/g, ['/a/12', '/A/12?x', '/%61/1'], ['/a/b']],
  ] as const) {
    it(`${String(pattern)} means what a purge by it means`, () => {
      // Twice, for an expression may keep its place.
      const means = meaningOf(pattern);
      for (const url of right) expect([means(url), means(url)], url).toEqual([true, true]);
      for (const url of wrong) expect(means(url), url).toBe(false);
    });
  }

  it('takes no longer than path times pattern', () => {
    const long = `/${'a'.repeat(2000)}`;
    expect(meaningOf(`/${'*a'.repeat(100)}*b`)(long)).toBe(false);
    expect(meaningOf(`/**${'/a/**'.repeat(100)}/b`)('/a'.repeat(900))).toBe(false);
  });
});
