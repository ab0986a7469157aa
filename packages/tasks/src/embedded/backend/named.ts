// What a backend is called, and what its keys are called: as on Redis, for BullMQ's classes and their users take keys apart.
import { EventEmitter } from 'node:events';

const DEFAULT_PREFIX = 'bull';
const KEYS = [
  '',
  'active',
  'wait',
  'waiting-children',
  'paused',
  'id',
  'delayed',
  'prioritized',
  'stalled-check',
  'completed',
  'failed',
  'stalled',
  'repeat',
  'limiter',
  'meta',
  'events',
  'pc',
  'marker',
  'de',
];

export class Named extends EventEmitter {
  readonly queueName: string;
  readonly prefix: string;
  readonly #keys: Record<string, string> = {};

  constructor(queueName: string, prefix: string = DEFAULT_PREFIX) {
    super();
    this.queueName = queueName;
    this.prefix = prefix;
    for (const key of KEYS) this.#keys[key] = this.toKey(key);
  }

  get qualifiedName(): string {
    return `${this.prefix}:${this.queueName}`;
  }

  get keys(): Record<string, string> {
    return this.#keys;
  }

  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  parseNodeKey(key: string): { prefix: string; queueName: string; id: string } {
    const last = key.lastIndexOf(':');
    const before = key.lastIndexOf(':', last - 1);
    if (last === -1 || before === -1) {
      const [prefix = '', queueName = '', id = ''] = key.split(':');
      return { prefix, queueName, id };
    }
    return {
      prefix: key.slice(0, before),
      queueName: key.slice(before + 1, last),
      id: key.slice(last + 1),
    };
  }

  clientName(suffix = ''): string {
    return `${this.prefix}:${Buffer.from(this.queueName).toString('base64')}${suffix}`;
  }
}
