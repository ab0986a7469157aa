import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { familiesOf } from '../../src/metrics/families.ts';
import { RoutePlaces } from '../../src/snapshot/sum-routes.ts';
import { sumReadings } from '../../src/snapshot/sum.ts';
import { gathered, reading, tasks } from '../snapshot/reading.ts';

it('docs/guide/metrics.md names every metric with its type, and no other', async () => {
  const url = new URL('../../../../docs/guide/metrics.md', import.meta.url);
  const page = await readFile(url, 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9_]+)` *\| (counter|gauge|histogram) /gm)];
  const told = rows.map(([, name, type]) => `${name} ${type}`);
  const snapshot = sumReadings(gathered([reading({ tasks: tasks() })]), new RoutePlaces());
  const made = familiesOf(snapshot).map(({ name, type }) => `${name} ${type}`);
  expect(told.sort()).toEqual(made.sort());
});
