// Puts the dashboard onto an application: history and events always, the page where the options say so.
// Invariant: while nobody watches, one snapshot a minute is all that is done; no timer keeps the process alive, and all of it
// ends with the application.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { below } from '../below.ts';
import { History } from '../history/history.ts';
import type { MonitorHistory } from '../history/history.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { CheckedDashboard, DashboardLink } from './options.ts';

const MINUTE = 60_000;

/** What the dashboard is told of the monitor's settings. */
export interface DashboardSettings {
  readonly mode: 'development' | 'production';
  readonly dashboard: CheckedDashboard | false;
  /** Whose routes the page links to. */
  readonly metrics?: { readonly path: string } | false;
  readonly health?: { readonly path: { readonly ready: string | false } } | false;
}

/** What the dashboard leaves to the monitor. */
export interface Dashboard {
  readonly history: MonitorHistory;
}

/** What it takes its figures from. */
interface Metering {
  snapshot(options: { readonly isWatched: boolean }): Promise<Snapshot>;
}

/** Adds it.
 * @param folder  of the page. Default: that of this package
 * @throws (rejects) CATZ_MONITOR_NO_GUARD in production without a guard */
export async function addDashboard(
  app: FastifyInstance,
  settings: DashboardSettings,
  metering: Metering,
  folder?: URL,
): Promise<Dashboard> {
  const { mode, dashboard } = settings;
  const history = new History();
  const take = (isWatched: boolean): Promise<Snapshot> => metering.snapshot({ isWatched });
  if (dashboard === false) {
    keepMinutes(app, async () => history.takeMinute(await take(false)));
    return { history };
  }

  const page = await import('./page-parts.ts');
  const { path, guard, actions, showKeys, title, maxViewers } = dashboard;
  const access = page.accessHook(guard, mode, below(app, path));
  const threads = new page.Threads((row) => events.take(row));
  const events = new page.Events((row) => threads.tell(row));
  const changes = new page.Changes(events);
  const about = {
    title,
    actions,
    showKeys,
    token: actions ? threads.token : '',
    links: [...ownLinks(app, settings), ...dashboard.links],
  };
  const watcher = new page.Watcher({
    app,
    take: () => take(true),
    history,
    events,
    changes,
    about,
  });
  const feed = new page.Feed(watcher, maxViewers);
  keepMinutes(app, async () => {
    const snapshot = await take(false);
    history.takeMinute(snapshot);
    changes.see(snapshot, page.healthOf(app));
  });
  // Threads of one application listen at one address.
  app.server.once('listening', () => threads.join(addressOf(app) + below(app, path)));
  let endEvents: (() => void) | undefined;
  app.addHook('onReady', async () => {
    endEvents = page.listen(page.cacheParts(app), events, showKeys);
  });
  app.addHook('preClose', async () => feed.close());
  app.addHook('onClose', async () => {
    feed.close();
    endEvents?.();
    threads.close();
  });
  const acting = {
    app,
    isOn: actions,
    showKeys,
    events,
    accepts: (token: unknown) => threads.accepts(token),
  };
  const parts = { access, assets: new page.Assets(folder), feed, watcher, actions: acting };
  await app.register(async (scope) => page.addRoutes(scope, parts), { prefix: path });
  return { history };
}

function keepMinutes(app: FastifyInstance, look: () => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  const tick = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
    } catch (error) {
      app.log.warn({ err: error }, 'monitor: a minute was not kept');
    } finally {
      isLooking = false;
    }
  };
  app.addHook('onReady', async () => {
    timer = setInterval(() => void tick(), MINUTE).unref();
  });
  app.addHook('onClose', async () => clearInterval(timer));
}

function addressOf({ server }: FastifyInstance): string {
  const address = server.address() as AddressInfo | string | null;
  return typeof address === 'object' ? String(address?.port) : address;
}

function ownLinks(app: FastifyInstance, { metrics, health }: DashboardSettings): DashboardLink[] {
  const links: DashboardLink[] = [];
  if (metrics) links.push({ title: 'Metrics', href: below(app, metrics.path) });
  const ready = health && health.path.ready;
  if (ready) links.push({ title: 'Readiness', href: below(app, ready) });
  return links;
}
