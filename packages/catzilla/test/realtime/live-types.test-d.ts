// What live invalidation listens to is there in the real caches, and the client takes the WebSocket of `ws`.
import type { ResponseCache } from '@catzilla/fastify-cache';
import type { LiveOptions } from '@catzilla/realtime';
import type { ConnectOptions, Invalidation } from '@catzilla/realtime/client';
import type { TieredCache } from '@catzilla/tiers';
import { expectTypeOf } from 'vitest';
import type { WebSocket } from 'ws';

expectTypeOf<ResponseCache>().toExtend<NonNullable<LiveOptions['cache']>>();
expectTypeOf<TieredCache>().toExtend<NonNullable<LiveOptions['tiers']>>();
expectTypeOf<readonly TieredCache[]>().toExtend<NonNullable<LiveOptions['tiers']>>();
expectTypeOf<typeof WebSocket>().toExtend<NonNullable<ConnectOptions['WebSocket']>>();
expectTypeOf<Extract<Invalidation, { gap: true }>>().toEqualTypeOf<{ readonly gap: true }>();
// @ts-expect-error a promise is no name
export const wrong: LiveOptions = { tags: async (tag) => tag };
