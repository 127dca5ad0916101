/**
 * After npm installed the package: compiles the addons, unless npm could or no compiler is there. The library needs
 * none, so nothing of this is an error; `hitless needs` does it later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/hitless.mjs', import.meta.url));
const sources = fileURLToPath(new URL('../dist/raw-socket', import.meta.url));
const omitted = (process.env.npm_config_omit ?? '').split(/\s+/).includes('optional');

if (existsSync(program) && existsSync(sources) && !omitted)
  spawnSync(process.execPath, [program, 'needs', '--addon'], { stdio: 'inherit' });
