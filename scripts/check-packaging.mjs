// What the registry would get: each tarball through publint and attw (types as every resolver but node10 sees them),
// with every addon that was built, no install script and no binding.gyp (npm would compile on the user's machine); and
// knip over the workspace.
import { join, relative, sep } from 'node:path';
import { Failure, run, runTool } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow } from './lib/workspace.mjs';
import { pack } from './pack.mjs';

await main(async () => {
  const problems = [];
  const attempt = async (what, work) => {
    try {
      await work();
      console.log(`${what}: clean`);
    } catch (error) {
      problems.push(`${what}: ${error.message}`);
    }
  };
  for (const { name, dir, tarball } of await pack()) {
    await attempt(`${name} publint`, () =>
      runTool('publint', ['run', tarball, '--strict'], { capture: true }),
    );
    await attempt(`${name} attw`, () =>
      runTool('attw', [tarball, '--profile', 'esm-only', '--no-emoji'], { capture: true }),
    );
    await attempt(`${name} contents`, () => contents(tarball, dir));
  }
  await attempt('knip', () => runTool('knip', [], { capture: true }));
  if (problems.length > 0) throw new Failure(problems.join('\n\n'));
});

async function contents(tarball, dir) {
  const { output } = await run('tar', ['-tzf', tarball], { capture: true });
  const files = output.split('\n').filter(Boolean);
  const isAllowed = (file) =>
    /^package\/(package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/.+\.js|page\/[a-z-]+\.(js|css|html)|dist\/.+\.(js|d\.ts)|include\/.+\.h|prebuilds\/.+\.node)$/.test(
      file,
    );
  const strange = files.filter((file) => !isAllowed(file));
  if (strange.length > 0)
    throw new Failure(`does not belong into a package: ${strange.join(', ')}`);
  const left = filesBelow(join(dir, 'prebuilds'))
    .filter((file) => file.endsWith('.node'))
    .map((file) => `package/${relative(dir, file).replaceAll(sep, '/')}`)
    .filter((file) => !files.includes(file));
  if (left.length > 0) throw new Failure(`were built and not packed: ${left.join(', ')}`);
  if (!files.some((file) => file.endsWith('/README.md'))) throw new Failure('has no README.md');
  const { output: text } = await run('tar', ['-xzOf', tarball, 'package/package.json'], {
    capture: true,
  });
  const { scripts = {} } = JSON.parse(text);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (name in scripts) throw new Failure(`has an install script: ${name}`);
  }
}
