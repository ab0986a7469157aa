// HOT benchmark of scopes: one container and one operation in a process of its own. An operation is what a request costs: open a
// scope, resolve five services over two singletons, end the scope and wait for its end. What is resolved is compared, and
// disposals are counted; afterwards scopes are looked at one by one.
import { answer, readTask } from '../lib/child.mjs';
import { measure } from '../lib/measure.mjs';
import { loadContainer } from './containers.mjs';
import { SCOPED, state } from './services.mjs';

const task = readTask();
const contestant = await loadContainer(task.container, task.isAsync);
const COUNT = Object.keys(SCOPED).length;
const disposals = contestant.disposes ? COUNT : 0;
const operations = {
  scope: [useScopes, (ops) => ops * (COUNT + disposals)],
  empty: [emptyScopes, () => 0],
  get: [getAgain, (ops) => ops],
};

const before = await verify();
const [loop, expect] = operations[task.operation];
const figures = await measure(loop, expect, { unit: 256, ...task.timing });
await verify();
answer({ ...figures, disposes: before });

async function useScopes(ops) {
  const { open, resolve, end } = contestant;
  const disposed = state.disposed;
  let sum = 0;
  for (let op = 0; op < ops; op++) {
    const scope = open();
    sum += resolve(scope);
    const ended = end(scope);
    if (ended !== undefined) await ended;
  }
  return sum + state.disposed - disposed;
}

async function emptyScopes(ops) {
  const { open, end } = contestant;
  const disposed = state.disposed;
  for (let op = 0; op < ops; op++) {
    const ended = end(open());
    if (ended !== undefined) await ended;
  }
  return state.disposed - disposed;
}

async function getAgain(ops) {
  const { open, resolve, end, getOne } = contestant;
  const scope = open();
  resolve(scope);
  const first = getOne(scope);
  let sum = 0;
  for (let op = 0; op < ops; op++) sum += Number(getOne(scope) === first);
  await end(scope);
  return sum;
}

/** Two scopes at a time share nothing of what is scoped; what is disposed is disposed once. @returns in which order */
async function verify() {
  const { open, resolve, end, getOne } = contestant;
  const { early } = state;
  for (let round = 0; round < 20; round++) {
    const disposed = state.disposed;
    const scopes = [open(), open()];
    for (const scope of scopes) {
      if (resolve(scope) !== COUNT) throw new Error(`${task.container}: services of two scopes`);
    }
    const [one, other] = scopes.map(getOne);
    if (one === other) throw new Error(`${task.container}: one service in two scopes`);
    for (const scope of scopes) await end(scope);
    const count = state.disposed - disposed;
    if (count !== 2 * disposals) {
      throw new Error(`${task.container}: expected ${2 * disposals} disposals, got ${count}`);
    }
  }
  if (!contestant.disposes) return 'nothing';
  return state.early === early ? 'users first' : 'not in order';
}
