import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { HITLESS } from './router-lab.ts';

const skip = labUnavailable();

t.test(
  'a script is run in the lab, prints what the terminal would, and its failure is the exit code',
  { skip },
  async (t) => {
    const directory = mkdtempSync('/tmp/hitless-test-');
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const run = (script: string) =>
      spawnSync(
        process.execPath,
        [
          HITLESS,
          'lab',
          '--no-install',
          '--console',
          `${directory}/console.sock`,
          '--timing',
          'period=100,advert=10',
          '--script',
          '-',
        ],
        {
          input: script,
          encoding: 'utf8',
          timeout: 30_000,
        },
      );
    const good = run(
      '# what the README shows\nwait 500ms\nreplace IP ip@2.0.0\nwait 500ms\nshow monitors --json\n',
    );
    t.equal(good.status, 0, good.stderr);
    t.match(
      good.stdout,
      /hitless> replace IP ip@2\.0\.0\n((OSPF|VRRP) V1 .*\n|.* monitor .*\n)*-----\nIP V1: disable\.\.[\s\S]*IP V2: start\.\.[\s\S]*transaction 2 committed/,
    );
    t.match(good.stdout, /OSPF V1 got msg : \d+ from IP V2/);
    t.match(good.stdout, /\{"ok":true,"command":"show monitors","data":\[/);
    const bad = run('settimer 300ms\nfault IP refuse\nreplace IP ip@2.0.0\nshow modules\n');
    t.equal(bad.status, 1);
    t.match(bad.stdout, /TRANSACTION_ABORTED: transaction 2 was aborted: IP voted NO: refuses on purpose/);
    t.notMatch(bad.stdout, /hitless> show modules/, 'what follows the failure is not carried out');
  },
);

/** The lab on the other end of what a shell makes of `line`, in which it is `$LAB`. */
function labBehind(line: string) {
  const directory = mkdtempSync('/tmp/hitless-test-');
  writeFileSync(`${directory}/commands`, 'show version\nshow sistem\nshow modules\n');
  const lab = `"${process.execPath}" "${HITLESS}" lab --no-install --console ${directory}/console.sock`;
  return {
    directory,
    command: line.replaceAll('$LAB', lab).replaceAll('$FILE', `${directory}/commands`),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

t.test(
  'commands that are piped into the lab are carried out in order, and it ends with them',
  { skip },
  (t) => {
    const run = (line: string) => {
      const { command, remove } = labBehind(line);
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      remove();
      return { status, stdout, stderr };
    };
    const asked = run("printf 'show version\\nshow system\\nquit\\nshow modules\\n' | $LAB");
    t.equal(asked.status, 0, asked.stderr);
    t.match(asked.stdout, /hitless> show version\n[\s\S]*hitless> show system\nNode [\s\S]*hitless> quit\n/);
    t.notMatch(asked.stdout, 'show modules');
    const ended = run("printf 'settimer 3s' | $LAB");
    t.equal(ended.status, 0, 'the end of the input is its end, also of a line without an end');
    t.match(ended.stdout, /hitless> settimer 3s\npreparation time 3s\n/);
    const failed = run('$LAB < $FILE');
    t.equal(failed.status, 1);
    t.match(failed.stdout, /COMMAND_UNKNOWN[\s\S]*standard input:2: stopped here/);
    t.notMatch(failed.stdout, 'hitless> show modules');
    t.end();
  },
);

t.test('without any input the lab runs until it is stopped', { skip }, async (t) => {
  const { command, remove } = labBehind('exec $LAB < /dev/null');
  t.teardown(remove);
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    // A second signal would end it at once.
    if (!child.killed && `${text}${chunk}`.includes('hitless runs: ')) child.kill('SIGTERM');
    text += chunk;
  }
  t.equal(await ended, 143);
  t.match(text, /hitless stops: SIGTERM/);
  t.notMatch(text, 'its script ended');
});
