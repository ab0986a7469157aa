// What the main thread may ask a thread that serves, by name. Questions and answers are plain data.
import type { FastifyInstance } from 'fastify';
import { answerControl } from './control.ts';

/** Answers a question; may throw.
 * @param payload  plain data of whoever asks, unchecked */
export type Answer = (app: FastifyInstance, payload: unknown) => unknown;

/** All of them. */
export const answers: Readonly<Record<string, Answer>> = {
  /** Where the application stands. */
  state: (app) => app.lifecycle.state,
  /** What came by the control socket. */
  control: answerControl,
};
