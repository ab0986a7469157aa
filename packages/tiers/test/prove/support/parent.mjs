// What the programs of this folder share: their data, messages to and from the test, and a loud end for what must never
// happen, a rejection that nobody handles.

process.on('unhandledRejection', (error) => {
  console.error('unhandled rejection', error);
  process.exit(70);
});

/** What the test gave. */
export const data = JSON.parse(process.argv[2] ?? '{}');

/** Resolves when the system has the message: a kill after it does not lose it. */
export function send(message) {
  return new Promise((resolve) => process.send(message, resolve));
}

const waiting = [];
const received = [];
process.on('message', (message) => {
  const take = waiting.shift();
  if (take === undefined) received.push(message);
  else take(message);
});

/** The next message of the test. */
export function next() {
  const message = received.shift();
  return message === undefined
    ? new Promise((resolve) => waiting.push(resolve))
    : Promise.resolve(message);
}

/** Lets the process end by itself. */
export function leave() {
  process.disconnect();
}
