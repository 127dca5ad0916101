/** Packages for boards, fetched by builds that run at the same time. */
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const LOADER = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
const PACKAGES = new URL('../../board/packages.ts', import.meta.url).href;

/** Like apt, it does not wait for another that writes the lists, and reads none that are half written. */
const APT = `#!/bin/sh
for word; do case "$word" in Dir::State::Lists=*) lists=\${word#*=};; esac; done
case "$*" in
  *update*)
    mkdir "$lists/lock" || { echo "E: Could not get lock $lists/lock" >&2; exit 100; }
    rm -f "$lists/whole"; sleep 0.3; echo whole > "$lists/whole"; rmdir "$lists/lock";;
  *download*)
    [ -e "$lists/whole" ] || { echo "E: no lists" >&2; exit 100; }
    for word; do :; done
    sleep 0.1; echo "$word" > package.deb;;
esac
`;

t.test("builds at the same time wait for each other's lists, and each gets its packages", async (t) => {
  const folder = t.testdir({ bin: { 'apt-get': APT }, cache: {} });
  chmodSync(join(folder, 'bin/apt-get'), 0o755);
  const build = (package_: string) => {
    const code = `
      const { DebianPackages } = await import(${JSON.stringify(PACKAGES)});
      const lock = { find: (wanted) => ({ ...wanted, version: '1', sha256: '' }), take() {} };
      const options = { cache: ${JSON.stringify(join(folder, 'cache'))}, lock, say() {} };
      console.log(new DebianPackages({ suite: 'bookworm', architecture: 'arm64' }, options).get('${package_}').file);`;
    const child = spawn(process.execPath, ['--import', LOADER, '--input-type=module', '-e', code], {
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    return new Promise<{ code: number | null; said: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, said: said.trim() })),
    );
  };
  const names = ['one', 'two', 'three', 'four'];
  const built = await Promise.all(names.map(build));
  for (const [i, { code, said }] of built.entries()) {
    t.equal(code, 0, said);
    if (code === 0) t.equal(readFileSync(said, 'utf8'), `${names[i]}=1\n`);
  }
});
