// Hubs without a server, and connections that only note what they get.
import { memoryBus } from '@catzilla/bus';
import type { Bus } from '@catzilla/bus';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { onTestFinished } from 'vitest';
import type { CloseReason, Connection } from '../../src/connection/connection.ts';
import type { Delivery } from '../../src/delivery.ts';
import { RealtimeHub } from '../../src/hub/make-hub.ts';
import { resolveOptions } from '../../src/options.ts';
import type { RealtimeOptions } from '../../src/options.ts';

/** A connection that reads at once, unless `bufferedBytes` is set. */
export class FakeConnection implements Connection {
  readonly id: string;
  readonly transport: 'websocket' | 'sse';
  readonly request: FastifyRequest;
  readonly got: Delivery[] = [];
  readonly closed: CloseReason[] = [];
  bufferedBytes = 0;
  /** Called at each delivery. */
  onDelivery: ((delivery: Delivery) => void) | undefined;
  readonly #hub: RealtimeHub;
  static #count = 0;

  constructor(hub: RealtimeHub, user = 'anna', transport: 'websocket' | 'sse' = 'websocket') {
    this.#hub = hub;
    this.id = `c${FakeConnection.#count++}`;
    this.transport = transport;
    this.request = { user } as unknown as FastifyRequest;
    hub.add(this);
  }

  /** What it got: data of messages, or `gap`, `join <id>`, …, in order. */
  get texts(): string[] {
    return this.got.map(({ kind, data, event, channel }) => {
      if (kind === 'message') return data;
      return kind === 'gap' ? `gap ${channel}` : `${kind} ${event ?? ''} ${data}`;
    });
  }

  deliver(delivery: Delivery): void {
    this.got.push(delivery);
    this.onDelivery?.(delivery);
  }

  close(reason: CloseReason): void {
    this.closed.push(reason);
    this.#hub.remove(this);
  }
}

/** A logger that keeps what it is told. */
function fakeLogger(): { readonly logger: FastifyBaseLogger; readonly lines: string[] } {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (...args: unknown[]): void => {
      lines.push(`${level}: ${args.filter((arg) => typeof arg === 'string').join(' ')}`);
    };
  const logger = {
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    debug: note('debug'),
  };
  return { logger: logger as unknown as FastifyBaseLogger, lines };
}

/** A hub, closed when its test ends. */
export function openHub(
  options: RealtimeOptions = {},
  presence?: { readonly every: number; readonly lost: number },
): { readonly hub: RealtimeHub; readonly lines: string[]; readonly bus: Bus } {
  const settings = resolveOptions(options);
  const bus = settings.bus ?? memoryBus();
  const { logger, lines } = fakeLogger();
  const hub = new RealtimeHub({ settings, bus, logger, presence });
  onTestFinished(async () => {
    await hub.close();
    if (bus !== settings.bus) await bus.close();
  });
  return { hub, lines, bus };
}
