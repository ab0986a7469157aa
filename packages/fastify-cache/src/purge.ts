// The purges of app.cache, by one name; each is a file of src/purge.
export type { PurgeOptions, PurgeResult, PurgeTagsOptions } from './purge/options.ts';
export { purgeAll } from './purge/all.ts';
export { purgePattern } from './purge/pattern.ts';
export { purgeTags } from './purge/tags.ts';
export { purgeUrl } from './purge/url.ts';
