// Loads the packages with import, as a user does, and runs the smoke program.
import * as cacheCore from '@catzilla/cache-core';
import * as di from '@catzilla/di';
import fastifyCache from '@catzilla/fastify-cache';
import * as monitor from '@catzilla/monitor';
import * as realtime from '@catzilla/realtime';
import * as router from '@catzilla/router';
import { staticFiles } from '@catzilla/static';
import * as tasks from '@catzilla/tasks';
import * as validation from '@catzilla/validation';
import * as catzilla from 'catzilla';
import fastify from 'fastify';
import smoke from './smoke.cjs';

const report = await smoke({
  cacheCore,
  di,
  monitor,
  realtime,
  router,
  staticFiles,
  tasks,
  validation,
  fastifyCache,
  catzilla,
  fastify,
});
console.log(`smoke by import: passed, ${report}`);
