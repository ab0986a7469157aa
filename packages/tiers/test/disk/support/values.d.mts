// Types of values.mjs, which child processes run as it is.

export function makeValue(id: string, version: number, size: number): Buffer;
export function versionOf(id: string, bytes: Uint8Array): number;
