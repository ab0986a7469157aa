// Text as it stands in a URL, so that find-my-way reads it back.

const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Static text of a tree in a URL. The tree holds '%25' for '%', and so must the URL; text that cannot be encoded stays. */
export function textInUrl(text: string): string {
  return isEncodable(text) ? text.split('%25').map(encodeURI).join('%25') : text;
}

/** The value of a parameter in a URL. */
export function valueInUrl(value: string): string {
  return encodeURIComponent(value);
}

/** Whether a text can be encoded: half of a surrogate pair cannot. */
export function isEncodable(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Static text of a tree as a parameter would read it. */
export function textAsValue(text: string): string {
  return text.replaceAll('%25', '%');
}
