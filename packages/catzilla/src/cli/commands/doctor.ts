// catzilla doctor: what runs here, and what is misconfigured; of the machine, and of an application where one is named.
import { resolve } from 'node:path';
import { isPlain } from '../../options/plain.ts';
import type { LoadedApp } from '../app/load-quietly.ts';
import { FAILED, OK } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Peer } from '../doctor/peers.ts';
import { printResult } from '../print.ts';
import { paintFor, table, visible } from '../table.ts';
import type { Paint } from '../table.ts';
import { countOf } from '../units.ts';

/** The command. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'tell which backends run, and what is misconfigured; listens nowhere',
  arguments: ['[app]'],
  options: {},
  notes: [
    'NODE_ENV decides in which mode the application is looked at.',
    'Exit code 1 where anything is found that is an error.',
    'Example: NODE_ENV=production catzilla doctor app.js',
  ],
  run: examine,
};

async function examine(context: CommandContext): Promise<number> {
  const { checkMachine } = await import('../doctor/machine.ts');
  const { checkNative } = await import('../doctor/native.ts');
  const [file] = context.args.positionals;
  const findings = [
    ...(await checkMachine()),
    ...(await checkNative()),
    ...(file === undefined ? await checkPackages(context) : await checkFile(context, file)),
  ];
  const isSick = findings.some(({ level }) => level === 'error');
  printResult(context, { ok: !isSick, findings }, () =>
    findingsText(findings, paintFor(context.stdout, context.env)),
  );
  return isSick ? FAILED : OK;
}

async function checkPackages({ cwd }: CommandContext): Promise<readonly Finding[]> {
  const { checkPeers } = await import('../doctor/peers.ts');
  return checkPeers(resolve(cwd, 'package.json'), new Set());
}

async function checkFile(context: CommandContext, file: string): Promise<readonly Finding[]> {
  const { loadQuietly } = await import('../app/load-quietly.ts');
  const { checkApp } = await import('../doctor/app.ts');
  const { checkPeers } = await import('../doctor/peers.ts');
  const { findingsOf, reasonOf } = await import('../doctor/finding.ts');
  const path = resolve(context.cwd, file);
  let loaded: LoadedApp;
  try {
    loaded = await loadQuietly(context, file);
  } catch (error) {
    const remedy = 'Correct what the message names.';
    return [
      ...checkPeers(path, new Set()),
      findingsOf('start').error(`the application does not start: ${reasonOf(error)}`, remedy),
    ];
  }
  try {
    const remotes = remotesOf(loaded);
    const needed = new Set<Peer>(remotes.length > 0 ? ['ioredis'] : []);
    const { checkTasks } = await import('../doctor/tasks.ts');
    const found = [
      ...checkPeers(path, needed),
      ...checkApp(loaded, context.env),
      ...(await checkTasks(loaded.app)),
    ];
    if (remotes.length === 0) return found;
    const { checkRedis } = await import('../doctor/redis.ts');
    const answers = await Promise.all(remotes.map((remote) => checkRedis(remote)));
    return [...found, ...answers.flat()];
  } finally {
    await loaded.app.close();
  }
}

/** Options of tiers at Redis; a tier that was made by the application tells nothing of where it is. */
function remotesOf({ app: { config } }: LoadedApp): readonly object[] {
  const inner = isPlain(config.cache) ? config.cache['cache'] : undefined;
  return [config.tiers, inner].flatMap((options) => {
    const remote = isPlain(options) ? options['remote'] : undefined;
    return isPlain(remote) && !('open' in remote) ? [remote] : [];
  });
}

function findingsText(findings: readonly Finding[], paint: Paint): string {
  const paints = { ok: paint.green, warn: paint.yellow, error: paint.red };
  const rows = findings.flatMap(({ check, level, text, remedy }) => [
    [paints[level](level), check, visible(text)],
    ...(remedy === undefined ? [] : [['', '', paint.dim(`→ ${remedy}`)]]),
  ]);
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  return `${table(rows)}\n${countOf(count('error'), 'error')}, ${countOf(count('warn'), 'warning')}\n`;
}
