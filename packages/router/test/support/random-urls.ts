// Random request targets for a table: made of its patterns, then broken in the ways that clients and attackers do.
import type { Random } from './random.ts';
import { REGEXES } from './random-tables.ts';
import type { TableSpec } from './random-tables.ts';

/** Longest target that native code reads, and the lengths round it. */
const URL_LIMIT = 8192;

const VALUES = [
  ['', 'a', 'b', 'ab', 'A', '1', '12', '-', '.', 'a-b', 'a.b', 'a-b-c', 'b.a-', 'a:b', '*'],
  ['~', '%41', '%2F', '%2f', '%25', '%2525', '%3F', '%23', '%3B', '%20', '%C3%A9', '%ff', '%'],
  ['%zz', '\u00e9', '\u0141', '\u013f', '\u0130', '\u212a', '\ud800', '\udc00x', '\u{1f600}'],
  ['\0', ' ', '__proto__', 'constructor', "'", '"', '\\', '\t', '\u00ff', '\u0100', '\uff0f'],
].flat();

const TAME = ['a', 'b', '1', 'ab', 'A', 'aB', 'a-b', 'k', ''];
const TAME_RESTS = ['', 'a', 'a/b', 'b//', '/', 'A.b/1'];

const QUERIES = [
  ['', '?', '#', ';', '?a=1', '?a=1&a=2', '#a', ';a=1', '?a=%zz', '?%', '?/x/', '??'],
  [
    '?a=//b',
    '?#',
    '#?',
    '?a;b',
    ';?',
    '?\u0141',
    '?__proto__=1',
    '?a=1#b',
    '?é',
    '?a=%25',
    '?a%2Fb=c&',
  ],
].flat();

const WHOLE = [
  ['', '*', '/', '//', '///', '?', '??', '#', '/?', '/#', '/;', '/?/', 'a', 'a/b', ':', '%', '/%'],
  ['http://', 'http://a', 'http://a/', 'http://a?b', 'http://?', 'http:///a', 'ftp://a/b'],
  ['http://a#/b', 'HTTP://A/a', '/http://a/b', 'a?http://b/c', '\u0141', '/\u0141'],
  [
    '/\u013f',
    '/a\u013fb',
    '/%',
    '/%2',
    '/%2F',
    '/%00',
    '/\ud800',
    '/%ed%a0%80',
    '/..',
    '/.',
    '/a/../b',
  ],
].flat();

/** Makes a target; half of them are tame, so that native code decides many. */
export function randomUrl(random: Random, table: TableSpec): string {
  if (random.once(30)) return random.pick(WHOLE) + (random.once(3) ? random.pick(QUERIES) : '');
  const isTame = random.once(2);
  let path = instance(random, random.pick(table.routes).path, table, isTame);
  while (random.once(3)) path = (isTame ? bent : mutated)(random, path, table);
  if (random.once(3)) path += random.pick(QUERIES);
  if (random.once(60)) {
    path = random.pick(['http://a.example', 'https://b', 'HTTP://a', 'ws://a', 'http://']) + path;
  }
  return path;
}

// The pattern with values in the place of its parameters.
function instance(random: Random, pattern: string, table: TableSpec, isTame: boolean): string {
  let url = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '*') url += isTame ? random.pick(TAME_RESTS) : rest(random);
    else if (char === '%' && !random.once(4)) url += '%25';
    else if ('?#;'.includes(char) && random.once(2)) url += encodeURIComponent(char);
    else if (char !== ':') url += char;
    else if (pattern[i + 1] === ':') {
      url += char;
      i++;
    } else {
      const name = /^:[^/().-]*/.exec(pattern.slice(i))![0];
      i += name.length - 1;
      if (name.endsWith('?')) {
        if (random.once(2)) return url.replace(/\/$/, '');
      }
      const regex = Object.keys(REGEXES).find((source) => pattern.startsWith(source, i + 1));
      i += regex?.length ?? 0;
      url += value(random, table, regex, isTame);
    }
  }
  return url;
}

function value(
  random: Random,
  { options }: TableSpec,
  regex: string | undefined,
  isTame: boolean,
): string {
  if (regex !== undefined && !random.once(4)) return random.pick(REGEXES[regex]!);
  if (random.once(isTame ? 30 : 6)) {
    const length = options.maxParamLength + random.int(3) - 1;
    return random.pick(['a', 'b', '1', 'a-', 'A', 'é']).repeat(length).slice(0, length);
  }
  return random.once(3) && !isTame ? random.pick(VALUES) : random.pick(TAME);
}

function rest(random: Random): string {
  const parts = Array.from({ length: random.int(4) }, () => random.pick(VALUES));
  return parts.join(random.pick(['/', '/', '//', '']));
}

// Changed in ways that native code can still decide.
function bent(random: Random, path: string): string {
  const at = random.int(path.length + 1);
  const before = path.slice(0, at);
  const after = path.slice(at);
  switch (random.int(7)) {
    case 0:
      return before + after.slice(1);
    case 1:
      return `${before}/${after}`;
    case 2:
      return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    case 3:
      return swapCase(before) + after;
    case 4:
      return before;
    case 5:
      return before + after.slice(0, 1) + after;
    default:
      return path + random.pick(['/', '//', 'a', '/a', '/b', ';', '?', '#']);
  }
}

function mutated(random: Random, path: string, table: TableSpec): string {
  const at = random.int(path.length + 1);
  const before = path.slice(0, at);
  const after = path.slice(at);
  switch (random.int(8)) {
    case 0:
      return before + random.pick(VALUES) + after;
    case 1:
      return path.replaceAll('/', random.pick(['//', '/', '///', '%2F']));
    case 2:
      return before + encoded(after.slice(0, 1)) + after.slice(1);
    case 3:
      return before + random.pick(QUERIES) + after;
    case 4:
      return path + instance(random, random.pick(table.routes).path, table, false);
    case 5:
      return before + widened(after.slice(0, 1)) + after.slice(1);
    case 6:
      return random.once(4) ? padded(random, path) : path.slice(random.int(2));
    default:
      return path + random.pick(['%', '%2', '%zz', '/:a', '/*']);
  }
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (c) =>
    c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase(),
  );
}

function encoded(char: string): string {
  const unit = char.charCodeAt(0);
  return unit < 128 ? `%${unit.toString(16).padStart(2, '0')}` : char;
}

// A unit whose low byte is that of the one given: what reads units as bytes takes one for the other.
function widened(char: string): string {
  return char === '' ? '' : String.fromCharCode(char.charCodeAt(0) + 0x100);
}

function padded(random: Random, path: string): string {
  const length = URL_LIMIT - 1 + random.int(3);
  const filler = random.pick(['a', '/', '/a', '/a/b', 'é']);
  const text = path + random.pick(['', '/', '?']);
  return (text + filler.repeat(Math.max(0, length - text.length))).slice(0, length);
}
