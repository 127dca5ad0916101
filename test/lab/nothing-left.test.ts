import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import t from 'tap';
import { LabUnderTest, labUnavailable, processesWith, readyLab } from './lab-under-test.ts';

const skip = labUnavailable();

t.test('nothing is left after the router has ended', { skip }, async (t) => {
  const { lab } = await readyLab(t, {
    steps: [
      { do: 'wait', ms: 800 },
      { do: 'exit', code: 0 },
    ],
  });
  t.ok(
    processesWith(lab.mark).length >= 7,
    'a lab in service has outer, caretaker, unshare, inner, router, monitors',
  );
  t.equal(await lab.ended, 0);
  t.same(await lab.leftoversAtRest(), []);
});

t.test('the check for leftovers sees a process that stayed, and its namespace', { skip }, async (t) => {
  const { lab, facts } = await readyLab(t, { steps: [{ do: 'wait', ms: 1_500 }] });
  // Outside of the lab's PID namespace, so that the lab's end cannot end it.
  const enter = facts.enter.filter((word) => word !== '--pid');
  const [program = '', ...args] = [...enter, 'left', 'sleep', '60'];
  const survivor = spawn(program, args, {
    env: { ...process.env, HITLESS_TEST_MARK: lab.mark },
    stdio: 'ignore',
  });
  t.teardown(() => survivor.kill('SIGKILL'));
  await lab.ended;
  const left = await lab.leftoversAtRest(1_500);
  t.match(left, [/^process \d+: sleep 60$/], 'the process');
  t.ok(
    left.some((line) => /^namespace \d+: the net namespace of sleep 60$/.test(line)),
    'the network namespace that it keeps',
  );
  survivor.kill('SIGKILL');
  t.same(await lab.leftoversAtRest(), [], 'and nothing when it has gone');
});

t.test('Ctrl-C ends the lab in order and leaves nothing', { skip }, async (t) => {
  const { lab } = await readyLab(t);
  lab.signalJob('SIGINT');
  t.equal(await lab.ended, 130);
  t.match(lab.stdout, /IP monitor \(left\): no packet/, 'the monitors give their last report');
  t.same(await lab.leftoversAtRest(), []);
});

t.test('SIGTERM to the outer process alone ends the lab in order', { skip }, async (t) => {
  const { lab } = await readyLab(t);
  lab.child.kill('SIGTERM');
  t.equal(await lab.ended, 143);
  t.match(lab.stdout, /VRRP monitor \(left\): no packet/);
  t.same(await lab.leftoversAtRest(), []);
});

t.test('a signal while the lab is being built leaves nothing', { skip }, async (t) => {
  for (const delay of [60, 150, 250]) {
    const lab = await LabUnderTest.start();
    t.teardown(() => lab.cleanup());
    await new Promise((resolve) => setTimeout(resolve, delay));
    lab.signalJob(delay === 150 ? 'SIGKILL' : 'SIGTERM');
    await lab.ended;
    t.same(await lab.leftoversAtRest(), [], `after ${delay} ms`);
  }
});

t.test('killed as one at the moment its first file is there, the lab leaves nothing', { skip }, async (t) => {
  for (const attempt of [1, 2, 3]) {
    const lab = await LabUnderTest.start();
    t.teardown(() => lab.cleanup());
    while (readdirSync(lab.temporary).length === 0 && lab.child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    t.equal(lab.child.exitCode, null, 'it begins');
    lab.signalJob('SIGKILL');
    await lab.ended;
    t.same(await lab.leftoversAtRest(), [], `attempt ${attempt}`);
  }
});
