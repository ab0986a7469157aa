// One command over a connection of its own, for steering test servers without a client library.
// RESP2 only (https://redis.io/docs/latest/develop/reference/protocol-spec/); replies are small and read as text.
import { connect } from 'node:net';

/** A reply of the server. */
export type Reply = string | number | null | Reply[];

/** Sends one command to a server of this machine and gives its reply.
 * @param port      of 127.0.0.1
 * @param command   name and arguments
 * @param password  sent by AUTH first
 * @throws Error with the server's text, when it cannot be reached, or after 5 s */
export function ask(port: number, command: readonly string[], password?: string): Promise<Reply> {
  const commands = password === undefined ? [command] : [['AUTH', password], command];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket
      .setEncoding('utf8')
      .setTimeout(5_000, () => socket.destroy(new Error('no reply in 5 s')));
    socket.on('error', reject).on('close', () => reject(new Error('closed without a reply')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const replies: (Reply | Error)[] = [];
      for (let at = 0; replies.length < commands.length;) {
        const read = readReply(text, at);
        if (read === undefined) return;
        replies.push(read[0]);
        at = read[1];
      }
      const wrong = replies.find((reply) => reply instanceof Error);
      if (wrong === undefined) resolve(replies.at(-1) as Reply);
      else reject(wrong);
      socket.destroy();
    });
    socket.write(commands.map(encode).join(''));
  });
}

function encode(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${parts.length}\r\n${parts.join('')}`;
}

// The reply that begins at `at` and where it ends; undefined while it is incomplete.
function readReply(text: string, at: number): [Reply | Error, number] | undefined {
  const end = text.indexOf('\r\n', at);
  if (end === -1) return undefined;
  const rest = text.slice(at + 1, end);
  const next = end + 2;
  const kind = text[at];
  if (kind === '+') return [rest, next];
  if (kind === '-') return [new Error(rest), next];
  if (kind === ':') return [Number(rest), next];
  const size = Number(rest);
  if (size === -1) return [null, next];
  if (kind === '$') {
    // Sizes count bytes: what these servers tell of themselves is ASCII but for a file name at most.
    const body = Buffer.from(text.slice(next)).subarray(0, size + 2);
    if (body.length < size + 2) return undefined;
    const value = body.toString('utf8', 0, size);
    return [value, next + value.length + 2];
  }
  const items: Reply[] = [];
  let from = next;
  for (let index = 0; index < size; index++) {
    const item = readReply(text, from);
    if (item === undefined) return undefined;
    items.push(item[0] instanceof Error ? item[0].message : item[0]);
    from = item[1];
  }
  return [items, from];
}
