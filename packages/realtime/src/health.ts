// What the plugin tells of itself, for readiness checks and the dashboard.

/** 'ok'; 'degraded': clients are served, but the bus is away, so other instances and replay are not; 'closed'. */
export interface RealtimeHealth {
  readonly state: 'ok' | 'degraded' | 'closed';
  /** Why it is not 'ok'; no secrets. */
  readonly reasons: readonly string[];
}
