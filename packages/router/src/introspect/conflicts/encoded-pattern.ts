// Patterns with a literal `%`: find-my-way reads it as itself, so that `/a%20b` takes `/a%2520b` and nothing else.
import { witnessOf } from '../witness.ts';
import { writtenPattern } from '../written.ts';
import type { Finding, Scope } from './finding.ts';

export function* findEncodedPatterns({ router }: Scope): Generator<Finding, void> {
  for (const route of router.routes) {
    // find-my-way's `pattern` has neither the names of parameters nor their regular expressions.
    if (!route.pattern.includes('%')) continue;
    const { hit } = witnessOf(route, router);
    const takes = hit === undefined ? '' : `, and this one takes ${hit}`;
    const decoded = decodedText(writtenPattern(route));
    const advice = decoded === undefined ? '' : `: write ${decoded} for ${writtenPattern(route)}`;
    const why = `% stands for itself in a pattern${takes}${advice}`;
    yield { kind: 'encoded-pattern', severity: 'warn', routes: [route], witness: hit, why };
  }
}

// Reserved characters have no other writing: encoded they are part of a parameter, or of nothing.
function decodedText(pattern: string): string | undefined {
  try {
    const text = decodeURI(pattern);
    return text.includes('%') ? undefined : text;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
