// Options of the dashboard, and their check.
import { bool, checkOptions, custom, int, list, object, string } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { guardSpec } from '../guard.ts';
import type { Guard } from '../guard.ts';
import { partSpec } from '../part-spec.ts';

/** A link in the head of the page, as to the board of your queues. */
export interface DashboardLink {
  readonly title: string;
  /** A path, or an http(s) URL. */
  readonly href: string;
}

/** Options of the dashboard. */
export interface DashboardOptions {
  /** Where it is, below the prefix of the registration. Default: '/_catzilla'. */
  readonly path?: string | undefined;
  /** Refuses strangers, on every route of it. Default: none; in development only this machine is answered then, in production
   * it has to be there. It is asked when a page is opened, and again each hour that it stays open; no rate limit of the
   * application stands before it. */
  readonly guard?: Guard | undefined;
  /** Whether it may purge and warm. Default: false. */
  readonly actions?: boolean | undefined;
  /** Whether keys of the cache, and what is purged, are shown. Default: false. */
  readonly showKeys?: boolean | undefined;
  /** Of the page. Default: 'Catzilla'. */
  readonly title?: string | undefined;
  /** How many may look at a time, in each thread. Default: 20. */
  readonly maxViewers?: number | undefined;
  /** Shown in the head of the page. Default: none but the monitor's own routes. */
  readonly links?: readonly DashboardLink[] | undefined;
}

/** The options, complete. */
export interface CheckedDashboard {
  readonly path: string;
  readonly guard: Guard | undefined;
  readonly actions: boolean;
  readonly showKeys: boolean;
  readonly title: string;
  readonly maxViewers: number;
  readonly links: readonly DashboardLink[];
}

/** Of the option `dashboard`.
 * @param isOn  whether it is there when nothing is said */
export function dashboardSpec(isOn: boolean): OptionSpec<CheckedDashboard | false> {
  return partSpec(isOn, (value, site) =>
    checkOptions<CheckedDashboard>(
      value,
      {
        path: string({
          // The same for all requests: no parameters, no wildcard.
          pattern: /^(?:\/[\w.~-]+)+$/,
          what: 'a path of its own, as "/_catzilla"',
          default: '/_catzilla',
        }),
        guard: guardSpec,
        actions: bool(false),
        showKeys: bool(false),
        title: string({ maxLength: 200, default: 'Catzilla' }),
        maxViewers: int({ min: 1, default: 20 }),
        links: list(
          object<DashboardLink>({
            title: string({ maxLength: 100 }),
            // Never `javascript:`; and `//host` is another host.
            href: custom('a path, or an http(s) URL', isHref),
          }),
          [],
        ),
      },
      site,
    ),
  );
}

function isHref(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^(?:https?:\/\/|\/(?![/\\]))/.test(value) &&
    URL.canParse(value, 'http://localhost')
  );
}
