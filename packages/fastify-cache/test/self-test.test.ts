import { describe, expect, it } from 'vitest';
import { writeRaw } from '../src/answer/raw.ts';
import { runSelfTest, selfTestState } from '../src/answer/self-test.ts';

describe('the self-test of raw answers', () => {
  it('passes on this Node and is run once', async () => {
    const first = runSelfTest();
    expect(runSelfTest()).toBe(first);
    expect(await first).toEqual({ state: 'passed', reason: undefined });
    expect(selfTestState().state).toBe('passed');
  });

  it('fails when one byte differs', async () => {
    const result = await runSelfTest((res, status, head, body) =>
      writeRaw(res, status, String(head).replace('200 OK', '200 Ok'), body),
    );
    expect(result).toEqual({ state: 'failed', reason: expect.stringContaining('different bytes') });
    expect(selfTestState().state).toBe('passed');
  });

  it('fails when the write throws', async () => {
    const result = await runSelfTest(() => {
      throw new Error('no such field');
    });
    expect(result).toEqual({ state: 'failed', reason: 'raw write threw: no such field' });
  });

  it('fails when the response never ends', async () => {
    const result = await runSelfTest(() => {}, 20);
    expect(result).toEqual({ state: 'failed', reason: 'no two answers within 20 ms' });
  });
});
