// The browser client as a file of the application: GET <path>/client.js, for pages that are served without a build.
// Invariant: the file is the published module as it is; a browser asks whether it has changed each time, and gets 304 if not.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { programUrl } from '@catzilla/common';
import type { FastifyInstance } from 'fastify';

/** Adds the route.
 * @param path  of the plugin, without a slash at the end */
export async function addClientScript(app: FastifyInstance, path: string): Promise<void> {
  const script = await readFile(programUrl('../client/connect', import.meta.url));
  const etag = `"${createHash('sha256').update(script).digest('base64url').slice(0, 22)}"`;
  app.get(
    `${path}/client.js`,
    { config: { cache: false }, logLevel: 'warn' },
    async (request, reply) => {
      reply.headers({
        etag,
        'cache-control': 'no-cache',
        'content-type': 'text/javascript; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      return isNamed(request.headers['if-none-match'], etag) ? reply.code(304).send() : script;
    },
  );
}

// A proxy that compresses may have made the tag weak (RFC 9110 13.1.2).
function isNamed(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  return field.split(',').some((one) => [etag, `W/${etag}`, '*'].includes(one.trim()));
}
