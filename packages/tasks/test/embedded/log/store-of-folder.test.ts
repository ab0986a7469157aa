// Which names are one folder.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { storeOfFolder } from '../../../src/embedded/log/store-of-folder.ts';
import { temporaryFolder } from './support/folder.ts';

function linked(): { real: string; link: string } {
  const folder = temporaryFolder();
  const link = join(folder, 'link');
  symlinkSync(temporaryFolder(), link);
  return { real: folder, link };
}

test('two factories of one folder below a link have one store, before and after it is made', async () => {
  const { link } = linked();
  const dir = join(link, 'not', 'there');
  const queues = [1, 2].map(() => new Queue('q', { connection: {} }, embeddedBackend({ dir })));
  onTestFinished(async () => {
    await Promise.all(queues.map((queue) => queue.close()));
  });
  const [first, second] = queues;
  await first?.add('job', 1);
  await second?.add('job', 2);
  const third = new Queue('q', { connection: {} }, embeddedBackend({ dir }));
  onTestFinished(() => third.close());
  expect(await third.getWaitingCount()).toBe(2);
});

test('a relative name is that of the folder the process is in', () => {
  const make = () => ({ users: { size: 0 } });
  const name = `not-there-${String(process.pid)}`;
  const store = storeOfFolder({ dir: name }, make);
  expect(storeOfFolder({ dir: join(process.cwd(), name) }, make)).toBe(store);
  expect(storeOfFolder({ dir: join(process.cwd(), `${name}-either`) }, make)).not.toBe(store);
});
