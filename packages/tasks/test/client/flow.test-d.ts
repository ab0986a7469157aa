// The payload of every node of a flow is typed by its task, however deep it is. Never run: tsc is the test.
import { z } from 'zod';
import { defineTask } from '../../src/index.ts';
import type { Tasks } from '../../src/index.ts';

const resize = defineTask({
  name: 'resize',
  schema: z.object({ image: z.string(), sizes: z.array(z.number()) }),
  handler: () => 'done',
});
const album = defineTask({
  name: 'album',
  schema: z.object({ title: z.string() }),
  handler: ({ title }) => title.length,
});

export async function flows(tasks: Tasks): Promise<number> {
  const payload = { title: 'a' };
  const handle = await tasks.flow({
    task: album,
    payload: { title: 'a' },
    children: [
      { task: resize, payload: { image: 'a', sizes: [1, 2] }, options: { priority: 'high' } },
      {
        task: album,
        payload: { title: 'b' },
        onChildFailure: 'ignore',
        children: [{ task: resize, payload: { image: 'b', sizes: [] } }],
      },
    ],
  });
  // @ts-expect-error: the root's own payload
  await tasks.flow({ task: album, payload: { name: 'a' } });
  const image = { image: 1, sizes: [] };
  // @ts-expect-error: a child's payload
  await tasks.flow({ task: album, payload, children: [{ task: resize, payload: image }] });
  const children = [{ task: resize, payload: image }] as const;
  // @ts-expect-error: of a grandchild
  await tasks.flow({ task: album, payload, children: [{ task: album, payload, children }] });
  // @ts-expect-error: of children only
  await tasks.flow({ task: album, payload, onChildFailure: 'ignore' });
  return handle.result();
}
