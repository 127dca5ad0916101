/** When the configuration file is written: in the order of the requests, and only what is there to stay. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { liveRouter, OWN } from './live-router.ts';

const FILE = `${OWN}chat: { topic: swaps }\n`;
const PEACE = `${OWN}chat: { topic: peace }\n`;
const QUIET = `${OWN}chat: { topic: quiet }\n`;
const SICK = `${OWN}chat: { topic: sick }\n`;

t.test('what was pushed is saved when the next commit ends its probation', async (t) => {
  const { apply, saving, file, told, live } = await liveRouter(t, FILE);
  t.equal(await saving.push(PEACE, (await apply(PEACE)).report), 'when it stays');
  t.equal(file(), FILE, 'it is on probation');
  await apply(QUIET);
  await saving.close();
  t.equal(file(), PEACE, 'the commit is not saved, and what was pushed is');
  t.equal(live.running, QUIET);
  t.match(told.at(-1), /that was pushed is saved as .*router\.yaml; what runs by now is another$/);
});

t.test('nothing is saved that a failed probation takes back', async (t) => {
  const { apply, saving, file, told, live, logged } = await liveRouter(t, FILE);
  const noted = `${SICK}# noted\n`;
  let when: Promise<string> | undefined;
  let saved: Promise<unknown> | undefined;
  const failed = logged(/probation failed/, () => {
    when = saving.push(noted, undefined);
    saved = t.rejects(saving.save({ force: false }), {
      code: 'CONFIG_UNPROVEN',
      message: /^meanwhile something else runs/,
    });
  });
  await Promise.all([apply(SICK), apply(noted)]);
  await failed;
  t.equal(await when, 'when it stays');
  await saved;
  t.equal(live.running, FILE, 'it has gone back');
  t.equal(file(), FILE);
  t.match(told.join('\n'), /that was pushed is not saved: transaction 2 did not stay/);
});

t.test('files are written in the order of the requests', async (t) => {
  const { apply, saving, file, told, logged } = await liveRouter(t, FILE, 100);
  const passed = logged(/probation passed/);
  const first = saving.push(PEACE, (await apply(PEACE)).report);
  const noted = `${PEACE}# noted\n`;
  await apply(noted);
  t.equal(await first, 'when it stays');
  await passed;
  await null;
  t.equal(await saving.push(noted, undefined), 'now');
  t.equal(file(), noted);
  while (!told.some((line) => /that was pushed is/.test(line))) await sleep(5);
  t.equal(file(), noted, 'what was pushed before does not come after it');
});

t.test('what was pushed is not written over a file that was edited or read again meanwhile', async (t) => {
  for (const how of ['edited', 'read again'] as const) {
    const { apply, saving, file, told, write, live } = await liveRouter(t, FILE);
    await saving.push(PEACE, (await apply(PEACE)).report);
    if (how === 'edited') {
      write(`${FILE}# by hand\n`);
      await apply(QUIET);
    } else await live.reread({ command: 'reload', by: 'test' });
    await saving.close();
    t.equal(file(), how === 'edited' ? `${FILE}# by hand\n` : FILE, how);
    t.equal(live.running, how === 'edited' ? QUIET : FILE);
    t.match(told.at(-1), /not saved: CONFIG_EDITED: .* was edited or read again meanwhile; "save force"/);
  }
});

t.test('save waits for a probation, and refuses what waits to be confirmed or what was edited', async (t) => {
  const { runtime, apply, saving, file, write, live } = await liveRouter(t, FILE, 100);
  await apply(PEACE);
  await saving.save({ force: false });
  t.match(runtime.history.at(-1)?.probation, { outcome: 'passed' });
  t.equal(file(), PEACE);
  write(QUIET);
  await t.rejects(saving.save({ force: false }), { code: 'CONFIG_EDITED' });
  await saving.save({ force: true });
  t.equal(file(), PEACE);
  const changes = [{ change: 'configure', module: 'CHAT', config: { topic: 'war' } }] as const;
  await runtime.run(changes, { command: 'configure', by: 'test' }, { confirm: 60_000 });
  await t.rejects(saving.save({ force: false }), {
    code: 'CONFIG_UNPROVEN',
    message: /waits to be confirmed/,
  });
  t.equal(live.running, PEACE);
});

t.test('a file is read again when its turn has come', async (t) => {
  const { apply, live, write } = await liveRouter(t, FILE);
  const before = apply(PEACE);
  const reread = live.reread({ command: 'reload', by: 'test' });
  write(QUIET);
  await before;
  await reread;
  t.equal(live.running, QUIET, 'it is the file as it was when the commit before was decided');
});
