// Writes our member of the Cache-Status field (RFC 9211), a structured field list (RFC 9651).
// Invariant: `hit` and `fwd` exclude each other, by type; our member stands last and others are kept.
import type { FieldValue } from './fields.ts';
import type { ForwardReason } from './reasons.ts';

/** What happened to a request. `ttl`: seconds, negative when stale. `detail`: a word or a short sentence. */
export type CacheStatus =
  | {
      readonly hit: true;
      readonly ttl?: number;
      readonly key?: string;
      readonly detail?: string;
    }
  | {
      readonly hit?: false;
      readonly fwd: ForwardReason;
      readonly fwdStatus?: number;
      readonly ttl?: number;
      readonly stored?: boolean;
      readonly collapsed?: boolean;
      readonly key?: string;
      readonly detail?: string;
    };

/** The member, as `catzilla; hit; ttl=376` or `catzilla; fwd=uri-miss; stored=?0; detail=set-cookie`. */
export function formatCacheStatus(status: CacheStatus): string {
  throw new Error('pending');
}

/** The whole field: existing lines first, our member last. */
export function appendCacheStatus(existing: FieldValue, member: string): string {
  throw new Error('pending');
}
