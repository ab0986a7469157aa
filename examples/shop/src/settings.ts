// What differs from one installation to the next. The only file that reads the environment.

/** Settings of a shop. */
export interface Settings {
  /** Folder of the database; 'memory' keeps it in memory, for tests and for trying things. */
  readonly data: string;
  /** Products that an empty database is filled with. */
  readonly products: number;
  /** Who may do what: roles by token. None: nobody may enter. */
  readonly tokens: Readonly<Record<string, Role>>;
  /** Orders that one address may send in a minute. */
  readonly ordersPerMinute: number;
  /** Whether requests go to the log. */
  readonly isLogging: boolean;
  /** Name of the cache in this process. */
  readonly name: string;
}

/** A clerk reads reports; a manager changes products as well. */
export type Role = 'clerk' | 'manager';

export const defaults: Settings = {
  data: 'memory',
  products: 2000,
  tokens: {},
  ordersPerMinute: 10,
  isLogging: false,
  name: 'shop',
};

/** Reads SHOP_DATA, SHOP_CLERK_TOKEN and SHOP_MANAGER_TOKEN. */
export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  const { SHOP_DATA, SHOP_CLERK_TOKEN, SHOP_MANAGER_TOKEN } = variables;
  return {
    ...defaults,
    isLogging: true,
    data: SHOP_DATA || './data',
    tokens: {
      ...(SHOP_CLERK_TOKEN && { [SHOP_CLERK_TOKEN]: 'clerk' as const }),
      ...(SHOP_MANAGER_TOKEN && { [SHOP_MANAGER_TOKEN]: 'manager' as const }),
    },
  };
}
