// What a RouteTable keeps of a route: the store of its routes in find-my-way.

/** One route of a table. */
export interface RouteEntry<V> {
  /** Its place in the order of adding, from 0. */
  readonly id: number;
  readonly method: string;
  readonly pattern: string;
  readonly value: V;
  readonly constraints: Readonly<Record<string, unknown>> | undefined;
}
