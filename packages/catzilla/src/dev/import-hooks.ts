// Hooks of Node's module loader: tell of each module that is loaded, before it is. Runs in the loader's thread where Node has
// only hooks of that kind (before 22.15); then only these two functions are used.
import type { InitializeHook, LoadHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

let port: MessagePort | undefined;

/** Called by Node with what register() was given. */
export const initialize: InitializeHook<{ port: MessagePort }> = (data) => {
  ({ port } = data);
};

/** Called by Node for each module. */
export const load: LoadHook = (url, context, next) => {
  port?.postMessage(url);
  return next(url, context);
};
