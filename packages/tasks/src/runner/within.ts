// Waiting, but not for ever.

const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for a promise, at most so many ms.
 * @returns whether it was in time; of a rejection: it rejects too */
export async function within(ms: number, promise: Promise<unknown> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER), false);
  });
  try {
    return await Promise.race([Promise.resolve(promise).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
