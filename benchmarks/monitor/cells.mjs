// Pages of metrics that are measured: how many routes they tell of, and how many of those were asked for since the page before.
import { runChild } from '../lib/child.mjs';

const SCRAPE = new URL('scrape.mjs', import.meta.url);
const LABELS = { catzilla: '@catzilla/monitor', 'prom-client': 'prom-client, the same series' };
/** 240 of them, in the response cache, make 5,000 series. */
const CASES = [
  { name: 'scrape 5000 tenth', routes: 240, share: 0.1, said: 'a tenth of them asked for' },
  { name: 'scrape 5000 all', routes: 240, share: 1, said: 'all of them asked for' },
  { name: 'scrape 500 all', routes: 500, share: 1, said: 'all of them asked for' },
];

/** @returns jobs, as lib/rounds.mjs takes them */
export function scrapeJobs(quick) {
  const pace = quick ? { warm: 20, pages: 20 } : { warm: 200, pages: 200 };
  return CASES.flatMap(({ name, routes, share, said }) =>
    Object.entries(LABELS).map(([variant, label]) => ({
      id: `${variant} ${name}`,
      group: `a page of ${routes} routes, ${said} since the page before`,
      label,
      run: () => runChild(SCRAPE, { variant, routes, share, ...pace }, ['--expose-gc']),
    })),
  );
}
