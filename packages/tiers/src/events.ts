// What a tiered cache tells to those who listen; nothing is built while nobody does. Keys are the caller's own.
import type { TierName } from './entry.ts';

/** Events by name. Durations are ms. */
export interface CacheEvents {
  readonly hit: {
    readonly key: string;
    readonly namespace: string;
    readonly tier: TierName;
    readonly stale: boolean;
  };
  readonly miss: { readonly key: string; readonly namespace: string };
  readonly set: { readonly key: string; readonly namespace: string };
  readonly delete: { readonly keys: readonly string[]; readonly namespace: string };
  readonly invalidate: { readonly tags: readonly string[]; readonly soft: boolean };
  readonly clear: { readonly namespace: string };
  readonly promote: { readonly key: string; readonly namespace: string; readonly from: TierName };
  readonly demote: { readonly key: string; readonly to: TierName };
  readonly refresh: {
    readonly key: string;
    readonly namespace: string;
    readonly early: boolean;
    readonly durationMs: number;
  };
  readonly failsafe: { readonly key: string; readonly namespace: string; readonly error: unknown };
  readonly corrupt: { readonly key: string; readonly namespace: string; readonly tier: TierName };
  readonly state: {
    readonly tier: TierName;
    readonly state: string;
    readonly lastError: string | undefined;
  };
  readonly gap: { readonly reason: string };
  readonly recover: { readonly repeated: number };
}
