// catzilla routes: the routes of an application, what guards them, how they are cached, and which contradict each other.
import type { Conflict, RouteInfo } from '@catzilla/router';
import type { FastifyInstance } from 'fastify';
import type { RouteRow, RouteRows } from '../app/route-rows.ts';
import { FAILED, OK } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { printResult } from '../print.ts';
import { paintFor, table, visible } from '../table.ts';
import type { Paint } from '../table.ts';

/** The command. */
export const routes: Command = {
  name: 'routes',
  summary: 'list routes with guards, cache rules and conflicts; listens nowhere',
  arguments: ['<app>'],
  options: {},
  notes: [
    'Guards are middleware by name, and how many hooks a route has that not every route has.',
    'Of the dashboard the page alone is listed.',
    'Exit code 1 where routes cannot be reached or contradict each other as errors.',
    'Example: catzilla routes app.js --json',
  ],
  run: listRoutes,
};

async function listRoutes(context: CommandContext): Promise<number> {
  const { loadQuietly } = await import('../app/load-quietly.ts');
  const { routeRows } = await import('../app/route-rows.ts');
  const loaded = await loadQuietly(context, context.args.positionals[0]!);
  const { app } = loaded;
  try {
    const { infos, conflicts } = await ask(loaded.app);
    const rows = routeRows(loaded, infos);
    printResult(context, { ...rows, conflicts }, () =>
      routesText(rows, conflicts, paintFor(context.stdout, context.env)),
    );
    return conflicts.some(({ severity }) => severity === 'error') ? FAILED : OK;
  } finally {
    await app.close();
  }
}

async function ask(app: FastifyInstance): Promise<{
  readonly infos: readonly RouteInfo[];
  readonly conflicts: readonly Conflict[];
}> {
  if ((app as Partial<FastifyInstance>).routes === undefined) {
    const { cliErrors } = await import('../../errors.ts');
    throw new cliErrors.START('the list of routes', 'the router of the application is off');
  }
  const infos = app.routes().filter(({ url }) => !isOfDashboard(app, url));
  return { infos, conflicts: app.routeConflicts() };
}

// Files, data and actions of the page: a table of what the application answers would be half full of them.
function isOfDashboard(app: FastifyInstance, url: string): boolean {
  const { monitor } = app as Partial<FastifyInstance>;
  const page = monitor?.paths.dashboard ?? false;
  return page !== false && url !== page && `${url}/`.startsWith(page);
}

function routesText(
  { rows, everywhere }: RouteRows,
  conflicts: readonly Conflict[],
  paint: Paint,
): string {
  const head = ['method', 'route', 'guards', 'cache'];
  const list = table(rows.map(cellsOf), { head, paint });
  const common = Object.entries(everywhere).map(([point, count]) => `${point} ${count}`);
  const note = common.length === 0 ? '' : `\nhooks on every route: ${common.join(', ')}\n`;
  return [list, note, conflictsText(conflicts, paint)].join('');
}

function cellsOf({ methods, url, constraints, guards, cache, plan }: RouteRow): string[] {
  const wanted = Object.entries(constraints).map(([name, value]) => ` (${name} ${value})`);
  const rule = plan === 'js' ? cache : plan;
  return [
    methods.join(' '),
    visible(`${url}${wanted.join('')}`),
    visible(guards.join(', ')),
    visible(rule),
  ];
}

function conflictsText(conflicts: readonly Conflict[], paint: Paint): string {
  if (conflicts.length === 0) return '';
  const paints = { error: paint.red, warn: paint.yellow, info: paint.dim };
  const lines = conflicts.map(({ severity, kind, routes: of, why, witness }) => {
    const shown = witness === undefined ? '' : ` (${visible(witness)})`;
    return `${paints[severity](severity)} ${kind}: ${visible(of.join(' and '))}: ${visible(why)}${shown}\n`;
  });
  return `\n${paint.bold('conflicts')}\n${lines.join('')}`;
}
