// A purge by the purge route of @catzilla/fastify-cache, for servers that are not of this machine or user.
// Invariant: the token is in no message, and goes to the server that was named alone: a redirect is a refusal.
import type { PurgeAnswer, PurgeArgs } from '../../control/commands.ts';
import { cliErrors } from '../../errors.ts';
import { visible } from '../table.ts';
import { misuse } from './action.ts';

const TIMEOUT = 60_000;
/** Longest message of a server that is shown, characters. */
const MAX_MESSAGE = 300;

/** Posts to the route.
 * @param server  URL of the route, with its path
 * @param token   sent as `Authorization: Bearer`; undefined: none
 * @throws CATZ_CLI_USAGE for a URL that is none; CATZ_CLI_HTTP */
export async function purgeByHttp(
  server: string,
  { tags, urls, patterns, all, soft }: PurgeArgs,
  token: string | undefined,
  signal: AbortSignal,
): Promise<PurgeAnswer> {
  const url = parse(server);
  const where = `${url.origin}${url.pathname}`;
  const body = { tags, urls, paths: patterns, all, soft };
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw new cliErrors.HTTP(where, reasonOf(cause), { cause });
  }
  const text = await response.text();
  const answer = json(text);
  if (response.status === 200 && typeof answer['purged'] === 'number') {
    return { purged: answer['purged'], ok: answer['ok'] === true };
  }
  const message = answer['message'] ?? answer['detail'];
  const said = typeof message === 'string' ? `: ${visible(message.slice(0, MAX_MESSAGE))}` : '';
  throw new cliErrors.HTTP(where, `HTTP status ${response.status}${said}`);
}

function parse(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw misuse('purge', 'expected --server to be the http(s) URL of a purge route');
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as {
    message: string;
    cause?: { message?: string; code?: string };
  };
  return cause?.message || cause?.code || message;
}

function json(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // some proxy's page
  }
}
