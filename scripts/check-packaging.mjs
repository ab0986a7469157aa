// What the registry would get: each tarball through publint and attw (types as every resolver but node10 sees them),
// no install script, no binding.gyp (npm would compile on the user's machine); and knip over the workspace.
import { Failure, run, runTool } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
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

async function contents(tarball) {
  const { output } = await run('tar', ['-tzf', tarball], { capture: true });
  const files = output.split('\n').filter(Boolean);
  const isAllowed = (file) =>
    /^package\/(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/.+\.(js|d\.ts)|prebuilds\/.+\.node)$/.test(
      file,
    );
  const strange = files.filter((file) => !isAllowed(file));
  if (strange.length > 0)
    throw new Failure(`does not belong into a package: ${strange.join(', ')}`);
  if (!files.some((file) => file.endsWith('/README.md'))) throw new Failure('has no README.md');
  const { output: text } = await run('tar', ['-xzOf', tarball, 'package/package.json'], {
    capture: true,
  });
  const { scripts = {} } = JSON.parse(text);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (name in scripts) throw new Failure(`has an install script: ${name}`);
  }
}
