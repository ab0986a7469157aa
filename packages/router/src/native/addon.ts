// The native addon: what it offers, loaded on first use and once per isolate.
// Invariant: its functions never throw; they give one integer, and a hit leaves the rest in the words.
import { loadAddon } from './load.ts';
import type { Loading } from './load.ts';

/** Results of find below zero; deferred: `DEFERRED - reason`. */
export const MISS = -1;
export const DEFERRED = -2;

/** The result of findBatch for what it will not work with. */
export const BAD_ARGUMENT = -100;

/** Why native code left a target to JavaScript, by reason: native/router/path.h. */
export const DEFER_REASONS = [
  'none',
  'encoded',
  'nonAscii',
  'form',
  'regex',
  'constraint',
  'paramCount',
  'depth',
  'urlLength',
  'paramLength',
  'duplicateSlash',
  'noTable',
] as const;

/** Name of a reason in stats. */
export type DeferReason = (typeof DEFER_REASONS)[number];

/** Places in the words: how many parameters, the end of the path, then begin and end of each parameter. */
export const WORD_PARAM_COUNT = 0;
export const WORD_PATH_END = 1;
export const WORD_FIRST_PARAM = 2;
/** Parameters that native code counts to. */
export const MAX_PARAMS = 32;

/** The functions of one loaded image. */
export interface NativeTrie {
  /** The number of the route, or a result below zero. */
  find(target: string): number;
  /** How many targets are deferred, or BAD_ARGUMENT. */
  findBatch(bytes: Uint8Array, ends: Uint32Array, out: Int32Array): number;
}

/** The functions of one slot. */
export interface NativeSlot {
  /** 1, or below zero: see slot.ts. */
  publish(
    generation: number,
    methods: readonly string[],
    images: readonly Uint8Array[],
    plans: readonly object[],
  ): number;
  abi(): object | null;
}

interface Addon {
  loadTrie(image: Uint8Array, words: ArrayBuffer): NativeTrie | null;
  openSlot(): NativeSlot | null;
}

let loading: Loading | undefined;

// A hit is read before the next call: one piece of memory serves all tries of the isolate.
const memory = new ArrayBuffer((WORD_FIRST_PARAM + 2 * MAX_PARAMS) * 4);

/** What the last hit left: see WORD_*. */
export const words: Uint32Array = new Uint32Array(memory);

/** Why there is no addon, in one sentence; undefined when there is. */
export function nativeFailure(): string | undefined {
  loading ??= loadAddon();
  return loading.failure?.summary;
}

/** Opens a slot; undefined when there is no addon, or no memory. */
export function openSlot(): NativeSlot | undefined {
  if (nativeFailure() !== undefined) return undefined;
  return (loading!.exports as Addon).openSlot() ?? undefined;
}

/** Loads an image; undefined when there is no addon, or it refuses the image. */
export function loadTrie(image: Uint8Array): NativeTrie | undefined {
  if (nativeFailure() !== undefined) return undefined;
  return (loading!.exports as Addon).loadTrie(image, memory) ?? undefined;
}
