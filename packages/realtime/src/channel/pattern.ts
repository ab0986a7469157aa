// Patterns of channel names: `orders/:id`. A segment that begins with a colon takes one segment of a name, as it is written
// there; `*` as the last segment takes the rest, and stands nowhere else: `files/*rest` of other routers would fit that one name.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { isChannelName } from './name.ts';

/** The params of a pattern: `{ id: string }` of `orders/:id`, `{ '*': string }` of `files/*`. */
export type ChannelParams<P extends string> = string extends P
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<P>]: string };

// Recursive, for the names stand anywhere in the text.
type ParamNames<P extends string> = P extends `${infer Head}/${infer Tail}`
  ? ParamName<Head> | ParamNames<Tail>
  : ParamName<P>;
type ParamName<S extends string> = S extends `:${infer Name}` ? Name : S extends '*' ? '*' : never;

/** A pattern, taken apart. */
export interface ChannelPattern {
  readonly text: string;
  /** Without the `*` at the end. */
  readonly segments: readonly Segment[];
  readonly hasRest: boolean;
}

/** One segment: what it must be, or what it is called. */
type Segment = { readonly literal: string } | { readonly param: string };

/** @throws CATZ_REALTIME_CHANNEL_NAME */
export function parsePattern(text: string): ChannelPattern {
  const wanted = 'a pattern of channel names such as orders/:id or files/*';
  if (!isChannelName(text)) throw new errors.CHANNEL_NAME(wanted, show(text));
  const parts = text.split('/');
  const hasRest = parts.at(-1) === '*';
  if (hasRest) parts.pop();
  const segments = parts.map((part): Segment => {
    if (part.startsWith(':')) return { param: part.slice(1) };
    return { literal: part };
  });
  const params = segments.flatMap((segment) => ('param' in segment ? [segment.param] : []));
  const isRight =
    !parts.some((part) => part.includes('*')) &&
    params.every((name) => /^[A-Za-z_]\w*$/.test(name)) &&
    new Set(params).size === params.length;
  if (!isRight) throw new errors.CHANNEL_NAME(wanted, show(text));
  return { text, segments, hasRest };
}

/** The params of a name.
 * @returns undefined: the name does not fit */
export function matchPattern(
  { segments, hasRest }: ChannelPattern,
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const { length } = segments;
  if (hasRest ? parts.length <= length : parts.length !== length) return undefined;
  // Names of params come from patterns, but `__proto__` is one that a pattern may have.
  const params: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [index, segment] of segments.entries()) {
    const part = parts[index]!;
    if ('param' in segment) params[segment.param] = part;
    else if (segment.literal !== part) return undefined;
  }
  if (hasRest) params['*'] = parts.slice(length).join('/');
  return params;
}

/** Whether some name fits both. */
export function overlaps(a: ChannelPattern, b: ChannelPattern): boolean {
  // Names of `files/*` have two segments or more; those of `orders/:id` exactly two.
  const [aLeast, bLeast] = [a, b].map(({ segments, hasRest }) => segments.length + Number(hasRest));
  if (!a.hasRest && aLeast! < bLeast!) return false;
  if (!b.hasRest && bLeast! < aLeast!) return false;
  return a.segments.every((one, index) => {
    const other = b.segments[index];
    if (other === undefined || 'param' in one || 'param' in other) return true;
    return one.literal === other.literal;
  });
}
