import { describe, expect, it } from 'vitest';
import type { Place } from '../src/places.ts';
import type { SearchResult } from '../src/search.ts';
import type { Snapshot } from '../src/app.ts';
import { running } from './helpers.ts';

const PARIS = 2988507;
// Searches cost real time, and a busy machine may take several times as long.
const PATIENT = { timeout: 30_000 };
const QUESTIONS = [
  '/api/cities?q=par',
  '/api/cities?q=s%C3%A3o&limit=3',
  '/api/cities/nearest?lat=48.85&lon=2.35',
  '/api/countries/FR/stats',
  `/api/cities/${PARIS}`,
];

describe('the routes over the places', PATIENT, () => {
  it('answer from the real data', async () => {
    const { get } = await running();
    const found = (await get('/api/cities?q=par')).json<SearchResult>();
    expect(found.places).toHaveLength(10);
    expect(found.places[0]).toMatchObject({ id: PARIS, name: 'Paris', country: 'FR' });
    const near = await get('/api/cities/nearest?lat=48.85&lon=2.35&limit=1');
    expect(near.json()).toMatchObject({ lat: 48.85, lon: 2.35, places: [{ id: PARIS }] });
    expect((await get('/api/countries/FR/stats')).json()).toMatchObject({
      country: 'FR',
      largest: { id: PARIS },
    });
    expect((await get(`/api/cities/${PARIS}`)).json()).toMatchObject({ id: PARIS, country: 'FR' });
  });

  it.each(QUESTIONS)(
    'answer %s the second time from the cache, with the same bytes',
    async (path) => {
      const { get } = await running();
      const first = await get(path);
      const second = await get(path);
      const uncached = await get(`/uncached${path}`);
      expect([first.status, second.status, uncached.status]).toStrictEqual([200, 200, 200]);
      expect([first.isHit, second.isHit, uncached.isHit]).toStrictEqual([false, true, false]);
      expect(first.headers.get('cache-status')).toMatch(/^catzilla; fwd=uri-miss; stored(;|$)/);
      expect(second.text).toBe(first.text);
      expect(second.text).toBe(uncached.text);
      expect(second.headers.get('content-type')).toBe(uncached.headers.get('content-type'));
    },
  );

  it('compute every answer under /uncached', async () => {
    const { get } = await running();
    for (const path of QUESTIONS) {
      for (let i = 0; i < 2; i++) {
        const answer = await get(`/uncached${path}`);
        expect(answer.status).toBe(200);
        expect(answer.isHit).toBe(false);
        expect(answer.headers.get('age')).toBeNull();
      }
    }
  });

  it('share an answer between two spellings of one question', async () => {
    const { get } = await running();
    await get('/api/cities?q=berl&limit=2');
    const other = await get('/api/cities?limit=2&q=berl&tracking=1');
    expect(other.isHit).toBe(true);
    expect((await get('/api/cities?limit=3&q=berl')).isHit).toBe(false);
  });

  it('keep a cookie of another program from preventing hits', async () => {
    const { get } = await running();
    await get('/api/cities?q=oslo');
    expect((await get('/api/cities?q=oslo', { headers: { cookie: 'sid=1' } })).isHit).toBe(true);
  });

  it.each([
    ['/api/cities', 'a search without q'],
    ['/api/cities?q=', 'an empty q'],
    ['/api/cities?q=%20%20', 'a blank q'],
    [`/api/cities?q=${'x'.repeat(65)}`, 'a long q'],
    ['/api/cities?q=par&limit=0', 'a limit below 1'],
    ['/api/cities?q=par&limit=101', 'a limit above 100'],
    ['/api/cities?q=par&limit=ten', 'a limit that is no number'],
    ['/api/cities/nearest?lat=48.85', 'a point without lon'],
    ['/api/cities/nearest?lat=91&lon=0', 'a latitude beyond the pole'],
    ['/api/cities/nearest?lat=0&lon=181', 'a longitude beyond 180'],
    ['/api/cities/paris', 'an id that is no number'],
    ['/api/cities/02988507', 'an id with a leading zero'],
    ['/api/countries/fr/stats', 'a country in lower case'],
    ['/api/countries/FRA/stats', 'a country of three letters'],
  ])('refuse %s with 400 (%s)', async (path) => {
    const { get } = await running();
    for (const prefix of ['', '/uncached']) {
      const answer = await get(prefix + path);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    }
  });

  it.each(['/api/cities/1', '/api/countries/ZZ/stats', '/api/nothing'])(
    'answer 404 to %s',
    async (path) => {
      const { get } = await running();
      const answer = await get(path);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({ statusCode: 404, error: 'Not Found' });
      expect((await get(`/uncached${path}`)).status).toBe(404);
    },
  );
});

describe('a change of a population', PATIENT, () => {
  it('reaches every cached answer that shows the place', async () => {
    const { get, post } = await running();
    const showing = [...QUESTIONS, '/api/cities?q=paris&limit=1'].filter(
      (path) => !path.includes('s%C3'),
    );
    for (const path of showing) {
      await get(path);
      expect((await get(path)).isHit).toBe(true);
    }
    const changed = await post(`/api/cities/${PARIS}`, { population: 7_654_321 });
    expect(changed.status).toBe(200);
    expect(changed.json()).toMatchObject({ id: PARIS, population: 7_654_321 });
    for (const path of showing) {
      const answer = await get(path);
      expect(answer.isHit).toBe(false);
      expect(answer.text).toContain('7654321');
      expect(answer.text).toBe((await get(`/uncached${path}`)).text);
    }
  });

  it('leaves answers alone that cannot show it', async () => {
    const { get, post } = await running();
    const others = ['/api/cities/2950159', '/api/countries/DE/stats'];
    for (const path of others) await get(path);
    await post(`/api/cities/${PARIS}`, { population: 1 });
    for (const path of others) expect((await get(path)).isHit).toBe(true);
  });

  it('stays within its application', async () => {
    const one = await running();
    const two = await running();
    await one.post(`/api/cities/${PARIS}`, { population: 5 });
    expect((await one.get(`/api/cities/${PARIS}`)).json<Place>().population).toBe(5);
    expect((await two.get(`/api/cities/${PARIS}`)).json<Place>().population).toBe(2138551);
  });

  it.each<[body: object, what: string]>([
    [{}, 'nothing'],
    [{ population: -1 }, 'a negative number'],
    [{ population: 1.5 }, 'a fraction'],
    [{ population: 100_000_001 }, 'more than a hundred million'],
  ])('is refused with 400 for %j (%s)', async (body) => {
    const { post, get } = await running();
    expect((await post(`/api/cities/${PARIS}`, body)).status).toBe(400);
    expect((await get(`/api/cities/${PARIS}`)).json<Place>().population).toBe(2138551);
  });

  it('answers 404 for a place that does not exist', async () => {
    const { post } = await running();
    expect((await post('/api/cities/1', { population: 1 })).status).toBe(404);
  });
});

describe('stats and health', PATIENT, () => {
  it('count hits, misses and entries', async () => {
    const { get } = await running();
    for (let i = 0; i < 4; i++) await get('/api/cities?q=rome');
    await get('/uncached/api/cities?q=rome');
    const answer = await get('/stats');
    const stats = answer.json<Snapshot & { http: object; engine: { entries: number } }>();
    expect(answer.isHit).toBe(false);
    expect(stats.places).toBe(135_233);
    expect(stats.cache).toMatchObject({ hits: 3, misses: 1, hitRatio: 0.75, backend: 'native' });
    expect(stats.cache.entries).toBeGreaterThan(0);
    expect(stats.cache.entries).toBe(stats.engine.entries);
    expect(stats.cache.bytes).toBeLessThanOrEqual(stats.cache.capacity);
    expect(stats.latency.uncached.count).toBe(1);
    expect(stats.latency.hit.p50Ms).toBeGreaterThan(0);
  });

  it('report a healthy cache', async () => {
    const { get } = await running();
    const answer = await get('/health');
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'ok', places: 135_233, cache: {} });
  });
});

describe('the page', PATIENT, () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/page.css', 'text/css; charset=utf-8'],
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/sparkline.js', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('serves %s as %s', async (path, type) => {
    const { get } = await running();
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.text.length).toBeGreaterThan(100);
  });

  it('names nothing of another origin', async () => {
    const { get } = await running();
    for (const path of ['/', '/page.css', '/page.js', '/sparkline.js']) {
      expect((await get(path)).text).not.toMatch(/(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//);
    }
  });
});
