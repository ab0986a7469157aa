// A set that remembers the last so many texts. Sets keep the order of insertion, so the oldest is the first.

export class Window {
  readonly #texts = new Set<string>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** @returns false when it is remembered already */
  add(text: string): boolean {
    if (this.#texts.has(text)) return false;
    this.#texts.add(text);
    if (this.#texts.size > this.#size) {
      for (const oldest of this.#texts) {
        this.#texts.delete(oldest);
        break;
      }
    }
    return true;
  }
}
