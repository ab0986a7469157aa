// A module of the page that needs no browser. They have no types: a test says what it takes it for.

/** Loads page/<name>. */
export async function pageModule<T>(name: string): Promise<T> {
  return (await import(new URL(`../../../page/${name}`, import.meta.url).href)) as T;
}
