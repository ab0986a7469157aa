import { describe, expect, it } from 'vitest';
import { fold } from '../src/fold.ts';

describe('fold', () => {
  it.each([
    ['PARIS', 'paris'],
    ['São Paulo', 'sao paulo'],
    ['Łódź', 'lodz'],
    ['Ærøskøbing', 'aeroskobing'],
    ['İstanbul', 'istanbul'],
    ['Großenhain', 'grossenhain'],
    ['Ḩamāh', 'hamah'],
    ['Sana’a', "sana'a"],
    ['', ''],
    ['北京', '北京'],
  ])('folds %j to %j', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it('leaves folded text as it is', () => {
    for (const text of ['Đà Nẵng', 'Þórshöfn', 'L’Aquila', 'Ústí nad Labem']) {
      expect(fold(fold(text))).toBe(fold(text));
    }
  });
});
