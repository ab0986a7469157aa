// The frame of the command line: which command runs, with what, and what its end comes to.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Command, CommandContext } from '../../src/cli/command.ts';
import { printResult } from '../../src/cli/print.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { textOption, wholeNumber } from '../../src/cli/parse.ts';

function terminal() {
  const written = { stdout: '', stderr: '' };
  const signals = new EventEmitter();
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string | Uint8Array) {
      written[name] += String(text);
      return true;
    },
  });
  return {
    written,
    signals,
    terminal: { stdout: stream('stdout'), stderr: stream('stderr'), env: {}, cwd: '/', signals },
  };
}

function command(run: Command['run'], more: Partial<Command> = {}): Command {
  return {
    name: 'paint',
    summary: 'paint a thing',
    arguments: ['<thing>', '[colour]'],
    options: {
      coats: { type: 'string', short: 'c', value: '<n>', summary: 'how many' },
      tint: { type: 'string', multiple: true, summary: 'what is mixed in' },
      gloss: { type: 'boolean', summary: 'make it shine' },
    },
    notes: ['Paint dries.'],
    run,
    ...more,
  };
}

async function run(argv: readonly string[], one: Command = command(async () => 0)) {
  const { terminal: given, written } = terminal();
  const other = command(async () => 0, { name: 'wash', summary: 'wash a thing', notes: [] });
  return { code: await runCli(argv, given, [one, other]), ...written };
}

describe('runCli', () => {
  it('runs a command with its arguments, and gives its exit code', async () => {
    let seen: CommandContext | undefined;
    const one = command(async (context) => {
      seen = context;
      return 7;
    });
    const argv = ['paint', 'wall', '--coats', '2', '--tint=a', '--tint', 'b', '--gloss', 'red'];
    const { code, stdout, stderr } = await run(argv, one);
    expect([code, stdout, stderr]).toStrictEqual([7, '', '']);
    expect(seen!.args.positionals).toStrictEqual(['wall', 'red']);
    expect({ ...seen!.args.values }).toStrictEqual({ coats: '2', tint: ['a', 'b'], gloss: true });
    expect(textOption(seen!.args, 'coats')).toBe('2');
    expect(textOption(seen!.args, 'gloss')).toBeUndefined();
    expect(seen!.json).toBe(false);
    expect(seen!.signal.aborted).toBe(false);
  });

  it('takes short options, and what stands behind -- as it is', async () => {
    let seen: CommandContext | undefined;
    const one = command(async (context) => {
      seen = context;
      return 0;
    });
    await run(['paint', '-c', '3', '--', '--json'], one);
    expect(seen!.args.positionals).toStrictEqual(['--json']);
    expect(textOption(seen!.args, 'coats')).toBe('3');
  });

  it('prints its version', async () => {
    const manifest = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    for (const flag of ['--version', '-v']) {
      expect(await run([flag])).toStrictEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    }
  });

  it('prints its help, as a mistake where nothing was asked', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await run(argv);
      expect([code, stderr]).toStrictEqual([0, '']);
      expect(stdout).toContain('  paint  paint a thing\n  wash   wash a thing\n');
    }
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toStrictEqual([2, '']);
    expect(stderr).toContain('paint a thing');
  });

  it('prints the help of a command', async () => {
    for (const argv of [
      ['paint', '--help'],
      ['paint', 'wall', '-h'],
      ['help', 'paint'],
    ]) {
      const { code, stdout } = await run(argv);
      expect(code).toBe(0);
      expect(stdout).toContain('catzilla paint <thing> [colour] [options]');
      expect(stdout).toMatch(/^ {2}-c, --coats <n> {2,}how many$/m);
      expect(stdout).toMatch(/^ {2}--tint <value> {2,}what is mixed in$/m);
      expect(stdout).toMatch(/^ {2}--json {2,}/m);
      expect(stdout).toContain('Paint dries.\n');
    }
  });

  it.each([
    [['pant'], 'unknown command "pant", did you mean paint?'],
    [['--quick'], 'unknown option "--quick", known are paint, wash'],
    [['paint', 'wall', '--coat', '1'], 'unknown option --coat, did you mean --coats?'],
    [['paint', 'wall', '--constructor'], 'unknown option --constructor, known are --coats,'],
    [['paint', 'wall', '-x'], 'unknown option -x, known are'],
    [['paint', 'wall', '--coats'], 'expected --coats to have a value, --coats <n>'],
    [['paint', 'wall', '--tint='], 'expected --tint to have a value, --tint …'],
    [['paint', 'wall', '--gloss=yes'], 'expected --gloss to stand alone, got a value'],
    [['paint'], 'expected <thing> [colour], got none'],
    [['paint', 'a', 'b', 'c'], 'expected <thing> [colour], got 3'],
  ])('refuses %j with exit code 2', async (argv, sentence) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toStrictEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('takes any number of arguments where a command does, and none where it does not', async () => {
    const many = command(async () => 0, { arguments: ['[url...]'] });
    expect((await run(['paint'], many)).code).toBe(0);
    expect((await run(['paint', 'a', 'b', 'c'], many)).code).toBe(0);
    const none = command(async () => 0, { arguments: [] });
    expect((await run(['paint', 'a'], none)).stderr).toContain('expected no arguments, got 1');
  });

  it('says in one line what failed, with exit code 1, and the stack of a fault without a code', async () => {
    const coded = command(async () => {
      throw Object.assign(new Error('no paint left'), { code: 'E_PAINT' });
    });
    expect(await run(['paint', 'wall'], coded)).toStrictEqual({
      code: 1,
      stdout: '',
      stderr: 'catzilla: no paint left\n',
    });
    const fault = command(() => Promise.reject(new TypeError('a fault of ours')));
    const { code, stderr } = await run(['paint', 'wall'], fault);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^catzilla: TypeError: a fault of ours\n\s+at /);
    const odd = command(() => Promise.reject('a text'));
    expect((await run(['paint', 'wall'], odd)).stderr).toBe('catzilla: a text\n');
  });

  it('says it in JSON with --json', async () => {
    const coded = command(async () => {
      throw Object.assign(new Error('no paint left'), { code: 'E_PAINT' });
    });
    const { stderr } = await run(['paint', 'wall', '--json'], coded);
    expect(JSON.parse(stderr)).toStrictEqual({
      error: { code: 'E_PAINT', message: 'no paint left' },
    });
    const { code, stderr: misuse } = await run(['paint', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(misuse)).toMatchObject({ error: { code: 'CATZ_CLI_USAGE' } });
    const fault = command(() => Promise.reject(new Error('x')));
    expect(JSON.parse((await run(['paint', 'w', '--json'], fault)).stderr)).toStrictEqual({
      error: { code: null, message: 'x' },
    });
  });

  it('prints results as lines of text, or of JSON', async () => {
    const one = command(async (context) => {
      printResult(context, { colour: 'red' }, () => 'red');
      printResult(context, [], () => '');
      return 0;
    });
    expect((await run(['paint', 'w'], one)).stdout).toBe('red\n');
    expect((await run(['paint', 'w', '--json'], one)).stdout).toBe('{"colour":"red"}\n[]\n');
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s aborts the command, which then ends with %i', async (name, expected) => {
    const { terminal: given, signals, written } = terminal();
    for (const ends of [true, false]) {
      const one = command(async ({ signal }) => {
        signals.emit(name);
        expect(signal.aborted).toBe(true);
        // A second one is left to the system.
        expect(signals.listenerCount(name)).toBe(0);
        if (ends) return 0;
        throw new Error('interrupted');
      });
      expect(await runCli(['paint', 'w'], given, [one])).toBe(expected);
    }
    expect(written.stderr).toBe('');
    expect(signals.eventNames()).toStrictEqual([]);
  });

  it('are left to a command that takes them itself', async () => {
    const { terminal: given, signals } = terminal();
    const one = command(
      async ({ signal }) => {
        expect(signals.listenerCount('SIGTERM')).toBe(0);
        expect(signal.aborted).toBe(false);
        return 0;
      },
      { ownsSignals: true },
    );
    expect(await runCli(['paint', 'w'], given, [one])).toBe(0);
  });
});

describe('wholeNumber', () => {
  it.each(['-1', '1.5', '1e3', '0x10', ' 1', '', '70000', '99999999999999999999', 'x'])(
    'refuses %o',
    (text) => {
      const call = () => wholeNumber(text, '--port', { min: 0, max: 65_535 });
      expect(call).toThrow('expected --port to be a whole number from 0 to 65535, got ');
      expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CLI_USAGE' }) as Error);
    },
  );

  it('reads what fits, and names a lower bound alone', () => {
    const range = { min: 1, max: Number.MAX_SAFE_INTEGER };
    expect(wholeNumber('007', '--n', range)).toBe(7);
    expect(() => wholeNumber('0', '--n', range)).toThrow('a whole number of at least 1, got "0"');
  });
});
