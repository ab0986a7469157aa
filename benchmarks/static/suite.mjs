// The static suite: files from memory beside those from disk, CPU per request of the serving process. What the figures are is
// ratios.mjs.
import { measureStages } from '../http/rounds.mjs';
import { sizesOf, SIZES } from './files.mjs';
import { makeRatios } from './ratios.mjs';
import { LABELS, makeStages } from './stages.mjs';

export const versionsOf = ['@catzilla/static', '@fastify/static', '@fastify/compress', 'fastify'];

const SERVER = new URL('server.mjs', import.meta.url);

/**
 * @param options.quick fewer requests
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS, isWanted };
  const measures = await measureStages({ ...plan, rounds: quick ? 1 : rounds }, progress);
  if (measures.length === 0) throw new Error(`nothing is called '${only}'`);
  const settings = {
    sizes: Object.fromEntries(Object.keys(SIZES).map((name) => [name, sizesOf(name)])),
    ratiosFrom: 'CPU time per request of the serving process, of nginx that of its processes',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}
