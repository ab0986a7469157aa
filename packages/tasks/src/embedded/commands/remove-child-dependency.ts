// Ends what binds a child to its parent; the parent goes on when it waited for nothing else.
import { resize } from '../engine/size.ts';
import type { Command } from '../engine/command.ts';
import { detachChild } from './_detach-child.ts';
import { CODES, failure } from './_failure.ts';
import { findByKey } from './_find-by-key.ts';

export const removeChildDependency: Command<
  [jobId: string, parentKey: string | undefined],
  boolean
> = {
  acknowledgement: 'durable',
  run(context, jobId, parentKey) {
    const command = 'removeChildDependency';
    const child = context.queue.jobs.get(jobId);
    if (child === undefined) throw failure(CODES.jobNotExist, { command, jobId });
    if (parentKey === undefined || findByKey(context.store, parentKey) === undefined) {
      throw failure(CODES.parentJobNotExist, { command, jobId, parentKey: String(parentKey) });
    }
    if (!detachChild(context, child, { parentKey })) return false;
    resize(context.store, child, () => {
      if (child.rare === undefined) return;
      delete child.rare.parentKey;
      delete child.rare.parent;
    });
    return true;
  },
};
