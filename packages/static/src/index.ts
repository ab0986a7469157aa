// Public API of @catzilla/static.
export { staticFiles } from './plugin.ts';
export type { StaticFiles } from './plugin.ts';
export type { RecompressOptions, StaticOptions } from './options.ts';
export type { Counters, StaticStats } from './stats.ts';
export type { Coding } from './variant/codings.ts';
export { errors } from './errors.ts';
export type { ErrorKey } from './errors.ts';
