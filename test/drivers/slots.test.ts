import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { Slots } from '../../drivers/slots.ts';
import { FakeBoard, imageOf } from '../serial/board-with-slots.ts';

const IMAGE = imageOf({ app: 100 });

/** A tool that does what it is told here. */
function toolOf(t: Test, script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-slots-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const tool = join(directory, 'hitless-slot');
  writeFileSync(tool, `#!/bin/sh\n${script}\n`);
  chmodSync(tool, 0o755);
  return tool;
}

t.test('what the slot tool says is understood', async (t) => {
  const board = new FakeBoard(t, IMAGE);
  const slots = new Slots(board.tool);
  t.ok(slots.present);
  t.same(await slots.status(), {
    board: 'virt',
    running: 'a',
    chosen: 'a',
    trying: undefined,
    confirmed: true,
  });
  await slots.try();
  t.match(await slots.status(), { trying: 'b', confirmed: true });
  board.reboot();
  t.match(await slots.status(), { running: 'b', chosen: 'a', trying: undefined, confirmed: false });
  await slots.confirm();
  t.match(await slots.status(), { running: 'b', chosen: 'b', confirmed: true });
});

t.test('slots are mounted while somebody holds them or looks, and not longer', async (t) => {
  const board = new FakeBoard(t, IMAGE);
  const slots = new Slots(board.tool);
  const { running, other } = await slots.hold();
  t.ok(existsSync(join(running, 'app')) && existsSync(other));
  await slots.peek(async (paths) => t.same(paths, { running, other }));
  t.ok(existsSync(other), 'a look does not unmount what another holds');
  t.same(await slots.remount(), { running, other });
  await slots.release();
  t.notOk(existsSync(other));
  await t.rejects(
    slots.peek(async () => Promise.reject(new Error('not found'))),
    { message: 'not found' },
  );
  t.notOk(existsSync(other), 'also when a look fails');
});

t.test('a tool that is missing, fails, or says what nobody understands is named', async (t) => {
  const missing = new Slots('/nowhere/hitless-slot');
  t.notOk(missing.present);
  await t.rejects(missing.status(), { code: 'SLOTS_TOOL_MISSING', message: /\/nowhere\/hitless-slot/ });
  const failing = new Slots(toolOf(t, 'echo "no partition" >&2; echo more >&2; exit 3'));
  await t.rejects(failing.hold(), { code: 'SLOTS_FAILED', message: /hitless-slot open: no partition$/ });
  await t.rejects(new Slots(toolOf(t, 'exit 3')).try(), { code: 'SLOTS_FAILED', message: /ended with 3/ });
  for (const said of ['', 'board virt', 'board virt\nrunning c\nchosen a\ntrying -\nconfirmed yes']) {
    const strange = new Slots(toolOf(t, `printf '${said.replaceAll('\n', '\\n')}\\n'`));
    await t.rejects(strange.status(), { code: 'SLOTS_UNREADABLE' }, said);
  }
});
