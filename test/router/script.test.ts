import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
