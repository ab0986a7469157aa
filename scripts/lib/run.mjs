// Runs programs, the same on every platform: no shell in between, tools of node_modules by their JavaScript file.
// Built-ins only.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './workspace.mjs';

/** A program that ended badly; `message` carries what it printed, if that was captured. */
export class Failure extends Error {}

/** Runs a program and waits for its end.
 * @param options.capture  true: keep its output for the result and for Failure; false: let it through
 * @param options.check    false: a bad end is a result, not a Failure
 * @returns {Promise<{code: number, output: string}>} code 128 + n when signal n ended it */
export function run(command, args, options = {}) {
  const { cwd = root, env = process.env, capture = false, check = true, shell = false } = options;
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
    const child = spawn(command, args, { cwd, env, stdio, shell, windowsHide: true });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (cause) =>
      reject(new Failure(`${command} cannot be run: ${cause.message}`, { cause })),
    );
    child.once('close', (exit, signal) => {
      const output = Buffer.concat(chunks).toString('utf8');
      const code = exit ?? 128 + 1;
      if (code === 0 || !check) return resolve({ code, output });
      const end = signal === null ? `code ${code}` : `signal ${signal}`;
      reject(new Failure(`${output}${[command, ...args].join(' ')} ended with ${end}`));
    });
  });
}

const tools = {
  attw: '@arethetypeswrong/cli/dist/index.js',
  knip: 'knip/bin/knip.js',
  nx: 'nx/dist/bin/nx.js',
  oxlint: 'oxlint/bin/oxlint',
  prebuildify: 'prebuildify/bin.js',
  prettier: 'prettier/bin/prettier.cjs',
  publint: 'publint/src/cli.js',
  tsc: 'typescript/bin/tsc',
  vitest: 'vitest/vitest.mjs',
};

/** Runs a tool of our node_modules by name, with the Node that runs us (or `options.node`). */
export function runTool(name, args, options = {}) {
  const file = join(root, 'node_modules', tools[name]);
  return run(options.node ?? process.execPath, [file, ...args], options);
}

/** Runs npm: the one that started us if there is one, else the one on PATH. */
export function npm(args, options = {}) {
  const file = process.env.npm_execpath;
  if (file?.endsWith('.js')) return run(process.execPath, [file, ...args], options);
  // npm is a .cmd file on Windows, which only a shell can start; our arguments hold no spaces.
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** The path of a program on PATH, or undefined. */
export function onPath(name, env = process.env) {
  const path = env.PATH ?? env.Path ?? '';
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of path.split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const file = join(folder, name + ending);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}
