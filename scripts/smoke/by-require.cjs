// Loads the packages with require, which Node 20.19 and newer allow for ES modules without top-level await: the plugin
// is then the function itself.
const cacheCore = require('@catzilla/cache-core');
const fastifyCache = require('@catzilla/fastify-cache');
const di = require('@catzilla/di');
const monitor = require('@catzilla/monitor');
const realtime = require('@catzilla/realtime');
const router = require('@catzilla/router');
const { staticFiles } = require('@catzilla/static');
const tasks = require('@catzilla/tasks');
const validation = require('@catzilla/validation');
const catzilla = require('catzilla');
const fastify = require('fastify');
const smoke = require('./smoke.cjs');

smoke({
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
}).then(
  (report) => console.log(`smoke by require: passed, ${report}`),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
