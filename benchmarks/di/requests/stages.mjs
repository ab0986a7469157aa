// What requests are measured: servers that run at one time and take turns in short slices, and what they are asked.
import { browserRequest } from '../../http/requests.mjs';
import { ANSWER } from './servers.mjs';

export const LABELS = {
  plain: 'Fastify',
  'catzilla-unused': 'Fastify with @catzilla/di',
  'awilix-unused': 'Fastify with @fastify/awilix',
  hand: 'Fastify, services by hand, ended in onResponse',
  catzilla: 'inject of @catzilla/di',
  awilix: '@fastify/awilix, request.diScope',
};

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick) {
  const pace = {
    warm: quick ? 6000 : 20_000,
    slices: quick ? 6 : 12,
    requests: quick ? 2000 : 4000,
    makeLoad: () => ({ request: browserRequest('/one'), body: base64(ANSWER) }),
  };
  return [
    {
      group: 'a route that asks for no service, 50 connections, browser headers',
      variants: ['plain', 'catzilla-unused', 'awilix-unused'],
      ...pace,
    },
    {
      group: 'a route with five services of its request, 50 connections, browser headers',
      variants: ['hand', 'catzilla', 'awilix'],
      ...pace,
    },
  ];
}

function base64(object) {
  return Buffer.from(JSON.stringify(object)).toString('base64');
}
