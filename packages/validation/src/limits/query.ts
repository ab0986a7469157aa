// Limits of the query string, before anything of the application looks at it.
// Invariant: counted in the text that came, so that no parser's own limits hide what was sent.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import type { LimitOptions } from '../options.ts';

/** Installs the check in a scope and those below: an onRequest hook. */
export function installQueryLimits(app: FastifyInstance, limits: Required<LimitOptions>): void {
  const { maxQueryLength, maxQueryParams } = limits;
  if (maxQueryLength === false && maxQueryParams === false) return;
  const maxLength = maxQueryLength === false ? Infinity : maxQueryLength;
  const maxParams = maxQueryParams === false ? Infinity : maxQueryParams;
  const startOf = takesSemicolon(app) ? eitherStart : questionMark;
  // HOT: benchmarks/validation
  app.addHook('onRequest', (request, _reply, done) => {
    const url = request.raw.url ?? '';
    const start = startOf(url);
    if (start === -1) return done();
    const length = url.length - start - 1;
    if (length > maxLength) {
      const message = `expected a query string of at most ${maxLength} characters (limits.maxQueryLength)`;
      return done(Object.assign(new errors.LIMIT(message), { statusCode: 414 }));
    }
    // There are not more parameters than characters.
    if (length > maxParams && countParams(url, start + 1) > maxParams) {
      return done(
        new errors.LIMIT(
          `expected a query string of at most ${maxParams} parameters (limits.maxQueryParams)`,
        ),
      );
    }
    return done();
  });
}

function countParams(url: string, from: number): number {
  let count = 1;
  for (let at = url.indexOf('&', from); at !== -1; at = url.indexOf('&', at + 1)) count++;
  return count;
}

function questionMark(url: string): number {
  return url.indexOf('?');
}

function eitherStart(url: string): number {
  return url.search(/[?;]/);
}

function takesSemicolon({ initialConfig }: FastifyInstance): boolean {
  const places: readonly { readonly useSemicolonDelimiter?: boolean }[] = [
    initialConfig,
    (initialConfig.routerOptions ?? {}) as object,
  ];
  return places.some(({ useSemicolonDelimiter }) => useSemicolonDelimiter === true);
}
