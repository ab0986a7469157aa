// Runs the jobs of a suite in rounds: each once per round, in an order that moves on each round.

/**
 * @param jobs [{ id, run, rounds? }], rounds: of this one, where fewer are enough; run gives a sample, or { refused: why } of what cannot be measured: that job is left alone then
 * @param progress called with a line per step
 * @returns the jobs themselves, each with its `samples` and perhaps `refused`
 */
export async function runInRounds(jobs, rounds, progress) {
  for (const job of jobs) job.samples = [];
  for (let round = 0; round < rounds; round++) {
    const due = jobs.filter((job) => round < (job.rounds ?? rounds) && job.refused === undefined);
    for (let step = 0; step < due.length; step++) {
      const job = due[(step + Math.floor((round * due.length) / rounds)) % due.length];
      progress(`round ${round + 1}/${rounds}, ${step + 1}/${due.length}: ${job.id}`);
      const sample = await job.run();
      if (sample.refused === undefined) job.samples.push(sample);
      else job.refused = sample.refused;
    }
  }
  return jobs;
}
