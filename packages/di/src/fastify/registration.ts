// One registration of the plugin: the definition, the routes that inject, and, from onReady on, the container.
// Invariant: the container is built when all routes and imports of its context are known; containers of all contexts are checked
// together, before the first factory runs. Parents start before their children, and close after them.
import type { FastifyInstance } from 'fastify';
import { Server } from '../built-in.ts';
import { invalid } from '../compile/faults.ts';
import type { Definition } from '../define/definition.ts';
import { errors } from '../errors.ts';
import type { Dependency } from '../modifiers.ts';
import type { Container } from '../run/container.ts';
import type { InjectionSite, Injector, Scope } from '../types.ts';
import type { Token } from '../token.ts';
import type { RequestLife, RequestScopeOptions } from './life.ts';
import type { DiSettings } from './options.ts';

const OWN: unique symbol = Symbol('catzilla.di.registration');
const ALL: unique symbol = Symbol('catzilla.di.registrations');

type Instance = FastifyInstance & { [OWN]?: Registration; [ALL]?: Registration[] };

/** The registration that counts in a context: its own, or the nearest around it. */
export function registrationIn(app: FastifyInstance): Registration | undefined {
  return (app as Instance)[OWN];
}

/** Whether the context itself has one. */
export function hasOwnRegistration(app: FastifyInstance): boolean {
  return Object.hasOwn(app, OWN);
}

export class Registration {
  readonly settings: DiSettings;
  /** Lives whose response is closed and whose scope is still in use. */
  readonly waiting: Set<RequestLife> = new Set();
  readonly #app: Instance;
  readonly #parent: Registration | undefined;
  readonly #sites: InjectionSite[] = [];
  /** All of the application, parents before children. */
  readonly #all: Registration[];
  #definition: Definition;
  #container: Container | undefined;

  constructor(app: FastifyInstance, settings: DiSettings) {
    this.#app = app;
    this.settings = settings;
    this.#parent = registrationIn(app);
    this.#definition = settings.container;
    this.#app[OWN] = this;
    const root = rootOf(this.#app);
    this.#all = root[ALL] ??= [];
    this.#all.push(this);
  }

  /** @throws CATZ_DI_NOT_STARTED before onReady */
  get container(): Container {
    if (this.#container === undefined) {
      throw new errors.NOT_STARTED(this.#definition.name, 'a service');
    }
    return this.#container;
  }

  /** The registration whose container a context uses; this one where there is none. */
  nearest(app: FastifyInstance): Registration {
    return registrationIn(app) ?? this;
  }

  /** Something that injects, to be checked at the start. */
  addSite(site: InjectionSite): void {
    this.#sites.push(site);
  }

  /** Adds a singleton that is made outside, and stays its maker's.
   * @throws CATZ_DI_DUPLICATE, CATZ_DI_STARTED */
  import<T>(token: Token<T>, read: () => T): void {
    if (this.#container !== undefined) {
      throw new errors.STARTED(this.#definition.name, `the import of ${token.name}`);
    }
    this.#definition = this.#definition.singleton(token, [], read, { dispose: false });
  }

  /** Compiles the containers of the whole application, unless that was done, and starts this one.
   * @throws CATZ_DI_INVALID with the faults of all of them, CATZ_DI_START_FAILED, CATZ_DI_START_TIMEOUT */
  async start(): Promise<void> {
    if (this.#container === undefined) {
      for (const one of this.#all) one.#build();
      const faults = this.#all.flatMap((one) => one.container.validate());
      if (faults.length > 0) throw invalid(faults);
    }
    await this.container.start();
  }

  /** Waits for open scopes, then disposes.
   * @throws CATZ_DI_DISPOSE_FAILED */
  async close(): Promise<void> {
    try {
      await this.#container?.close();
    } finally {
      for (const life of this.waiting) life.drop();
      this.waiting.clear();
    }
  }

  /** The scope of a request. */
  openScope(options: RequestScopeOptions): Scope {
    return this.container.createScope(options);
  }

  /** Compiles the tokens of a handler. */
  injectorOf(tokens: readonly Dependency[], site: Omit<InjectionSite, 'tokens'>): Injector {
    return this.container.injector(tokens, site);
  }

  #build(): void {
    const { container: _, ...settings } = this.settings;
    const parent = this.#parent?.container;
    this.#container = this.#definition.build({
      ...settings,
      ...(parent && { parent }),
      sites: this.#sites,
      log: this.#app.log,
      builtIns: new Map([[Server, this.#app]]),
    });
  }
}

function rootOf(app: Instance): Instance {
  const above = Object.getPrototypeOf(app) as Instance | null;
  return above === null || above === Object.prototype ? app : rootOf(above);
}
