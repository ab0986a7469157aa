import type { Bus } from '@catzilla/bus';

export interface HeardBus {
  readonly bus: Bus;
  readonly last: string | undefined;
  heard(position: string): Promise<unknown>;
  news(key: string, stamp: number): Promise<string>;
}
export function heardBus(bus: Bus): HeardBus;
