// Installs what `npm test` and `npm run check` need beyond Node and a compiler, by apt-get, when run as root on Debian or Ubuntu.
// Elsewhere it installs nothing and says what is missing, with the one command for it.
import { aptInstall, canInstall, isDebian } from './lib/apt.mjs';
import { REDIS } from './lib/redis.mjs';
import { Failure, onPath } from './lib/run.mjs';
import { main, note, step } from './lib/steps.mjs';
import { filesBelow } from './lib/workspace.mjs';

/** Program or file to look for, and the Debian package that brings it. */
const NEEDS = [
  { any: ['g++'], apt: ['build-essential'] },
  { any: ['make'], apt: ['build-essential'] },
  { any: ['objdump'], apt: ['binutils'] },
  { any: ['python3'], apt: ['python3'] },
  REDIS,
  { any: ['clang++-14'], apt: ['clang-14'] },
  { any: ['clang-format-14'], apt: ['clang-format-14'] },
  ...(process.arch === 'x64'
    ? [
        { any: ['aarch64-linux-gnu-g++'], apt: ['g++-aarch64-linux-gnu'] },
        { any: ['qemu-aarch64'], apt: ['qemu-user'] },
      ]
    : []),
  {
    any: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: ['chromium', 'fonts-dejavu-core'],
  },
];
/** The runtimes of libFuzzer and the sanitizers are libraries, not programs. */
const RUNTIMES = '/usr/lib/llvm-14/lib/clang';

await main(async () => {
  const missing = new Set(
    NEEDS.filter(({ any }) => !any.some((name) => onPath(name))).flatMap(({ apt }) => apt),
  );
  if (!filesBelow(RUNTIMES).some((file) => /libclang_rt\.fuzzer-.*\.a$/.test(file))) {
    missing.add('libclang-rt-14-dev');
  }
  if (missing.size === 0) return note('system', 'has all that is needed');
  const packages = [...missing].sort();
  if (!canInstall()) {
    const command = `apt-get install ${packages.join(' ')}`;
    throw new Failure(
      `npm run check needs: ${isDebian() ? `sudo ${command}` : `what Debian calls ${packages.join(' ')}`}`,
    );
  }
  await step('system', `apt-get install ${packages.join(' ')}`, () => aptInstall(packages));
});
