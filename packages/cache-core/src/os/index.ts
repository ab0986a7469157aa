// @catzilla/cache-core/os: what several threads and processes of a machine have to agree on, and Node has no call for.
export { claim } from './claim.ts';
export type { Claim } from './claim.ts';
export { bootId, isGone, SILENCE, thisThread } from './holder.ts';
export type { Holder } from './holder.ts';
export { closeFd, dupFd, hasReusePort, reusePortFd } from './reuse-port.ts';
export type { ListeningFd, ReusePortOptions } from './reuse-port.ts';
