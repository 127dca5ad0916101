/** The scripts that complete hitless's command line in a shell. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const hitless = (...args: string[]) => spawnSync(process.execPath, [HITLESS, ...args], { encoding: 'utf8' });
const scripts = new Map(['bash', 'zsh', 'fish'].map((shell) => [shell, hitless('completion', shell).stdout]));

/** Returns the words that bash offers behind these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  const line = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hitless hitless "\${COMP_WORDS[COMP_CWORD]}"; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['-euc', `${scripts.get('bash')}\n${line}`, 'bash', 'hitless', ...words],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((word) => word !== '');
}

t.test('bash completes commands, their options, and files', async (t) => {
  t.same(offered('unin'), ['uninstall']);
  const commands = [...hitless('help').stdout.matchAll(/^ {2}hitless (\w+) /gm)].map(([, name]) => name);
  t.same(offered('').sort(), commands.sort(), 'every command of the help, and no other');
  t.same(offered('push', '--no'), ['--no-try']);
  t.same(offered('run', '--l'), [], 'what is internal is not offered');
  t.same(offered('push', 'package').sort(), ['package-lock.json', 'package.json']);
});

t.test('every command and option of the help is in each script, and the shell understands it', async (t) => {
  for (const [shell, script] of scripts) {
    for (const word of ['install', 'dry-run', 'completion', 'allow-inspect'])
      t.match(script, word, `${shell}: ${word}`);
    const { error, status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    if (error === undefined) t.equal(status, 0, `${shell}: ${stderr}`);
    else t.comment(`${shell} is not here: its script is not tried`);
  }
});

t.test('another shell is refused', async (t) => {
  t.match(hitless('completion', 'tcsh'), {
    status: 2,
    stderr: /USAGE: completion takes one of bash, zsh, fish/,
  });
});
