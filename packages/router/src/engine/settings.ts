// The options that choose an engine, checked.
import { checkOptions, int, oneOf } from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { EngineSettings } from './choose.ts';
import type { EngineChoice } from './engine.ts';

/** Which engine finds routes. */
export interface EngineOptions {
  /** 'walk' and 'compile' are find-my-way's own, 'native' is the trie of this package; 'auto' (the default) chooses for
   * each method by the number of its routes. */
  readonly engine?: EngineChoice;
  /** Routes of a method from which on 'auto' uses 'native'. Default: 300. */
  readonly nativeThreshold?: number;
  /** Routes of a method above which 'auto' does not use 'compile', which takes seconds to build then. Default: 2000. */
  readonly compileLimit?: number;
}

const NATIVE_THRESHOLD = 300;
const COMPILE_LIMIT = 2000;

/** One spec per engine option, for tables of options that have them too. */
export const engineSpecs: OptionSpecs<EngineSettings> = {
  engine: oneOf<EngineChoice>(['auto', 'walk', 'compile', 'native'], 'auto'),
  nativeThreshold: int({ min: 1, default: NATIVE_THRESHOLD }) as OptionSpec<number>,
  compileLimit: int({ min: 0, default: COMPILE_LIMIT }) as OptionSpec<number>,
};

/** Checks engine options.
 * @throws CATZ_ROUTER_OPTIONS */
export function engineSettings(options: EngineOptions): EngineSettings {
  return checkOptions<EngineSettings>(options, engineSpecs, {
    path: 'options',
    error: (message) => new errors.OPTIONS(message),
  });
}
