// The scope of a job gives what a token of @catzilla/di stands for. Never run: tsc is the test.
import { asyncToken, token } from '@catzilla/di';
import { expectTypeOf } from 'vitest';
import type { TaskContext } from '../../src/index.ts';

interface Mailer {
  send(to: string): Promise<void>;
}
const MailerToken = token<Mailer>('mailer');
const LateToken = asyncToken<Mailer>('late mailer');

export async function use({ scope }: TaskContext): Promise<void> {
  expectTypeOf(scope!.get(MailerToken)).toEqualTypeOf<Mailer>();
  expectTypeOf(scope!.get(LateToken)).toEqualTypeOf<Promise<Mailer>>();
  await scope!.get(MailerToken).send('ada');
}
