// What the machine gives: Node, C library, open files, memory, shared memory, and ways to share a port.
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { sharingOf } from '../../threads/address.ts';
import type { Sharing } from '../../threads/address.ts';
import { bytesText, countText } from '../units.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const LEAST_NODE = [20, 19] as const;
/** Below it, connections of one busy thread alone may run out of descriptors. */
const FEW_FILES = 4096;
const LITTLE_SHM = 64 * 1024 * 1024;

/** Looks at the machine. */
export async function checkMachine(): Promise<readonly Finding[]> {
  return [
    node(),
    libc(),
    await openFiles(),
    await sharedMemory(),
    judgeThreads(sharingOf(), availableParallelism()),
  ];
}

/** Memory this process may have, bytes; undefined where nothing bounds it but the machine. */
export function memoryLimit(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < Number.MAX_SAFE_INTEGER ? limit : undefined;
}

/** Judges a version of Node. */
export function node(version: string = process.versions.node): Finding {
  const { ok, error } = findingsOf('node');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const text = `Node ${version} on ${process.platform} ${process.arch}`;
  return isNew ? ok(text) : error(text, `Install Node ${LEAST_NODE.join('.')} or newer.`);
}

function libc(): Finding {
  const { ok } = findingsOf('libc');
  if (process.platform !== 'linux') return ok(`the one of ${process.platform}`);
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  // The network interfaces are none of our business, and take time.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  const version = header.glibcVersionRuntime;
  return ok(version === undefined ? 'musl' : `glibc ${version}`);
}

async function openFiles(): Promise<Finding> {
  return judgeOpenFiles(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
}

/** Judges the limit of open files.
 * @param limits  /proc/self/limits; '' where there is none */
export function judgeOpenFiles(limits: string): Finding {
  const { ok, warn } = findingsOf('open files');
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === undefined) return ok('the limit cannot be read here');
  if (soft === 'unlimited') return ok('unlimited');
  const files = Number(soft);
  if (files >= FEW_FILES) return ok(`up to ${countText(files)}`);
  return warn(
    `at most ${countText(files)}, and each connection is one`,
    'Raise it with ulimit -n, or LimitNOFILE= of the service.',
  );
}

async function sharedMemory(): Promise<Finding> {
  const found = await statfs('/dev/shm').catch(() => undefined);
  return judgeSharedMemory(
    found && { all: found.bsize * found.blocks, free: found.bsize * found.bavail },
  );
}

/** Judges /dev/shm.
 * @param room  bytes; undefined: there is none */
export function judgeSharedMemory(
  room: { readonly all: number; readonly free: number } | undefined,
): Finding {
  const { ok, warn } = findingsOf('/dev/shm');
  if (room === undefined) return ok('there is none; only a cache of scope machine would need it');
  const text = `${bytesText(room.free)} free of ${bytesText(room.all)}`;
  if (room.all >= LITTLE_SHM) return ok(text);
  return warn(
    `${text}; a cache of scope 'machine' lives there`,
    'Give the container more with --shm-size, or keep to scope process, the default.',
  );
}

/** Judges how threads share a port. */
export function judgeThreads(sharing: Sharing, cores: number): Finding {
  const { ok, warn } = findingsOf('threads');
  const up = `up to ${cores} on these cores, which share a port by`;
  if (sharing === 'socket') return ok(`${up} sockets of the native addon`);
  if (sharing === 'reusePort') return ok(`${up} Node's reusePort`);
  return warn(
    `one: several cannot share a port on ${process.platform} with Node ${process.versions.node}`,
    'Run several processes behind a load balancer, or use Linux.',
  );
}
