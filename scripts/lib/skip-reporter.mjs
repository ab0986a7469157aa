// A vitest reporter that writes every skipped test with its reason to .reports/skips.json; vitest's own JSON report
// does not hold the reasons. A reason is the text given to `context.skip('…')`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './workspace.mjs';

export default class SkipReporter {
  onTestRunEnd(modules) {
    const skips = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state !== 'skipped') continue;
        skips.push({
          file: relative(root, module.moduleId),
          title: test.fullName,
          note: note ?? null,
        });
      }
    }
    mkdirSync(join(root, '.reports'), { recursive: true });
    writeFileSync(join(root, '.reports', 'skips.json'), `${JSON.stringify(skips, null, 2)}\n`);
  }
}
