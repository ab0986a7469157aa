// The routes of a dynamic table, staged, committed and found.
// Invariant: whatever throws has changed nothing; what a generation finds never changes; entries take different URLs.
// It knows nothing of requests but their method and URL: mount.ts serves them.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Params } from '../find-my-way/router.ts';
import type { TableStats } from '../table/built-table.ts';
import { RouteTable } from '../table/route-table.ts';
import type { RouteTableOptions } from '../table/options.ts';
import { buildTable } from './build.ts';
import type { Entry } from './entry.ts';
import { EntrySet } from './entry-set.ts';
import { Flight } from './flight.ts';
import { Generations } from './generations.ts';
import type { Generation } from './generations.ts';
import type { DynamicSettings } from './options.ts';
import { place } from './place.ts';
import type { Place } from './place.ts';
import { checkRoute, checkSupported, placeOf } from './route.ts';
import type { Route } from './route.ts';
import type { Site } from './site.ts';

/** A route of a table, as `routes()` lists it. */
export interface DynamicRouteEntry {
  readonly id: number;
  readonly method: string;
  /** As it was given. */
  readonly url: string;
  /** The whole pattern; without the prefix of its scope until the table is registered. */
  readonly pattern: string;
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** Whether requests find it already: false until it is committed. */
  readonly isCommitted: boolean;
}

/** What a dynamic table knows of itself. */
export interface DynamicStats {
  readonly name: string;
  /** The generation that requests come to now. */
  readonly generation: number;
  /** Routes that were added and not removed, committed or not. */
  readonly routes: number;
  /** Whether a commit would change anything. */
  readonly hasChanges: boolean;
  /** ms that building the generation took. */
  readonly buildMs: number;
  /** Why the last commit failed, and the generation before it stayed; undefined when it did not. */
  readonly failure: string | undefined;
  /** Requests in flight, by generation. */
  readonly inFlight: Readonly<Record<number, number>>;
  /** Requests of the prefix that had no route. */
  readonly notFound: number;
  /** Engines; undefined until the table is registered. */
  readonly table: TableStats | undefined;
}

/** A request that was found its entry. */
interface Begun {
  readonly flight: Flight;
  readonly params: Params;
}

type Built = Pick<Generation, 'table' | 'hasHead'>;

// Generating code for a table takes ten times as long as building it.
const DEFAULTS: RouteTableOptions = { compileLimit: 0 };

export class DynamicTable {
  readonly settings: DynamicSettings;
  readonly generations: Generations = new Generations();
  #entries = new EntrySet();
  #committed: readonly Entry[] = [];
  #hasChanges = false;
  #isScheduled = false;
  #nextId = 0;
  #site: Site | undefined;
  #options: RouteTableOptions;
  #failure: string | undefined;
  #buildMs = 0;
  #notFound = 0;

  /** @throws CATZ_ROUTER_NATIVE_UNAVAILABLE, CATZ_ROUTER_COMPILE_UNAVAILABLE when the engine asked for by name is not there */
  constructor(settings: DynamicSettings) {
    this.settings = settings;
    const { engine } = settings.table;
    // Whether such an engine is there is known now, and a commit may have nobody to throw at.
    if (engine === 'native' || engine === 'compile') {
      new RouteTable<undefined>(settings.table).add('GET', '/', undefined).build();
    }
    this.#options = { ...DEFAULTS, ...settings.table };
  }

  /** Adds a route; see DynamicRoutes.add. */
  add(given: unknown): number {
    this.#assertOpen();
    const route = checkRoute(given);
    const at = this.#place(route);
    this.#entries.assertFree(route, at);
    const { name, maxRoutes } = this.settings;
    if (this.#entries.size >= maxRoutes) {
      throw new errors.TOO_MANY_ROUTES(
        `${placeOf(route.method, route.url)} cannot be added: table ${show(name)} has ${maxRoutes} routes already`,
      );
    }
    const entry = this.#makeEntry(this.#nextId, route, at);
    this.#nextId++;
    this.#put(entry);
    return entry.info.id;
  }

  /** Replaces a route, or adds it; see DynamicRoutes.replace. */
  replace(given: unknown): number {
    this.#assertOpen();
    const route = checkRoute(given);
    const at = this.#place(route);
    const other = this.#entries.at(at);
    if (other === undefined) return this.add(given);
    this.#put(this.#makeEntry(other.info.id, route, at));
    return other.info.id;
  }

  /** Removes a route; see DynamicRoutes.remove. */
  remove(method: string, url: string): boolean {
    this.#assertOpen();
    const entry = this.#entryOf(method, url);
    if (entry === undefined) return false;
    this.#entries.remove(entry);
    this.#changed();
    return true;
  }

  /** Builds what has changed; see DynamicRoutes.commit. */
  commit(): number {
    this.#assertOpen();
    const { current } = this.generations;
    if (!this.#hasChanges) return current.number;
    const entries = this.#entries.all();
    this.generations.replace(current.number + 1, this.#build(entries));
    this.#committed = entries;
    this.#hasChanges = false;
    return current.number + 1;
  }

  /** Lists the routes; see DynamicRoutes.routes. */
  list(): readonly DynamicRouteEntry[] {
    const committed = new Set(this.#committed);
    return this.#entries.all().map((entry) => ({
      id: entry.info.id,
      method: entry.route.method,
      url: entry.route.url,
      pattern: entry.place.pattern,
      config: entry.route.config,
      isCommitted: committed.has(entry),
    }));
  }

  stats(): DynamicStats {
    const { current, inFlight } = this.generations;
    return {
      name: this.settings.name,
      generation: current.number,
      routes: this.#entries.size,
      hasChanges: this.#hasChanges,
      buildMs: this.#buildMs,
      failure: this.#failure,
      inFlight,
      notFound: this.#notFound,
      table: current.table?.stats(),
    };
  }

  /** Gives the table its scope. Its routes stand there from then on, and are built.
   * @throws CATZ_ROUTER_OPTIONS when it has another one; what `add` throws when a route cannot be there */
  attach(site: Site): void {
    if (this.#site === site) return;
    if (this.#site !== undefined) {
      throw new errors.OPTIONS(
        `expected dynamic table ${show(this.settings.name)} to be registered once, got a second scope`,
      );
    }
    const options = this.#options;
    this.#site = site;
    this.#options = { ...DEFAULTS, ...site.routerOptions, ...this.settings.table };
    try {
      this.#settle();
    } catch (error) {
      this.#site = undefined;
      this.#options = options;
      throw error;
    }
  }

  /** Finds the entry of a request, which is from then on in flight. */
  begin(request: FastifyRequest, reply: FastifyReply): Begun | undefined {
    const { table, hasHead } = this.generations.current;
    const { method } = request;
    const asGet = method === 'HEAD' && !hasHead && this.#site!.exposesHead;
    const match = table?.find(asGet ? 'GET' : method, request.url) ?? null;
    if (match === null) {
      this.#notFound++;
      return undefined;
    }
    const isHead = method === 'HEAD' && match.value.route.method === 'GET';
    const flight = new Flight(match.value, isHead, this.generations, reply);
    return { flight, params: match.params };
  }

  #place({ method, url }: Pick<Route, 'method' | 'url'>): Place {
    const prefix = (this.#site?.prefix ?? '') + this.settings.prefix;
    return place(method, prefix, url, this.#options);
  }

  #entryOf(method: string, url: string): Entry | undefined {
    try {
      return this.#entries.at(this.#place({ method: method.toUpperCase(), url }));
    } catch {
      // What cannot be added is not there.
      return undefined;
    }
  }

  #makeEntry(id: number, route: Route, at: Place): Entry {
    if (this.#site !== undefined) checkSupported(route.method, this.#site.methods);
    return {
      info: Object.freeze({ id, pattern: at.pattern, name: this.settings.name }),
      route,
      place: at,
      schemas: this.#site?.compile(route.schema, route.method, at.pattern),
      contexts: new Map(),
    };
  }

  #put(entry: Entry): void {
    this.#entries.put(entry);
    this.#changed();
  }

  // Makes all entries anew, where they stand now.
  #settle(): void {
    const settled = new Map<Entry, Entry>();
    const again = (entry: Entry): Entry => {
      let made = settled.get(entry);
      made ??= this.#makeEntry(entry.info.id, entry.route, this.#place(entry.route));
      settled.set(entry, made);
      return made;
    };
    const entries = new EntrySet();
    for (const entry of this.#entries.all().map(again)) {
      entries.assertFree(entry.route, entry.place);
      entries.put(entry);
    }
    const committed = this.#committed.map(again);
    this.generations.replace(this.generations.current.number, this.#build(committed));
    this.#entries = entries;
    this.#committed = committed;
  }

  #build(entries: readonly Entry[]): Built {
    if (this.#site === undefined) return { table: undefined, hasHead: false };
    const begun = performance.now();
    const built = buildTable(entries, this.#options, this.#site.exposesHead);
    this.#buildMs = performance.now() - begun;
    this.#failure = undefined;
    return built;
  }

  #changed(): void {
    this.#hasChanges = true;
    if (this.settings.commit === 'manual' || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#site?.isClosed !== true) this.#commitBehind();
    });
  }

  // Nobody could catch what this throws: the routes of the last commit stay in use, and stats say why.
  #commitBehind(): void {
    try {
      this.commit();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      const { name } = this.settings;
      this.#site?.app.log.error({ err: error, table: name }, 'commit of a dynamic table failed');
    }
  }

  #assertOpen(): void {
    if (this.#site?.isClosed === true) throw new errors.DYNAMIC_CLOSED(show(this.settings.name));
  }
}
