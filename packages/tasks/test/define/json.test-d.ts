// What JSON makes of a type. Never run: tsc is the test.
import { expectTypeOf } from 'vitest';
import type { JsonOf } from '../../src/index.ts';

expectTypeOf<JsonOf<string | number | boolean | null>>().toEqualTypeOf<
  string | number | boolean | null
>();
expectTypeOf<JsonOf<'a' | 5 | undefined>>().toEqualTypeOf<'a' | 5 | null>();
expectTypeOf<JsonOf<void>>().toEqualTypeOf<void>();
expectTypeOf<JsonOf<unknown>>().toEqualTypeOf<unknown>();
expectTypeOf<JsonOf<bigint>>().toEqualTypeOf<never>();
expectTypeOf<JsonOf<Date | URL>>().toEqualTypeOf<string>();
expectTypeOf<JsonOf<Buffer>>().toEqualTypeOf<{ type: 'Buffer'; data: number[] }>();
expectTypeOf<JsonOf<Map<string, Date> | Set<number>>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<JsonOf<[Date, undefined]>>().toEqualTypeOf<[string, null]>();
expectTypeOf<JsonOf<readonly Date[]>>().toEqualTypeOf<readonly string[]>();
expectTypeOf<JsonOf<Record<string, Date>>>().toEqualTypeOf<Record<string, string>>();

interface Order {
  readonly id: string;
  at: Date;
  note?: Date;
  by: Date | undefined;
  total(): number;
  [Symbol.iterator](): Iterator<string>;
}

interface OrderAsJson {
  readonly id: string;
  at: string;
  note?: string;
  by: string | undefined;
}

expectTypeOf<JsonOf<Order>>().toEqualTypeOf<OrderAsJson>();

interface Tree {
  readonly at: Date;
  readonly children: readonly Tree[];
}

expectTypeOf<JsonOf<Tree>['children'][number]['at']>().toEqualTypeOf<string>();
