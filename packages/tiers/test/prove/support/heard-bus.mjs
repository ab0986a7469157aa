// A bus that knows what it has delivered, so that a test can wait for a message to have arrived where it is to be obeyed.

/** Puts itself around a bus.
 * @returns the bus; `last`, the position of the message it appended last; `heard(position)`, which resolves once the
 *   subscribers of this bus have had the message at that position */
export function heardBus(bus) {
  const delivered = new Set();
  const waiting = new Map();
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
            waiting.get(message.position)?.();
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
      delivered.has(position)
        ? Promise.resolve()
        : new Promise((resolve) => waiting.set(position, resolve)),
  };
  return told;
}
