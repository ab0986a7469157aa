// One contestant in a process of its own (fork): opens its case, then does one operation for each message. Ends with the
// channel, so that it never outlives the run.
const task = JSON.parse(process.argv[2]);
process.on('disconnect', () => process.exit(0));
const { open } = await import(`./cases/${task.case}.mjs`);
const operations = await open(task);
process.on('message', async ({ operation, input }) => {
  try {
    process.send({ result: (await operations[operation](input)) ?? null });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.send({ result: null });
