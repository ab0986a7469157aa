import Fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { monitor } from '../../src/index.ts';

vi.mock('@opentelemetry/api', () => {
  throw new Error('not installed');
});

it('names the package that is missing (CATZ_MONITOR_DEPENDENCY)', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  await expect(
    (async () => app.register(monitor, { otel: true, dashboard: false }))(),
  ).rejects.toMatchObject({
    code: 'CATZ_MONITOR_DEPENDENCY',
    message: expect.stringMatching(
      /^the option otel needs the package @opentelemetry\/api: /,
    ) as string,
    cause: expect.any(Error) as Error,
  });
});
