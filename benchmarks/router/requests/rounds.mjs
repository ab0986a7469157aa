// Requests of the router suite: its stages and servers, measured as those of all suites are.
import { measureStages } from '../../http/rounds.mjs';
import { LABELS, makeStages } from './stages.mjs';

export const SERVER = new URL('server.mjs', import.meta.url);

/**
 * All rounds of all stages.
 * @param options.isWanted of a row { id, group, label }
 * @returns measures, one for each server
 */
export function measureRequests({ quick, rounds, isWanted }, progress) {
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS };
  return measureStages({ ...plan, rounds: quick ? 1 : rounds, isWanted }, progress);
}
