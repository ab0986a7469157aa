// Public API of @catzilla/common: error tables, option checks, the native loader. Nothing else goes in.
export { defineErrors } from './define-errors.ts';
export type {
  CodedError,
  CodedErrorConstructor,
  ErrorEntry,
  ErrorSpec,
  ErrorTable,
} from './define-errors.ts';
export { checkOptions } from './check-options.ts';
export type { OptionContext, OptionSite, OptionSpec, OptionSpecs } from './check-options.ts';
export {
  bool,
  bytes,
  custom,
  duration,
  fn,
  int,
  list,
  number,
  object,
  oneOf,
  optional,
  orFalse,
  string,
} from './option-specs.ts';
export type { DurationRange, NumberRange, StringRange } from './option-specs.ts';
export { refuseRegisterOptions, registerOptions } from './register-options.ts';
export { show } from './show.ts';
export { nearest } from './nearest.ts';
export { programUrl } from './program-url.ts';
export { loadNative } from './load-native.ts';
export type { NativeAttempt, NativeFailure, NativeOptions } from './load-native.ts';
