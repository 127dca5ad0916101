/**
 * After npm installed the package: compiles the guard's watch where a compiler is. The library works without, so nothing of
 * this is an error: handlers are then bounded in transactions alone, and `runtime.guard` says so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('./native', import.meta.url));
const gyp = process.env.npm_config_node_gyp;
// Where Node came with its headers, nothing has to be fetched.
const prefix = dirname(dirname(process.execPath));
const headers = existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
if (gyp !== undefined && existsSync(cwd)) {
  const done = spawnSync(process.execPath, [gyp, 'rebuild'], {
    cwd,
    env: { ...headers, ...process.env },
    encoding: 'utf8',
  });
  if (done.status !== 0)
    console.error(
      'hitless-runtime works without its addon, which did not compile: handlers are bounded in transactions alone',
    );
}
