// A container: a compiled definition, its singletons, and the scopes that are open in it.
// Invariant: nothing is made before the whole graph was found to be right; close() ends what was made, children first, scopes
// before singletons. No container knows of another but its parent and its children. How things are made and released is left to
// resolve.ts and release.ts.
import { originOf } from '../binding/binding.ts';
import type { DefinitionData, OverrideEntry } from '../binding/binding.ts';
import { needsOf, overrideOf } from '../binding/make.ts';
import { compile } from '../compile/compile.ts';
import type { Plan } from '../compile/compile.ts';
import { invalid } from '../compile/faults.ts';
import type { Fault } from '../compile/faults.ts';
import { checkSite, needsOfSite } from '../compile/scope-kind.ts';
import { isScoped, needsOwner } from '../compile/captive.ts';
import { SEED, TRANSIENT, VALUE, behind } from '../compile/service.ts';
import type { Link, Service } from '../compile/service.ts';
import type { Replacement, Overridable } from '../binding/types.ts';
import { aggregate, errors } from '../errors.ts';
import { graphOf } from '../graph/graph.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dependency, Key } from '../modifiers.ts';
import type { AnyToken, AsyncToken, MultiToken, Token } from '../token.ts';
import { EMPTY, Instance } from './frame.ts';
import type { Runtime } from './frame.ts';
import { OpenScopes } from './open-scopes.ts';
import { checkSettings } from './options.ts';
import type { CheckedSettings, ContainerSettings } from './options.ts';
import { errorOf, releaseAll, waitFor } from './release.ts';
import { closed, giveAll, keep, makeTransient, resolve } from './resolve.ts';
import { LiveScope, findMany, findOne, isProvided, openScope, runInScope } from './scope.ts';
import { startSingletons } from './start.ts';
import { report, silent, statsOf } from './stats.ts';
import type {
  ContainerState,
  ContainerStats,
  InjectionSite,
  Injector,
  Resolver,
  Scope,
  ScopeFactory,
  ScopeOptions,
  Seed,
} from '../types.ts';

/** Options of a container. */
export type ContainerOptions = ContainerSettings<Container>;

/** A service graph: proved, started, and in the end released. Made by `definition.build()` or `definition.start()`. */
export class Container implements Resolver, ScopeFactory, AsyncDisposable {
  readonly name: string;
  readonly #definition: DefinitionData;
  readonly #settings: CheckedSettings<Container>;
  readonly #overrides: OverrideEntry[];
  readonly #sites: InjectionSite[];
  readonly #children = new Set<Container>();
  readonly #runtime: Runtime;
  readonly #root: LiveScope;
  #plan: Plan | undefined = undefined;
  #state: ContainerState = 'new';
  #starting: Promise<void> | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;

  /** Use `definition.build(options)`.
   * @throws CATZ_DI_OPTIONS, CATZ_DI_CLOSED when the parent is closed */
  constructor(definition: DefinitionData, options?: ContainerOptions) {
    const settings = checkSettings(options, definition.name, isContainer);
    this.#definition = definition;
    this.#settings = settings;
    this.name = settings.name;
    this.#overrides = [...settings.overrides];
    this.#sites = [...settings.sites];
    this.#runtime = this.#makeRuntime();
    this.#root = this.#runtime.root as LiveScope;
    if (settings.parent !== undefined) settings.parent.#adopt(this);
  }

  /** The container around this one. */
  get parent(): Container | undefined {
    return this.#settings.parent;
  }

  /** Where it is in its life. */
  get state(): ContainerState {
    return this.#state;
  }

  /** What is wrong with the graph and the injection sites: all of it, without starting anything. The parent's faults are the
   * parent's. */
  validate(): readonly Fault[] {
    return this.#compiled().faults;
  }

  /** What `start()` warns of: tokens of one name, lazy cycles of singletons, overrides that hold in part. */
  warnings(): readonly Fault[] {
    return this.#compiled().warnings;
  }

  /** Adds a place at which services will be injected. Before the start it is checked with everything else, afterwards at once.
   * @throws CATZ_DI_INVALID */
  addSite(site: InjectionSite): void {
    if (this.#state === 'new') {
      this.#sites.push(site);
      this.#forgetPlan();
    } else this.#link(site);
  }

  /** Replaces what provides a token; see `Definition.override`.
   * @throws CATZ_DI_STARTED, CATZ_DI_OPTIONS */
  override<S extends Overridable, const D extends readonly Dependency[] = readonly []>(
    token: S,
    replacement: Replacement<S, D>,
  ): void {
    const override = overrideOf(token, replacement, originOf(this.override));
    if (this.#state !== 'new')
      throw new errors.STARTED(this.name, `an override of ${override.token.name}`);
    this.#overrides.push(override);
    this.#forgetPlan();
  }

  /** Checks the whole graph, then makes the eager singletons. Starts the parent first, if nobody has. May be called again.
   * @throws CATZ_DI_INVALID, CATZ_DI_START_FAILED, CATZ_DI_START_TIMEOUT, CATZ_DI_CLOSED */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Ends everything: refuses new scopes, waits for open ones (at most `disposeGrace`) and for child containers, then disposes the
   * singletons in reverse order of dependency. May be called again.
   * @throws CATZ_DI_DISPOSE_FAILED, when everything was disposed all the same */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get<T>(token: Token<T>): T;
  get<T>(token: AsyncToken<T>): Promise<T>;
  get(token: Token<unknown> | AsyncToken<unknown>): unknown {
    return this.#give(findOne(this.#ready(token), token));
  }

  getKeyed<T>(token: Token<T>, key: Key): T;
  getKeyed<T>(token: AsyncToken<T>, key: Key): Promise<T>;
  getKeyed(token: Token<unknown> | AsyncToken<unknown>, key: Key): unknown {
    return this.#give(findOne(this.#ready(token), token, key));
  }

  getAll<T>(token: MultiToken<T>): readonly T[] {
    return findMany(this.#ready(token), token).map((service) => this.#give(service) as T);
  }

  has(token: AnyToken, key?: Key): boolean {
    this.#compiled();
    return isProvided(this.#runtime, token, key);
  }

  createScope(options: ScopeOptions = {}): Scope {
    return openScope(this.#ready(undefined), options);
  }

  async runInScope<T>(options: ScopeOptions, work: (scope: Scope) => T | Promise<T>): Promise<T> {
    return runInScope(this.#ready(undefined), options, work);
  }

  /** A scope for a test: of kind 'request', with the given seeds. Close it, or declare it with `await using`. */
  testScope(seeds: readonly Seed[] = []): Scope {
    return this.createScope({ kind: 'request', label: 'test', seeds });
  }

  /** Compiles what a handler needs.
   * @param tokens  what it is given, in this order
   * @param site    names and checks it at the first `resolve`; leave it out when it was given with `addSite`
   * @throws CATZ_DI_OPTIONS; `resolve` throws CATZ_DI_INVALID, and what `scope.get` throws */
  injector(tokens: readonly Dependency[], site?: Omit<InjectionSite, 'tokens'>): Injector {
    needsOf(tokens, site?.where ?? 'a handler');
    const whole = { where: site?.where ?? 'a handler', kind: site?.kind ?? '', tokens };
    let links: readonly Link[] | undefined;
    let isPlain = false;
    return {
      resolve: (scope) => {
        const frame = scope as LiveScope;
        if (links === undefined) {
          links = this.#link(whole, site !== undefined);
          isPlain = links.length === 0;
        }
        if (isPlain) return [];
        if (frame.runtime !== this.#runtime) {
          throw new errors.OPTIONS(
            `expected a scope of container ${this.name}, got one of ${frame.runtime.name}`,
          );
        }
        if (!frame.isOpen) throw closed(frame);
        return giveAll(links, frame);
      },
    };
  }

  /** The services and their dependencies, of this container and what it uses of its parents. */
  graph(): Graph {
    const plan = this.#compiled();
    return graphOf(this.name, plan.table.services, plan.partial);
  }

  /** What has been made and released so far. */
  stats(): ContainerStats {
    return statsOf(this.#runtime, this.#state, this.#compiled());
  }

  #compiled(): Plan {
    if (this.#plan === undefined) {
      const { parent, builtIns } = this.#settings;
      this.#plan = compile({
        definition: this.#definition,
        overrides: this.#overrides,
        given: builtIns,
        sites: this.#sites,
        parent: parent === undefined ? undefined : parent.#compiled(),
        name: this.name,
        home: this.#root,
      });
      this.#runtime.plan = this.#plan;
    }
    return this.#plan;
  }

  // Children are compiled over this plan.
  #forgetPlan(): void {
    this.#plan = undefined;
    for (const child of this.#children) child.#forgetPlan();
  }

  async #start(): Promise<void> {
    if (this.#closing !== undefined) throw new errors.CLOSED(this.name);
    await this.#settings.parent?.start();
    const plan = this.#compiled();
    if (plan.faults.length > 0) {
      this.#state = 'failed';
      throw invalid(plan.faults);
    }
    this.#state = 'starting';
    for (const { code, message } of plan.warnings) this.#runtime.report(code, message);
    this.#runtime.template = Array.from({ length: plan.scopeSlots }, () => EMPTY);
    this.#root.slots = Array.from({ length: plan.rootSlots }, () => EMPTY);
    for (const service of plan.own) {
      if (service.life !== VALUE || service.disposal === 'none') continue;
      keep(new Instance(service, service.binding.value, true), this.#root);
    }
    try {
      await startSingletons(this.#root, this.#settings.startTimeout);
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
    this.#state = 'started';
  }

  async #close(): Promise<void> {
    this.#refuseScopes();
    // Its failure is told to who started it; what had started is released by then.
    await this.#starting?.catch(() => undefined);
    const wasStarted = this.#state === 'started';
    this.#state = 'closing';
    const failures: unknown[] = [];
    const endings = [...this.#children].map((child) => child.close());
    for (const ended of await Promise.allSettled([...endings, this.#endScopes()])) {
      if (ended.status === 'rejected') failures.push(ended.reason);
    }
    if (wasStarted) {
      this.#root.abort(new errors.CLOSED(this.name));
      this.#root.isOpen = false;
      const ended = await releaseAll(this.#root, { ok: true, aborted: false }, 'all');
      const error = errorOf(ended, `container ${this.name}`);
      if (error !== undefined) failures.push(error);
    }
    this.#state = 'closed';
    const { parent } = this.#settings;
    if (parent !== undefined) parent.#children.delete(this);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      const all = failures.flatMap((error) => (error as AggregateError).errors ?? [error]);
      throw aggregate(
        'DISPOSE_FAILED',
        `${all.length} disposers of container ${this.name} failed`,
        all,
      );
    }
  }

  #refuseScopes(): void {
    this.#runtime.isClosing = true;
    for (const child of this.#children) child.#refuseScopes();
  }

  async #endScopes(): Promise<void> {
    const { scopes } = this.#runtime;
    if (scopes.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#runtime.onIdle = resolve;
    });
    if (await waitFor(idle, this.#settings.disposeGrace)) return;
    const grace = this.#settings.disposeGrace;
    const text = `container ${this.name} closes scopes that are still open after ${grace} ms: ${countLabels(scopes.list())}`;
    this.#runtime.report('CATZ_WARN_DI_FORCED', text);
    const forced = { ok: false, aborted: true, error: new errors.CLOSED(this.name) };
    const endings = scopes.list().map(async (scope) => scope.dispose(forced, { forced: true }));
    const errorsOf = (await Promise.allSettled(endings)).flatMap((ended) =>
      ended.status === 'rejected' ? (ended.reason as AggregateError).errors : [],
    );
    if (errorsOf.length > 0) {
      throw aggregate(
        'DISPOSE_FAILED',
        `${errorsOf.length} disposers of open scopes failed`,
        errorsOf,
      );
    }
  }

  #link(site: InjectionSite, isNew = true): Link[] {
    const plan = this.#compiled();
    const faults: Fault[] = [];
    const links = checkSite(site, needsOfSite(site), plan.table, plan.levels, faults);
    if (isNew && faults.length > 0) throw invalid(faults);
    return links;
  }

  #ready(token: AnyToken | undefined): Runtime {
    if (this.#state === 'closed' || (this.#state === 'failed' && this.#closing))
      throw new errors.CLOSED(this.name);
    if (this.#state !== 'started' && this.#state !== 'closing') {
      throw new errors.NOT_STARTED(this.name, token?.name ?? 'a scope');
    }
    return this.#runtime;
  }

  #give(found: Service): unknown {
    const service = behind(found);
    if (isScoped(service)) {
      throw new errors.SCOPE_NEEDED(found.name, service.life === SEED ? 'a seed' : 'scoped');
    }
    if (service.life !== TRANSIENT) return resolve(service, this.#root);
    if (needsOwner(service)) {
      const text = `${found.name} is a transient with a disposer: got from container ${this.name} it would live until the end`;
      throw new errors.TRANSIENT_OWNER(text);
    }
    return makeTransient(service, this.#root, false);
  }

  #adopt(child: Container): void {
    if (this.#closing !== undefined) throw new errors.CLOSED(this.name);
    this.#children.add(child);
  }

  #makeRuntime(): Runtime {
    const { name, log, disposeTimeout, disposeGrace, timings } = this.#settings;
    const runtime: Omit<Runtime, 'root' | 'plan'> & { root?: LiveScope } = {
      name,
      scopes: new OpenScopes(),
      factory: Object.freeze({
        createScope: (options?: ScopeOptions) => this.createScope(options),
        runInScope: <T>(options: ScopeOptions, work: (scope: Scope) => T | Promise<T>) =>
          this.runInScope(options, work),
      }),
      log: log ?? silent,
      disposeTimeout,
      disposeGrace,
      timings,
      template: [],
      opened: 0,
      forced: 0,
      onIdle: undefined,
      isClosing: false,
      report: (code, message, error) => report(log, code, message, error),
    };
    runtime.root = new LiveScope(
      runtime as unknown as Runtime,
      { kind: 'container', label: name },
      undefined,
      true,
    );
    return runtime as unknown as Runtime;
  }
}

// `GET /slow (2), cleanup (1)`
function countLabels(scopes: readonly { readonly label: string }[]): string {
  const counts = new Map<string, number>();
  for (const { label } of scopes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Array.from(counts, ([label, count]) => `${label} (${count})`).join(', ');
}

function isContainer(value: unknown): value is Container {
  return value instanceof Container;
}
