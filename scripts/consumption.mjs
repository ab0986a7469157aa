// Consumption without a compiler: the tarballs, installed in an empty folder by an npm that finds node, npm, sh, env
// and uname on PATH and nothing else, with an otherwise empty environment and no install scripts. Then the smoke
// program, by import and by require, on this Node and on the newest. Proves that a user needs no compiler, no Python,
// and no file we forgot to pack: engine and router that answer are the native ones, from the files in the tarballs.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_VERSIONS, nodeBinary } from './lib/node-binary.mjs';
import { Failure, onPath, run } from './lib/run.mjs';
import { runSmoke, smokeDir } from './lib/smoke.mjs';
import { main } from './lib/steps.mjs';
import { host } from './lib/targets.mjs';
import { addonPackages, readJson, root } from './lib/workspace.mjs';
import { pack } from './pack.mjs';

const ALLOWED = ['node', 'npm', 'sh', 'env', 'uname'];
const FORBIDDEN = ['g++', 'gcc', 'cc', 'c++', 'clang', 'make', 'python3', 'python'];
/** Of the C interfaces, which other addons include. */
const HEADERS = [
  '@catzilla/cache-core/include/catzilla_cache.h',
  '@catzilla/router/include/catzilla_router.h',
];
/** Where npm finds the registry and its cache; nothing of it can build anything. */
const PASSED_ON =
  /^(HOME|NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy|npm_config_(registry|cache|prefer_offline))$/i;

/** Installs and runs the tarballs in a bare environment. */
export async function consume(tarballs) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'catzilla-consume-')));
  try {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ALLOWED) {
      const path = name === 'node' ? process.execPath : onPath(name);
      if (path === undefined) throw new Failure(`${name} not found on PATH`);
      symlinkSync(realpathSync(path), join(bin, name));
    }
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)),
    );
    env.PATH = bin;
    const found = FORBIDDEN.filter((name) => onPath(name, env));
    if (found.length > 0) throw new Failure(`the bare PATH still has ${found.join(', ')}`);
    const app = join(folder, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "name": "consumer", "private": true }\n');
    const { fastify } = readJson(join(root, 'packages', 'catzilla', 'package.json')).dependencies;
    const args = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `fastify@${fastify}`,
      ...tarballs,
    ];
    await run(join(bin, 'npm'), args, { cwd: app, env, capture: true });
    cpSync(smokeDir, app, { recursive: true });
    const newest = NODE_VERSIONS.at(-1);
    const nodes = { [process.versions.node]: join(bin, 'node') };
    nodes[newest] = await nodeBinary(host, newest);
    for (const [version, node] of Object.entries(nodes)) {
      for (const file of ['by-import.mjs', 'by-require.cjs']) {
        const { addons } = await runSmoke(file, [node], { version, target: host, cwd: app, env });
        console.log(`Node ${version} ${file}: passed with ${Object.keys(addons).join(', ')}`);
      }
    }
    for (const { name } of addonPackages()) {
      if (existsSync(join(app, 'node_modules', name, 'build'))) {
        throw new Failure(`${name} was compiled during the installation`);
      }
    }
    for (const file of HEADERS) {
      if (!existsSync(join(app, 'node_modules', file))) throw new Failure(`${file} was not packed`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    if (process.platform === 'win32')
      return console.log('consumption is checked where PATH can be a folder of links');
    await consume((await pack()).map(({ tarball }) => tarball));
  });
}
