// Processor time of work whose cost must not grow out of proportion: unlike the time on the wall it does not grow with what
// else the machine does.

/** Runs work.
 * @returns ms that this process has computed meanwhile, on all its threads */
export async function processorTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
