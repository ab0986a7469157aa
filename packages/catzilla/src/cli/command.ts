// What a command of the command line is, and what it is given. A command reads nothing of the process but its context,
// so that a test runs it with streams and signals of its own; it gives an exit code and never ends the process.
// Invariant: what a command imports for its work it imports in run(), so that `catzilla --help` loads none of it.
/** Exit code: it did what was asked. */
export const OK = 0;
/** Exit code: it failed, and said why. */
export const FAILED = 1;
/** Exit code: the command line itself is wrong; nothing was done. */
export const MISUSED = 2;

/** An option, as node:util's parseArgs has it, with what the help says. */
export interface CommandOption {
  /** 'boolean' is a switch, 'string' has a value. */
  readonly type: 'boolean' | 'string';
  /** One letter. */
  readonly short?: string;
  /** May be given again and again. Default: false, the last one counts. */
  readonly multiple?: boolean;
  /** For the help: what it does, and its default in words. */
  readonly summary: string;
  /** For the help: what stands for its value, `<ms>`. Only for options of type string. */
  readonly value?: string;
}

/** Values of options by name: text, true for a switch, arrays for `multiple`. Absent ones are undefined. */
export type OptionValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

/** What was written behind the command's name. */
export interface CommandArgs {
  readonly values: OptionValues;
  /** As many as `arguments` of the command says. */
  readonly positionals: readonly string[];
}

/** Where output goes. Its `isTTY` and `columns` are those of a terminal. */
export type Output = Pick<NodeJS.WritableStream, 'write'> & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** Where what is typed or piped in comes from. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };

/** Where signals come from: `process`, or an emitter of a test. */
export interface Signals {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** The environment, as process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the process has to give. */
export interface Terminal {
  /** For results: what a pipe wants to read. */
  readonly stdout: Output;
  /** For everything else: errors, notes, progress. */
  readonly stderr: Output;
  readonly env: Environment;
  /** What relative paths are relative to; absolute. */
  readonly cwd: string;
  readonly signals: Signals;
  /** Opened when it is asked for, as an input that is open may keep the process. Default: there is none. */
  readonly openInput?: () => Input;
}

/** What a command runs with. */
export interface CommandContext extends Terminal {
  readonly args: CommandArgs;
  /** `--json`: results are JSON, one value a line, and nothing else goes to stdout. */
  readonly json: boolean;
  /** Aborted by the first SIGINT or SIGTERM, unless the command has `ownsSignals`. */
  readonly signal: AbortSignal;
}

/** One command of `catzilla`. */
export interface Command {
  /** One lower-case word. A second one, as in `cache stats`, is its first positional argument. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Its positional arguments as the help shows them, one a word: `<app>`, optional `[url]`, any number `[url...]`. */
  readonly arguments: readonly string[];
  /** Its options, without `json` and `help`, which every command has. */
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Lines for its help page below the options. */
  readonly notes?: readonly string[];
  /** It listens for SIGINT and SIGTERM itself, at `context.signals`. */
  readonly ownsSignals?: boolean;
  /** Does it.
   * @returns the exit code: OK, FAILED
   * @throws an error with a sentence: FAILED (MISUSED for CATZ_CLI_USAGE), printed to stderr */
  run(context: CommandContext): Promise<number>;
}
