// Proof, once per process and before the first raw answer, that on this Node a raw write gives the bytes of writeHead and
// end, and leaves the connection usable: two requests on one connection in memory, without a port.
// Invariant: until it has passed, and for ever if it fails, answers go through writeHead; health() says which.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { connectionTail, isPlainMessage, writeRaw } from './raw.ts';

/** What became of the self-test. */
export interface SelfTest {
  readonly state: 'pending' | 'passed' | 'failed';
  /** Why it failed. */
  readonly reason: string | undefined;
}

const TIMEOUT = 2_000;
const REQUEST = 'GET / HTTP/1.1\r\nHost: self-test\r\n\r\n';
const DATE = 'Thu, 01 Jan 1970 00:00:00 GMT';
const BODY = Buffer.from('{"ok":true}');
const FIELDS = ['content-type', 'application/json', 'content-length', '11', 'date', DATE];

let result: SelfTest = { state: 'pending', reason: undefined };
let running: Promise<SelfTest> | undefined;

/** The result so far. HOT */
export function selfTestState(): SelfTest {
  return result;
}

/** Runs the self-test on first call; later calls give the same promise. Never rejects.
 * @param answer   stands in for writeRaw in tests of the failing case; such a run is not remembered
 * @param timeout  ms after which it has failed */
export function runSelfTest(
  answer?: typeof writeRaw,
  timeout: number = TIMEOUT,
): Promise<SelfTest> {
  if (answer !== undefined) return attempt(answer, timeout);
  return (running ??= attempt(writeRaw, timeout).then((outcome) => (result = outcome)));
}

function attempt(answer: typeof writeRaw, timeout: number): Promise<SelfTest> {
  return new Promise((resolve) => {
    const server = createServer();
    let finished = 0;
    let closed = 0;
    let half = 0;
    let received = Buffer.alloc(0);
    const connection = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        received = Buffer.concat([received, chunk]);
        done();
      },
    });
    const done = (reason?: string): void => {
      clearTimeout(timer);
      connection.destroy();
      server.close();
      resolve({ state: reason === undefined ? 'passed' : 'failed', reason });
    };
    const timer = setTimeout(() => done(`no two answers within ${timeout} ms`), timeout);
    timer.unref();
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      res.once('finish', () => finished++);
      res.once('close', () => {
        closed++;
        if (closed === 1) {
          half = received.length;
          connection.push(REQUEST);
        } else done(compare(received, half, finished));
      });
      if (closed === 0) {
        res.writeHead(200, FIELDS);
        res.end(BODY);
        return;
      }
      if (!isPlainMessage(req, res)) {
        done('a plain GET is not recognised as one');
        return;
      }
      try {
        answer(res, 200, `${rendered()}${connectionTail(res)}${BODY.toString()}`, undefined);
      } catch (error) {
        done(`raw write threw: ${(error as Error).message}`);
      }
    });
    connection.on('error', (error) => done(error.message));
    server.emit('connection', connection);
    connection.push(REQUEST);
  });
}

function rendered(): string {
  let head = 'HTTP/1.1 200 OK\r\n';
  for (let i = 0; i < FIELDS.length; i += 2) head += `${FIELDS[i]}: ${FIELDS[i + 1]}\r\n`;
  return head;
}

function compare(received: Buffer, half: number, finished: number): string | undefined {
  if (finished !== 2) return `expected 2 finished responses, got ${finished}`;
  const first = received.subarray(0, half).toString('latin1');
  const second = received.subarray(half).toString('latin1');
  return first === second ? undefined : 'a raw write and writeHead gave different bytes';
}
