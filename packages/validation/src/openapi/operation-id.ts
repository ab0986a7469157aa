// Names of operations, from method and URL alone: they stay when routes are declared in another order.

/** `getUsersByIdPosts` for GET /users/:id/posts, or /users/{id}/posts. */
export function operationId(method: string, url: string): string {
  const words = url
    .replace(/:([A-Za-z0-9_]+)(?:\([^)]*\))?\??/g, '{$1}')
    .replace(/\{?\*\}?/g, ' wildcard ')
    .replace(/\{([^{}]*)\}/g, ' by $1 ')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + (words.map(capital).join('') || 'Root');
}

/** A word with a capital at its beginning. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
