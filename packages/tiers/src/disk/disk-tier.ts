// L3: what is worth keeping over a restart, in files of bounded size. Never authoritative: whatever is in doubt is dropped.
// Which files, file-store.ts; how they are written, lmdb/ or fs/; that nobody else does, claim.ts.
import { claimSlot } from './slots.ts';
import { settleDisk } from './disk-options.ts';
import type { DiskOptions, DiskSettings } from './disk-options.ts';
import type { DiskTier } from './disk-store.ts';
import { FileStore } from './file-store.ts';
import { ownFolder } from './folder.ts';
import { fsFormat } from './fs/fs-format.ts';
import type { Format, FormatContext } from './generation.ts';
import { loadLmdb } from './lmdb/load.ts';
import { lmdbFormat } from './lmdb/lmdb-format.ts';

/** Makes an L3 of files in a folder; nothing is opened yet.
 * @param options.dir  the folder, absolute; each cache has one of its own within. Others: see DiskOptions
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_DEPENDENCY when `backend: 'lmdb'` cannot be loaded
 * @example createTieredCache({ disk: diskTier({ dir: '/var/cache/shop', maxBytes: 2 ** 30 }) }) */
export function diskTier(options: DiskOptions): DiskTier {
  const settings = settleDisk(options);
  const { backend, makeFormat } = backendOf(settings);
  return {
    kind: 'disk',
    open({ name, onState }) {
      const folder = ownFolder(settings.dir, name);
      return new FileStore({
        name,
        backend,
        makeFormat,
        settings,
        onState,
        claim: () => claimSlot(folder, settings.slots),
      });
    },
  };
}

interface Backend {
  readonly backend: 'lmdb' | 'fs';
  readonly makeFormat: (context: FormatContext) => Format;
}

function backendOf({ backend }: DiskSettings): Backend {
  if (backend !== 'fs') {
    try {
      const lmdb = loadLmdb();
      return { backend: 'lmdb', makeFormat: (context) => lmdbFormat(lmdb, context) };
    } catch (error) {
      if (backend === 'lmdb') throw error;
      // 'auto': health shows which one it is.
    }
  }
  return { backend: 'fs', makeFormat: fsFormat };
}
