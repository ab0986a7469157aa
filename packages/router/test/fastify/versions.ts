// The Fastify versions that the plugin is tested on: the oldest, the last without `routerOptions.compile`, the newest.
import Fastify from 'fastify';
import Fastify55 from 'fastify-5.5';
import Fastify5127 from 'fastify-5.12.7';

type Make = typeof Fastify;

export const VERSIONS: readonly (readonly [string, Make])[] = [
  ['5.5.0', Fastify55 as unknown as Make],
  ['5.12.7', Fastify5127 as unknown as Make],
  ['5.12.8', Fastify],
];
