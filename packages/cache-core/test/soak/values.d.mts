// Types of values.mjs for tests in TypeScript.
export const LARGEST: number;
export function nameOf(key: number): string;
export function keyOf(name: string): number;
export function makeValue(key: number, version: number, size: number): Buffer;
export function versionOf(key: number, bytes: Uint8Array): number;
