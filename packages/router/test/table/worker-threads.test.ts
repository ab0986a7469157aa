// Tables in worker threads: each isolate loads the addon for itself, and ends without harm to the others.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { RouteTable } from '../../src/table/route-table.ts';

const index = new URL('../../dist/index.js', import.meta.url).href;

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.index).then(({ RouteTable }) => {
    const table = new RouteTable({ engine: 'native' });
    for (let i = 0; i < 500; i++) table.add('GET', '/' + workerData.name + i + '/:x', i);
    const built = table.build();
    let right = 0;
    for (let i = 0; i < 5000; i++) {
      const found = built.find('GET', '/' + workerData.name + (i % 500) + '/v' + i);
      if (found.value === i % 500 && found.params.x === 'v' + i) right++;
    }
    parentPort.postMessage({ right, backend: built.stats().backend });
  });`;

it('finds in many threads at once, with the words of each thread to itself', async () => {
  const table = new RouteTable<number>({ engine: 'native' }).add('GET', '/:a/:b', 1);
  const built = table.build();
  for (let round = 0; round < 2; round++) {
    const workers = ['a', 'b', 'c'].map(
      (name) => new Worker(program, { eval: true, workerData: { index, name } }),
    );
    const answers = workers.map((worker) => once(worker, 'message'));
    const exits = workers.map((worker) => once(worker, 'exit'));
    expect(built.find('GET', '/1/2')?.params).toEqual({ a: '1', b: '2' });
    for (const [answer] of await Promise.all(answers)) {
      expect(answer).toEqual({ right: 5000, backend: 'native' });
    }
    expect((await Promise.all(exits)).flat()).toEqual([0, 0, 0]);
    expect(built.find('GET', '/3/4')?.params).toEqual({ a: '3', b: '4' });
  }
});
