// What can only be seen without an application.
import { expect, test } from 'vitest';
import { DynamicTable } from '../../src/dynamic/dynamic-table.ts';
import { dynamicSettings } from '../../src/dynamic/options.ts';
import type { Site } from '../../src/dynamic/site.ts';

test('a commit that would come behind the close of the application is left', async () => {
  const table = new DynamicTable(dynamicSettings({ name: 'test' }));
  let isClosed = false;
  const site = {
    prefix: '',
    methods: ['GET'],
    exposesHead: true,
    routerOptions: {},
    compile: () => ({ schema: undefined, validators: {}, serializers: undefined }),
    get isClosed() {
      return isClosed;
    },
  } as unknown as Site;
  table.attach(site);
  table.attach(site);
  table.add({ method: 'GET', url: '/a', handler: () => {} });
  isClosed = true;
  await Promise.resolve();
  expect(table.stats()).toMatchObject({ generation: 0, hasChanges: true, failure: undefined });
});
