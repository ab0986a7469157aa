// What the router knows of itself, for people and for monitoring.
import type { MethodStats } from '../table/built-table.ts';
import { statsOf } from '../table/built-table.ts';
import { nativeFailure } from '../native/addon.ts';
import type { RouterState } from './state.ts';

/** Made by `app.routerStats()`. */
export interface RouterStats {
  /** 'native' when native code finds the routes of at least one method. */
  readonly backend: 'native' | 'js';
  /** Why Fastify's own router is in use; undefined when ours is. */
  readonly fallback: string | undefined;
  /** Why native code could not be loaded; undefined when it could. */
  readonly nativeFailure: string | undefined;
  /** URLs compared with Fastify's own router, at start and since. */
  readonly compared: number;
  /** By method; empty while Fastify's own router is in use. */
  readonly methods: Readonly<Record<string, MethodStats>>;
}

export function routerStats({ engines, fallback, compared }: RouterState): RouterStats {
  const all = [...engines.values()];
  const isNative = fallback === undefined && all.some(({ name }) => name === 'native');
  return {
    backend: isNative ? 'native' : 'js',
    fallback,
    nativeFailure: nativeFailure(),
    compared,
    methods: Object.fromEntries(all.map((engine) => [engine.method, statsOf(engine)])),
  };
}
