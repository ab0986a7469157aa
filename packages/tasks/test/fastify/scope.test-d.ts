// What handlers get from their scope is typed by the token, though this package does not import @catzilla/di.
import { asyncToken, token } from '@catzilla/di';
import { expectTypeOf } from 'vitest';
import type { RequestEnqueue } from '../../src/fastify/request-enqueue.ts';
import type { HeldEnqueue } from '../../src/fastify/held.ts';
import type { Task } from '../../src/define/types.ts';
import type { TaskHandle, TaskScope } from '../../src/define/context.ts';

declare const scope: TaskScope;
expectTypeOf(scope.get(token<{ send(): void }>('mailer'))).toEqualTypeOf<{ send(): void }>();
expectTypeOf(scope.get(asyncToken<number>('count'))).toEqualTypeOf<Promise<number>>();

declare const enqueue: RequestEnqueue;
declare const mail: Task<{ to: string }, number>;
expectTypeOf(enqueue(mail, { to: 'a' })).toEqualTypeOf<Promise<HeldEnqueue<number>>>();
expectTypeOf(enqueue(mail, { to: 'a' }, { when: 'now' })).toEqualTypeOf<
  Promise<TaskHandle<number>>
>();
// @ts-expect-error: no such payload
void enqueue(mail, { to: 1 });
// @ts-expect-error: no such time
void enqueue(mail, { to: 'a' }, { when: 'later' });
