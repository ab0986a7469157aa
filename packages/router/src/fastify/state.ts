// The router of one application: captured, accelerated, checked, and given back to Fastify where something is wrong.
// Invariant: `find` is replaced only after the check; whatever fails leaves Fastify's own in place, says so once, and
// never fails a request.
import type { FastifyInstance } from 'fastify';
import { dispatch, install } from '../engine/accelerate.ts';
import { makeEngines } from '../engine/choose.ts';
import { clearCounts } from '../engine/engine.ts';
import type { MethodEngine } from '../engine/engine.ts';
import { errors } from '../errors.ts';
import type { Router, RouterFind } from '../find-my-way/router.ts';
import { walkOf } from '../find-my-way/router.ts';
import { Slot } from '../native/slot.ts';
import { makeCapture } from './capture.ts';
import type { Capture } from './capture.ts';
import type { RouterSettings } from './options.ts';
import { publishRoutes } from './publish.ts';
import { isSame, selfCheck } from './self-check.ts';

/** With verify 'sample', one request in this many is compared. */
const SAMPLE = 1000;

export class RouterState {
  readonly settings: RouterSettings;
  readonly capture: Capture = makeCapture();
  /** Those at work: none while Fastify's own router is in use. */
  engines: ReadonlyMap<string, MethodEngine> = new Map();
  /** Why Fastify's router is in use; undefined once ours is. */
  fallback: string | undefined = 'the application is not ready';
  /** URLs compared at start, and requests compared since. */
  compared = 0;
  /** Fastify's router, once it was reached. */
  captured: Router | undefined;
  #app: FastifyInstance | undefined;
  #restore: (() => void) | undefined;
  #slot: Slot | undefined;

  constructor(settings: RouterSettings) {
    this.settings = settings;
  }

  /** @throws CATZ_ROUTER_ALREADY_REGISTERED */
  attach(app: FastifyInstance): void {
    if (this.#app !== undefined) throw new errors.ALREADY_REGISTERED();
    this.#app = app;
  }

  /** Fastify's router as it is now.
   * @throws CATZ_ROUTER_CAPTURE_FAILED */
  router(): Router | undefined {
    if (this.captured === undefined && this.#app !== undefined) {
      const captured = this.capture.read(this.#app);
      if (captured.fault !== undefined) throw new errors.CAPTURE_FAILED(captured.fault);
      this.captured = captured.router;
    }
    return this.captured;
  }

  /** Makes the engines and lets Fastify use them.
   * @throws with `strict`, or when an engine asked for by name cannot be had */
  start(): void {
    try {
      const router = this.router();
      if (router === undefined) return this.#fallBack('the application has no routes');
      this.engines = makeEngines(router, this.settings);
      const find = dispatch(this.engines);
      if (this.settings.verify !== 'off') {
        const { compared, difference } = selfCheck(router, find, this.settings.verifyMax);
        this.compared = compared;
        if (difference !== undefined) throw new errors.SELF_CHECK(difference);
        // What is counted is requests.
        for (const engine of this.engines.values()) clearCounts(engine);
      }
      this.#restore = install(router, this.#checked(router, find), () =>
        this.#fallBack('routes were added or removed after the start'),
      );
      this.fallback = undefined;
    } catch (error) {
      if (this.settings.strict || !isFallback(error)) throw error;
      this.#fallBack((error as Error).message);
    }
  }

  /** What other addons get; made, and kept up to date, once somebody asks for it. */
  get abi(): object | undefined {
    if (this.#slot === undefined && this.fallback === undefined) {
      this.#slot = new Slot();
      publishRoutes(this.#slot, this.captured!);
    }
    return this.#slot?.abi;
  }

  /** Ends it with the application. */
  close(): void {
    this.fallback ??= 'the application is closed';
    this.#stop();
  }

  // Gives the router back to Fastify.
  #stop(): void {
    this.#restore?.();
    this.#restore = undefined;
    this.engines = new Map();
    try {
      // Native code knows no more than we do: it defers all targets to a table without methods.
      this.#slot?.publish([], []);
    } catch (error) {
      this.#app?.log.error({ err: error }, 'native code of others still has the routes');
    }
  }

  #fallBack(reason: string): void {
    this.fallback = reason;
    this.#stop();
    const { onFallback } = this.settings;
    if (onFallback === undefined) {
      this.#app?.log.warn({ reason }, 'routes are found by Fastify itself');
      return;
    }
    try {
      onFallback(reason);
    } catch (error) {
      this.#app?.log.error({ err: error }, 'onFallback of @catzilla/router threw');
    }
  }

  // The find that Fastify calls: the engines', with those requests compared that verify asks for.
  #checked(router: Router, find: RouterFind): RouterFind {
    const { verify } = this.settings;
    if (verify !== 'sample' && verify !== 'always') return find;
    const every = verify === 'always' ? 1 : SAMPLE;
    const walk = walkOf(router);
    let count = 0;
    return (method, url, derived) => {
      const found = find(method, url, derived);
      if (++count < every) return found;
      count = 0;
      this.compared++;
      const wanted = walk.call(router, method, url, derived);
      if (isSame(wanted, found)) return found;
      this.#fallBack(`it answers ${method} ${url.slice(0, 200)} otherwise`);
      return wanted;
    };
  }
}

// What is wrong with us is no reason not to start; an engine that was asked for by name and cannot be had is one.
function isFallback(error: unknown): boolean {
  return !(
    error instanceof errors.NATIVE_UNAVAILABLE || error instanceof errors.COMPILE_UNAVAILABLE
  );
}
