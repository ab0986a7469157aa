// The commands of `catzilla`, in the order of its help.
import type { Command } from '../command.ts';
import { cache } from './cache.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { routes } from './routes.ts';
import { start } from './start.ts';

/** All of them. */
export const commands: readonly Command[] = [dev, start, routes, cache, doctor];
