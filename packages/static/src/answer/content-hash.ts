// Whether a file's name holds a hash of its content, as build tools write it, so that the file never changes under it.
// Invariant: in doubt no: what is wrongly kept for a year cannot be called back, what is wrongly asked for costs a 304.

// `main.3f2a9c1b.js`, `app-1a2b3c4d5e6f.css`: hexadecimal, both letters and digits (a date has none, a word no digits).
const HEX = /[.-](?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[^/]+$/;
// `assets/index-BKx3fGfS.js`: base64url, only in the folders that build tools make for nothing else (Vite, SvelteKit, Next, Nuxt,
// Astro). A capital within and a digit: `logo-Version2.svg` has neither a hash nor, there, a place.
const BUILT = /(?:^|\/)(?:assets|_app|_next\/static|_nuxt|_astro)\//;
const BASE64URL = /[.-](?=[\w-]*\d)(?=[\w-]*[a-z0-9][A-Z])[\w-]{8,43}\.[^/]+$/;

/** @param path  below the root, with slashes */
export function hasContentHash(path: string): boolean {
  return HEX.test(path) || (BUILT.test(path) && BASE64URL.test(path));
}
