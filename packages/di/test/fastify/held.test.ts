// Scopes that outlive their request, and for how long: what is held, what does not settle, what fails or comes too late.
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineContainer, inject } from '../../src/index.ts';
import { Res, Tx, setUp } from './journaled.ts';
import { Client, Journal, gate, listen, turns, versions } from './support.ts';

describe.each(versions)('the scope of a request, on Fastify $version,', ({ make }) => {
  it('is disposed by force when the handler has not settled in time, and says so', async () => {
    const lines: string[] = [];
    const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } };
    const { app, journal, active } = await setUp(make, { disposeGrace: 20 }, { logger });
    const never = gate();
    onTestFinished(() => never.open());
    app.get(
      '/stuck/:id',
      inject([Res], async () => never.passed),
    );
    const client = (await Client.connect(await listen(app))).get('/stuck/7');
    while (active() < 1) await turns(1);
    client.leave();
    await journal.until('res failed aborted');
    expect(app.di.stats().scopes).toMatchObject({ active: 0, forced: 1 });
    const warning = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(warning).toContainEqual(
      expect.objectContaining({ code: 'CATZ_WARN_DI_FORCED', route: 'GET /stuck/:id', grace: 20 }),
    );
  });

  it('is disposed by a container that closes, if the handler does not settle', async () => {
    const lines: string[] = [];
    const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } };
    const { app, journal } = await setUp(make, { disposeGrace: 30 }, { logger });
    const send = gate();
    const never = gate();
    onTestFinished(() => never.open());
    app.get(
      '/',
      inject([Res], async (_request, reply) => {
        journal.add('begun');
        await send.passed;
        void reply.send('x');
        await never.passed;
      }),
    );
    const answer = app.inject('/');
    await journal.until('begun');
    const closed = app.close();
    await turns();
    // Its own grace begins only now, and would end after the container's.
    send.open();
    expect((await answer).body).toBe('x');
    await closed;
    expect(journal.entries).toEqual(['begun', 'res failed aborted container test is closed']);
    expect(app.di.stats().scopes).toMatchObject({ active: 0, forced: 1 });
    expect(lines.filter((line) => line.includes('CATZ_WARN_DI_FORCED'))).toHaveLength(1);
  });

  it('waits for what it was told to hold', async () => {
    const { app, journal, active } = await setUp(make);
    const mail = gate();
    app.get('/', async (request) => {
      request.scope.get(Res);
      request.scope.hold(
        mail.passed.then(() => journal.add(`sent with ${request.scope.get(Res).name}`)),
      );
      return 'soon';
    });
    await app.inject('/');
    await turns();
    expect(active()).toBe(1);
    mail.open();
    await journal.until('res ok');
    expect(journal.entries).toEqual(['sent with res', 'res ok']);
  });

  it('waits for what it was told to hold while it was waiting', async () => {
    const { app, journal } = await setUp(make);
    const first = gate();
    const second = gate();
    app.get('/', async (request) => {
      const { scope } = request;
      scope.get(Res);
      scope.hold(first.passed.then(() => scope.hold(second.passed)));
      return 'soon';
    });
    await app.inject('/');
    first.open();
    await turns();
    expect(journal.entries).toEqual([]);
    second.open();
    await journal.until('res ok');
  });

  it('is not disposed twice when what it holds ends after the grace', async () => {
    const { app, journal } = await setUp(make, { disposeGrace: 10 });
    const late = gate();
    app.get('/', async (request) => {
      request.scope.get(Res);
      request.scope.hold(late.passed);
      return 'soon';
    });
    await app.inject('/');
    await journal.until('res failed');
    late.open();
    await turns();
    expect(journal.entries).toEqual(['res failed']);
  });

  it.each(['at once', 'later'])('logs and counts a disposer that fails %s', async (when) => {
    const lines: string[] = [];
    const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
    const journal = new Journal();
    const container = defineContainer()
      .scoped(Res, [], () => ({ name: 'res' }), {
        dispose: () => {
          journal.add('failing');
          if (when === 'at once') throw new Error('cannot end');
          return turns(1).then(() => Promise.reject(new Error('cannot end')));
        },
      })
      .scoped(Tx, [Res], () => ({ name: 'tx' }), { dispose: () => journal.add('other') });
    const { app, active } = await setUp(make, { container }, { logger });
    app.get(
      '/',
      inject([Tx], async () => 'x'),
    );
    expect((await app.inject('/')).body).toBe('x');
    while (active() > 0) await turns(1);
    await turns(1);
    expect(journal.entries).toEqual(['other', 'failing']);
    expect(lines.join('')).toMatch(/CATZ_DI_DISPOSE_FAILED/);
    const { tokens } = app.di.stats();
    expect(tokens).toContainEqual(expect.objectContaining({ token: 'res', disposeErrors: 1 }));
  });

  it.each(['at once', 'later'])(
    'logs a disposer at the handler of a hijacked reply that fails %s',
    async (when) => {
      const lines: string[] = [];
      const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } };
      const container = defineContainer().scoped(Tx, [], () => ({ name: 'tx' }), {
        disposeAt: 'handler',
        dispose: () => {
          if (when === 'at once') throw new Error('cannot end');
          return turns(1).then(() => Promise.reject(new Error('cannot end')));
        },
      });
      const { app, active } = await setUp(make, { container }, { logger });
      app.get(
        '/',
        inject([Tx], async (_request, reply) => {
          reply.hijack();
          reply.raw.end('by hand');
        }),
      );
      expect((await app.inject('/')).body).toBe('by hand');
      while (active() > 0 || lines.length === 0) await turns(1);
      expect(lines.join('')).toMatch(/cannot end/);
    },
  );

  it('cannot be used when it is over', async () => {
    const { app, journal } = await setUp(make);
    let late: (() => unknown) | undefined;
    app.get('/', async (request) => {
      request.scope.get(Res);
      late = () => request.scope.get(Res);
      return 'x';
    });
    app.get('/unused', (request) => {
      late = () => request.scope.get(Res);
      return 'x';
    });
    for (const url of ['/', '/unused']) {
      await app.inject(url);
      await turns();
      expect(() => late?.()).toThrow(expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }));
    }
    expect(journal.entries).toEqual(['res ok']);
    expect(app.di.stats().scopes.active).toBe(0);
  });

  it('is disposed at once where an asynchronous handler opens it after all is over', async () => {
    const { app, journal, active } = await setUp(make);
    let late: (() => unknown) | undefined;
    app.get('/', async (request) => {
      late = () => request.scope.get(Res);
      return 'x';
    });
    const client = (await Client.connect(await listen(app))).get('/');
    await client.hears('x');
    await turns();
    late?.();
    await journal.until('res ok');
    expect(active()).toBe(0);
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'CATZ_DI_SCOPE_CLOSED' }));
  });
});
