// Many targets of one buffer at once.
import { errors } from '../errors.ts';
import type { MethodEngine } from '../engine/engine.ts';
import { BAD_ARGUMENT } from '../native/addon.ts';
import type { RouteEntry } from '../route-entry.ts';

interface Batch {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  readonly out: Int32Array;
}

const MISSED = -1;
const DEFERRED = -2;

/** Finds each target; see BuiltTable.findBatch. */
export function findBatch(engine: MethodEngine | undefined, batch: Batch, raw: boolean): number {
  checkBatch(batch);
  const { bytes, ends, out } = batch;
  const native = engine?.native;
  if (native !== undefined && native.findBatch(bytes, ends, out) === BAD_ARGUMENT) {
    throw new errors.OPTIONS('expected bytes, ends and out to be attached to their buffers');
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let found = 0;
  let begin = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    const route = native === undefined ? DEFERRED : out[i]!;
    if (route >= 0) out[i] = (native!.storeOf(route) as RouteEntry<unknown>).id;
    else if (engine === undefined) out[i] = MISSED;
    else if (route === DEFERRED && !(raw && native !== undefined)) {
      const match = engine.find(text.toString('latin1', begin, end), undefined);
      out[i] = match === null ? MISSED : (match.store as RouteEntry<unknown>).id;
    }
    if (out[i]! >= 0) found++;
    begin = end;
  }
  return found;
}

function checkBatch({ bytes, ends, out }: Batch): void {
  if (!(bytes instanceof Uint8Array)) throw new errors.OPTIONS('expected bytes to be a Uint8Array');
  // Ends that change between two readings would mix up the targets.
  if (!(ends instanceof Uint32Array) || ends.buffer instanceof SharedArrayBuffer) {
    throw new errors.OPTIONS('expected ends to be a Uint32Array that is not shared');
  }
  if (!(out instanceof Int32Array) || out.length < ends.length) {
    throw new errors.OPTIONS(`expected out to be an Int32Array of at least ${ends.length}`);
  }
  let last = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    if (end < last || end > bytes.length) {
      throw new errors.OPTIONS(
        `expected ends to ascend up to ${bytes.length}, got ${end} behind ${last}`,
      );
    }
    last = end;
  }
}
