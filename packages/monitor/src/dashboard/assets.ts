// The page and what it is made of: files of this package, read at the first request for one and kept, if it could be read.
// Invariant: only names that were listed are served; no path of a request is ever a path of a file.
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { computeEtag, isNotModified } from '@catzilla/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HEADERS } from './headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Of the package uplot, by the name they have here. */
const OF_UPLOT = { 'uplot.js': 'dist/uPlot.esm.js', 'uplot.css': 'dist/uPlot.min.css' };

/** A file as it is sent. */
interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Files of one page. */
export class Assets {
  readonly #folder: URL;
  #files: ReadonlyMap<string, URL> | undefined;
  readonly #read = new Map<string, Asset>();

  /** @param folder  of the page: a file: URL with a slash at its end. Default: the page of this package */
  constructor(folder: URL = new URL('../../page/', import.meta.url)) {
    this.#folder = folder;
  }

  /** Answers with a file.
   * @returns false: there is none of this name, and nothing was answered */
  async send(name: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    this.#files ??= await list(this.#folder);
    const file = this.#files.get(name);
    if (file === undefined) return false;
    let asset = this.#read.get(name);
    if (asset === undefined) this.#read.set(name, (asset = await read(file)));
    const { bytes, type, etag } = asset;
    // Behind a guard, so for this client alone; looked at anew each time, so that a new release is seen.
    void reply.headers({ ...HEADERS, 'cache-control': 'private, no-cache', etag });
    const known = { status: 200, etag, lastModified: undefined, date: undefined };
    if (isNotModified(request.headers, known, Date.now())) void reply.code(304).send();
    else void reply.type(type).send(bytes);
    return true;
  }
}

async function list(folder: URL): Promise<ReadonlyMap<string, URL>> {
  const require = createRequire(import.meta.url);
  const files = new Map<string, URL>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && extname(entry.name) in TYPES) {
      files.set(entry.name, new URL(encodeURIComponent(entry.name), folder));
    }
  }
  for (const [name, path] of Object.entries(OF_UPLOT)) {
    files.set(name, pathToFileURL(require.resolve(`uplot/${path}`)));
  }
  return files;
}

async function read(file: URL): Promise<Asset> {
  const bytes = await readFile(file);
  const type = TYPES[extname(fileURLToPath(file))] ?? 'application/octet-stream';
  return { bytes, type, etag: computeEtag(bytes) };
}
