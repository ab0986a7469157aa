// Reads the source of a regular expression without flags into a tree, as far as samples and proofs need it.
// Invariant: look-arounds, word boundaries and backreferences are read as nothing, and the result says so: without the
// first two the tree matches more than the expression, without the last it may match something else.
import { ANY, DIGIT, LINE_ENDS, SPACE, WORD, inverted, united } from './units.ts';
import type { Units } from './units.ts';

/** A regular expression, taken apart. */
export type Regex =
  | { readonly kind: 'unit'; readonly units: Units }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly items: readonly Regex[] }
  | { readonly kind: 'choice'; readonly options: readonly Regex[] }
  | { readonly kind: 'group'; readonly item: Regex }
  | {
      readonly kind: 'repeat';
      readonly item: Regex;
      readonly min: number;
      /** May be Infinity. */
      readonly max: number;
    };

/** What was read. */
export interface ParsedRegex {
  readonly root: Regex;
  /** Whether the tree matches just what the expression does. */
  readonly isExact: boolean;
  /** Whether it matches at least what the expression does. */
  readonly coversAll: boolean;
}

const NOTHING: Regex = { kind: 'sequence', items: [] };

const SETS: Readonly<Record<string, Units>> = {
  d: DIGIT,
  D: inverted(DIGIT),
  w: WORD,
  W: inverted(WORD),
  s: SPACE,
  S: inverted(SPACE),
};
const CONTROLS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
};

/** Reads the source of a regular expression that JavaScript accepts. */
export function parseRegex(source: string): ParsedRegex {
  const reader = new Reader(source);
  const root = reader.choice();
  const coversAll = reader.coversAll && reader.isAtEnd;
  return { root, isExact: reader.isExact && coversAll, coversAll };
}

class Reader {
  isExact = true;
  coversAll = true;
  #at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  choice(): Regex {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  #sequence(): Regex {
    const items: Regex[] = [];
    while (!this.isAtEnd && this.#peek() !== '|' && this.#peek() !== ')') {
      items.push(this.#repeated(this.#atom()));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  #repeated(item: Regex): Regex {
    const bounds = this.#match(/[*+?]|\{(\d+)(,(\d*))?\}/y);
    if (bounds === undefined) return item;
    this.#take('?');
    const [mark = '', from, comma, to] = bounds;
    if (mark === '*') return { kind: 'repeat', item, min: 0, max: Infinity };
    if (mark === '+') return { kind: 'repeat', item, min: 1, max: Infinity };
    if (mark === '?') return { kind: 'repeat', item, min: 0, max: 1 };
    const min = Number(from);
    const open = to === undefined || to === '' ? Infinity : Number(to);
    return { kind: 'repeat', item, min, max: comma === undefined ? min : open };
  }

  #atom(): Regex {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { kind: 'unit', units: this.#class() };
    if (this.#take('^')) return { kind: 'start' };
    if (this.#take('$')) return { kind: 'end' };
    if (this.#take('.')) return { kind: 'unit', units: inverted(LINE_ENDS) };
    if (this.#match(/\\[bB]/y) !== undefined) return this.#leftOut();
    if (this.#match(/\\(?:k<[^>]*>|[1-9]\d*)/y) !== undefined) {
      this.coversAll = false;
      return NOTHING;
    }
    return { kind: 'unit', units: this.#unit() };
  }

  #group(): Regex {
    const isLook = this.#match(/\?<?[=!]/y) !== undefined;
    const isPlain = !isLook && this.#take('?:');
    if (!isLook && !isPlain && this.#match(/\?<[^>]*>/y) === undefined) this.#refuseMark();
    const item = this.choice();
    this.#take(')');
    if (isLook) return this.#leftOut();
    return isPlain ? item : { kind: 'group', item };
  }

  #leftOut(): Regex {
    this.isExact = false;
    return NOTHING;
  }

  // `(?i:…)` and whatever else there will be.
  #refuseMark(): void {
    if (this.#peek() === '?') this.coversAll = false;
  }

  #class(): Units {
    const isInverted = this.#take('^');
    let units: Units = [];
    while (!this.isAtEnd && !this.#take(']')) {
      const from = this.#classUnit();
      const isRange = this.#peek() === '-' && this.#source[this.#at + 1] !== ']';
      if (!isRange) {
        units = united(units, from);
        continue;
      }
      this.#take('-');
      units = united(units, rangeOf(from, this.#classUnit()));
    }
    return isInverted ? inverted(units) : units;
  }

  #classUnit(): Units {
    return this.#take('\\b') ? one('\b') : this.#unit();
  }

  #unit(): Units {
    if (!this.#take('\\')) return one(this.#next());
    const code = this.#match(/x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})/y);
    if (code !== undefined) return one(String.fromCharCode(parseInt(code[1] ?? code[2]!, 16)));
    const control = this.#match(/c([A-Za-z])/y);
    if (control !== undefined) return one(String.fromCharCode(control[1]!.charCodeAt(0) % 32));
    const octal = this.#match(/[0-3]?[0-7]{1,2}/y);
    if (octal !== undefined) return one(String.fromCharCode(parseInt(octal[0], 8)));
    const letter = this.#next();
    // `\\c` without a letter is a backslash and a c.
    if (letter === 'c') this.coversAll = false;
    return SETS[letter] ?? one(CONTROLS[letter] ?? letter);
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  #next(): string {
    return this.#source[this.#at++] ?? '';
  }

  #take(text: string): boolean {
    const isThere = this.#source.startsWith(text, this.#at);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }
}

function one(unit: string): Units {
  const code = unit.charCodeAt(0);
  return Number.isNaN(code) ? ANY : [[code, code]];
}

// `[\d-x]` is no range: without flags it means the set, a hyphen and the unit.
function rangeOf(from: Units, to: Units): Units {
  const [first] = from;
  const [last] = to;
  const isRange = from.length === 1 && to.length === 1 && first![0] === first![1];
  if (isRange && last![0] === last![1]) return [[first![0], last![0]]];
  return united(united(from, to), one('-'));
}
