// npm run soak: installs and builds what is missing, then the long runs, which their programs describe: those of the
// engine, of the HTTP cache, and of live channels. `npm run soak -- --seconds 30 threads` is one of them, short.
import { parseArgs } from 'node:util';
import { ensure } from './ensure.mjs';
import { ensureRedis } from './lib/redis.mjs';
import { Failure, run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';

const PROGRAMS = [
  {
    path: 'packages/cache-core/test/soak/main.mjs',
    names: ['threads', 'processes', 'workers'],
    options: ['seconds', 'workers', 'seed'],
  },
  {
    path: 'packages/fastify-cache/test/soak/main.mjs',
    names: ['http', 'http-threads', 'http-redis'],
    options: ['seconds', 'mode', 'seed'],
  },
  {
    path: 'packages/realtime/test/soak/main.mjs',
    names: ['sockets'],
    options: ['seconds'],
  },
];
const NAMES = PROGRAMS.flatMap(({ names }) => names);

// glibc would otherwise keep freed blocks of up to 32 MiB in its heaps, and their gaps would look like growth.
const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };

await main(async () => {
  const known = [...new Set(PROGRAMS.flatMap(({ options }) => options))];
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: Object.fromEntries(known.map((name) => [name, { type: 'string' }])),
  });
  const unknown = positionals.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Failure(`expected one of ${NAMES.join(', ')}, got ${unknown}`);
  }
  await ensure();
  if (positionals.length === 0 || positionals.includes('http-redis')) await ensureRedis();
  for (const { path, names, options } of PROGRAMS) {
    const chosen = names.filter((name) => positionals.includes(name));
    if (positionals.length > 0 && chosen.length === 0) continue;
    const given = options.filter((name) => values[name] !== undefined);
    const flags = given.map((name) => `--${name}=${values[name]}`);
    const { code } = await run(process.execPath, ['--expose-gc', path, ...flags, ...chosen], {
      env,
      check: false,
    });
    if (code !== 0) process.exitCode = code;
  }
});
