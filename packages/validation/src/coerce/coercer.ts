// From a shape to a function that turns the texts of a value into what the shape asks for, in place.
// Invariant: only texts are turned, and lists made of single texts; what does not fit stays as it came; turning twice is turning
// once; a text that the shape accepts as text is never touched. Nothing is done for what stands on a prototype.
import type { JsonSchema } from '../schema/kind.ts';
import { TYPE, shapeOf } from './shape.ts';
import type { Resolve, Shape } from './shape.ts';
import { toBoolean, toInteger, toNumber } from './text.ts';

/** Gives what is to stand in place of a value; objects and arrays are changed in place. */
export type Coercer = (value: unknown) => unknown;

/** The coercer of a schema.
 * @returns undefined where the schema leaves nothing to do */
export function coercerOf(schema: JsonSchema, resolve: Resolve): Coercer | undefined {
  return coercerOfShape(shapeOf(schema, resolve));
}

function coercerOfShape(shape: Shape): Coercer | undefined {
  const ofText = textCoercer(shape);
  const ofArray = arrayCoercer(shape);
  const ofObject = objectCoercer(shape);
  if (ofText === undefined && ofArray === undefined && ofObject === undefined) return undefined;
  // HOT: benchmarks/validation
  return (value) => {
    if (typeof value === 'string') return ofText === undefined ? value : ofText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) ofArray?.(value);
    else ofObject?.(value as Record<string, unknown>);
    return value;
  };
}

function textCoercer(shape: Shape): ((text: string) => unknown) | undefined {
  const { types, words } = shape;
  const acceptsText = (types & TYPE.string) !== 0;
  if (acceptsText && words === undefined) return undefined;
  const kept = acceptsText ? words : undefined;
  const scalar = scalarCoercer(types);
  const list = types & TYPE.array ? listOfOne(shape) : undefined;
  if (scalar === undefined && list === undefined) return undefined;
  if (kept === undefined && list === undefined) return scalar;
  return (text) => {
    if (kept?.has(text)) return text;
    const value = scalar === undefined ? text : scalar(text);
    return typeof value === 'string' && list !== undefined ? list(text) : value;
  };
}

function scalarCoercer(types: number): ((text: string) => unknown) | undefined {
  const number =
    (types & TYPE.number) === TYPE.number ? toNumber : types & TYPE.integer ? toInteger : undefined;
  const takesBoolean = (types & TYPE.boolean) !== 0;
  const takesNull = (types & TYPE.null) !== 0;
  if (!takesBoolean && !takesNull) return number;
  return (text) => {
    if (text === '' && takesNull) return null;
    const value = number === undefined ? text : number(text);
    return typeof value === 'string' && takesBoolean ? toBoolean(value) : value;
  };
}

// What a text is when it is the only one of a list. An `either` of a list and other types comes here last.
function listOfOne(shape: Shape): (text: string) => unknown {
  const first = shape.firstItems[0] ?? shape.items;
  const item = first === undefined ? undefined : coercerOfShape(first);
  return (text) => [item === undefined ? text : item(text)];
}

function arrayCoercer({
  types,
  items,
  firstItems,
}: Shape): ((list: unknown[]) => void) | undefined {
  if (!(types & TYPE.array)) return undefined;
  const others = items === undefined ? undefined : coercerOfShape(items);
  const firsts = firstItems.map(coercerOfShape);
  if (others === undefined && firsts.every((one) => one === undefined)) return undefined;
  return (list) => {
    for (let at = 0; at < list.length; at++) {
      const item = at < firsts.length ? firsts[at] : others;
      if (item !== undefined) list[at] = item(list[at]);
    }
  };
}

type Fields = Record<string, unknown>;

function objectCoercer(shape: Shape): ((object: Fields) => void) | undefined {
  if (!(shape.types & TYPE.object)) return undefined;
  const named: (readonly [string, Coercer])[] = [];
  for (const [name, field] of shape.fields) {
    const coercer = coercerOfShape(field);
    // Assigning to it would not make a field.
    if (coercer !== undefined && name !== '__proto__') named.push([name, coercer]);
  }
  const ofOthers = othersCoercer(shape);
  if (named.length === 0) return ofOthers;
  // HOT: benchmarks/validation
  return (object) => {
    for (const [name, coercer] of named) {
      const value = object[name];
      if (typeof value !== 'string' && typeof value !== 'object') continue;
      if (!Object.hasOwn(object, name)) continue;
      const turned = coercer(value);
      if (turned !== value) object[name] = turned;
    }
    ofOthers?.(object);
  };
}

// Fields that are known by a pattern, or not at all.
function othersCoercer(shape: Shape): ((object: Fields) => void) | undefined {
  const patterns = shape.patterns.map(([pattern, one]) => [pattern, coercerOfShape(one)] as const);
  const rest = shape.rest === undefined ? undefined : coercerOfShape(shape.rest);
  if (rest === undefined && patterns.every(([, coercer]) => coercer === undefined))
    return undefined;
  return (object) => {
    for (const name of Object.keys(object)) {
      if (name === '__proto__') continue;
      const matching = patterns.filter(([pattern]) => pattern.test(name));
      const isNamed = shape.fields.has(name);
      // Two rules for one field are one too many to choose from: it stays text.
      if (matching.length > 1 || (isNamed && matching.length > 0)) continue;
      const coercer = isNamed ? undefined : matching.length === 1 ? matching[0]?.[1] : rest;
      if (coercer !== undefined) object[name] = coercer(object[name]);
    }
  };
}
