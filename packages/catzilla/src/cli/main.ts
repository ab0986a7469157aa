// The program `catzilla`: hands the process to runCli(), and its exit code back. Nothing else is done here, for nothing here
// can be tested but by a process. The only place of the command line that touches process.
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signals: process,
  openInput: () => process.stdin,
});

// Whatever an application that was only looked at has left open: a pool, a timer. What has to be written is by then.
// oxlint-disable-next-line unicorn/no-process-exit -- this is the program
setTimeout(() => process.exit(), 2_000).unref();
