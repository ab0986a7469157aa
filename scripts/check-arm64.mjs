// The addon for linux-arm64 on Linux x64: cross-built if it is not up to date, then the smoke program in arm64 Nodes, by
// qemu's user mode: the native engine, two threads of it, and the plugin over HTTP. It proves loading and logic, not the
// order of memory accesses: for that there are the arm64 runners of .github/workflows/prebuild.yml.
import { emulator } from './lib/emulator.mjs';
import { NODE_VERSIONS, nodeBinary } from './lib/node-binary.mjs';
import { runSmoke } from './lib/smoke.mjs';
import { main, step } from './lib/steps.mjs';
import { host } from './lib/targets.mjs';
import { prebuild } from './prebuild.mjs';

const TARGET = 'linux-arm64';
const FROM = 'linux-x64';

await main(async () => {
  if (host !== FROM) return console.log(`${TARGET} is emulated on ${FROM} only`);
  const { command, args } = emulator(TARGET);
  await prebuild(TARGET);
  for (const version of [NODE_VERSIONS.at(0), NODE_VERSIONS.at(-1)]) {
    const node = await nodeBinary(TARGET, version);
    for (const file of ['by-import.mjs', 'by-require.cjs']) {
      await step('arm64', `Node ${version} ${file}`, () =>
        runSmoke(file, [command, ...args, node], { version, target: TARGET }),
      );
    }
  }
});
