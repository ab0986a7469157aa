// Replies that wait behind another one on their connection (HTTP/1.1 pipelining) hear nothing when it closes. One listener
// per connection tells all of them, however many there are: Node warns of a leak from the eleventh on.
import type { Socket } from 'node:net';

interface Waiting {
  close(isLost: true): void;
}

const waiting = new WeakMap<Socket, Set<Waiting>>();

/** Calls `close` of somebody when a connection closes.
 * @returns what takes it back */
export function whenConnectionCloses(socket: Socket, somebody: Waiting): () => void {
  let all = waiting.get(socket);
  if (all === undefined) {
    all = new Set();
    waiting.set(socket, all);
    const told = all;
    socket.once('close', () => {
      for (const one of told) one.close(true);
    });
  }
  const listed = all.add(somebody);
  return () => listed.delete(somebody);
}
