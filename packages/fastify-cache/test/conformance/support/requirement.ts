// Ties each test to its row of the table in ../requirements, from which docs/conformance.md is made.
// Invariant: a test without a row fails, and so does a row without a test, except one that is not built. A requirement runs on
// every kind of origin and, with a handler, in both modes of answering; one that does not says why.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../../../src/index.ts';
import type { Behind } from './behind.ts';
import { makeStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** One requirement. */
export interface Row {
  /** RFC, section and a letter: `9111-4.2.1-a`. */
  readonly id: string;
  readonly source: string;
  readonly level: 'MUST' | 'SHOULD' | 'MAY' | 'option';
  /** One sentence. */
  readonly text: string;
  readonly status: 'built' | 'built, opt-in' | 'not built';
  /** The option that turns it on, or why it is not built. */
  readonly note?: string;
}

/** How a requirement is tested. */
export interface Terms {
  /** Options of the plugin it is about; without: none. */
  readonly options?: FastifyCacheOptions;
  /** Origins it can be seen with, and why not with the others. */
  readonly only?: readonly Behind[];
  readonly why?: string;
}

/** Registers the tests of one requirement. */
export type Requirement = (
  id: string,
  test: (stage: Stage) => Promise<void>,
  terms?: Terms,
) => void;

const STAGES: readonly (readonly [Behind, 'auto' | 'send'])[] = [
  ['handler', 'auto'],
  ['handler', 'send'],
  ['stream', 'auto'],
  ['proxy', 'auto'],
];

/** What a test file names its requirements with.
 * @param topic  name of its table, and of the file itself */
export function requirementsOf(topic: string): Requirement {
  const rows = new Map(readTable(topic).map((row) => [row.id, row]));
  const tested = new Set<string>();

  // Tests run when all of the file is collected: this one sees what came after it.
  it('has one test for each row of its table', () => {
    const wanted = [...rows.values()].filter(({ status }) => status !== 'not built');
    expect([...tested].sort()).toEqual(wanted.map(({ id }) => id).sort());
  });

  return (id, test, { options = {}, only, why } = {}) => {
    const row = rows.get(id);
    if (row === undefined || tested.has(id)) {
      it(`${id} stands in the table, once`, () => {
        expect.unreachable(`${id}: ${row === undefined ? 'no row' : 'tested twice'} in ${topic}`);
      });
      return;
    }
    tested.add(id);
    for (const [behind, mode] of STAGES) {
      if (only !== undefined && !only.includes(behind)) continue;
      const where = why === undefined ? `${behind}, ${mode}` : `${behind}, ${mode}; ${why}`;
      it(`${id} ${row.text} (${where})`, async () => {
        await test(await makeStage(behind, { mode, ...options }));
      });
    }
  };
}

function readTable(topic: string): readonly Row[] {
  const file = new URL(`../requirements/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Row[];
}
