// The JSON bodies every server answers with: exactly 1 KB to 4 MB, and an object that stringifies to them.

const SIZES = { 1024: 'item', 65536: 'page', 262144: 'list', 1048576: 'export', 4194304: 'dump' };

/** An object whose JSON text is `size` bytes long: records of ordinary fields, padded in a last text field. */
export function makeObject(size) {
  if (!(size in SIZES)) throw new Error(`no payload of ${size} bytes`);
  const object = { id: 2988507, kind: SIZES[size], rows: [], note: '' };
  let length = JSON.stringify(object).length;
  for (let id = 0; length < size - 120; id++) {
    const row = { id, name: `Place number ${id}`, lat: 48.8534 + id / 100, open: id % 2 === 0 };
    object.rows.push(row);
    length += JSON.stringify(row).length + 1;
  }
  object.note = 'x'.repeat(size - JSON.stringify(object).length);
  return object;
}

export function makeBody(size) {
  return Buffer.from(JSON.stringify(makeObject(size)));
}
