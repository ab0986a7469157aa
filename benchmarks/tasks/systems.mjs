// The systems that are compared: ours in its modes, BullMQ on Redis servers that keep more or less, and queues of functions.
/** By name: label; package; lines of redis.conf; durability of ours, which then needs a folder. */
export const SYSTEMS = {
  embedded: { label: 'embedded, memory', package: '@catzilla/tasks' },
  'embedded-none': { label: "embedded, 'none'", package: '@catzilla/tasks', durability: 'none' },
  'embedded-interval': {
    label: "embedded, 'interval'",
    package: '@catzilla/tasks',
    durability: 'interval',
  },
  'embedded-every-write': {
    label: "embedded, 'every-write'",
    package: '@catzilla/tasks',
    durability: 'every-write',
  },
  redis: { label: 'BullMQ, Redis without persistence', package: 'bullmq', redis: [] },
  'redis-no': {
    label: 'BullMQ, Redis, appendfsync no',
    package: 'bullmq',
    redis: ['appendonly yes', 'appendfsync no'],
  },
  'redis-everysec': {
    label: 'BullMQ, Redis, appendfsync everysec',
    package: 'bullmq',
    redis: ['appendonly yes', 'appendfsync everysec'],
  },
  'redis-always': {
    label: 'BullMQ, Redis, appendfsync always',
    package: 'bullmq',
    redis: ['appendonly yes', 'appendfsync always'],
  },
  fastq: { label: 'fastq, memory', package: 'fastq' },
  'p-queue': { label: 'p-queue, memory', package: 'p-queue' },
};
