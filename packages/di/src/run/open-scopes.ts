// The scopes that are open in a container: a list linked through the scopes themselves.
// Invariant: a scope is in it once, from when it opens until its disposal has ended.
// HOT: add and delete run for every scope, and are cheaper than those of a Set.

/** What can be in the list. */
export interface Linked {
  before: Linked | undefined;
  after: Linked | undefined;
}

export class OpenScopes<T extends Linked> {
  size = 0;
  #first: T | undefined = undefined;

  add(scope: T): void {
    const first = this.#first;
    scope.after = first;
    if (first !== undefined) first.before = scope;
    this.#first = scope;
    this.size++;
  }

  delete(scope: T): void {
    const { before, after } = scope;
    if (before === undefined) this.#first = after as T | undefined;
    else before.after = after;
    if (after !== undefined) after.before = before;
    scope.before = undefined;
    scope.after = undefined;
    this.size--;
  }

  /** All of them, the last opened first. */
  list(): T[] {
    const all: T[] = [];
    for (let scope = this.#first; scope !== undefined; scope = scope.after as T | undefined) {
      all.push(scope);
    }
    return all;
  }
}
