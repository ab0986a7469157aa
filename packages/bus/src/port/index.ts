// Public API of @catzilla/bus/port: one log in memory for all threads of a process.
export { busServer } from './bus-server.ts';
export type { BusServer, BusServerStats } from './bus-server.ts';
export type { PortBusOptions } from './options.ts';
export { portBus } from './port-bus.ts';
export type { HandOver } from './protocol.ts';
export { threadBus, useBusServer } from './thread-bus.ts';
