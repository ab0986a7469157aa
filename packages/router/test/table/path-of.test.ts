// Path and query of every form of request target.
import { expect, it } from 'vitest';
import { pathOf } from '../../src/table/path-of.ts';
import { RouteTable } from '../../src/table/route-table.ts';

const plain = new RouteTable<number>().add('GET', '*', 1).build();
const withSemicolon = new RouteTable<number>({ useSemicolonDelimiter: true })
  .add('GET', '*', 1)
  .build();

for (const [url, path, query] of [
  ['/', '/', ''],
  ['/a', '/a', ''],
  ['/a/', '/a/', ''],
  ['//a//b', '//a//b', ''],
  ['/a?', '/a', ''],
  ['/a#', '/a', ''],
  ['/?', '/', ''],
  ['/?a', '/', 'a'],
  ['/a?b=c?d#e', '/a', 'b=c?d#e'],
  ['/a#b?c', '/a', 'b?c'],
  ['/a??', '/a', '?'],
  ['/a?#', '/a', '#'],
  ['/%3Fa?b', '/%3Fa', 'b'],
  ['/a%23b', '/a%23b', ''],
  ['/\u0141?\u0141', '/\u0141', '\u0141'],
  ['/http://h/a', '/http://h/a', ''],
  ['http://h', '/', ''],
  ['http://h/', '/', ''],
  ['http://h/a/b', '/a/b', ''],
  ['http://h/a?b', '/a', 'b'],
  ['http://h/a?', '/a', ''],
  ['http://h?a', '/', 'a'],
  ['http://h?', '/', ''],
  ['http://h?a=/b', '/', 'a=/b'],
  ['http://h?a=http://x/y', '/', 'a=http://x/y'],
  ['HTTPS://user:pw@h:8080/a', '/a', ''],
  ['http://[::1]/a?b', '/a', 'b'],
  ['http://h//a', '//a', ''],
] as const) {
  it(`splits ${JSON.stringify(url)} into ${JSON.stringify(path)} and ${JSON.stringify(query)}`, () => {
    expect(plain.find('GET', url)).toMatchObject({ path, query });
  });
}

// Versions of find-my-way before 9.10.2 take these for paths too, later ones refuse them but for '*'.
for (const [url, path, query] of [
  ['', '', ''],
  ['*', '*', ''],
  ['*?a', '*', 'a'],
  ['?', '?', ''],
  ['??', '?', ''],
  ['?a?b', '?a', 'b'],
  ['#?', '#', ''],
  ['a/b?c', 'a/b', 'c'],
  ['ftp://h/a?b', 'ftp://h/a', 'b'],
  ['ws://h/a', 'ws://h/a', ''],
  ['a?http://h/b', 'a', 'http://h/b'],
  ['xhttp://h/a', 'xhttp://h/a', ''],
] as const) {
  it(`takes ${JSON.stringify(url)} for a path and a query as find-my-way does`, () => {
    expect(pathOf(url, query, false)).toBe(path);
    const found = plain.find('GET', url);
    expect([null, query]).toContain(found === null ? null : found.query);
  });
}

for (const [url, path, query] of [
  ['/a;b', '/a', 'b'],
  ['/a;', '/a', ''],
  ['/;', '/', ''],
  ['/a;b?c', '/a', 'b?c'],
  ['/a?b;c', '/a', 'b;c'],
  ['http://h/a;b', '/a', 'b'],
] as const) {
  it(`splits ${JSON.stringify(url)} at the first delimiter where a semicolon is one`, () => {
    expect(withSemicolon.find('GET', url)).toMatchObject({ path, query });
  });
}

it('leaves a semicolon in the path where it is no delimiter', () => {
  expect(plain.find('GET', '/a;b?c;')).toMatchObject({ path: '/a;b', query: 'c;' });
  expect(plain.find('GET', '/a;')).toMatchObject({ path: '/a;', query: '' });
});
