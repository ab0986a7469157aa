// What is said in place of figures that a part of the application would give: what is not there, and how to have it.
// Each function gives a sentence, or undefined where the part is there.

const responseCache = (frame) =>
  frame.totals.hits === null
    ? 'No response cache is registered: `app.register(fastifyCache, { ttl: 60_000 })`.'
    : undefined;

const engines = (frame) =>
  frame.engines.length === 0 ? 'No cache in memory is open in this process.' : undefined;

export const missing = {
  responseCache,
  tiers: (frame) =>
    frame.tiers.length === 0
      ? 'No tiers are registered: give the cache a `remote` or a `disk` below its memory.'
      : undefined,
  engines,
  segments: (frame) =>
    engines(frame) ??
    (frame.engines.every((engine) => engine.segments === 0)
      ? 'Only the native engine has segments; the backend `js` has none.'
      : undefined),
  /** Neither responses nor tiers are counted. */
  anyCache: (frame) => (frame.tiers.length === 0 ? responseCache(frame) : undefined),
  tasks: (frame) =>
    frame.tasks === null
      ? 'No background tasks are registered: `app.register(tasks)`, or `createApp({ tasks: { tasks: […] } })`.'
      : undefined,
  channels: (frame) =>
    frame.channels === null
      ? 'No live channels are registered: `app.register(realtime)`, or `createApp({ realtime: true })`.'
      : undefined,
  keys: (frame) =>
    frame.keys === null
      ? 'Keys may name people, so they are not shown; `dashboard: { showKeys: true }` shows them.'
      : undefined,
};
