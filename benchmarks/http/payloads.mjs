// The JSON bodies every server answers with: exactly 1 KB and 64 KB, and an object that stringifies to them.

const SIZES = { 1024: 'item', 65536: 'page' };

/** An object whose JSON text is `size` bytes long: records of ordinary fields, padded in a last text field. */
export function makeObject(size) {
  if (!(size in SIZES)) throw new Error(`no payload of ${size} bytes`);
  const object = { id: 2988507, kind: SIZES[size], rows: [], note: '' };
  for (let id = 0; JSON.stringify(object).length < size - 120; id++) {
    object.rows.push({
      id,
      name: `Place number ${id}`,
      lat: 48.8534 + id / 100,
      open: id % 2 === 0,
    });
  }
  object.note = 'x'.repeat(size - JSON.stringify(object).length);
  return object;
}

export function makeBody(size) {
  return Buffer.from(JSON.stringify(makeObject(size)));
}
