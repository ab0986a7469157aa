// One client, as the hub sees it: somewhere to put deliveries. A transport makes it; the hub never asks which one.
import type { FastifyRequest } from 'fastify';
import type { Delivery } from '../delivery.ts';

/** Why the server ends a connection. 'shutdown': the application closes; 'slow': it reads too slowly; 'timeout': no sign of
 * life; 'revoked': an authorisation was withdrawn; 'limit': it asked for too much; 'protocol': it broke the rules. */
export type CloseReason = 'shutdown' | 'slow' | 'timeout' | 'revoked' | 'limit' | 'protocol';

/** One client. */
export interface Connection {
  /** Unique in this process. */
  readonly id: string;
  readonly transport: 'websocket' | 'sse';
  /** The request it came by: what `authorize` and presence look at. */
  readonly request: FastifyRequest;
  /** Takes a delivery: writes it, or keeps it, or drops it, or ends the connection, by the rule for slow clients. Never throws. */
  deliver(delivery: Delivery): void;
  /** Ends it. Idempotent. */
  close(reason: CloseReason): void;
  /** Bytes that wait to be read by the client. */
  readonly bufferedBytes: number;
}
