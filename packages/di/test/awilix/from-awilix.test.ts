import { aliasTo, asClass, asFunction, asValue, createContainer } from 'awilix';
import { describe, expect, it } from 'vitest';
import { defineContainer, fromAwilix, token } from '../../src/index.ts';

const Config = token<{ url: string }>('config');
const Db = token<Database>('db');
const Store = token<Database>('store');
const Repo = token<Repository>('repo');
const Id = token<{ db: Database }>('id');
const Service = token<{ repo: Repository; db: Database }>('service');

class Database {
  readonly url: string;
  constructor(config: { url: string }) {
    this.url = config.url;
  }
}

class Repository {
  readonly db: Database;
  constructor({ db }: { db: Database }) {
    this.db = db;
  }
}

const tokens = { config: Config, db: Db, store: Store, repo: Repo, id: Id };

function old(events: string[], options: object = {}) {
  return createContainer(options).register({
    config: asValue({ url: 'db://' }),
    db: asClass(Database)
      .singleton()
      .classic()
      .disposer(() => void events.push('-db')),
    store: aliasTo('db'),
    repo: asClass(Repository)
      .scoped()
      .disposer(() => void events.push('-repo')),
    id: asFunction(({ db }: { db: Database }) => ({ db })).transient(),
  });
}

describe('fromAwilix', () => {
  it('takes values, aliases and lifetimes over, with what is told of dependencies', async () => {
    const events: string[] = [];
    const definition = fromAwilix(old(events), {
      tokens,
      dependencies: { db: ['config'], repo: ['db'], id: ['db'] },
      name: 'moved',
    });
    const container = await definition.start();
    expect(
      container.graph().nodes.map(({ token: name, lifetime, opaque }) => [name, lifetime, opaque]),
    ).toEqual([
      ['config', 'value', undefined],
      ['db', 'singleton', undefined],
      ['store', 'alias', undefined],
      ['repo', 'scoped', undefined],
      ['id', 'transient', undefined],
    ]);
    const [one, two] = [container.createScope(), container.createScope()];
    expect(one.get(Repo)).toBeInstanceOf(Repository);
    expect(one.get(Repo)).toBe(one.get(Repo));
    expect(one.get(Repo)).not.toBe(two.get(Repo));
    expect(one.get(Id)).not.toBe(one.get(Id));
    expect(one.get(Repo).db).toBe(container.get(Store));
    expect(container.get(Db).url).toBe('db://');
    await one.close();
    expect(events).toEqual(['-repo']);
    await two.close();
    await container.close();
    expect(events).toEqual(['-repo', '-repo', '-db']);
  });

  it('checks what it was told with everything else', () => {
    const definition = fromAwilix(old([]), {
      tokens,
      dependencies: { db: ['repo'], repo: ['db'] },
    });
    expect(definition.validate().map(({ code, path }) => [code, path])).toEqual([
      ['CATZ_DI_CYCLE', ['db', 'repo', 'db']],
      ['CATZ_DI_CAPTIVE', ['db', 'repo']],
    ]);
  });

  it('leaves the rest to awilix, one of its scopes for each of ours, and marks it opaque', async () => {
    const events: string[] = [];
    const awilix = old(events);
    const container = await fromAwilix(awilix, { tokens }).start();
    expect(
      container
        .graph()
        .nodes.filter(({ opaque }) => opaque)
        .map(({ token: name }) => name),
    ).toEqual(['db', 'repo', 'id', 'awilix', 'awilix scope']);
    expect(container.warnings()).toEqual([]);
    const [one, two] = [container.createScope(), container.createScope()];
    expect(one.get(Repo)).toBe(one.get(Repo));
    expect(one.get(Repo)).not.toBe(two.get(Repo));
    expect(one.get(Repo).db).toBe(container.get(Db));
    expect(one.get(Id).db).toBe(awilix.resolve('db'));
    await one.close();
    expect(events).toEqual(['-repo']);
    await two.close();
    await container.close();
    expect(events).toEqual(['-repo', '-repo', '-db']);
  });

  it('gives awilix our instance of what was moved, so that there are not two', async () => {
    const definition = fromAwilix(old([]), { tokens, dependencies: { db: ['config'] } }).scoped(
      Service,
      [Repo, Db],
      (repo, db) => ({ repo, db }),
    );
    await using container = await definition
      .override(Config, { value: { url: 'test://' } })
      .start();
    await using scope = container.createScope();
    const { repo, db } = scope.get(Service);
    expect(repo.db).toBe(db);
    expect(db.url).toBe('test://');
    expect(scope.get(Id).db).toBe(db);
  });

  it('works with a container whose injection mode is CLASSIC, and with optional parameters', async () => {
    const awilix = createContainer({ injectionMode: 'CLASSIC' }).register({
      config: asValue({ url: 'db://' }),
      db: asFunction((config: { url: string }, extra = 'none') => ({
        url: config.url + extra,
      })).singleton(),
    });
    const definition = fromAwilix(awilix, {
      tokens: { config: Config, db: Db },
      dependencies: { db: ['config'] },
    });
    await using container = await definition.start();
    expect(container.get(Db).url).toBe('db://none');
  });

  it('refuses a dependency that it was not told of', async () => {
    const awilix = createContainer().register({
      config: asValue({ url: '' }),
      db: asFunction(({ config }: { config: { url: string } }) => ({
        url: config.url,
      })).singleton(),
    });
    const started = fromAwilix(awilix, { tokens: { db: Db }, dependencies: { db: [] } }).start();
    await expect(started).rejects.toMatchObject({
      code: 'CATZ_DI_START_FAILED',
      errors: [
        {
          cause: { code: 'CATZ_DI_OPTIONS', message: expect.stringContaining('to name "config"') },
        },
      ],
    });
  });

  it.each([
    ['a name that is not registered', { tokens: { other: Db } }],
    ['dependencies of a name that is not registered', { tokens, dependencies: { other: [] } }],
    ['a dependency without a token', { tokens: { db: Db }, dependencies: { db: ['config'] } }],
    ['an alias of what has no token', { tokens: { store: Store } }],
    ['tokens that are none', { tokens: { db: 'db' } }],
    ['dependencies that are no lists', { tokens, dependencies: { db: 'config' } }],
    ['no tokens', undefined],
  ])('refuses %s', (_, options) => {
    expect(() => fromAwilix(old([]), options as never)).toThrow(
      expect.objectContaining({ code: 'CATZ_DI_OPTIONS' }),
    );
  });

  it('makes a definition that goes on as any other', async () => {
    const definition = defineContainer().include(fromAwilix(old([]), { tokens }));
    await using container = await definition.start();
    expect(container.get(Config)).toEqual({ url: 'db://' });
  });
});
