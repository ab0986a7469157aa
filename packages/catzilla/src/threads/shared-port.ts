// The port that all threads listen on, with one socket for each of them where the system has that.
// Invariant: a socket belongs to the main thread and outlives the threads that listen at it one after the other, so that no
// waiting connection is lost where one takes over from another. It is closed here, and nowhere else.
import { closeFd, reusePortFd } from '@catzilla/cache-core/os';
import { addressOf, assertFree, urlOf } from './address.ts';
import type { Sharing } from './address.ts';
import type { ListenAt } from './protocol.ts';

/** One port of one address. */
export class SharedPort {
  readonly #name: string;
  readonly #sharing: Sharing;
  readonly #sockets: Map<number, number> = new Map();
  #host = '';
  #port: number;

  /** @param host  an address or a name
   * @param port  0: the system chooses, when the first thread listens */
  constructor(host: string, port: number, sharing: Sharing) {
    this.#name = host;
    this.#port = port;
    this.#sharing = sharing;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:3000` */
  get url(): string {
    return urlOf(this.#host, this.#port);
  }

  /** Looks the name up, and whether nobody else listens there.
   * @throws what the system says: ENOTFOUND, EADDRINUSE, EACCES */
  async find(): Promise<void> {
    this.#host = await addressOf(this.#name);
    await assertFree(this.#host, this.#port);
  }

  /** Where a thread is to listen.
   * @param thread  its number
   * @throws CATZ_CACHE_LISTEN */
  placeOf(thread: number): ListenAt {
    const host = this.#host;
    if (this.#sharing !== 'socket') {
      return { kind: 'port', host, port: this.#port, reusePort: this.#sharing === 'reusePort' };
    }
    const known = this.#sockets.get(thread);
    if (known !== undefined) return { kind: 'socket', host, fd: known };
    const { fd, port } = reusePortFd(host, this.#port);
    this.#port = port;
    this.#sockets.set(thread, fd);
    return { kind: 'socket', host, fd };
  }

  /** Notes the port that a thread listens on: where 0 was asked for, the others are to have it, too. */
  settle(port: number): void {
    this.#port = port;
  }

  /** Closes the socket of a thread that has ended. Connections that wait there are reset, and further ones come in at the
   * others'. */
  release(thread: number): void {
    const fd = this.#sockets.get(thread);
    this.#sockets.delete(thread);
    if (fd !== undefined) closeFd(fd);
  }

  /** Closes all sockets. */
  close(): void {
    for (const thread of this.#sockets.keys()) this.release(thread);
  }
}
