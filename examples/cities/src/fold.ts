// Folds text for comparison: case and accents do not count, so 'sao' finds São Paulo and 'lodz' finds Łódź.

const NON_ASCII = /[^\0-\x7f]/;
// The combining marks that NFD takes off Latin letters.
const MARKS = /[\u0300-\u036f]/g;

// Latin letters that Unicode does not decompose into a base letter and a mark.
const UNDECOMPOSED = /[æðøþđħıłœßŧ‘’ʻʼ]/g;
const PLAIN: Readonly<Record<string, string>> = {
  æ: 'ae',
  ð: 'd',
  ø: 'o',
  þ: 'th',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  œ: 'oe',
  ß: 'ss',
  ŧ: 't',
  '‘': "'",
  '’': "'",
  ʻ: "'",
  ʼ: "'",
};

/** @returns `text` in lower case, without accents, apostrophes all alike */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // Four names in five are plain ASCII and need no normalisation.
  if (!NON_ASCII.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(MARKS, '')
    .replace(UNDECOMPOSED, (letter) => PLAIN[letter] ?? letter);
}
