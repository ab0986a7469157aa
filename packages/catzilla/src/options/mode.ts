// What the process's environment says: the mode, and the variables that override options.
// Invariant: the only file of this package that reads process.env.

/** 'development' starts and stops at once; 'production' gives load balancers time to notice. */
export type Mode = 'development' | 'production';

/** Variables by name, as in process.env. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment of the process. */
export function processVariables(): Variables {
  return process.env;
}

/** The mode that NODE_ENV names: 'production' where it says so, else 'development'. */
export function modeOf(variables: Variables): Mode {
  return variables['NODE_ENV'] === 'production' ? 'production' : 'development';
}
