// nginx with one worker, in the foreground of a child: it sends files with sendfile(2), and the .gz beside one where gzip is accepted.
// CPU time is that of its processes, from /proc.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const PAGE_BYTES = 4096;

/** Path of the program; undefined where it is not installed. */
export function nginxBinary(env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'nginx')).find((path) => existsSync(path));
}

/** @returns { port, usage, stop } */
export async function startNginx(root) {
  const home = mkdtempSync(join(tmpdir(), 'catz-bench-nginx-'));
  const port = await freePort();
  const config = join(home, 'nginx.conf');
  writeFileSync(config, configOf({ root, home, port }));
  const child = spawn(nginxBinary(), ['-p', home, '-c', config, '-e', join(home, 'error.log')], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await untilOpen(port, child);
  return {
    port,
    usage: () => usageOf(child.pid),
    stop: async () => {
      child.kill('SIGQUIT');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function configOf({ root, home, port }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=1000 inactive=60s;
  ${temporary.map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  types { text/javascript js; }
  server {
    listen 127.0.0.1:${port};
    root ${root};
    gzip_static on;
    gzip_vary on;
    etag on;
  }
}
`;
}

/** CPU µs of a process and its children, by the scheduler's count of ns on a CPU: ticks of 10 ms would be too coarse. */
function usageOf(pid) {
  let [nanos, rss] = [0, 0];
  for (const one of [pid, ...childrenOf(pid)]) {
    nanos += Number(readFileSync(`/proc/${one}/schedstat`, 'latin1').split(' ')[0]);
    rss += Number(readFileSync(`/proc/${one}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
  }
  return { cpu: { user: nanos / 1000, system: 0 }, rss };
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean),
  );
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilOpen(port, child) {
  const { connect } = await import('node:net');
  for (;;) {
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
