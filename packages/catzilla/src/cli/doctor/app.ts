// What is wrong, or merely worth knowing, about an application's configuration. Each function looks at one thing.
// Invariant: looks only. Names of variables are told, never their values.
import type { FastifyInstance } from 'fastify';
import type { LoadedApp } from '../app/load-quietly.ts';
import { cacheRule } from '../app/cache-rule.ts';
import { isPlain } from '../../options/plain.ts';
import type { Variables } from '../../options/mode.ts';
import { visible } from '../table.ts';
import { bytesText, countOf, percentText } from '../units.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { memoryLimit } from './machine.ts';

/** What is looked at. */
interface Subject extends LoadedApp {
  readonly env: Variables;
  readonly memory: number | undefined;
}

/** Plugins that change replies, and have to be there before the cache. */
const CHANGERS: ReadonlySet<string> = new Set(
  ['compress', 'etag', 'cookie', 'session', 'secure-session', 'cors', 'helmet'].map(
    (name) => `@fastify/${name}`,
  ),
);
/** The plugin of the cache, by its name. */
const CACHE = '@catzilla/fastify-cache';
/** Share of the memory there is that a cache may take before the rest is at risk. */
const LARGE_SHARE = 0.6;

/** Looks at an application that is ready. */
export function checkApp(
  loaded: LoadedApp,
  env: Variables,
  memory: number | undefined = memoryLimit(),
): readonly Finding[] {
  const subject = { ...loaded, env, memory };
  return [
    parts,
    variables,
    cacheWork,
    cacheTtl,
    cookies,
    hostKey,
    order,
    helmet,
    size,
    channels,
    monitored,
    conflicts,
  ].flatMap((check) => check(subject));
}

function parts({ app: { config } }: Subject): Finding[] {
  const { ok } = findingsOf('parts');
  const { mode, server: _server, builtins, shutdown: _shutdown, ...rest } = config;
  const all = { ...rest, ...builtins };
  const named = Object.entries(all);
  const of = (isOn: boolean): string =>
    named
      .filter(([, part]) => (part !== false) === isOn)
      .map(([name]) => name)
      .join(', ') || 'none';
  return [ok(`mode ${mode}; on: ${of(true)}`), ok(`off: ${of(false)}`)];
}

function variables({ env }: Subject): Finding[] {
  const names = Object.keys(env).filter((name) => name.startsWith('CATZILLA__'));
  if (names.length === 0) return [];
  return [findingsOf('environment').ok(`overrides by ${names.sort().map(visible).join(', ')}`)];
}

function cacheWork({ app }: Subject): Finding[] {
  const { ok, warn, error } = findingsOf('cache');
  if (!hasCache(app)) return [];
  const { ok: isWell, backend, selfTest, selfTestReason, tiers } = app.cache.health();
  if (!isWell) {
    return [
      error('responses are not cached', 'Look at its health(): app.cache.health().lastFault.'),
    ];
  }
  const found =
    selfTest === 'failed'
      ? warn(
          `raw answers are off: ${selfTestReason ?? 'the self-test failed'}`,
          'Report it with your version of Node; answers are right, only slower.',
        )
      : ok(`engine ${backend}, self-test ${selfTest}`);
  const down = Object.entries(tiers).filter(([, state]) => !GOOD.has(state));
  return [
    found,
    ...down.map(([tier, state]) =>
      warn(
        `tier ${tier} is ${state}`,
        'Look at the check redis here, or at the rights and room of its directory.',
      ),
    ),
  ];
}

const GOOD: ReadonlySet<string> = new Set(['ok', 'off', 'ready']);

function cacheTtl(subject: Subject): Finding[] {
  const { ok, warn } = findingsOf('cache');
  const rules = cachedRules(subject);
  if (!hasCache(subject.app)) return [];
  if (rules.length === 0) {
    return [
      warn(
        'no route is cached',
        'Declare routes after the cache has loaded, or switch it off with cache: false.',
      ),
    ];
  }
  const { ttl, byResponse } = split(rules);
  if (ttl > 0)
    return [ok(`${countOf(ttl, 'route')} by ttl or preset, ${byResponse} by what they declare`)];
  return [
    warn(
      'no route has a ttl, a preset or a rule: only what a response itself declares fresh is stored',
      'Set cache.ttl, config.cache of routes, or send Cache-Control: max-age from handlers.',
    ),
  ];
}

function split(rules: readonly string[]): { ttl: number; byResponse: number } {
  const byResponse = rules.filter((rule) => rule.startsWith('by response')).length;
  return { ttl: rules.length - byResponse, byResponse };
}

function cookies({ app, declared }: Subject): Finding[] {
  const { warn } = findingsOf('cookies');
  const { builtins, cache } = app.config;
  const bearing =
    builtins.cookie !== false || names(app).some((name) => /cookie|session/.test(name));
  const isSaid = isPlain(cache) && cache['cookies'] !== undefined;
  if (!hasCache(app) || !bearing || isSaid) return [];
  const silent = [...declared].filter(([name, { cache: own }]) => {
    const isOwn = isPlain(own) && own['cookies'] !== undefined;
    return name.startsWith('GET ') && !isOwn && isByTtl(app, name, declared);
  });
  if (silent.length === 0) return [];
  return [
    warn(
      `requests with a Cookie pass the cache by on ${countOf(silent.length, 'route')} that only a ttl makes fresh`,
      "Say cookies: 'ignore' or cookies: { key: [names] } where the answer allows it, or cache: false where it does not.",
    ),
  ];
}

function hostKey({ app }: Subject): Finding[] {
  const { server, cache } = app.config;
  if (!server.trustProxy || !isPlain(cache) || cache['hosts'] !== undefined) return [];
  return [
    findingsOf('hosts').warn(
      'server.trustProxy is on, so X-Forwarded-Host chooses the host that responses are stored for',
      "Name yours, cache: { hosts: ['shop.example'] }, so that strangers cannot fill the cache with others.",
    ),
  ];
}

function order({ app }: Subject): Finding[] {
  const all = names(app);
  const at = all.indexOf(CACHE);
  if (at === -1) return [];
  const late = all.slice(at + 1).filter((name) => CHANGERS.has(name));
  if (late.length === 0) return [];
  return [
    findingsOf('order').warn(
      `${late.map(visible).join(', ')} came after the cache: what they change is not stored`,
      'Switch them on in builtins, or register them before the cache.',
    ),
  ];
}

function helmet({ app: { config } }: Subject): Finding[] {
  if (config.mode !== 'production' || config.builtins.helmet !== false) return [];
  return [
    findingsOf('helmet').warn(
      'security headers are off in production',
      'Leave builtins.helmet on, unless something in front of the application sets them.',
    ),
  ];
}

function size({ app, memory }: Subject): Finding[] {
  const { ok, warn, error } = findingsOf('memory');
  if (!hasCache(app) || !app.cache.health().ok) return [];
  const capacity = app.cache.tiers.memory?.stats().capacity ?? 0;
  const own = `the cache takes up to ${bytesText(capacity)}`;
  if (memory === undefined) return [ok(`${own}; nothing bounds the process but the machine`)];
  const text = `${own} of ${bytesText(memory)}, ${percentText(capacity, memory)}`;
  const remedy = 'Lower cache.cache.maxBytes, or give the container more memory.';
  if (capacity >= memory) return [error(text, remedy)];
  return [capacity > memory * LARGE_SHARE ? warn(text, remedy) : ok(text)];
}

function channels({ app: { config } }: Subject): Finding[] {
  const { realtime } = config;
  if (realtime === false) return [];
  const { ok } = findingsOf('realtime');
  if (realtime.bus !== undefined) return [ok(`a bus of kind ${realtime.bus.kind}`)];
  return [ok('no bus: what is published reaches all threads of this process, no other instance')];
}

function monitored({ app }: Subject): Finding[] {
  const { monitor } = app as Partial<FastifyInstance>;
  if (monitor === undefined) return [];
  const { live, ready, metrics, dashboard } = monitor.paths;
  const who = isClosed(app.config) ? ALONE : '';
  const routes = [live, ready, metrics && metrics + who].filter((path) => path !== false);
  const page = dashboard === false ? 'no dashboard' : `dashboard at ${dashboard}`;
  return [findingsOf('monitor').ok([...routes, page].map(visible).join(', '))];
}

const ALONE = ' (to this machine alone)';

// In production, where nobody was named who may read the metrics. What the application registered itself is not known here.
function isClosed({ mode: ofApp, monitor }: FastifyInstance['config']): boolean {
  if (monitor === false || (monitor.mode ?? ofApp) !== 'production') return false;
  const { metrics } = monitor;
  return !isPlain(metrics) || (metrics['guard'] === undefined && metrics['public'] !== true);
}

function conflicts({ app }: Subject): Finding[] {
  if ((app as Partial<FastifyInstance>).routeConflicts === undefined) return [];
  const { ok, warn, error } = findingsOf('routes');
  const { fallback } = app.routerStats();
  const found = app.routeConflicts();
  const count = (severity: string): number =>
    found.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warn')];
  const remedy = 'See them with catzilla routes.';
  const told =
    errors > 0
      ? error(`${countOf(errors, 'error')} among the conflicts of routes`, remedy)
      : warnings > 0
        ? warn(countOf(warnings, 'conflict'), remedy)
        : ok(`${app.routes().length}, without conflicts`);
  if (fallback === undefined) return [told];
  return [told, warn(`Fastify's own router is in use: ${fallback}`, 'Report it with the routes.')];
}

function hasCache(app: FastifyInstance): boolean {
  return (app as Partial<FastifyInstance>).cache !== undefined;
}

/** Names of plugins at the root, in the order in which they came; [] where this Fastify does not tell. */
function names(app: FastifyInstance): readonly string[] {
  const known = (app as unknown as Record<symbol, unknown>)[Symbol.for('registered-plugin')];
  return Array.isArray(known) ? known.filter((one): one is string => typeof one === 'string') : [];
}

function cachedRules({ app, declared }: Subject): readonly string[] {
  if (!hasCache(app)) return [];
  return [...declared.keys()]
    .filter((name) => name.startsWith('GET '))
    .map((name) => ruleOf(app, name, declared))
    .filter((rule) => rule !== '' && rule !== 'off');
}

function isByTtl(app: FastifyInstance, name: string, declared: Subject['declared']): boolean {
  const rule = ruleOf(app, name, declared);
  return rule !== '' && rule !== 'off' && !rule.startsWith('by response');
}

function ruleOf(app: FastifyInstance, name: string, declared: Subject['declared']): string {
  const end = name.indexOf(' ');
  return cacheRule(app, name.slice(0, end), name.slice(end + 1), declared.get(name));
}
