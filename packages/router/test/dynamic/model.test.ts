// Random changes and requests against a model: a Map from route to answer, and a copy of it per commit. Requests wait in
// their handlers while the table changes, and must answer what the model said when they began.
import type { FastifyInstance, FastifyReply, FastifyRequest, InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import type { DynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { gate, isSettled, makeTable } from './apps.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;
const PATTERNS = Array.from({ length: 12 }, (_, i) => [
  { url: `/s${i}`, hit: `/s${i}` },
  { url: `/p${i}/:id`, hit: `/p${i}/7` },
  { url: `/w${i}/*`, hit: `/w${i}/a/b` },
]).flat();
const MAX_ROUTES = 60;

interface Pending {
  readonly answer: Promise<{ statusCode: number; body: string }>;
  readonly expected: string | undefined;
  readonly generation: number;
  readonly finish: () => void;
}

class Model {
  readonly staged = new Map<string, string>();
  committed = new Map<string, string>();
  generation = 0;
  hasChanges = false;
  readonly pending: Pending[] = [];
  checked = 0;
  readonly #table: DynamicRoutes;
  readonly #app: FastifyInstance;
  readonly #random: Random;
  readonly #entered = new Map<string, () => Promise<void>>();
  #versions = 0;

  constructor(app: FastifyInstance, table: DynamicRoutes, random: Random) {
    this.#app = app;
    this.#table = table;
    this.#random = random;
  }

  async step(): Promise<void> {
    const random = this.#random;
    const method = random.pick(METHODS);
    const { url, hit } = random.pick(PATTERNS);
    switch (random.int(10)) {
      case 0:
      case 1:
        return this.#add(method, url);
      case 2:
        return this.#replace(method, url);
      case 3:
        return this.#remove(method, url);
      case 4:
        return this.#commit();
      case 5:
      case 6:
        return this.finish(random.int(4));
      case 7:
        return this.#checkDrained();
      default:
        return this.#ask(method, url, hit);
    }
  }

  /** Lets requests end, the oldest first, and checks their answers. */
  async finish(count: number): Promise<void> {
    for (const { answer, expected, finish } of this.pending.splice(0, count)) {
      finish();
      const { statusCode, body } = await answer;
      expect(expected === undefined ? statusCode : body).toBe(expected ?? 404);
      this.checked++;
    }
  }

  #add(method: string, url: string): void {
    const key = `${method} ${url}`;
    const version = this.#route(method, url);
    if (this.staged.has(key)) expect(() => this.#table.add(version.route)).toThrow('already');
    else if (this.staged.size === MAX_ROUTES)
      expect(() => this.#table.add(version.route)).toThrow('has 60 routes');
    else {
      this.#table.add(version.route);
      this.#note(key, version.answer);
    }
  }

  #replace(method: string, url: string): void {
    const key = `${method} ${url}`;
    if (!this.staged.has(key) && this.staged.size === MAX_ROUTES) return;
    const version = this.#route(method, url);
    this.#table.replace(version.route);
    this.#note(key, version.answer);
  }

  #remove(method: string, url: string): void {
    const had = this.staged.delete(`${method} ${url}`);
    expect(this.#table.remove(method, url)).toBe(had);
    if (had) this.hasChanges = true;
  }

  #commit(): void {
    if (this.hasChanges) {
      this.generation++;
      this.committed = new Map(this.staged);
      this.hasChanges = false;
    }
    expect(this.#table.commit()).toBe(this.generation);
    expect(this.#table.stats()).toMatchObject({ routes: this.staged.size, hasChanges: false });
  }

  async #ask(method: (typeof METHODS)[number], url: string, hit: string): Promise<void> {
    const expected = this.committed.get(`${method} ${url}`);
    const { opened, open } = gate();
    const id = String(this.#versions++);
    const begun = gate();
    this.#entered.set(id, () => {
      begun.open();
      return opened;
    });
    const request: InjectOptions = { method, url: `/t${hit}`, headers: { 'x-id': id } };
    const answer = this.#app.inject(request);
    if (expected === undefined) expect((await answer).statusCode).toBe(404);
    else await begun.opened;
    this.pending.push({ answer, expected, generation: this.generation, finish: open });
  }

  async #checkDrained(): Promise<void> {
    const generation = this.#random.int(this.generation + 1);
    const isBusy = this.pending.some(
      (one) => one.expected !== undefined && one.generation <= generation,
    );
    expect(await isSettled(this.#table.drained(generation))).toBe(!isBusy);
  }

  #note(key: string, answer: string): void {
    this.staged.set(key, answer);
    this.hasChanges = true;
  }

  #route(method: string, url: string) {
    const answer = `${method} ${url} version ${this.#versions++}`;
    const entered = this.#entered;
    const wait = async (request: FastifyRequest) => entered.get(String(request.headers['x-id']))!();
    const inHook = this.#random.once(2);
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      if (!inHook) await wait(request);
      return reply.send(answer);
    };
    return { answer, route: { method, url, handler, ...(inHook ? { preHandler: wait } : {}) } };
  }
}

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test.each([1, 2, 3])('2000 random operations do what a Map does (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const { app, table } = await makeTable(make, { commit: 'manual', maxRoutes: MAX_ROUTES });
    const model = new Model(app, table, random);
    for (let step = 0; step < 2000; step++) {
      try {
        await model.step();
      } catch (error) {
        throw new Error(`seed ${seed}, step ${step}`, { cause: error });
      }
    }
    await model.finish(model.pending.length);
    expect(model.checked).toBeGreaterThan(200);
    expect(model.generation).toBeGreaterThan(100);
    expect(
      table
        .routes()
        .map(({ method, url }) => `${method} ${url}`)
        .sort(),
    ).toEqual([...model.staged.keys()].sort());
    await table.drained(table.generation);
  });
});
