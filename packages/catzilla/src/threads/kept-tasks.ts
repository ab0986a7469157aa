// Has the stores of background tasks in the main thread, for the threads that serve: a folder has one owner, and theirs come and go.
// Invariant: nothing of it is loaded before a thread asks. What the threads and the owner say to each other is @catzilla/tasks' own.
import type { MessagePort } from 'node:worker_threads';
import type { TaskStores } from '@catzilla/tasks/embedded';

/** The stores, once there are any. */
export class KeptTasks {
  #stores: Promise<TaskStores> | undefined;
  readonly #hasFailed: (error: Error) => void;

  /** @param hasFailed  told why the stores cannot be had; what the thread asked for then rejects */
  constructor(hasFailed: (error: Error) => void) {
    this.#hasFailed = hasFailed;
  }

  /** Serves a thread by the port that it sent. */
  connect(port: MessagePort): void {
    this.#stores ??= import('@catzilla/tasks/embedded').then(({ ownTaskStores }) =>
      ownTaskStores(),
    );
    this.#stores.then(
      (stores) => stores.connect(port),
      (error: unknown) => {
        this.#hasFailed(error as Error);
        port.close();
      },
    );
  }

  /** Flushes what is to be written, and leaves the folders. Only once no thread is left.
   * @returns how many jobs that were only in memory are lost, by queue
   * @throws what a log throws */
  async close(): Promise<Readonly<Record<string, number>>> {
    return (await (await this.#stores)?.close())?.lost ?? {};
  }
}
