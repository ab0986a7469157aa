// What a dashboard is made of, as one module: loaded where there is one.
export { accessHook } from './access.ts';
export { Assets } from './assets.ts';
export { Changes } from './changes.ts';
export { Events } from './events.ts';
export { Feed } from './feed.ts';
export { listen } from './listen.ts';
export { cacheParts } from './parts.ts';
export { addRoutes } from './routes.ts';
export { Threads } from './threads.ts';
export { healthOf, Watcher } from './watcher.ts';
