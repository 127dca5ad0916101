/** Commands that change modules by transactions: what the runtime is asked for, and what a person is told. */
import t from 'tap';
import type { CommandResult } from '../../firmware/console/answer.ts';
import { INTERRUPTED } from '../../firmware/console/answer.ts';
import { jsonOf, textOf } from '../../firmware/console/execute.ts';
import type { ConsoleHost } from '../../firmware/console/host.ts';
import { FirmwareError } from '../../firmware/errors.ts';
import type { NamedChange } from '../../runtime/index.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { typed } from './fixtures/typed.ts';

async function tried(
  line: string,
  host = new FakeHost(),
  signal?: AbortSignal,
): Promise<CommandResult & { text: string }> {
  const result = await typed(line, host, signal ? { ...CALLER, signal } : CALLER);
  return { ...result, text: textOf(result).join('\n') };
}

const refused = async (line: string, host?: FakeHost) => {
  const { ok, error } = await tried(line, host);
  return ok ? 'it was carried out' : `${error?.code}: ${error?.message}`;
};

/** A host whose configuration has something for these modules. */
function configured(...names: string[]): FakeHost & Pick<ConsoleHost, 'configured'> {
  return Object.assign(new FakeHost(), {
    configured: async (changes: readonly NamedChange[]) =>
      changes.map((change): NamedChange => {
        if (change.change !== 'add') return change;
        if (names.includes(change.module)) return { ...change, config: { for: change.module } };
        throw new FirmwareError('MODULE_UNCONFIGURED', `nothing for ${change.module}`);
      }),
  });
}

t.test('add runs a transaction with the module as its bundle names it, and its configuration', async (t) => {
  const host = configured('VRRP');
  const { text } = await tried('add vrrp VRRP@2.0.0', host);
  t.same(host.runtime.calls[0], {
    changes: [{ change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', config: { for: 'VRRP' } }],
    origin: { command: 'add vrrp VRRP@2.0.0', by: 'socket' },
  });
  t.match(text, /^transaction 1 committed: .*\nVRRP 2\.0\.0 added: blackout/);
  await tried('add vrrp "/tmp/x.cjs" from /tmp/state', host);
  t.same(
    host.runtime.calls[1]?.changes,
    [
      {
        change: 'add',
        module: 'VRRP',
        bundle: '/tmp/x.cjs',
        checkpoint: '/tmp/state',
        config: { for: 'VRRP' },
      },
    ],
    'also where the bundle is a file',
  );
});

t.test('add of a module that the configuration does not know is refused, and nothing runs', async (t) => {
  const host = configured('IP');
  t.equal(await refused('add vrrp vrrp@2.0.0', host), 'MODULE_UNCONFIGURED: nothing for VRRP');
  t.match(await refused('check add vrrp vrrp@2.0.0', host), /^MODULE_UNCONFIGURED/);
  t.match(await refused('upgrade remove IP, add vrrp vrrp@2.0.0', host), /^MODULE_UNCONFIGURED/);
  t.same([host.runtime.calls, host.runtime.asked], [[], []]);
  const without = new FakeHost();
  t.ok((await tried('add chat ip@2.0.0', without)).ok, 'a host without configurations adds without one');
  t.same(without.runtime.calls[0]?.changes, [{ change: 'add', module: 'chat', bundle: 'ip@2.0.0' }]);
});

t.test('add of a bundle that is not there tells what is near', async (t) => {
  t.equal(
    await refused('add VRRP vrrp@2.0.1'),
    'BUNDLE_NOT_FOUND: there is no vrrp@2.0.1; did you mean "vrrp@2.0.0"?',
  );
});

t.test('remove tells how many messages went back, and force is passed on', async (t) => {
  const host = new FakeHost();
  const { text } = await tried('remove vrrp', host);
  t.same(host.runtime.calls[0]?.changes, [{ change: 'remove', module: 'VRRP' }]);
  t.match(
    text,
    /\nVRRP 2\.0\.0 removed: blackout 143 µs, 2 messages buffered, 5 messages back to the senders$/,
  );
  await tried('remove routing force', host);
  t.same(host.runtime.calls[1]?.changes, [{ change: 'remove', module: 'OSPF', force: true }]);
  t.match(await refused('remove BGP', host), /^MODULE_UNKNOWN: there is no module "BGP"; modules/);
});

t.test('upgrade is one transaction of all its changes, in the order given', async (t) => {
  const host = configured('VRRP');
  const line = 'upgrade remove ospf force, add vrrp VRRP@2.0.0 from s, replace ip IP@2.0.0 confirm 60s';
  const { text, command } = await tried(line, host);
  t.equal(command, line);
  t.same(host.runtime.calls, [
    {
      changes: [
        { change: 'remove', module: 'OSPF', force: true },
        { change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', checkpoint: 's', config: { for: 'VRRP' } },
        { change: 'replace', module: 'IP', bundle: 'ip@2.0.0' },
      ],
      origin: { command: line, by: 'socket' },
      options: { confirm: 60_000, force: true },
    },
  ]);
  t.match(text, /\nOSPF .* removed.*\nVRRP .* added.*\nIP 1\.0\.0 -> 2\.0\.0/);
  t.match(
    await refused('upgrade replace IP ip@2.0.0, replace BGP bgp@1.0.0', host),
    /^MODULE_UNKNOWN: there is no module "BGP"/,
  );
  t.equal(host.runtime.calls.length, 1, 'one that is unknown lets none begin');
});

t.test('options reach the runtime, and no options are none', async (t) => {
  const host = new FakeHost();
  await tried('replace IP ip@2.0.0 retry 3 every 10s confirm 1', host);
  await tried('replace IP ip@2.0.0', host);
  t.same(
    host.runtime.calls.map(({ options }) => options),
    [{ retry: { times: 3, every: 10_000 }, confirm: 1000 }, undefined],
  );
});

t.test('the answer tells what is still open after a commit', async (t) => {
  const host = new FakeHost();
  const watched = (ms: number, isConfirm: boolean) => ({
    probation: { until: Date.now() + ms, outcome: 'running' as const, reason: '', confirm: isConfirm },
  });
  const last = async () => (await tried('replace IP ip@2.0.0', host)).lines.at(-1);
  host.runtime.also = watched(5000, false);
  t.equal(await last(), 'on probation for 5 s');
  host.runtime.also = watched(60_000, true);
  t.equal(await last(), 'confirm within 60 s or it goes back');
  host.runtime.also = { probation: { ...watched(5000, false).probation, outcome: 'passed' } };
  t.match(await last(), /^IP 1\.0\.0 -> 2\.0\.0/, 'one that is over is not told of');
  host.runtime.also = { durable: false };
  t.match(await last(), /^committed, not durable/);
  host.runtime.also = { durable: true };
  t.match(await last(), /^IP 1\.0\.0 -> 2\.0\.0/);
  host.runtime.also = watched(5000, false);
  host.runtime.aborts = 'busy on purpose';
  t.notMatch((await tried('replace IP ip@2.0.0', host)).text, /probation/, 'nothing is open after an abort');
});

t.test('the answer tells which attempt it was', async (t) => {
  const host = new FakeHost();
  host.runtime.also = { attempt: { number: 2, of: 3 } };
  t.match((await tried('replace IP ip@2.0.0', host)).text, /^transaction 1 committed, attempt 2 of 3: /);
  host.runtime.aborts = 'busy on purpose';
  t.match(
    await refused('replace IP ip@2.0.0', host),
    /^TRANSACTION_ABORTED: transaction 2 was aborted, attempt 2 of 3: IP votes NO: busy on purpose; everything/,
  );
});

t.test('check shows what would be done, and changes nothing', async (t) => {
  const host = configured('VRRP');
  const result = await tried(
    'check upgrade replace ip IP@2.0.0, add vrrp vrrp@2.0.0, remove ospf force',
    host,
  );
  t.ok(result.ok);
  t.same(host.runtime.calls, [], 'no transaction ran');
  t.same(host.runtime.asked, [
    [
      'check',
      {
        changes: [
          { change: 'replace', module: 'IP', bundle: 'ip@2.0.0' },
          { change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', config: { for: 'VRRP' } },
          { change: 'remove', module: 'OSPF', force: true },
        ],
      },
      {
        command: 'check upgrade replace ip IP@2.0.0, add vrrp vrrp@2.0.0, remove ospf force',
        by: 'socket',
      },
    ],
  ]);
  const [verdict, title, ...rows] = result.lines;
  t.equal(verdict, 'it would be committed, with a window of about 21 µs; nothing was changed');
  t.match(title, /^MODULE +CHANGE +FROM +TO +STATE +TABLES +WAITING +BLACKOUT µs +QUIESCENT$/);
  t.match(rows[0], /^IP +replace +1\.0\.0 +2\.0\.0 +migrated 1 -> 2 +- +4 +18 +yes$/);
  t.match(rows[1], /^VRRP +add +- +2\.0\.0 +initial 2 /);
  t.match(rows[2], /^OSPF +remove +1\.0\.0 +- +dropped 1 /);
});

t.test('check tells of tables, of what is not quiescent, and warns', async (t) => {
  const host = new FakeHost();
  host.runtime.checked = {
    warnings: ['IP has had no message for an hour'],
    members: [
      {
        module: 'IP',
        change: 'replace',
        from: '1.0.0',
        to: '2.0.0',
        stateFrom: 1,
        stateTo: 1,
        how: 'adopted',
        tables: [
          { name: 'routes', rows: 100_000, migrated: true },
          { name: 'hosts', rows: 1, migrated: false },
        ],
        waiting: 0,
        quiescent: 'an exchange is open',
        blackout: 0.05,
      },
    ],
  };
  const { text } = await tried('check replace IP ip@2.0.0', host);
  t.match(
    text,
    /^IP +replace +1\.0\.0 +2\.0\.0 +adopted 1 +routes: 100000 rows migrated, hosts: 1 row +0 +50 +no: an exchange is open$/m,
  );
  t.match(text, /\nwarning: IP has had no message for an hour$/);
});

t.test('a check of what would be aborted fails, with the problems', async (t) => {
  const host = new FakeHost();
  host.runtime.checked = { ok: false, problems: ['IP: no handler from 1 to 2', 'OSPF would not understand'] };
  const result = await tried('check replace IP ip@2.0.0', host);
  t.equal(
    `${result.error?.code}: ${result.error?.message}`,
    'CHECK_FAILED: it would be aborted: IP: no handler from 1 to 2; OSPF would not understand; nothing was changed: mend this, and check again',
  );
  t.match(
    result.text,
    /\nit would be aborted; nothing was changed\nMODULE .*\nIP .*\nproblem: IP: no handler/,
  );
  t.match(JSON.parse(jsonOf(result)), {
    ok: false,
    error: { code: 'CHECK_FAILED' },
    data: { ok: false, problems: [/no handler/, /understand/], members: [{ module: 'IP' }] },
  });
  t.match(await refused('check replace IP ip@9.9.9', host), /^BUNDLE_NOT_FOUND/, 'a refusal stays one');
});

t.test('confirm keeps what is on probation; show probation tells of it', async (t) => {
  const host = new FakeHost();
  t.match(await tried('show probation', host), { text: 'nothing is on probation', data: null });
  t.equal(await refused('confirm', host), 'NOTHING_TO_CONFIRM: nothing waits to be confirmed');
  await tried('replace IP ip@2.0.0 confirm 60s', host);
  const view = { transaction: 1, members: ['IP', 'OSPF'], endsAt: Date.now() + 59_600, confirm: true };
  host.runtime.probation = view;
  t.match(await tried('show probation', host), {
    text: /^transaction 1 is on probation: IP, OSPF; confirm within (60|59) s or it goes back$/,
    data: view,
  });
  host.runtime.probation = { ...view, confirm: false, endsAt: Date.now() - 1 };
  t.equal(
    (await tried('show probation', host)).text,
    'transaction 1 is on probation: IP, OSPF; it passes in 0 ms unless something is wrong',
  );
  const { text, data } = await tried('confirm', host);
  t.equal(text, 'transaction 1 is confirmed: IP 1.0.0 -> 2.0.0');
  t.equal(data, host.runtime.history[0]);
  t.same(host.runtime.asked.at(-1), ['confirm', { command: 'confirm', by: 'socket' }]);
});

t.test('rollback undoes the last transaction, with a checkpoint only when told', async (t) => {
  const host = new FakeHost();
  t.match(await refused('rollback', host), /^NOTHING_TO_ROLL_BACK/);
  await tried('replace IP ip@2.0.0', host);
  const { text, data } = await tried('rollback', host);
  t.match(text, /^transaction 2 committed, undoes transaction 1: window 160 µs/);
  t.equal(data, host.runtime.history[1]);
  await tried('Rollback CHECKPOINT', host);
  t.same(host.runtime.asked.slice(1), [
    ['rollback', { command: 'rollback', by: 'socket' }],
    ['rollback', { command: 'Rollback CHECKPOINT', by: 'socket' }, { checkpoint: true }],
  ]);
  host.runtime.aborts = 'busy on purpose';
  t.match(await refused('rollback', host), /^TRANSACTION_ABORTED: transaction 4 was aborted/);
});

t.test('cancel gives up a retry that waits, from any console', async (t) => {
  const host = new FakeHost();
  t.equal(await refused('cancel', host), 'NOTHING_TO_CANCEL: no retry waits');
  host.runtime.aborts = 'busy on purpose';
  const waiting = tried('replace IP ip@2.0.0 retry 3 every 10s', host);
  await until('the retry waits', () => host.runtime.giveUp);
  const { text, data } = await tried('cancel', host);
  t.equal(text, 'given up: replace IP ip@2.0.0 retry 3 every 10s');
  t.same(data, { command: 'replace IP ip@2.0.0 retry 3 every 10s' });
  t.match((await waiting).error, { code: 'TRANSACTION_ABORTED' });
});

t.test('a person who breaks off gives up the retry, also one that does not wait yet', async (t) => {
  const host = new FakeHost();
  host.runtime.aborts = 'busy on purpose';
  const stop = new AbortController();
  const waiting = tried('replace IP ip@2.0.0 retry 3 every 10s', host, stop.signal);
  const { giveUp } = host.runtime;
  host.runtime.giveUp = undefined; // an attempt runs
  stop.abort(INTERRUPTED);
  t.match(host.runtime.asked, [['cancel', { by: 'socket' }]]);
  host.runtime.giveUp = giveUp;
  t.match((await waiting).error, { code: 'TRANSACTION_ABORTED' });
  const asked = host.runtime.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 120));
  t.equal(host.runtime.asked.length, asked, 'nothing is given up any more once it is over');
});

t.test('an attempt that commits after all ends what would give the retry up', async (t) => {
  const host = new FakeHost();
  host.runtime.takes = 80;
  const stop = new AbortController();
  const running = tried('replace IP ip@2.0.0 retry 3 every 10s', host, stop.signal);
  stop.abort(INTERRUPTED);
  t.ok((await running).ok);
  const asked = host.runtime.asked.length;
  t.ok(asked > 0);
  await new Promise((resolve) => setTimeout(resolve, 120));
  t.equal(host.runtime.asked.length, asked);
});

t.test('a session that is lost gives up no retry, and a command without one is not broken off', async (t) => {
  const host = new FakeHost();
  host.runtime.aborts = 'busy on purpose';
  const lost = new AbortController();
  const waiting = tried('replace IP ip@2.0.0 retry 3 every 10s', host, lost.signal);
  lost.abort();
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.same(host.runtime.asked, []);
  host.runtime.giveUp?.();
  await waiting;
  const stop = new AbortController();
  host.runtime.takes = 60;
  const running = tried('replace IP ip@2.0.0 confirm 60s', host, stop.signal);
  stop.abort(INTERRUPTED);
  await running;
  t.same(host.runtime.asked, []);
});

t.test('checkpoint writes a state to a file', async (t) => {
  const host = new FakeHost();
  const { text, data } = await tried('checkpoint routing "/tmp/a state"', host);
  t.equal(text, 'OSPF 1.0.0, state version 1: 321 bytes written to /tmp/a state');
  t.match(data, { module: 'OSPF', bytes: 321, file: '/tmp/a state' });
  t.same(host.runtime.asked, [['checkpoint', { module: 'OSPF', file: '/tmp/a state' }]]);
  t.match(await refused('checkpoint BGP x', host), /^MODULE_UNKNOWN/);
});

t.test('the history shows what is special about its transactions, and only then', async (t) => {
  const host = new FakeHost();
  await tried('replace IP ip@2.0.0', host);
  t.match(
    (await tried('show upgrades', host)).lines[0],
    /^N +STARTED +BY +OUTCOME +BLACKOUT µs +WINDOW µs +BUFFERED +COMMAND$/,
  );
  const until = Date.UTC(2024, 0, 2);
  host.runtime.also = {
    attempt: { number: 2, of: 3 },
    undoes: 1,
    durable: false,
    probation: { until, outcome: 'failed', reason: 'IP threw', confirm: true },
  };
  await tried('replace IP ip@2.0.0', host);
  const { lines } = await tried('show upgrades', host);
  t.match(lines[0], /BUFFERED +TRY +UNDOES +DURABLE +PROBATION +COMMAND$/);
  t.match(lines[1], / 2 {2,}replace IP ip@2\.0\.0$/);
  t.match(lines[2], / 2 +2\/3 +1 +no +failed +replace IP ip@2\.0\.0$/);
  const { text } = await tried('show upgrade 2', host);
  t.match(
    text,
    /\nattempt 2 of 3, undoes transaction 1, not durable: .*\nprobation, to be confirmed: failed: IP threw\n/,
  );
  t.notMatch((await tried('show upgrade 1', host)).text, /attempt|undoes|durable|probation/);
  host.runtime.also = {
    durable: true,
    probation: { until, outcome: 'running', reason: '', confirm: false },
  };
  await tried('remove VRRP', host);
  const third = (await tried('show upgrade 3', host)).text;
  t.match(third, /, committed\ndurable\nprobation: runs until 2024-01-02T00:00:00\.000Z\n\n/);
  t.match(third, /UNDELIVERED +HIGH-WATER\nVRRP +remove +1\.0\.0 +2\.0\.0 +143 +2 +5 +3\n/);
});

t.test('a history of a thousand is shown by its end, on lines that fit; JSON has all', async (t) => {
  const host = new FakeHost();
  const { runtime } = host;
  const long = `upgrade ${'replace IP ip@2.0.0, '.repeat(20)}remove VRRP`;
  for (let i = 0; i < 1000; i++) {
    await runtime.run([{ change: 'disable', module: 'IP' }], { command: long, by: 'socket' });
  }
  runtime.history.at(-1)!.attempt = { number: 12, of: 100 };
  runtime.history.at(-1)!.probation = { until: 0, outcome: 'superseded', reason: '', confirm: false };
  const { lines } = await tried('show upgrades', host);
  t.equal(lines.length, 42);
  t.match(lines[1], /^ *961 /);
  t.equal(lines.at(-1), '… 960 earlier: show upgrades 1000, or --json for all');
  t.match(lines[40], /^1000 .* 12\/100 +superseded +upgrade replace IP …$/);
  const widest = Math.max(...lines.map((line) => line.length));
  t.ok(widest <= 120, `the widest line has ${widest} characters`);
  const all = await tried('show upgrades 1000', host);
  t.equal(all.lines.length, 1001);
  const few = await tried('show upgrades 3 --json', host);
  t.same(
    JSON.parse(few.text).data.map(({ id }: { id: number }) => id),
    [998, 999, 1000],
  );
  const everything = JSON.parse((await tried('show upgrades --json', host)).text).data;
  t.equal(everything.length, 1000);
  const { steps, ...report } = runtime.history[0]!;
  t.same(everything[0], report, 'with all facts but the steps');
  t.ok(steps.length > 0);
  t.same(
    JSON.parse((await tried('show upgrade 1 --json', host)).text).data,
    runtime.history[0],
    'or with them',
  );
});

t.test('--json answers these commands too with one object, with the same facts', async (t) => {
  const host = configured('VRRP');
  host.runtime.states = { OSPF: { routerId: '10.0.0.1' } };
  for (const line of [
    'add VRRP vrrp@2.0.0',
    'remove VRRP force',
    'upgrade replace IP ip@2.0.0, remove VRRP confirm 60s',
    'check replace IP ip@2.0.0',
    'check syn_replace IP ip@2.0.0',
    'check add VRRP vrrp@2.0.0',
    'check remove VRRP',
    'check upgrade remove VRRP',
    'confirm',
    'rollback',
    'checkpoint IP x',
    'show state OSPF',
    'show state OSPF routerId',
    'show probation',
    'show upgrades 2',
  ]) {
    host.runtime.probation = { transaction: 1, members: ['IP'], endsAt: Date.now(), confirm: true };
    const { text } = await tried(`${line} --json`, host);
    t.notMatch(text, /\n/, line);
    const object = JSON.parse(text);
    t.match(object, { ok: true, command: line }, line);
    t.ok(object.data !== undefined, `${line} has data`);
    t.same(Object.keys(object), ['ok', 'command', 'data'], line);
  }
});
