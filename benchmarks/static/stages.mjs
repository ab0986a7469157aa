// What is asked of the servers: each file, each way to be encoded.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { setTimeout } from 'node:timers/promises';
import { browserRequest } from '../http/requests.mjs';
import { contentOf, SIZES } from './files.mjs';
import { nginxBinary } from './nginx.mjs';

export const LABELS = {
  catzilla: '@catzilla/static',
  'fastify-compress': '@fastify/static and @fastify/compress',
  'fastify-precompressed': '@fastify/static, files compressed before',
  nginx: 'nginx, one worker, files compressed before',
};
const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, identity: (bytes) => bytes };
/** Equal answers, 50 ms apart, after which nothing more is expected to change. */
const SETTLED = 20;
const WORDS = { gzip: 'gzip accepted', br: 'brotli accepted', identity: 'no coding accepted' };

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick, hasNginx = nginxBinary() !== undefined) {
  return Object.keys(SIZES).flatMap((name) =>
    Object.keys(DECODE).map((coding) => ({
      group: `${SIZES[name] / 1024} KB of JavaScript, ${WORDS[coding]}, 50 connections`,
      suffix: `${name} ${coding}`,
      variants: [
        'catzilla',
        'fastify-compress',
        // It has no .br beside its files, nor the module that would send it.
        ...(coding === 'br' ? [] : ['fastify-precompressed', ...(hasNginx ? ['nginx'] : [])]),
      ],
      warm: quick ? 500 : 3000,
      slices: quick ? 4 : 10,
      requests: quick ? 500 : 1500,
      makeLoad: () => ({ request: requestOf(name, coding), body: '', name, coding }),
      settle,
    })),
  );
}

function requestOf(name, coding) {
  return browserRequest(`/${name}`).replace(/Accept-Encoding: .*/, `Accept-Encoding: ${coding}`);
}

/** Asks until the answer stays as it is: what is compressed anew when it is asked for often is not what is measured. Then every
 * answer must have those bytes, which decode to the file. */
async function settle(client, { port }, { name, coding, ...load }) {
  const content = contentOf(name);
  let body;
  let others = 0;
  for (let same = 0; same < SETTLED; same++) {
    await setTimeout(50);
    const answer = await client.probe({ port, request: load.request });
    const sent = /\r\ncontent-encoding: *(\w+)/i.exec(answer.head)?.[1] ?? 'identity';
    // A file that was written this moment is not encoded yet.
    if (sent !== coding && ++others > SETTLED) {
      throw new Error(`expected ${coding}, got\n${answer.head}`);
    }
    if (!DECODE[sent](Buffer.from(answer.body, 'base64')).equals(content)) {
      throw new Error(`wrong bytes of ${name}`);
    }
    if (answer.body !== body || sent !== coding) same = 0;
    body = answer.body;
  }
  return { ...load, body };
}
