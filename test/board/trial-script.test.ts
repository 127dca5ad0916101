/** A slot on trial is given up whatever stands in the way: `board/trial.sh` and `reboot.sh`, under busybox. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Ran, ScriptRoot, skip } from './script-root.ts';

const SETTINGS = { CONFIRM: 0, PATIENCE: 1, LOOK: 1 };

/** @param status what `hitless-slot status` does, as a shell script */
function rootWith(t: Test, status: string): ScriptRoot {
  const root = new ScriptRoot(t, SETTINGS);
  root.stub('hitless-slot', status);
  return root;
}

/** With a router that lives: a process that notes the signal which asks it to end. @param then what it does about it */
function tryWithRouter(root: ScriptRoot, then = 'exit'): Ran {
  root.write(
    'router',
    `#!/bin/busybox sh\ntrap 'echo asked >> /calls; ${then}' TERM\nwhile :; do sleep 0.05; done\n`,
  );
  const start =
    'sh /router & echo $! > /run/hitless/router.pid; usleep 300000; hitless-trial b; echo it lives';
  return root.run('/bin/busybox', 'sh', '-c', start);
}

const REBOOTED = { signal: 'SIGHUP' as const };
const GIVEN_UP = /slot b did not prove healthy within 0 s: back to the other slot/;

t.test(
  'a router that lives and is not confirmed is asked to end, and the board reboots',
  { skip },
  async (t) => {
    const root = rootWith(t, 'echo confirmed no');
    t.match(tryWithRouter(root), REBOOTED);
    t.same(root.calls, ['hitless-slot status', 'asked']);
    t.match(root.read('dev/console'), GIVEN_UP);
    t.equal(root.read('run/hitless/reboot'), '\n', 'the supervisor does not start the router again');
  },
);

t.test('a router that does not end is no hindrance', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  t.match(tryWithRouter(root, ':'), REBOOTED);
  t.same(root.calls, ['hitless-slot status', 'asked']);
});

t.test('a watchdog that cannot be opened is no hindrance', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  // As to a second one that opens it, the kernel answers with an error.
  mkdirSync(join(root.path, 'dev/watchdog'));
  t.match(tryWithRouter(root), REBOOTED);
});

t.test('a watchdog is left counting', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  root.write('dev/watchdog', '');
  t.match(tryWithRouter(root), REBOOTED);
  t.equal(root.read('dev/watchdog'), '.', 'without the V that would stop it');
});

t.test('a state that cannot be read, or hangs, is no confirmation', { skip }, async (t) => {
  for (const status of ['exit 1', 'sleep 1000', 'echo nonsense']) {
    const root = rootWith(t, status);
    t.match(tryWithRouter(root), REBOOTED, status);
    t.equal(root.calls.filter((call) => call === 'hitless-slot status').length, 3, `${status}: tried again`);
  }
});

t.test('a log and a console that take nothing are no hindrance', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  root.stub('hitless-say', 'sleep 1000');
  t.match(tryWithRouter(root), REBOOTED);
});

t.test('with no router running, the board reboots all the same', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  t.match(root.run('hitless-trial', 'b'), REBOOTED);
});

t.test('a slot that is confirmed goes on', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed yes');
  t.match(tryWithRouter(root), { status: 0, signal: null, output: 'it lives\n' });
  t.same(root.calls, ['hitless-slot status']);
  t.equal(root.read('run/hitless/reboot'), '');
});

t.test('where a reboot is refused, the kernel is asked in another way', { skip }, async (t) => {
  const root = rootWith(t, 'echo confirmed no');
  t.match(root.runWithoutReboot('hitless-reboot'), { signal: null });
  t.equal(root.read('proc/sysrq-trigger'), 'b\n');
});

t.test(
  'the Raspberry Pi is rebooted with its argument, and without it when that hangs',
  { skip },
  async (t) => {
    const root = new ScriptRoot(t, SETTINGS);
    root.write('run/hitless/tryboot', 'b\n');
    root.stub('reboot-argument', 'exit 1');
    t.match(root.run('hitless-reboot'), REBOOTED);
    t.same(root.calls, ['reboot-argument 0 tryboot']);
  },
);

t.test('what hangs is waited for no longer than was said', { skip }, async (t) => {
  const root = new ScriptRoot(t);
  t.equal(root.run('hitless-within', '1', 'sleep', '1000').status, 124);
  t.equal(root.run('hitless-within', '60', 'sh', '-c', 'exit 3').status, 3);
  t.equal(root.run('hitless-within', '60', 'true').status, 0);
});

t.test('the boot partition is tried again while another one has it mounted', { skip }, async (t) => {
  const root = new ScriptRoot(t);
  root.write('run/hitless/medium', '/dev/vda\n');
  root.write('proc/cmdline', 'hitless.slot=b');
  // What one that was killed has left.
  root.write('run/hitless/boot.99999/left', '');
  rmSync(join(root.path, 'run/hitless/boot.99999/left'));
  root.stub(
    'mount',
    'if [ "$(grep -c mount /calls)" -lt 4 ]; then exit 1; fi\nmkdir -p "$6"; echo slot=a > "$6/slot"',
  );
  const { output } = root.run('hitless-slot', 'status');
  t.match(output, /board virt\nrunning b\nchosen a\ntrying -\nconfirmed no\n/);
  t.equal(root.calls.length, 4);
  t.notOk(root.calls.some((call) => call.includes('99999')));
});

t.test('the loader tells of a try, as far as it can', { skip }, async (t) => {
  const root = new ScriptRoot(t);
  root.write('proc/cmdline', 'hitless.slot=b hitless.disk=534c5448-01 hitless.trial');
  t.equal(root.run('hitless-slot', 'tried').status, 0);
  root.write('proc/cmdline', 'hitless.slot=b hitless.disk=534c5448-01');
  t.equal(root.run('hitless-slot', 'tried').status, 1);
  root.write('proc/device-tree/chosen/bootloader/tryboot', Buffer.from([0, 0, 0, 1]));
  t.equal(root.run('hitless-slot', 'tried').status, 0);
  t.equal(root.run('hitless-slot', 'running').output, 'b\n');
});
