// Where the data of a cell lies while it runs: a Redis server of its own, a folder of its own, or nowhere but in its process.
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { SYSTEMS } from './systems.mjs';

/** Types of file systems as statfs tells them, those that matter here. */
const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x01021994, 'tmpfs'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlayfs'],
]);

/** Why a system cannot be measured here; undefined: it can. */
export function whyAbsent(system) {
  const { package: name, redis, durability } = SYSTEMS[system];
  const needed = durability === undefined && system !== 'embedded' ? [name] : [name, 'bullmq'];
  const missing = needed.find((one) => !isInstalled(one));
  if (missing !== undefined) return `${missing} is not installed: npm run bench installs it`;
  return redis === undefined ? undefined : redisSkipReason();
}

// Here or in the workspace: ours stands on BullMQ, which is then there without its rivals.
function isInstalled(name) {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.some((folder) => existsSync(join(folder, name, 'package.json')));
}

/** Calls `use` with what the process of a system has to be told, and removes everything after it. */
export async function withPlace(system, use) {
  const { redis, durability } = SYSTEMS[system] ?? {};
  if (redis !== undefined) {
    const server = await startRedis({ config: redis });
    try {
      return await use({ port: server.port });
    } finally {
      await server.stop();
    }
  }
  if (durability === undefined) return use({});
  const dir = mkdtempSync(join(tmpdir(), 'catz-bench-tasks-'));
  try {
    return await use({ dir });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The file system on which the folders lie; a flush means nothing on tmpfs. */
export function fileSystem() {
  const { type } = statfsSync(tmpdir());
  return FILE_SYSTEMS.get(type) ?? `0x${type.toString(16)}`;
}
