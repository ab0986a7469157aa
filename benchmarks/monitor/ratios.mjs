// The figures that have targets, and those that are told without one. What was not measured is left out.

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  scraped_cpu_over_bare:
    'a route of Fastify whose metrics are read each second, CPU per request over the same without metrics',
  prom_client_cpu_over_bare:
    'a route of Fastify with a counter and a histogram of prom-client, CPU per request over the same without',
  scrape_all_prom_client_over_ours:
    'a page of 5,000 series whose routes have all been asked for since the page before, CPU of prom-client over ours',
  dashboard_watched_percent: 'CPU while one looks at 10,000 routes, percent of a core',
  dashboard_frame_kb: 'KB of a frame',
};

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const value = (id) => measures.find((one) => one.id === id)?.median ?? NaN;
  const ratios = {
    metrics_cpu_over_bare: value('metrics') / value('bare'),
    metrics_hit_cpu_over_cached: value('cached-metrics hit') / value('cached hit'),
    scrape_5000_ms: value('catzilla scrape 5000 all'),
    scrape_500_routes_ms: value('catzilla scrape 500 all'),
    scrape_prom_client_over_ours:
      value('prom-client scrape 5000 tenth') / value('catzilla scrape 5000 tenth'),
    dashboard_idle_percent: value('dashboard-idle') - value('dashboard-idle-without'),
    scraped_cpu_over_bare: value('metrics-scraped') / value('bare'),
    prom_client_cpu_over_bare: value('prom-client') / value('bare'),
    scrape_all_prom_client_over_ours:
      value('prom-client scrape 5000 all') / value('catzilla scrape 5000 all'),
    dashboard_watched_percent: value('dashboard-watched'),
    dashboard_frame_kb: value('dashboard-frame-bytes') / 1024,
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, one]) => !Number.isNaN(one)));
}
