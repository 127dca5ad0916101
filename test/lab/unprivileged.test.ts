import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import t, { type Test } from 'tap';
import { KEEPALIVED_NEEDS, missing } from '../../firmware/host/needs.ts';
import {
  checkoutUnreadable,
  commandOf,
  eventually,
  inside,
  kill,
  ORDINARY_USER,
  processesWith,
  readyLab,
  type Start,
} from './lab-under-test.ts';
import { advertisement } from './packets.ts';

function unavailable(): string | false {
  try {
    const [program = '', ...args] = [...ORDINARY_USER, 'unshare', '-Urmnpf', '--mount-proc', 'true'];
    execFileSync(program, args, { stdio: 'pipe' });
    return checkoutUnreadable();
  } catch (error) {
    return `SKIPPED: this kernel gives no user namespaces to ordinary users: ${(error as Error).message.trim()}`;
  }
}

const skip = unavailable();

const withoutRoot = (t: Test, options: Start = {}) => readyLab(t, { through: ORDINARY_USER, ...options });

t.test('without root the lab has its namespaces, and its monitors see real packets', { skip }, async (t) => {
  const { lab, facts } = await withoutRoot(t, {
    steps: [
      {
        do: 'send',
        from: '10.0.1.1',
        to: '224.0.0.1',
        protocol: 1,
        hex: advertisement('10.0.1.1').toString('hex'),
        count: 3,
        every: 1_000,
      },
      { do: 'wait', ms: 300 },
    ],
  });
  t.not(statSync(`/proc/${facts.pid}`).uid, 0, 'no process of it is root here');
  t.match(
    inside(facts, 'router', ['ip', '-o', '-4', 'address'], ORDINARY_USER),
    /lan0 +inet 10\.0\.1\.1\/24.*\n.*lan1 +inet 10\.0\.2\.1\/24/,
  );
  t.equal(await lab.ended, 0);
  t.match(lab.stdout, /IP monitor \(left\): 3 packets from 10\.0\.1\.1, no gap/);
  t.same(await lab.leftoversAtRest(), []);
});

t.test(
  'without root nothing is left either after Ctrl-C and kill -9 of outer process or ancestor',
  { skip },
  async (t) => {
    const shell = ['sh', '-c', '"$@"; :', 'like-npm'];
    for (const how of ['Ctrl-C', 'kill -9 of the outer process', 'kill -9 of an ancestor']) {
      const { lab } = await withoutRoot(t, { through: [...shell, ...ORDINARY_USER] });
      const find = (pattern: RegExp) =>
        eventually(`${pattern}`, 2_000, () =>
          processesWith(lab.mark).find((pid) => pattern.test(commandOf(pid))),
        );
      if (how === 'Ctrl-C') lab.signalJob('SIGINT');
      else if (how === 'kill -9 of an ancestor') kill(await find(/^sh -c \S+; : like-npm/));
      else kill(await find(/^\S*node \S+ lab \{/));
      t.same(await lab.leftoversAtRest(), [], how);
    }
  },
);

const lacking =
  missing(KEEPALIVED_NEEDS).length > 0 && 'SKIPPED: keepalived is not installed; run: hitless needs --tests';

t.test('without root keepalived runs, and FRR is left out aloud', { skip: skip || lacking }, async (t) => {
  const { lab, facts } = await withoutRoot(t, { peers: true });
  t.match(lab.stderr, 'FRR is left out: it needs root');
  t.equal(facts.vty, undefined);
  t.match(readFileSync(facts.logs.keepalived ?? '', 'utf8'), /Entering BACKUP STATE/);
  const names = processesWith(lab.mark).map((pid) => commandOf(pid).split(' ', 1)[0]);
  t.ok(names.some((name) => name?.endsWith('keepalived')));
  t.notOk(names.some((name) => name?.endsWith('ospfd')));
  lab.child.kill('SIGKILL');
  t.same(await lab.leftoversAtRest(), []);
});
