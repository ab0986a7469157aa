// Listening sockets that several threads share a port with, where Node has no call for it (before
// 22.12), or where the socket has to outlive the thread that listens. Linux only: elsewhere the kernel does not spread
// connections over such sockets.
// Invariant: nothing here keeps a file descriptor; whoever gets one closes it, or gives it to a server that does.
import { isIP } from 'node:net';
import { bool, checkOptions, int, show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { addon } from '../native/load-addon.ts';
import { getSystemErrorMessage, getSystemErrorName } from '../native/system-error.ts';

/** Options of reusePortFd(). */
export interface ReusePortOptions {
  /** How many connections the kernel keeps that nobody has accepted yet; at most net.core.somaxconn. Default: 511, as
   * Node's. */
  readonly backlog?: number;
  /** For an IPv6 address: no IPv4 connections come in at `::`. Default: false. */
  readonly ipv6Only?: boolean;
}

/** A listening socket. */
export interface ListeningFd {
  /** Its file descriptor, of the process: any thread may pass it to `server.listen({ fd })`, which then owns it. */
  readonly fd: number;
  /** The port it has, which the system chose for port 0. */
  readonly port: number;
}

/** Whether reusePortFd() works here: on Linux, where the addon loads. */
export function hasReusePort(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    addon();
    return true;
  } catch {
    return false; // the reason is for those who open a cache
  }
}

/** Makes a listening socket with SO_REUSEPORT: as many as wanted may listen on one port, and the kernel spreads connections
 * (not requests) over them. It is non-blocking, and closed in child processes. All sockets of the port must be of one user.
 * @param host     an IPv4 or IPv6 address; names are not looked up
 * @param port     0 to 65535; 0 lets the system choose one, which the others are then given
 * @param options  see ReusePortOptions
 * @returns the descriptor and the port; close it with closeFd() if it goes to no server
 * @throws CATZ_CACHE_OPTION; CATZ_CACHE_LISTEN with the system's code in `cause`; CATZ_CACHE_UNSUPPORTED_PLATFORM;
 *   CATZ_CACHE_NATIVE_UNAVAILABLE
 * @example
 * const { fd, port } = reusePortFd('127.0.0.1', 0);
 * http.createServer(handler).listen({ fd }); */
export function reusePortFd(
  host: string,
  port: number,
  options: ReusePortOptions = {},
): ListeningFd {
  const refuse = (message: string): Error => new errors.OPTION(message);
  if (typeof host !== 'string' || isIP(host) === 0) {
    throw refuse(`expected host to be an IPv4 or IPv6 address, got ${show(host)}`);
  }
  int({ min: 0, max: 65_535 }).check(port, { path: 'port', error: refuse });
  const { backlog, ipv6Only } = checkOptions<Required<ReusePortOptions>>(
    options,
    { backlog: int({ min: 1, max: 2_147_483_647, default: 511 }), ipv6Only: bool(false) },
    { path: 'options', error: refuse },
  );
  const native = supported('a socket with SO_REUSEPORT');
  const fd = native.listenReusePort(host, port, backlog, ipv6Only);
  if (fd < 0) {
    const cause = systemError(-fd, 'listen');
    throw new errors.LISTEN(host, port, cause.message, { cause });
  }
  return { fd, port: native.portOf(fd) };
}

/** Another descriptor of a listening socket: connections wait in one queue for all of them, and the socket lives until the last
 * is closed. So a server may end and another take over, and no connection is lost between them.
 * @param fd  of a listening socket
 * @returns a descriptor of its own, closed in child processes
 * @throws CATZ_CACHE_SOCKET for a descriptor of anything else; CATZ_CACHE_UNSUPPORTED_PLATFORM,
 *   CATZ_CACHE_NATIVE_UNAVAILABLE */
export function dupFd(fd: number): number {
  return onSocket(fd, (native) => native.dupListening(fd));
}

/** Closes a descriptor of reusePortFd() or dupFd() that no server was given. What still waits to be accepted there is reset,
 * unless another descriptor of the socket is open.
 * @param fd  of a listening socket; any other is left alone
 * @throws as dupFd() */
export function closeFd(fd: number): void {
  onSocket(fd, (native) => native.closeListening(fd));
}

function onSocket(fd: number, call: (native: ReturnType<typeof addon>) => number): number {
  const native = supported('a shared socket');
  if (!Number.isInteger(fd) || fd < 0 || fd > 2_147_483_647) {
    throw new errors.SOCKET(show(fd), 'it is no file descriptor');
  }
  const result = call(native);
  if (result >= 0) return result;
  const cause = systemError(-result, 'getsockopt');
  throw new errors.SOCKET(fd, cause.message, { cause });
}

function supported(what: string): ReturnType<typeof addon> {
  if (process.platform === 'linux') return addon();
  throw new errors.UNSUPPORTED_PLATFORM(
    what,
    process.platform,
    'its kernel does not spread connections over the threads',
  );
}

// As Node's own: with code, errno (negative there) and syscall.
function systemError(errno: number, syscall: string): Error {
  const error = new Error(getSystemErrorMessage(errno));
  return Object.assign(error, { code: getSystemErrorName(errno), errno: -errno, syscall });
}
