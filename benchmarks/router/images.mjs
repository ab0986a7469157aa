// Writes what native/router/bench/match.cc reads: the image of a table, the bytes of its URLs, where each ends, and which route
// of the image it must hit; and tells the checksum that one round over them must give. In a process of its own, for a
// table of 100,000 routes takes memory.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { accelerate } from '@catzilla/router';

import { answer, readTask } from '../lib/child.mjs';
import { plainRouters } from './routers.mjs';
import { makeTable } from './tables.mjs';
import { checksum, makeTraffic } from './traffic.mjs';

const { size, traffic, folder } = readTask();
const table = makeTable(size);
const plain = await plainRouters();
const [{ native }] = accelerate(plain(table), { engine: 'native' }).engines;
const numbers = new Uint32Array(size);
for (let route = 0; route < size; route++) numbers[native.storeOf(route).id] = route;
const { bytes, ends, ids, values } = makeTraffic(table, traffic);
const routes = ids.map((id) => numbers[id]);

const files = {
  image: native.image,
  urls: bytes,
  ends: new Uint8Array(ends.buffer),
  routes: new Uint8Array(routes.buffer),
};
answer({
  files: Object.entries(files).map(([name, data]) => write(name, data)),
  sum: values.reduce((sum, due, at) => sum + checksum(routes[at], due), 0),
});

function write(name, data) {
  const file = path.join(folder, `${size}-${traffic}.${name}`);
  writeFileSync(file, data);
  return file;
}
