// A key of a cache as people read it.

const OF_RESPONSE = /^([\w-]+: )?\d+\|([^|]*)\|(https?)\|([^|]*)\|(.*)$/s;

/** The key of a response becomes its URL, with what Vary selected behind it; any other stays as it is.
 * @param key  with the namespace of its cache before it, as `users: 42` */
export function keyName(key: string): string {
  const match = OF_RESPONSE.exec(key);
  if (match === null) return key;
  const [, place = '', own, scheme, host, target = ''] = match;
  const [path, ...variant] = target.split('\n');
  const selected = variant.length === 0 ? '' : ` (${variant.join(', ')})`;
  return `${place}${own === 'http' ? '' : `${own}: `}${scheme}://${host}${path}${selected}`;
}
