import { context, trace } from '@opentelemetry/api';
import { BullMQOtel } from 'bullmq-otel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import { createTasks } from '../../src/tasks.ts';
import { traceInMemory } from './support/tracing.ts';

test('the span that enqueues and the one that runs share a trace', async () => {
  const { spans, end } = traceInMemory();
  onTestFinished(end);
  let traceInside: string | undefined;
  const mail = defineTask({
    name: 'mail',
    schema: z.object({}),
    handler: async () => {
      traceInside = trace.getSpanContext(context.active())?.traceId;
    },
  });
  const tasks = createTasks({ tasks: [mail], telemetry: new BullMQOtel({ tracerName: 'test' }) });
  onTestFinished(async () => void (await tasks.close()));
  await tasks.start();

  const request = trace.getTracer('test').startSpan('GET /');
  const { traceId } = request.spanContext();
  await context.with(trace.setSpan(context.active(), request), async () => {
    await (await tasks.enqueue(mail, {})).result();
  });
  request.end();

  expect(traceInside).toBe(traceId);
  const own = spans.filter((span) => span.traceId === traceId);
  const added = own.find(({ name }) => name.startsWith('add'));
  const processed = own.find(({ name }) => name.startsWith('process'));
  expect(added?.parentId).toBe(request.spanContext().spanId);
  expect(processed?.parentId).toBe(added?.spanId);
  await vi.waitFor(() => expect(own.filter(({ ended }) => !ended)).toEqual([]));
});
