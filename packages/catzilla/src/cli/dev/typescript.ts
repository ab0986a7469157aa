// How Node is started for a TypeScript application: by tsx where that is installed, else by Node itself where it can.
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliErrors } from '../../errors.ts';
import { findPeer } from '../doctor/peers.ts';

const EXTENSIONS: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts', '.tsx']);

/** What can run TypeScript here. */
export interface TypeScriptMeans {
  /** Whether this Node does by itself. */
  readonly canStrip: boolean;
  /** Where tsx is. */
  readonly tsx: string | undefined;
}

/** Options of Node for an application.
 * @param file  its absolute path
 * @throws CATZ_CLI_START where nothing can run it */
export function execArgvFor(
  file: string,
  means: TypeScriptMeans = meansFor(file),
): readonly string[] {
  const { canStrip, tsx } = means;
  const base = ['--enable-source-maps'];
  if (!EXTENSIONS.has(extname(file))) return base;
  if (tsx !== undefined) return [...base, '--import', pathToFileURL(tsx).href];
  if (canStrip) return base;
  throw new cliErrors.START(
    file,
    'this Node does not run TypeScript by itself; npm install --save-dev tsx',
  );
}

function meansFor(file: string): TypeScriptMeans {
  return { canStrip: canStripTypes(), tsx: findPeer('tsx', file) };
}

function canStripTypes(): boolean {
  const { typescript } = process.features as { typescript?: unknown };
  return typeof typescript === 'string';
}
