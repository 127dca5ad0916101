import { existsSync } from 'node:fs';
import t from 'tap';
import {
  commandOf,
  eventually,
  inside,
  kill,
  labUnavailable,
  processesWith,
  readyLab,
} from './lab-under-test.ts';

const skip = labUnavailable();

t.test('kill -9 of the outer process leaves nothing', { skip }, async (t) => {
  const { lab } = await readyLab(t);
  lab.child.kill('SIGKILL');
  t.equal(await lab.ended, 'SIGKILL');
  t.same(await lab.leftoversAtRest(), []);
});

t.test('kill -9 of the whole job leaves nothing', { skip }, async (t) => {
  const { lab } = await readyLab(t);
  lab.signalJob('SIGKILL');
  await lab.ended;
  t.same(await lab.leftoversAtRest(), []);
});

t.test(
  'kill -9 of unshare, of the inner process or of the router leaves nothing, and is told by the exit code',
  { skip },
  async (t) => {
    for (const [who, pattern] of [
      ['unshare', /^unshare /],
      ['the inner process', /^\S*node \S+ lab --inner/],
      ['the router', /^\S*node \S+ run /],
    ] as const) {
      const { lab } = await readyLab(t);
      const pid = await eventually(who, 2_000, () =>
        processesWith(lab.mark).find((pid) => pattern.test(commandOf(pid))),
      );
      kill(pid);
      t.equal(await lab.ended, 137, who);
      t.same(await lab.leftoversAtRest(), [], who);
    }
  },
);

t.test('kill -9 of npm, or of a script in between, leaves nothing', { skip }, async (t) => {
  // As `npm start` does: npm, a shell that waits, then the lab. The `:` keeps each shell from becoming its child.
  const shell = (name: string) => ['sh', '-c', '"$@"; :', name];
  for (const victim of ['like-npm', 'like-sh']) {
    const { lab } = await readyLab(t, { through: [...shell('like-npm'), ...shell('like-sh')] });
    const pid =
      processesWith(lab.mark).find((pid) => commandOf(pid).startsWith(`sh -c "$@"; : ${victim}`)) ?? 0;
    t.ok(pid > 0, `${victim} is there`);
    kill(pid);
    t.same(await lab.leftoversAtRest(), [], victim);
  }
});

t.test(
  'the files go although the lab was killed while it held a socket below /run',
  { skip: skip || (process.getuid?.() === 0 ? false : 'SKIPPED: only root can write to /run') },
  async (t) => {
    const socket = `/run/hitless-test-${process.pid}/console.sock`;
    const { lab, facts } = await readyLab(t, { chooseConsole: true, env: { HITLESS_CONSOLE: socket } });
    t.equal(facts.console, socket);
    await eventually('the socket is seen on the host', 3_000, () => existsSync(socket) || undefined);
    t.notOk(
      inside(facts, 'left', ['ls', '/run']).includes('systemd'),
      'the rest of /run is the own one of the lab',
    );
    lab.child.kill('SIGKILL');
    await lab.ended;
    t.same(await lab.leftoversAtRest(), []);
    t.notOk(existsSync(`/run/hitless-test-${process.pid}`), 'also the directory that the lab made');
  },
);
