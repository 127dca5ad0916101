/** The scripts that complete hitless's command line in a shell. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { findCommand } from '../../firmware/host/needs.ts';
import { Pty, until } from '../console/fixtures/pty.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const hitless = (...args: string[]) => spawnSync(process.execPath, [HITLESS, ...args], { encoding: 'utf8' });
const scripts = new Map(['bash', 'zsh', 'fish'].map((shell) => [shell, hitless('completion', shell).stdout]));

/** The commands of the help, each with its summary as far as it is on one line. */
const COMMANDS = [...hitless('help').stdout.matchAll(/^ {2}hitless (\w+) +(.*)$/gm)].map(
  ([, name = '', summary = '']) => ({ name, summary }),
);
const NAMES = COMMANDS.map(({ name }) => name).sort();

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
  t.same(offered('').sort(), NAMES, 'every command of the help, and no other');
  t.same(offered('push', '--no'), ['--no-try']);
  t.same(offered('run', '--l'), [], 'what is internal is not offered');
  t.same(offered('push', 'package').sort(), ['package-lock.json', 'package.json']);
});

const lacks = (shell: string) =>
  findCommand(shell) === undefined &&
  `SKIPPED: its completion is not tried: as root, apt-get install ${shell}`;

t.test('every command and option of the help is in each script', async (t) => {
  for (const [shell, script] of scripts)
    for (const word of ['install', 'dry-run', 'completion', 'allow-inspect'])
      t.match(script, word, `${shell}: ${word}`);
});

t.test('fish completes commands, their options, and files', { skip: lacks('fish') }, async (t) => {
  const HOME = t.testdir({ 'hitless.fish': scripts.get('fish')! });
  const offers = (line: string): { word: string; about: string }[] => {
    const { status, stdout, stderr } = spawnSync(
      'fish',
      ['--no-config', '-c', `source ${HOME}/hitless.fish; complete -C '${line}'`],
      { encoding: 'utf8', env: { ...process.env, HOME } },
    );
    if (status !== 0 || stderr !== '') throw new Error(stderr);
    const rows = stdout.split('\n').filter((row) => row !== '');
    return rows.map((row) => ({ word: row.split('\t')[0]!, about: row.split('\t')[1] ?? '' }));
  };
  const words = (line: string) =>
    offers(line)
      .map(({ word }) => word)
      .sort();
  t.same(words('hitless '), NAMES, 'every command of the help, no other, and no file');
  for (const { word, about } of offers('hitless '))
    t.ok(about.startsWith(COMMANDS.find(({ name }) => name === word)!.summary), `${word}: ${about}`);
  t.same(words('hitless unin'), ['uninstall']);
  t.same(words('hitless push --no'), ['--no-try']);
  t.same(words('hitless run --l'), [], 'what is internal is not offered');
  t.same(words('hitless push package'), ['package-lock.json', 'package.json']);
  t.same(words('hitless run --config package'), ['package-lock.json', 'package.json']);
});

/** Has zsh write down what it offers, and on Ctrl-T the line as it is. */
const TELLING = `compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >> "$TOLD"; builtin compadd "$@"
}
tell() { print -r -- "line $BUFFER" >> "$TOLD"; BUFFER= }
zle -N tell; bindkey '^T' tell
print begun >> "$TOLD"
`;

t.test('zsh completes commands, their options, and files', { skip: lacks('zsh') }, async (t) => {
  const folder = t.testdir({ functions: { _hitless: scripts.get('zsh')! } });
  const compinit = `autoload -Uz compinit; compinit -u -d ${folder}/dump`;
  for (const [how, begin] of [
    ['read by zsh', `${compinit}; source ${folder}/functions/_hitless`],
    ['found in fpath', `fpath=(${folder}/functions $fpath); ${compinit}`],
  ] as const) {
    const told = join(folder, 'told');
    rmSync(told, { force: true });
    writeFileSync(join(folder, 'begin'), `${begin}\nTOLD=${told}\n${TELLING}`);
    const zsh = new Pty(t, 120, ['zsh', '-f', '-i']);
    zsh.type(`source ${folder}/begin\r`);
    const lines = (last: RegExp) =>
      until(`${how}: ${last}; ${zsh.output}`, () => {
        const text = existsSync(told) ? readFileSync(told, 'utf8') : '';
        return last.test(text) ? text.split('\n').slice(0, -1) : undefined;
      });
    await lines(/^begun\n$/);
    /** Each word that is offered, once; and the line that comes of it. */
    const offers = async (line: string) => {
      writeFileSync(told, '');
      zsh.type(`${line}\t\x14`);
      const all = await lines(/^line .*\n$/m);
      const words = all.slice(0, -1).filter((word) => word !== '');
      return { words: [...new Set(words)].sort(), line: all.at(-1)?.slice('line '.length).trimEnd() };
    };
    t.same(await offers('hitless unin'), { words: ['uninstall'], line: 'hitless uninstall' }, how);
    t.same((await offers('hitless ')).words, NAMES, 'every command of the help, no other, and no file');
    t.same(await offers('hitless push --no'), { words: ['--no-try'], line: 'hitless push --no-try' });
    t.same((await offers('hitless run --l')).words, [], 'what is internal is not offered');
    const files = ['package-lock.json', 'package.json'];
    t.same((await offers('hitless push package')).words, files);
    t.same((await offers('hitless run --config package')).words, files);
    zsh.child.kill('SIGKILL');
  }
});

t.test('another shell is refused', async (t) => {
  t.match(hitless('completion', 'tcsh'), {
    status: 2,
    stderr: /USAGE: completion takes one of bash, zsh, fish/,
  });
});
