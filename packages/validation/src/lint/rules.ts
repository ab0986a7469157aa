// The rules of the lint, a function each: what in a schema lets a client make work, or send what nobody asked for.
// Invariant: a finding names what to write instead. A rule looks at one schema; which are looked at is walk.ts.
import safeRegex from 'safe-regex2';
import { closes } from './walk.ts';
import type { Visit } from './walk.ts';
import { isObject, resolveRef } from './resolve-ref.ts';

/** What a rule is called in findings. */
export type LintRule = 'array-without-limit' | 'open-body' | 'quadratic-unique' | 'unsafe-pattern';

/** What rule an schema breaks, and how to mend it. */
export interface Breach {
  readonly rule: LintRule;
  readonly message: string;
}

/** Up to so many items, comparing each with each is cheap. */
const FEW = 100;
const SCALARS = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/** Rules about the work that a value can make. */
export function costOf({ schema, scope }: Visit): Breach[] {
  const breaches: Breach[] = [];
  const unlimited = schema['maxItems'] === undefined && !isTuple(schema);
  if (isArray(schema) && unlimited) {
    breaches.push({
      rule: 'array-without-limit',
      message: 'an array without maxItems: give it one',
    });
  }
  const isFew = typeof schema['maxItems'] === 'number' && schema['maxItems'] <= FEW;
  if (schema['uniqueItems'] === true && !isFew && !isScalar(schema['items'], scope)) {
    breaches.push({
      rule: 'quadratic-unique',
      message: `uniqueItems compares each item with each: give it a maxItems of at most ${FEW}, or items of one simple type`,
    });
  }
  if (patternsOf(schema).some((pattern) => !safeRegex(pattern))) {
    breaches.push({
      rule: 'unsafe-pattern',
      message: 'a pattern with nested repetitions, or no regular expression: write it without',
    });
  }
  return breaches;
}

/** The rule about fields that nobody declared. */
export function opennessOf({ schema, isClosed }: Visit): Breach[] {
  const isTyped = typesOf(schema).includes('object') || isObject(schema['properties']);
  if (!isTyped || isClosed || closes(schema) || isMap(schema)) return [];
  const message = 'an object that takes unknown fields: set additionalProperties to false';
  return [{ rule: 'open-body', message }];
}

// `additionalProperties` with a schema that says something: a dictionary, meant so.
function isMap(schema: Visit['schema']): boolean {
  const rest = schema['additionalProperties'];
  return isObject(rest) && Object.keys(rest).length > 0;
}

function isArray(schema: Visit['schema']): boolean {
  return typesOf(schema).includes('array') || 'items' in schema || 'prefixItems' in schema;
}

function isTuple(schema: Visit['schema']): boolean {
  return (
    (Array.isArray(schema['prefixItems']) && schema['items'] === false) ||
    (Array.isArray(schema['items']) && schema['additionalItems'] === false)
  );
}

// ajv looks items of these types up in a table, if it sees the type.
function isScalar(items: unknown, scope: Visit['scope']): boolean {
  if (!isObject(items)) return false;
  const target = typeof items['$ref'] === 'string' ? resolveRef(items['$ref'], scope) : undefined;
  const types = typesOf(isObject(target?.schema) ? target.schema : items);
  return types.length > 0 && types.every((type) => SCALARS.has(type));
}

function typesOf(schema: Visit['schema']): string[] {
  const { type } = schema;
  return (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
}

function patternsOf(schema: Visit['schema']): string[] {
  const { pattern, patternProperties } = schema;
  return [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isObject(patternProperties) ? Object.keys(patternProperties) : []),
  ];
}
