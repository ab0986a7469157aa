// Public API of @catzilla/bus.
export type { Bus, Gap, GapReason, Message, SubscribeOptions, Subscription } from './bus.ts';
export { errors } from './errors.ts';
export type { BusHealth, BusStats } from './health.ts';
