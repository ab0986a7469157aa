// What the page shows of health: the state in one word, and each part and check with its reason.
// Invariant: asks app.health alone, which answers from what it knows; an application without it has no parts here.
import { cut } from './events.ts';
import { TOP } from './frame.ts';
import type { Frame } from './frame.ts';

/** An application that may have health. */
export interface WithHealth {
  readonly health?: {
    snapshot(): {
      readonly state: string;
      readonly checks: Readonly<Record<string, Told>>;
      readonly parts: Readonly<Record<string, Told>>;
    };
  };
}

interface Told {
  readonly state: string;
  readonly reason: string | undefined;
}

/** Health as it is shown. */
export function healthRows({ health }: WithHealth): Frame['health'] {
  if (health === undefined) return { state: 'unknown', parts: [] };
  const { state, checks, parts } = health.snapshot();
  const all = [...Object.entries(parts), ...Object.entries(checks)];
  return {
    state,
    parts: all.slice(0, TOP).map(([name, told]) => ({
      name: cut(name, 100),
      state: told.state,
      reason: told.reason === undefined ? null : cut(told.reason),
    })),
  };
}
