// The parser of JSON bodies: Fastify's own, between two looks at the text.
// Invariant: a parser that the application has, or adds later, is used instead; then these limits do not hold. It stands under a
// pattern, not under the media type, for Fastify would refuse a second one for that, but takes it before any pattern.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import type { Issue } from '../issue/issue.ts';
import type { LimitOptions } from '../options.ts';
import { findDuplicate } from './find-duplicate.ts';
import { TOO_DEEP, isDense, isTooDeep, keysOf, writtenKeys } from './scan-json.ts';

const JSON_TYPE = /^application\/json(?:$|[\s;])/i;

type Limits = Required<LimitOptions>;
type Done = (error: Error | null, body?: unknown) => void;
type Parse = (request: FastifyRequest, text: string, done: Done) => void;

/** Installs the parser in a scope and those below. */
export function installJsonBody(app: FastifyInstance, limits: Limits): void {
  if (limits.maxDepth === false && limits.duplicateKeys === 'last') return;
  const { onProtoPoisoning = 'error', onConstructorPoisoning = 'error' } = app.initialConfig;
  const parse = app.getDefaultJsonParser(onProtoPoisoning, onConstructorPoisoning) as Parse;
  const limited = limitedParser(parse, limits);
  try {
    // Only Fastify knows whether the parser that is there is its own: then, and only then, another one is taken.
    app.addContentTypeParser('application/json', { parseAs: 'string' }, limited as never);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'FST_ERR_CTP_ALREADY_PRESENT') throw error;
    app.log.info('limits of JSON bodies do not hold here: the application has a parser of its own');
    return;
  }
  // Twice, for Fastify lists the type once more for each parser it has had, and 5.5 looks no further than that list.
  app.removeContentTypeParser('application/json');
  app.removeContentTypeParser('application/json');
  if (app.hasContentTypeParser(JSON_TYPE)) app.removeContentTypeParser(JSON_TYPE);
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, limited as never);
}

/** Bodies up to here are parsed in any case: at their worst they are as cheap as larger ones at their best. */
const SMALL = 4096;

function limitedParser(parse: Parse, { maxDepth, duplicateKeys }: Limits): Parse {
  const levels = maxDepth === false ? Infinity : maxDepth;
  const countsKeys = duplicateKeys === 'refuse';
  return (request, text, done) => {
    // Each level takes two characters. Depth is cheap to see afterwards, but some texts are better not parsed at all.
    const mayBeDeep = text.length > 2 * levels;
    if (mayBeDeep && text.length > SMALL && isDense(text) && isTooDeep(text, levels)) {
      done(tooDeep(levels));
      return;
    }
    parse(request, text, (error, body) => {
      const needsLook = error === null && (countsKeys || mayBeDeep);
      const keys = needsLook ? keysOf(body, levels) : 0;
      if (keys === TOO_DEEP) done(tooDeep(levels));
      else if (needsLook && countsKeys && writtenKeys(text) !== keys) done(duplicateIn(text), body);
      else done(error, body);
    });
  };
}

function tooDeep(levels: number): Error {
  return refusal(`expected a body of at most ${levels} levels (limits.maxDepth)`, {
    pointer: '',
    code: 'maxDepth',
    message: `must not have more than ${levels} levels`,
  });
}

// Numbers also differ where a string looks like a key, and where onProtoPoisoning has taken keys out.
function duplicateIn(text: string): Error | null {
  const pointer = findDuplicate(text);
  if (pointer === undefined) return null;
  return refusal('expected a body without duplicate keys (limits.duplicateKeys)', {
    pointer,
    code: 'duplicateKeys',
    message: 'must not be there twice',
  });
}

function refusal(message: string, issue: Omit<Issue, 'in'>): Error {
  const issues: readonly Issue[] = [{ in: 'body', ...issue }];
  return Object.assign(new errors.LIMIT(message), { issues });
}
