// The tables that are searched: real-looking REST APIs, made by a seeded generator, all of one method, because each method has
// a tree of its own and its size is what counts. A table of 203 has the shape of GitHub's API (github.mjs).
// A static route stands before the parameter it competes with, as routers that take the first match need it.
import { seeded, shuffledIds } from '../lib/random.mjs';
import { githubPatterns } from './github.mjs';

export const GITHUB = 203;
/** The tables on which all routers are compared. */
export const SIZES = [30, GITHUB, 2000, 10_000, 100_000];
/** And those between which an engine is chosen by the number of routes. */
export const THRESHOLD_SIZES = [100, 300, 500, 1000, 5000, 20_000];

const SEED = 20_240;
const RESOURCES_PER_SERVICE = 10;
/** Tables below have no segment for the service, and none whose static segments compete with a parameter. */
const SMALL = 100;

const RESOURCES =
  `accounts agents alerts articles assets attachments audits balances batches bookings branches brands
  budgets calendars campaigns cards carriers carts categories certificates channels charges claims comments companies
  contacts contracts coupons credits customers dashboards deliveries departments deposits devices discounts disputes
  documents domains employees endpoints entries events exports files filters folders forms goals groups hosts images
  incidents invitations invoices items jobs journals keys labels layouts leads ledgers licenses links lists locations
  machines mailboxes members memberships menus messages metrics milestones notes notifications offers orders packages
  pages partners payments payouts permissions photos pipelines plans policies posts prices products profiles projects
  promotions quotas quotes rates reasons receipts records refunds regions reminders requests reservations
  returns reviews roles rooms routes rules schedules secrets segments sensors services sessions shifts shipments sites
  snapshots sources stages statements stations stocks stores subscriptions suppliers surveys tags tasks taxes templates
  tenants terminals tickets tokens topics transactions transfers trips users variants vehicles vendors versions videos
  vouchers wallets warehouses webhooks workers workflows zones`.split(/\s+/);
const DOMAINS =
  `account analytics asset audit billing booking catalog checkout claim cloud commerce compliance contact
  content contract crm customer data delivery device dispatch document energy event facility finance fleet fraud
  fulfilment gateway health identity import inventory ledger legal loan logistics loyalty mail maintenance market media
  message metering network onboarding order partner payment payroll people planning platform policy portal pricing
  procurement product project property quality rating recruiting registry reporting research retail returns risk routing
  sales search security settlement shipping signing sourcing stock storage subscription support survey tax telemetry
  ticket tracking trade training transit travel treasury usage vendor voucher warehouse workflow workforce`.split(
    /\s+/,
  );
const KINDS = ['api', 'core', 'admin', 'hub', 'edge', 'batch', 'public', 'store', 'desk', 'flow'];
const PARTS =
  `activities addresses approvals comments contacts documents entries events history items labels lines links
  members messages notes owners payments permissions photos reviews roles rules schedules settings statuses steps
  tags tasks transfers versions watchers`.split(/\s+/);
const ACTIONS = ['count', 'export', 'mine', 'recent', 'search', 'summary', 'unread', 'upcoming'];
const VIEWS = [
  'daily',
  'monthly',
  'weekly',
  'by-region',
  'by-owner',
  'by-status',
  'overdue',
  'trends',
];

/**
 * @param {number} size how many routes
 * @returns {{ pattern: string, names: string[] }[]} routes by id, names: of the parameters, as they come
 */
export function makeTable(size) {
  const patterns = size === GITHUB ? githubPatterns() : [...generate(size)];
  return patterns.map((pattern) => ({
    pattern,
    names: Array.from(pattern.matchAll(/:(\w+)/g), ([, name]) => name),
  }));
}

/** Ten routes for each resource, of which three have no parameter, four one, two two and one four. */
function* generate(size) {
  const random = seeded(SEED);
  const isSmall = size <= SMALL;
  let left = size;
  for (let service = 0; left > 0; service++) {
    const base = isSmall ? '/api/v1' : `/${serviceName(service)}/v${1 + Math.floor(random() * 3)}`;
    const resources = shuffledIds(RESOURCES.length, random);
    for (let at = 0; at < RESOURCES_PER_SERVICE && left > 0; at++) {
      const patterns = routesOf(base, RESOURCES[resources[at]], isSmall, random);
      yield* patterns.slice(0, left);
      left -= patterns.length;
    }
  }
}

function routesOf(base, resource, isSmall, random) {
  const [part, other, third] = shuffledIds(PARTS.length, random).slice(0, 3);
  const pick = (words) => words[Math.floor(random() * words.length)];
  const all = `${base}/${resource}`;
  const one = `${all}/:id`;
  return [
    all,
    isSmall ? `${base}/search/${resource}` : `${all}/${pick(ACTIONS)}`,
    `${base}/reports/${resource}/${pick(VIEWS)}`,
    one,
    `${one}/${PARTS[part]}`,
    `${one}/${PARTS[part]}/:partId`,
    `${one}/${PARTS[other]}`,
    `${one}/${PARTS[other]}/:partId`,
    `${one}/${PARTS[third]}`,
    `${base}/orgs/:orgId/teams/:teamId/${resource}/:id/${PARTS[part]}/:partId`,
  ];
}

// Names of their own for as many services as a table of 100,000 needs.
function serviceName(at) {
  const domain = DOMAINS[at % DOMAINS.length];
  const kind = KINDS[Math.floor(at / DOMAINS.length) % KINDS.length];
  const round = Math.floor(at / DOMAINS.length / KINDS.length);
  return `${domain}-${kind}${round === 0 ? '' : `-${round + 1}`}`;
}
