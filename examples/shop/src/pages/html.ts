// HTML as tagged templates. Invariant: what is put into one is escaped, unless it is HTML made here.

/** HTML that may stand in a page as it is. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may be put into a template: texts and numbers are escaped, lists joined, `false` and `undefined` are nothing. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/** Makes HTML: html`<p>${anything}</p>`. Attributes have to be in double quotes. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(texts.map((text, index) => text + written(parts[index])).join(''));
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map(written).join('');
  return String(part).replace(/[&<>"']/g, (character) => escapes[character]!);
}
