// Every error this package throws itself. Errors of the packages it composes pass through unchanged, but for those that a
// variable of the environment has caused: these name the variable.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Key = 'CORS' | 'ENV' | 'MODULE' | 'OPTION' | 'OVERLOADED' | 'STOP_TIMEOUT';

/** Errors of createApp() and of the parts it composes, by key; codes are `CATZ_APP_<KEY>`. */
export const errors: ErrorTable<'CATZ_APP', Key> = defineErrors('CATZ_APP', {
  CORS: {
    message: 'expected options.builtins.cors to name its origins where credentials is true, got %s',
    base: TypeError,
    help: 'Any site could act in the name of your users. List the origins: cors: { origin: ["https://app.example"], credentials: true }.',
  },
  ENV: {
    message: '%s',
    base: TypeError,
    help: 'Correct or remove the variable the message names. CATZILLA__CACHE__TTL=5000 sets the option ttl of the part cache; values are JSON, or else text. env: false switches it off.',
  },
  MODULE: {
    message: 'expected %s to be an application module: %s',
    base: TypeError,
    help: 'An application module has a default export, async (app, options) => { … }, and may export config, made by defineConfig().',
  },
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'Correct the option the message names; the README of catzilla lists all of createApp().',
  },
  OVERLOADED: {
    message: 'the application has no room for this request now',
    help: 'builtins.underPressure measured an overload, and the cache has no answer. Clients find in Retry-After when to come again.',
    statusCode: 503,
  },
  STOP_TIMEOUT: {
    message: 'the application did not stop within %s ms, left are: %s',
    help: 'What is named was still running and was cut off. Raise shutdown.killAfter, or let it end earlier.',
  },
});

/** Errors of the command line and of what it starts, by key; codes are `CATZ_CLI_<KEY>`. Arguments of the messages, in order:
 * USAGE(sentence); START(what, reason); CRASHES(how many, seconds, reason of the last);
 * THREAD(which, reason); SOCKET(path, reason); CONTROL(sentence); FILE(path, reason); HTTP(where, reason). */
export const cliErrors: ErrorTable<
  'CATZ_CLI',
  'USAGE' | 'START' | 'CRASHES' | 'THREAD' | 'SOCKET' | 'CONTROL' | 'FILE' | 'HTTP'
> = defineErrors('CATZ_CLI', {
  USAGE: {
    message: '%s',
    help: 'The command line is wrong, and nothing was done; `catzilla <command> --help` lists what is known. Exit code 2.',
    base: TypeError,
  },
  START: {
    message: '%s did not start: %s',
    help: 'Correct what the message names, in the application or in where it is to listen; the cause is kept. Nothing was left running.',
  },
  CRASHES: {
    message: '%s threads ended by themselves within %s s, the last of them with: %s',
    help: 'Look at the cause, and at the lines of level fatal in the log: an error nobody catches ends its thread.',
  },
  THREAD: {
    message: '%s gives no answer: %s',
    help: 'Ask again: a thread that has just failed or is being replaced has a successor soon, and one with a blocked loop may come back.',
  },
  SOCKET: {
    message: 'the control socket %s cannot be used: %s',
    help: 'Correct the directory the message names, or choose a place with --socket; --no-control does without. The directory has to be of the user alone, mode 0700.',
  },
  CONTROL: {
    message: '%s',
    help: 'A program of `catzilla start`, `catzilla dev` or serveControl() has to run, of the same user; name it by its application file or with --socket.',
  },
  FILE: {
    message: 'expected %s to be a file that can be read: %s',
    help: 'Correct the path, or the rights of the file; - stands for what is piped in.',
  },
  HTTP: {
    message: 'the purge route at %s did not purge: %s',
    help: 'Look at the option purgeRoute of the response cache: its path has to stand in the URL, and its authorize has to take the token.',
  },
});
