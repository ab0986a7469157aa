// The figures that have targets, and those that are told without one. What was not measured is left out.

const FILES = { small: 'small.js', large: 'large.js' };
const SAID = { small: '1 KB', large: '100 KB' };
const CODINGS = { gzip: 'gzip', br: 'brotli', identity: 'no coding' };

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = Object.fromEntries(
  Object.keys(FILES).flatMap((size) => [
    [
      `${size}_identity_over_compress`,
      `${SAID[size]}, no coding, CPU per request of @fastify/static and @fastify/compress over ours`,
    ],
    ...['gzip', 'identity'].flatMap((coding) => [
      [
        `${size}_${coding}_over_precompressed`,
        `${SAID[size]}, ${CODINGS[coding]}, CPU per request of @fastify/static with files compressed before over ours`,
      ],
      [
        `${size}_${coding}_to_nginx`,
        `${SAID[size]}, ${CODINGS[coding]}, our CPU per request over nginx's`,
      ],
    ]),
  ]),
);

/** @param measures of the run
 * @returns {Record<string, number>} by id */
export function makeRatios(measures) {
  const cpu = (variant, size, coding) =>
    measures.find(({ id }) => id === `${variant} ${FILES[size]} ${coding}`)?.median ?? NaN;
  const ratios = {};
  for (const size of Object.keys(FILES)) {
    for (const coding of Object.keys(CODINGS)) {
      const ours = cpu('catzilla', size, coding);
      ratios[`${size}_${coding}_over_compress`] = cpu('fastify-compress', size, coding) / ours;
      ratios[`${size}_${coding}_over_precompressed`] =
        cpu('fastify-precompressed', size, coding) / ours;
      ratios[`${size}_${coding}_to_nginx`] = ours / cpu('nginx', size, coding);
    }
  }
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
