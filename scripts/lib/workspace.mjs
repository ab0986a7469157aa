// Where things are: the root of the repository and its workspace members. Built-ins only: it is used before
// node_modules exists.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Every workspace member, in the order of the folders: { name, dir, path (from the root), manifest }. */
export function workspaces(base = root) {
  const found = [];
  for (const pattern of readJson(join(base, 'package.json')).workspaces) {
    const folder = pattern.replace(/\/\*$/, '');
    if (!existsSync(join(base, folder))) continue;
    for (const entry of readdirSync(join(base, folder)).sort()) {
      const dir = join(base, folder, entry);
      if (!existsSync(join(dir, 'package.json'))) continue;
      const manifest = readJson(join(dir, 'package.json'));
      found.push({ name: manifest.name, dir, path: `${folder}/${entry}`, manifest });
    }
  }
  return found;
}

/** The members that go to the registry. */
export function publishable() {
  return workspaces().filter(({ manifest }) => manifest.private !== true);
}

/** The members that have an addon. */
export function addonPackages(base = root) {
  return workspaces(base).filter(({ dir }) => existsSync(join(dir, 'binding.gyp')));
}

/** Paths of all files below a folder, sorted; `skip` gets the name of each folder and file. */
export function filesBelow(dir, skip = () => false) {
  if (!existsSync(dir)) return [];
  const files = [];
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || skip(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(path, skip));
    else if (entry.isFile()) files.push(path);
  }
  return files.sort();
}
