// Which paths are served: hostile ones on raw sockets, against a root with secrets in it, beside it and above it.
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { decodePath } from '../src/path/decode-path.ts';
import { closeApps, listen, raw, serve } from './support/app.ts';
import { folderOf, removeFolders, write } from './support/folder.ts';

afterEach(closeApps);
afterAll(removeFolders);

const SECRET = 'this is not for you';
const base = folderOf({ 'secret.txt': SECRET, 'public-old/secret.txt': SECRET });
write(base, 'public/a.txt', 'a');
write(base, 'public/sub/b.txt', 'b');
write(base, 'public/sub/deep/c.txt', 'c');
for (const name of ['.env', '.git/config', 'sub/.htpasswd', '.well-known/.hidden']) {
  write(base, `public/${name}`, SECRET);
}
write(base, 'public/.well-known/security.txt', 'contact');
write(base, 'public/sp ace ü.txt', 'space');
const root = join(base, 'public');

/** Up and out, in every spelling that somebody has got through somewhere. */
const HOSTILE = [
  '/../secret.txt',
  '/../../../../../../etc/passwd',
  '/..',
  '/../',
  '/sub/../../secret.txt',
  '/sub/../a.txt',
  '/sub/./b.txt',
  '/./a.txt',
  '/.',
  '//a.txt',
  '//etc/passwd',
  '/sub//b.txt',
  '///etc/passwd',
  '/%2e%2e/secret.txt',
  '/%2E%2E/secret.txt',
  '/.%2e/secret.txt',
  '/%2e./secret.txt',
  '/sub/%2e%2e/%2e%2e/secret.txt',
  '/%2e/a.txt',
  '/..%2fsecret.txt',
  '/..%2Fsecret.txt',
  '/%2e%2e%2fsecret.txt',
  '/sub%2fb.txt',
  '/sub%2Fb.txt',
  '/%2fetc%2fpasswd',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/sub\\b.txt',
  '/sub%5cb.txt',
  '/%5c%5cserver%5cshare',
  '/%252e%252e/secret.txt',
  '/%252e%252e%252fsecret.txt',
  '/%25%32%65%25%32%65/secret.txt',
  '/..%c0%afsecret.txt',
  '/%c0%ae%c0%ae/secret.txt',
  '/%c0%2e%c0%2e/secret.txt',
  '/%e0%80%ae%e0%80%ae/secret.txt',
  '/%uff0e%uff0e/secret.txt',
  '/..%00/secret.txt',
  '/a.txt%00',
  '/a.txt%00.png',
  '/%00a.txt',
  '/a%0a.txt',
  '/a.txt%0d%0aX-Evil: 1',
  '/a.txt%7f',
  '/a.txt.',
  '/a.txt%20',
  '/a.txt...',
  '/sub./b.txt',
  '/...',
  '/..../secret.txt',
  '/....//secret.txt',
  '/a.txt::$DATA',
  '/a.txt:stream',
  '/C:/Windows/win.ini',
  '/c:%5cwindows%5cwin.ini',
  '/con',
  '/CON.txt',
  '/aux',
  '/nul.js',
  '/com1',
  '/lpt9.txt',
  '/PRN',
  '/~root/.ssh/id_rsa',
  '/%7e/../secret.txt',
  '/sub/..;/..;/secret.txt',
  '/..;/secret.txt',
  '/;/../secret.txt',
  '/?/../../secret.txt',
  '/#/../secret.txt',
  '/public-old/secret.txt',
  '/../public-old/secret.txt',
  '/.env',
  '/%2eenv',
  '/.git/config',
  '/.git/',
  '/.git',
  '/sub/.htpasswd',
  '/.well-known/.hidden',
  '/sub/',
  '/sub',
  '/',
  '/%',
  '/%zz',
  '/%e2%82',
  `/${'a'.repeat(300)}`,
  `/${'sub/'.repeat(2000)}a.txt`,
  `/${'../'.repeat(200)}etc/passwd`,
];

describe('hostile paths', () => {
  it.each(['/', '/files'])('get nothing out of a root at %s', async (prefix) => {
    const app = await serve({ root, prefix });
    const port = await listen(app);
    const before = prefix === '/' ? '' : prefix;
    for (const path of HOSTILE) {
      const answer = await raw(port, before + path);
      expect(answer, path).toMatch(/^HTTP\/1\.1 (?:400|403|404|414|431) /);
      expect(answer, path).not.toContain(SECRET);
      expect(answer, path).not.toMatch(/root:|X-Evil/i);
    }
    expect(await raw(port, `${before}/a.txt`)).toMatch(/\r\n\r\na$/);
  });

  it('are refused before a file system is asked', () => {
    for (const path of [
      '..',
      'a/..',
      'a//b',
      '.',
      'a%2fb',
      'a%5cb',
      'a\\b',
      'a%00',
      'nul',
      'a.',
      'a:b',
      '%zz',
    ]) {
      expect(decodePath(path), path).toBeUndefined();
    }
    expect(decodePath('a%20b/%C3%BC/')).toEqual(['a b', 'ü', '']);
    expect(decodePath('%2561')).toEqual(['%61']);
  });

  it('are 403 with a code where they are hostile, 404 where they might be honest', async () => {
    const app = await serve({ root });
    const hostile = await app.inject('/a.txt%00');
    expect(hostile.statusCode).toBe(403);
    expect(hostile.json()).toMatchObject({ code: 'CATZ_STATIC_FORBIDDEN_PATH' });
    expect((await app.inject('/.env')).statusCode).toBe(404);
    expect((await app.inject('/absent.txt')).statusCode).toBe(404);
    expect(app.static.stats().refused).toBe(2);
  });
});

describe('honest paths', () => {
  it('are served, whatever characters they are written with', async () => {
    const app = await serve({ root });
    expect((await app.inject('/sub/deep/c.txt')).body).toBe('c');
    expect((await app.inject('/sp%20ace%20%C3%BC.txt')).body).toBe('space');
    expect((await app.inject('/a.txt?v=../../x#y')).body).toBe('a');
    expect((await app.inject('/.well-known/security.txt')).body).toBe('contact');
  });

  it('are found below the prefix of a context', async () => {
    const app = await serve({ root: folderOf({ 'x.txt': 'x' }), prefix: '/other' });
    await app.register(
      async (scope) => {
        const { staticFiles } = await import('../src/index.ts');
        await scope.register(staticFiles, { root, prefix: '/assets' });
      },
      { prefix: '/v1' },
    );
    expect((await app.inject('/v1/assets/a.txt')).body).toBe('a');
    expect((await app.inject('/assets/a.txt')).statusCode).toBe(404);
    expect((await app.inject('/other/x.txt')).body).toBe('x');
  });
});

describe('dotfiles', () => {
  it('are 403 with deny, and served with allow', async () => {
    const deny = await serve({ root, dotfiles: 'deny' });
    expect((await deny.inject('/.env')).statusCode).toBe(403);
    expect((await deny.inject('/.well-known/security.txt')).statusCode).toBe(200);
    const allow = await serve({ root, dotfiles: 'allow' });
    expect((await allow.inject('/.env')).body).toBe(SECRET);
  });
});

describe('symbolic links', () => {
  const linked = folderOf({ 'real/a.txt': 'a', 'real/deep/b.txt': 'b', 'outside.txt': SECRET });
  symlinkSync('a.txt', join(linked, 'real/link.txt'));
  symlinkSync('deep', join(linked, 'real/folder'));
  symlinkSync('../outside.txt', join(linked, 'real/out.txt'));
  symlinkSync('..', join(linked, 'real/up'));
  symlinkSync('/etc', join(linked, 'real/etc'));
  symlinkSync('loop', join(linked, 'real/loop'));
  symlinkSync('absent', join(linked, 'real/broken'));
  const options = { root: join(linked, 'real') };

  it('that end inside are followed, those that lead out are not', async () => {
    const app = await serve(options);
    expect((await app.inject('/link.txt')).body).toBe('a');
    expect((await app.inject('/folder/b.txt')).body).toBe('b');
    for (const path of ['/out.txt', '/up/outside.txt', '/etc/passwd', '/loop', '/broken']) {
      expect((await app.inject(path)).statusCode, path).toBe(404);
    }
  });
  it('are not there with deny', async () => {
    const app = await serve({ ...options, symlinks: 'deny' });
    expect((await app.inject('/link.txt')).statusCode).toBe(404);
    expect((await app.inject('/folder/b.txt')).statusCode).toBe(404);
    expect((await app.inject('/a.txt')).body).toBe('a');
  });
  it('are followed anywhere with follow', async () => {
    const app = await serve({ ...options, symlinks: 'follow' });
    expect((await app.inject('/out.txt')).body).toBe(SECRET);
  });
  it('do not tell a root from one whose name it begins with', async () => {
    symlinkSync(join(base, 'public-old'), join(root, 'sub/sibling'));
    const app = await serve({ root });
    expect((await app.inject('/sub/sibling/secret.txt')).statusCode).toBe(404);
    expect(basename(root)).toBe('public');
  });
  it('a root that is one itself is resolved once', async () => {
    symlinkSync(root, join(base, 'current'));
    const app = await serve({ root: join(base, 'current') });
    expect((await app.inject('/a.txt')).body).toBe('a');
  });
});

describe('what is no file', () => {
  it('is not found: a pipe, a socket, a device', async () => {
    const folder = folderOf({});
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('/dev/zero', join(folder, 'zero'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
    const app = await serve({ root: folder, symlinks: 'follow' });
    for (const path of ['/pipe', '/zero', '/socket']) {
      expect((await app.inject(path)).statusCode, path).toBe(404);
    }
    await new Promise((resolve) => server.close(resolve));
  });
  it('is not found when it may not be read', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may read everything');
    const folder = folderOf({ 'a.txt': 'a' });
    chmodSync(join(folder, 'a.txt'), 0o000);
    const app = await serve({ root: folder });
    expect((await app.inject('/a.txt')).statusCode).toBe(404);
  });
});
