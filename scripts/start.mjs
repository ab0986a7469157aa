// npm start: installs and builds what is missing, then runs the example in this process. PORT (3000, 0 = any free
// one), HOST (127.0.0.1), the URL, Ctrl-C and a busy port are the example's business: examples/cities/src/main.ts.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensure } from './ensure.mjs';
import { main } from './lib/steps.mjs';
import { root } from './lib/workspace.mjs';

await main(async () => {
  await ensure();
  await import(pathToFileURL(join(root, 'examples', 'cities', 'dist', 'main.js')).href);
});
