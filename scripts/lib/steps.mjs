// One line per step: its name, what is done, and the seconds it took. Built-ins only.

/** Runs `work` and prints `name  what ... 1.2 s`; a throw is printed as `failed` and passed on. */
export async function step(name, what, work) {
  process.stdout.write(`${name.padEnd(12)}${what} ... `);
  const start = performance.now();
  try {
    const result = await work();
    process.stdout.write(`${seconds(start)}\n`);
    return result;
  } catch (error) {
    process.stdout.write(`failed after ${seconds(start)}\n`);
    throw error;
  }
}

/** Prints a step that had nothing to do, or was left out for a reason. */
export function note(name, what) {
  process.stdout.write(`${name.padEnd(12)}${what}\n`);
}

export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Runs the main function of a script: a throw is one message on stderr and exit code 1.
 * What we report ourselves (Failure, refused conditions) has no stack to show; a fault of a script has. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    const ours = error?.constructor?.name === 'Failure';
    process.stderr.write(`${ours ? error.message : (error?.stack ?? error)}\n`);
    process.exitCode = 1;
  }
}
