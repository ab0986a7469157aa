// Counters as an object, and where warnings go.
import type { Plan } from '../compile/compile.ts';
import type { Service } from '../compile/service.ts';
import { ALIAS, BUILT_IN } from '../compile/service.ts';
import { messageOf } from './failure.ts';
import type { Runtime } from './frame.ts';
import type { ContainerState, ContainerStats, Logger, TokenStats } from '../types.ts';

/** The counters of a container. */
export function statsOf(runtime: Runtime, state: ContainerState, plan: Plan): ContainerStats {
  const counted = plan.own.filter(({ life }) => life !== ALIAS && life !== BUILT_IN);
  return {
    name: runtime.name,
    state,
    tokens: counted.map((service) => tokenStats(service, runtime.timings)),
    scopes: { opened: runtime.opened, active: runtime.scopes.size, forced: runtime.forced },
  };
}

/** A logger that does nothing. */
export const silent: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
});

/** Warns: to the logger, or without one as a process warning.
 * @param code  CATZ_…; `DISPOSE_FAILED` and the like are put behind CATZ_DI_ */
export function report(
  log: Logger | undefined,
  code: string,
  message: string,
  error: unknown,
): void {
  const full = code.startsWith('CATZ_') ? code : `CATZ_DI_${code}`;
  if (log === undefined) {
    const text = error === undefined ? message : `${message}: ${messageOf(error)}`;
    process.emitWarning(text, { code: full });
  } else if (error === undefined) log.warn({ code: full }, message);
  else log.error({ code: full, err: error }, message);
}

function tokenStats(service: Service, timings: boolean): TokenStats {
  const { name, binding, created, live, disposed, disposeErrors, count, sumMs, maxMs } = service;
  return {
    token: name,
    lifetime: binding.lifetime,
    created,
    live,
    disposed,
    disposeErrors,
    ...(timings && { createMs: { count, sum: sumMs, max: maxMs } }),
  };
}

function nothing(): void {}
