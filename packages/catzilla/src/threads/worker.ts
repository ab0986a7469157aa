// The module that runs in each thread of `catzilla start`.
import { parentPort, workerData } from 'node:worker_threads';
import { offerBus } from './offer-bus.ts';
import { offerTasks } from './offer-tasks.ts';
import { serve } from './serve.ts';
import type { ThreadPort } from './serve.ts';
import type { ThreadData } from './protocol.ts';

offerTasks(parentPort!);
offerBus(parentPort!);
serve(parentPort as ThreadPort, workerData as ThreadData);
