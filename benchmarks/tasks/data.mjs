// What jobs carry: an id and a text, 200 bytes of JSON, so that each is looked at where it runs.
const BYTES = 200;
const PRIORITY = { critical: 1, low: 20 };

/** The payload of a job, made anew. */
export function payloadOf(id) {
  const head = JSON.stringify({ id, text: '' }).length;
  return { id, text: `job ${id} `.padEnd(BYTES - head, 'x') };
}

/** The id of a payload that has arrived whole. */
export function idOf(payload) {
  const { id, text } = payload;
  if (typeof text !== 'string' || !text.startsWith(`job ${id} x`)) {
    throw new Error(`wrong payload: ${JSON.stringify(payload)?.slice(0, BYTES)}`);
  }
  return id;
}

/** Ids from one number on. */
export function idsFrom(first, count) {
  return Array.from({ length: count }, (_, at) => first + at);
}

/** What BullMQ calls the priority of a class of @catzilla/tasks. */
export function priorityOf(name) {
  return PRIORITY[name];
}
