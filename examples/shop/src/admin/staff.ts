// Who works here: by a bearer token, which has a role.

import { createHash, timingSafeEqual } from 'node:crypto';
import { defineMiddleware, problem, type Middleware } from 'catzilla';
import type { Role, Settings } from '../settings.ts';

/** Gives `ctx.role`; 401 for anybody else. */
export function staff(tokens: Settings['tokens']): Middleware<{ role: Role }> {
  const known = Object.entries(tokens).map(([token, role]) => ({ digest: digest(token), role }));
  return defineMiddleware<{ role: Role }>()({
    name: 'staff',
    at: 'onRequest',
    provides: ['role'],
    pre(request) {
      const given = digest(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
      const match = known.find((one) => timingSafeEqual(one.digest, given));
      if (match !== undefined) return { role: match.role };
      throw problem(401, { code: 'NOT_STAFF', headers: { 'www-authenticate': 'Bearer' } });
    },
  });
}

/** Lets managers in; 403 for clerks. */
export const managers: Middleware<object, { role: Role }> = defineMiddleware<
  object,
  { role: Role }
>()({
  name: 'managers',
  at: 'onRequest',
  requires: ['role'],
  pre(_request, _reply, ctx) {
    if (ctx.role !== 'manager') throw problem(403, { code: 'NOT_A_MANAGER' });
  },
});

// Of one length, as timingSafeEqual wants them.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
