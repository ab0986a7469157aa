/** How many clients fit. */
export function roomFor(): number;

/** What a crowd came to. */
export interface CrowdReport {
  readonly bytesPerConnection: number;
  readonly rss: {
    readonly before: number;
    readonly full: readonly number[];
    readonly after: readonly number[];
  };
  readonly seen: readonly Readonly<
    Record<'subscribed' | 'messages' | 'ended' | 'connections' | 'subscriptions', number>
  >[];
  readonly stats: object;
  readonly closeMs: number;
}

export function runCrowd(clients: number, turns?: (turn: number) => boolean): Promise<CrowdReport>;
