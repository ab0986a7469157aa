// Which files a process imports, told as they are loaded. Those of node_modules, and of Node itself, are left out.
// Invariant: a file is told before it runs, so that one that fails is known too.
import * as nodeModule from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

/** Node from 22.15 on: hooks in the same thread. */
interface SyncHooks {
  readonly registerHooks?: (hooks: {
    load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown;
  }) => void;
}

/** Begins to watch.
 * @param tell  called with each absolute path, once
 * @returns tells of what has been loaded but not been told yet, and of CommonJS modules, which some Nodes load unseen */
export function watchImports(tell: (file: string) => void): () => void {
  const told = new Set<string>();
  const note = (file: string): void => {
    if (told.has(file) || file.split(sep).includes('node_modules')) return;
    told.add(file);
    tell(file);
  };
  const noteUrl = (url: string): void => {
    if (url.startsWith('file:')) note(fileURLToPath(url));
  };
  const drain = hook(noteUrl);
  const { cache } = nodeModule.createRequire(import.meta.url);
  return () => {
    drain();
    for (const file of Object.keys(cache)) note(file);
  };
}

function hook(note: (url: string) => void): () => void {
  const { registerHooks } = nodeModule as unknown as SyncHooks;
  if (registerHooks !== undefined) {
    registerHooks({
      load(url, context, next) {
        note(url);
        return next(url, context);
      },
    });
    return () => undefined;
  }
  const { port1, port2 } = new MessageChannel();
  port1.on('message', note);
  port1.unref();
  nodeModule.register('./import-hooks.js', import.meta.url, {
    data: { port: port2 },
    transferList: [port2],
  });
  return () => {
    for (let next = receiveMessageOnPort(port1); next; next = receiveMessageOnPort(port1)) {
      note(next.message as string);
    }
  };
}
