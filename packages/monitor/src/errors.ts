// Every error of @catzilla/monitor, CATZ_MONITOR_*. Those with a status reach clients by the application's error handler.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

/** The keys of all errors. */
export type ErrorKey =
  | 'ACTION'
  | 'ACTIONS_OFF'
  | 'CHECK_TIMEOUT'
  | 'CROSS_SITE'
  | 'DEPENDENCY'
  | 'FORBIDDEN'
  | 'METRICS_FORBIDDEN'
  | 'NO_GUARD'
  | 'NO_PART'
  | 'OPTION'
  | 'TOKEN'
  | 'VIEWERS_LIMIT';

export const errors: ErrorTable<'CATZ_MONITOR', ErrorKey> = defineErrors('CATZ_MONITOR', {
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  NO_GUARD: {
    message: 'the dashboard at %s has no guard',
    help: 'In production the dashboard is mounted only behind a hook of yours that refuses strangers: `dashboard: { guard: async (request, reply) => … }`.',
  },
  FORBIDDEN: {
    message: 'the dashboard answers to this machine alone',
    statusCode: 403,
    help: 'Without a guard only connections over loopback are served. Give `dashboard.guard` to open it to others.',
  },
  CROSS_SITE: {
    message: 'the data of the dashboard is for its own page alone',
    statusCode: 403,
    help: 'A page of another site has asked, as Sec-Fetch-Site or Origin say. Behind a proxy, let it hand on the Host of the browser.',
  },
  TOKEN: {
    message: 'the action was not asked for by the dashboard of this application',
    statusCode: 403,
    help: 'Actions are POST requests of the same origin with the token that the page was given. Load the page again.',
  },
  ACTIONS_OFF: {
    message: 'actions are off',
    statusCode: 403,
    help: 'Set `dashboard: { actions: true }` to purge and warm from the dashboard.',
  },
  ACTION: {
    message: 'expected %s',
    statusCode: 400,
    help: 'The message names the field and what was expected.',
  },
  NO_PART: {
    message: 'the application has no %s',
    statusCode: 404,
    help: 'The action needs a part that is not registered.',
  },
  VIEWERS_LIMIT: {
    message: 'too many dashboards are open',
    statusCode: 503,
    help: '`dashboard.maxViewers` is reached.',
  },
  CHECK_TIMEOUT: {
    message: 'the check %s gave no answer within %s ms',
    help: 'Raise its `timeout`, or let it end when its signal is aborted.',
  },
  METRICS_FORBIDDEN: {
    message: 'metrics are given to this machine alone',
    statusCode: 403,
    help: 'In production, without a guard, they are read over loopback only. Give `metrics.guard`, or set `metrics: { public: true }` where the network keeps strangers out.',
  },
  DEPENDENCY: {
    message: 'the option %s needs the package %s: %s',
    help: 'Install the package, or leave the option out.',
  },
});
