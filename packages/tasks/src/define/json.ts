// What comes out of JSON of what goes in: the type of a result, for handlers return it and whoever waits reads it. Types only.

/** A value once it went through JSON: dates are texts, members without a value are absent, and what JSON knows nothing of is not there.
 * What JSON refuses, or has no word for, is `never`. */
export type JsonOf<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null
    ? T
    : T extends undefined
      ? null
      : T extends { toJSON(...args: never[]): infer Json }
        ? JsonOf<Json>
        : T extends Wordless
          ? never
          : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
            ? Record<string, never>
            : T extends readonly unknown[]
              ? { [K in keyof T]: JsonOf<T[K]> }
              : T extends object
                ? JsonMembers<T>
                : T;

/** Members that are undefined are left out, which reads as undefined. */
type JsonMembers<T> = {
  [K in keyof T as K extends symbol ? never : T[K] extends Wordless ? never : K]:
    JsonOf<Exclude<T[K], undefined>> | Extract<T[K], undefined>;
};

type Wordless = bigint | symbol | ((...args: never[]) => unknown);
