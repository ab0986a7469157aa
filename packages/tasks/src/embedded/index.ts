// What '@catzilla/tasks/embedded' is.
export { embeddedBackend } from './backend/embedded.ts';
export type { EmbeddedFactory, EmbeddedOptions } from './backend/embedded.ts';
export type { EmbeddedBackend } from './backend/embedded-backend.ts';
export { ownTaskStores } from './threads/owner.ts';
export type { StoresReport, TaskStores } from './threads/owner.ts';
export { useTaskStores } from './threads/remote-store.ts';
export type { HandOver } from './threads/protocol.ts';
export type { StoreStats } from './backend/shared-store.ts';
export type { JournalState, JournalStats } from './engine/journal.ts';
export type { Durability } from './log/options.ts';
export type { Recovery } from './log/open-log.ts';
