// One cell in a process of its own: does its case, and ends whatever is still open.
import { answer, readTask } from '../lib/child.mjs';

const task = readTask();
const { run } = await import(`./cases/${task.case}.mjs`);
answer(await run(task));
process.exit(0);
