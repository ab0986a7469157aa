// Writes our member of the Cache-Status field (RFC 9211), a structured field list (RFC 9651).
// Invariant: `hit` and `fwd` exclude each other, by type; our member stands last and others are kept.
import { fieldLines } from '@catzilla/http';
import type { FieldValue } from '@catzilla/http';
import type { ForwardReason } from './reasons.ts';

/** A request answered from the cache. `ttl`: seconds it stays fresh, negative when stale. */
export interface HitStatus {
  readonly hit: true;
  readonly ttl?: number;
  readonly key?: string;
  readonly detail?: string;
}

/** A request that went to the handler. `fwdStatus`: the handler's status where the answer has another; `collapsed`: whether
 * it waited for another request; `detail`: a word or a short sentence. */
export interface ForwardStatus {
  readonly hit?: false;
  readonly fwd: ForwardReason;
  readonly fwdStatus?: number;
  readonly ttl?: number;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  readonly key?: string;
  readonly detail?: string;
}

/** What happened to a request. */
export type CacheStatus = HitStatus | ForwardStatus;

const cacheName = 'catzilla';

/** The member, as `catzilla; hit; ttl=376` or `catzilla; fwd=uri-miss; stored=?0; detail=set-cookie`. */
export function formatCacheStatus(status: CacheStatus): string {
  let member = cacheName;
  if (status.hit === true) member += '; hit';
  else {
    member += `; fwd=${status.fwd}`;
    if (status.fwdStatus !== undefined) member += `; fwd-status=${Math.trunc(status.fwdStatus)}`;
    if (status.stored !== undefined) member += status.stored ? '; stored' : '; stored=?0';
    if (status.collapsed !== undefined)
      member += status.collapsed ? '; collapsed' : '; collapsed=?0';
  }
  if (status.ttl !== undefined) member += `; ttl=${Math.trunc(status.ttl)}`;
  if (status.key !== undefined) member += `; key=${quoted(status.key)}`;
  if (status.detail !== undefined)
    member += `; detail=${isSfToken(status.detail) ? status.detail : quoted(status.detail)}`;
  return member;
}

/** The whole field: existing lines first, our member last. Empty lines are dropped. */
export function appendCacheStatus(existing: FieldValue, member: string): string {
  const lines = fieldLines(existing).filter((line) => line !== '');
  return lines.length === 0 ? member : `${lines.join(', ')}, ${member}`;
}

function isSfToken(text: string): boolean {
  return /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/.test(text);
}

// A string of a structured field is printable ASCII (RFC 9651 4.1.6); the rest is percent-encoded, as URLs are.
function quoted(text: string): string {
  const ascii = text.replace(/[^\x20-\x7e]+/g, (run) =>
    Buffer.from(run).toString('hex').replace(/../g, '%$&').toUpperCase(),
  );
  return `"${ascii.replace(/["\\]/g, '\\$&')}"`;
}
