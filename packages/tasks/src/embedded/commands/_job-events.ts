// The events that every job has on its way; the others are written out where they happen.
import type { JobEventKind } from '../collections/event-ring.ts';

export const ADDED: JobEventKind = { event: 'added', valueName: 'name' };
export const WAITING: JobEventKind = { event: 'waiting' };
export const WAITING_AFTER_DELAY: JobEventKind = { event: 'waiting', prev: 'delayed' };
export const ACTIVE: JobEventKind = { event: 'active', prev: 'waiting' };
export const COMPLETED: JobEventKind = {
  event: 'completed',
  valueName: 'returnvalue',
  prev: 'active',
};
export const FAILED: JobEventKind = { event: 'failed', valueName: 'failedReason', prev: 'active' };
