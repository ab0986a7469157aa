// Clients over node:http that keep their connection and honour `Connection: close`, as browsers and balancers do.
import { Agent, get, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

/** What came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Number of the thread that answered, by the application's header. */
  readonly thread: string;
}

/** One client, with at most one connection. */
export class Client {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, { keepAlive = true } = {}) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive, maxSockets: 1 });
  }

  /** @throws what the connection fails with */
  ask(path: string, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path, method, agent: this.#agent };
      const outgoing = request(options, (response) => {
        const { statusCode: status = 0, headers } = response;
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status, headers, body, thread: String(headers['x-thread']) });
        });
      });
      outgoing.once('error', reject);
      outgoing.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** One request on a connection of its own. */
export async function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  const client = new Client(port, { keepAlive: false });
  try {
    return await client.ask(path, method);
  } finally {
    client.close();
  }
}

/** Asks on new connections until each of so many threads has answered.
 * @returns one answer of each, by thread */
export async function askAll(
  port: number,
  path: string,
  threads: number,
): Promise<Map<string, Answer>> {
  const found = new Map<string, Answer>();
  // Each connection goes to either thread with the same chance: 200 of them to one alone is 2^-199.
  for (let i = 0; i < 200 && found.size < threads; i++) {
    const answer = await ask(port, path);
    found.set(answer.thread, answer);
  }
  return found;
}

/** Whether anybody listens at a port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED');
    });
  });
}
