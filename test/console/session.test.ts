/** A session's own settings: how much of the log it shows, and pages. */
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import type { By } from '../../firmware/console/host.ts';
import { MORE } from '../../firmware/console/pager.ts';
import { Terminal } from '../../firmware/console/terminal.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { Text } from './fixtures/text.ts';
import { typed } from './fixtures/typed.ts';

function session(t: Test, by: By, host = new FakeHost()) {
  const input = new PassThrough();
  const output = new Text();
  const terminal = new Terminal(host, { input, output, by, quits: 'session', columns: 200 });
  t.teardown(() => terminal.close());
  const sees = (text: string) =>
    until(`${text} in ${output.text.slice(-500)}`, () => output.text.includes(text) || undefined);
  return { input, output, host, sees };
}

for (const by of ['socket', 'serial'] as const) {
  t.test(`a session by ${by} shows errors and its own transactions, and all with monitor on`, async (t) => {
    const { input, output, host, sees } = session(t, by);
    host.runtime.log({ level: 'info', text: 'not asked for' });
    host.runtime.log({ level: 'warn', text: 'nor this' });
    for (const listener of host.monitorListeners) listener('nor a gap');
    host.runtime.log({ text: 'of another transaction', transaction: 77 });
    host.runtime.log({ level: 'error', text: 'this went wrong' });
    host.runtime.log({ level: 'warn', text: 'it was undone', transaction: 77 });
    await sees('this went wrong');
    await sees('it was undone');
    input.write('replace IP ip@2.0.0\r');
    await sees('IP V2: start..');
    await sees('transaction 1 committed');
    t.notMatch(output.text, /not asked for|nor this|nor a gap|of another/);
    input.write('monitor on\r');
    await sees('the live log is on in this session');
    host.runtime.log({ text: 'now it is asked for' });
    await sees('now it is asked for');
    input.write('mon off\r');
    await sees('the live log is off in this session');
    host.runtime.log({ text: 'and now no more' });
    input.write('monitor maybe\r');
    await sees('CHOICE_UNKNOWN: there is no switch "maybe"');
    t.notMatch(output.text, /no more/);
  });
}

t.test("the router's own terminal shows the log: it is read nowhere else", async (t) => {
  const { host, sees } = session(t, 'terminal');
  host.runtime.log({ text: 'as it comes' });
  await sees('as it comes');
});

t.test('a request alone has no session to set', async (t) => {
  for (const line of ['monitor on', 'terminal length 5'])
    t.match(await typed(line, new FakeHost(), CALLER), { ok: false, error: { code: 'SESSION_ONLY' } }, line);
});

t.test('answers come in pages: space, Enter and q', async (t) => {
  const { input, output, sees } = session(t, 'socket');
  const lines = () => output.text.replaceAll('\r', '').split('\n');
  const row = (name: string) => lines().filter((line) => line.startsWith(`${name} `)).length;
  input.write('terminal length 3\r');
  await sees('in pages of 3 lines');
  input.write('show modules\r');
  await sees(MORE);
  t.equal(row('TIMER'), 1);
  t.equal(row('IP'), 0, 'titles and one row');
  input.write('\r');
  await until('one row more', () => row('IP') || undefined);
  t.equal(row('OSPF'), 0);
  input.write('xyz ');
  await until('the rest', () => row('VRRP') || undefined);
  input.write('settimer 7s\r');
  await sees('preparation time 7s');
  input.write('show modules\r');
  await until('a page again', () => row('TIMER') === 2 || undefined);
  input.write('qsettimer 8s\r');
  await sees('preparation time 8s');
  t.equal(row('VRRP'), 1, 'no more was wanted, and what was typed behind it is a command');
  input.write('show modules\r');
  await until('a page once more', () => row('TIMER') === 3 || undefined);
  input.write('\u0003terminal length 0\rshow modules\r');
  await sees('answers are shown whole');
  await until('all of it', () => row('VRRP') === 2 || undefined);
});
