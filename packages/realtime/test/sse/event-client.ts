// A client of event streams that reads as the HTML standard does, from a connection of its own.
import { get } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { once } from 'node:events';

export interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export class EventClient {
  readonly response: IncomingMessage;
  readonly heard: Heard[] = [];
  /** What it would send as Last-Event-ID. */
  lastId = '';
  retry: number | undefined;
  comments = 0;
  /** All that came. */
  text = '';
  isOver = false;
  /** Whether the response was complete when it was over. */
  readonly over: Promise<boolean>;
  #rest = '';
  #fields: { event: string; data: string[] } = { event: '', data: [] };
  #id = '';
  #wake: () => void = () => {};

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#read(chunk));
    response.on('error', () => {});
    this.over = new Promise((resolve) => {
      response.once('close', () => {
        this.isOver = true;
        this.#wake();
        resolve(response.complete);
      });
    });
  }

  /** Waits until it is true, looking again at whatever comes. */
  async until(isTrue: (client: this) => boolean): Promise<void> {
    while (!isTrue(this)) {
      if (this.isOver) throw new Error(`the stream ended after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Data of all messages, as published. */
  get data(): unknown[] {
    return this.heard.map(({ data }) => (JSON.parse(data) as { data: unknown }).data);
  }

  leave(): void {
    this.response.destroy();
  }

  #read(chunk: string): void {
    this.text += chunk;
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line);
    this.#wake();
  }

  #line(line: string): void {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (line === '') {
      this.lastId = this.#id;
      const { event, data } = this.#fields;
      if (data.length > 0) {
        this.heard.push({ id: this.#id, event: event || 'message', data: data.join('\n') });
      }
      this.#fields = { event: '', data: [] };
    } else if (field === '') this.comments++;
    else if (field === 'id') this.#id = value;
    else if (field === 'event') this.#fields.event = value;
    else if (field === 'data') this.#fields.data.push(value);
    else if (field === 'retry') this.retry = Number(value);
  }
}

/** Asks for a stream. */
export async function openEvents(
  port: number,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventClient> {
  const request: ClientRequest = get({
    port,
    host: '127.0.0.1',
    agent: false,
    path: `/realtime/events?${query}`,
    headers: { accept: 'text/event-stream', ...headers },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => {});
  return new EventClient(response);
}
