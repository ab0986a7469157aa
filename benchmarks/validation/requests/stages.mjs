// What requests are measured: servers that run at one time and take turns in short slices, and what they are asked.
import { browserRequest } from '../../http/requests.mjs';
import { GOOD } from '../schemas.mjs';
import { COUNTED, REPLY } from './servers.mjs';

export const LABELS = {
  plain: 'Fastify',
  off: "@catzilla/validation, coercion: 'off'",
  strict: '@catzilla/validation',
  'strict-last': '@catzilla/validation, without limits of JSON bodies',
  'plain-numbers': 'Fastify',
  'strict-numbers': '@catzilla/validation',
  'zod-provider': 'fastify-type-provider-zod',
  zod: '@catzilla/validation',
  'reply-none': 'no schema, JSON.stringify',
  'reply-json': 'TypeBox, Fastify',
  'reply-json-ours': 'TypeBox, @catzilla/validation',
  'reply-zod-provider': 'zod, fastify-type-provider-zod',
  'reply-zod-ours': 'zod, @catzilla/validation',
  'hooks-sync': 'plain hooks',
  'chain-sync': 'middleware of @catzilla/router',
  'hooks-async': 'plain hooks, async functions',
  'chain-async': 'middleware of @catzilla/router, async functions',
  'hooks-send': 'plain onSend hooks',
  'chain-post': 'post of middleware of @catzilla/router',
};

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick) {
  const pace = {
    warm: quick ? 6000 : 20_000,
    slices: quick ? 6 : 12,
    requests: quick ? 2000 : 4000,
  };
  const where = '50 connections, browser headers';
  return [
    {
      group: `a JSON body of six fields and a query of texts, by TypeBox, ${where}`,
      variants: ['plain', 'off', 'strict', 'strict-last'],
      makeLoad: () => posted('/orders?sort=name&lang=en', { sort: 'name', lang: 'en' }),
      ...pace,
    },
    {
      group: `a query of numbers, by JSON Schema, ${where}`,
      variants: ['plain-numbers', 'strict-numbers'],
      makeLoad: () => ({
        request: browserRequest('/orders?page=2&size=50&open=true'),
        body: base64({ page: 2, size: 50, open: true }),
      }),
      ...pace,
    },
    {
      group: `a JSON body of six fields and a query of numbers, by zod, ${where}`,
      variants: ['zod-provider', 'zod'],
      makeLoad: () =>
        posted('/orders?page=2&size=50&sort=name', { page: 2, size: 50, sort: 'name' }),
      ...pace,
    },
    {
      group: `a reply of five orders, ${where}`,
      variants: [
        'reply-none',
        'reply-json',
        'reply-json-ours',
        'reply-zod-provider',
        'reply-zod-ours',
      ],
      makeLoad: () => ({ request: browserRequest('/orders'), body: base64(REPLY) }),
      ...pace,
    },
    {
      group: `ten functions before the handler, ${where}`,
      variants: ['hooks-sync', 'chain-sync', 'hooks-async', 'chain-async'],
      makeLoad: counted,
      ...pace,
    },
    {
      group: `ten functions after the handler, ${where}`,
      variants: ['hooks-send', 'chain-post'],
      makeLoad: counted,
      ...pace,
    },
  ];
}

function counted() {
  return { request: browserRequest('/count'), body: base64(COUNTED) };
}

/** The order, sent by a browser's fetch. */
function posted(target, query) {
  const text = JSON.stringify(GOOD);
  const head = browserRequest(target)
    .replace('GET', 'POST')
    .replace(
      '\r\n\r\n',
      `\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`,
    );
  return {
    request: head + text,
    body: base64({ id: GOOD.id, city: GOOD.address.city, query }),
  };
}

function base64(object) {
  return Buffer.from(JSON.stringify(object)).toString('base64');
}
