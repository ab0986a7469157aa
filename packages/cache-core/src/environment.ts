// The only place of this package that reads process.env.

/** The value of CATZ_CACHE_BACKEND, unchecked: 'native' or 'js'; undefined when unset or empty. */
export function backendFromEnvironment(): string | undefined {
  return process.env['CATZ_CACHE_BACKEND'] || undefined;
}
