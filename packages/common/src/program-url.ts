// Where the compiled form of a program (worker thread, child process) lies.

/** The file of a program beside a module. Node 20 runs no TypeScript: sources (under test) use what was compiled of them.
 * @param name  without extension
 * @param base  the module's `import.meta.url` */
export function programUrl(name: string, base: string): URL {
  const url = new URL(`${name}.js`, base);
  if (base.endsWith('.ts')) url.pathname = url.pathname.replace(/\/src\/(?!.*\/src\/)/, '/dist/');
  return url;
}
