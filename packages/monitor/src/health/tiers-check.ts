// The tiers of an application are asked on a timer as any other check is, for they may wait for Redis. Where they lack one they
// serve with the rest: this check is never required.
import type { FastifyInstance } from 'fastify';
import type { CheckedCheck } from './options.ts';
import { lackingTiers } from './parts.ts';

interface TierState {
  readonly state: string;
}

/** What tiers look like here. */
interface WithTiers {
  readonly tiers?: {
    health(): Promise<{
      readonly status: string;
      readonly memory?: TierState;
      readonly remote?: TierState;
      readonly disk?: TierState;
      readonly bus?: TierState | undefined;
    }>;
  };
}

const SETTINGS: Omit<CheckedCheck, 'check'> = { required: false, timeout: 1000, every: 5000 };

/** The check `tiers`, where the application has them, and not something else of that name. */
export function tiersCheck(app: FastifyInstance): Readonly<Record<string, CheckedCheck>> {
  const { tiers } = app as unknown as WithTiers;
  if (typeof tiers?.health !== 'function') return {};
  const check = async (): Promise<void> => {
    const { status, ...all } = await tiers.health();
    if (status === 'ok') return;
    const { memory, remote, disk } = all;
    const known = Object.entries({ memory, remote, disk }).filter(([, tier]) => tier !== undefined);
    const lacking = lackingTiers(
      Object.fromEntries(known.map(([name, tier]) => [name, (tier as TierState).state])),
    );
    throw new Error(`the tiers are ${status}${lacking === '' ? '' : `: ${lacking}`}`);
  };
  return { tiers: { check, ...SETTINGS } };
}
