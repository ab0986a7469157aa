// Takes a job out of the collection that its state names; the caller puts it into another, or drops it.
import type { Job } from '../engine/job.ts';
import type { QueueState } from '../engine/queue.ts';

/** The job stays in `queue.jobs`, and its state as it was. */
export function leave(queue: QueueState, job: Job): void {
  switch (job.state) {
    case 'wait':
      queue.wait.remove(job);
      break;
    case 'prioritized':
      queue.prioritized.remove(job);
      break;
    case 'delayed':
      queue.delayed.remove(job);
      break;
    case 'active':
      queue.active.delete(job.id);
      break;
    case 'completed':
      queue.completed.remove(job);
      break;
    case 'failed':
      queue.failed.remove(job);
      break;
    case 'waiting-children':
      queue.waitingChildren.delete(job.id);
      break;
  }
}
