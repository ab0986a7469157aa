// A bus that knows what it has delivered, so that a test can wait for a message to have arrived where it is to be obeyed.
// Whoever waits too long is told for what: a message that never comes is a fault of its own, not a test that hangs.

/** ms. Longer than any deadline of a race. */
const PATIENCE = 30_000;

/** Puts itself around a bus.
 * @returns the bus; `last`, the position of the message it appended last; `heard(position)`, which resolves once the
 *   subscribers of this bus have had the message at that position; `news(key, stamp)`, which resolves with the position of
 *   the first message they have had of a change of this key at this stamp or later, whoever made it */
export function heardBus(bus) {
  const delivered = new Set();
  const changes = new Map();
  const waiting = new Set();
  const told = {
    bus: {
      kind: bus.kind,
      origin: bus.origin,
      async append(...args) {
        told.last = await bus.append(...args);
        return told.last;
      },
      subscribe: (topic, handler, options) =>
        bus.subscribe(
          topic,
          (message) => {
            handler(message);
            delivered.add(message.position);
            note(changes, message);
            for (const look of waiting) look();
          },
          options,
        ),
      health: () => bus.health(),
      stats: () => bus.stats(),
      close: () => bus.close(),
      [Symbol.asyncDispose]: () => bus.close(),
    },
    last: undefined,
    heard: (position) =>
      until(waiting, `the message at ${position}`, () => delivered.has(position) || undefined),
    news: (key, stamp) =>
      until(waiting, `${key} at ${stamp}`, () => {
        const all = changes.get(key) ?? [];
        return all.find((change) => change.stamp >= stamp)?.position;
      }),
  };
  return told;
}

/** Notes which keys a message speaks of, and when each was changed. */
function note(changes, { payload, position }) {
  const { k: keys = [], s: newest, a: ages } = JSON.parse(payload.toString());
  for (const [i, key] of keys.entries()) {
    if (!changes.has(key)) changes.set(key, []);
    changes.get(key).push({ stamp: newest - (ages?.[i] ?? 0), position });
  }
}

/** Resolves with what a look gives, once it gives something; it looks now, and after each message. */
function until(waiting, what, find) {
  const found = find();
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve, reject) => {
    const end = () => {
      waiting.delete(look);
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`never heard of ${what}`));
    }, PATIENCE);
    const look = () => {
      const now = find();
      if (now === undefined) return;
      end();
      resolve(now);
    };
    waiting.add(look);
  });
}
