import t from 'tap';
import type { CommandResult } from '../../firmware/console/answer.ts';
import { usageOf } from '../../firmware/console/command.ts';
import { COMMANDS, commandsOf } from '../../firmware/console/commands/all.ts';
import { jsonOf, textOf } from '../../firmware/console/execute.ts';
import type { ConsoleRuntime } from '../../firmware/console/host.ts';
import { HitlessError, Runtime } from '../../runtime/index.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { typed } from './fixtures/typed.ts';

async function tried(line: string, host = new FakeHost()): Promise<CommandResult & { text: string }> {
  const result = await typed(line, host, CALLER);
  return { ...result, text: textOf(result).join('\n') };
}

const refused = async (line: string, host?: FakeHost) => {
  const { ok, error } = await tried(line, host);
  return ok ? 'it was carried out' : `${error?.code}: ${error?.message}`;
};

t.test('the runtime has what the console asks of it', async (t) => {
  const real = new Runtime();
  t.teardown(() => real.stop());
  const runtime: ConsoleRuntime = real;
  const host = { runtime, quit() {} };
  for (const line of [
    'show modules',
    'show names',
    'show events',
    'show versions',
    'show queues',
    'show ports',
    'show upgrades',
  ]) {
    t.ok((await typed(line, host, CALLER)).ok, line);
  }
});

t.test('show prints tables that a person can read', async (t) => {
  t.match(
    (await tried('show modules')).text,
    /^MODULE +VERSION +STATE +SERVICE .*\n.*\nIP +1\.0\.0 +1 +service +1 min +12 .*icmp\/eth0\n/m,
  );
  t.match((await tried('show names')).text, /^ROUTING +OSPF$/m);
  t.match((await tried('show events')).text, /^broadcast +99 +TIMER +IP OSPF$/m);
  t.match(
    (await tried('show versions')).text,
    /^ip@2\.0\.0 +IP +unpacked +5000 +abababababab +ip-2\.0\.0\.cjs$/m,
  );
  t.match((await tried('show queues')).text, /^OSPF +1024 +0 +0 +3 +0 +0 +0 +0$/m);
  t.match(
    (await tried('show monitors')).text,
    /^IP +left +10\.0\.0\.1 +7 +0 +1003 +preference 10\nVRRP +right +- +0 +0 +nothing heard yet$/m,
  );
  t.match(
    (await tried('show neighbors')).text,
    /^NEIGHBOR ID +STATE +DEAD IN +INTERFACE\n10\.0\.0\.2 +2-Way +38\.5 s +eth0$/,
  );
  t.match(
    (await tried('show vrrp')).text,
    /^INTERFACE +GROUP +STATE +ADDRESSES\neth0 +51 +Active +10\.0\.0\.1$/,
  );
  t.equal((await tried('show upgrades')).text, 'no transactions yet');
  t.equal((await tried('show faults')).text, 'no faults are set');
});

t.test('show system says how handlers are bounded, and why not in every turn', async (t) => {
  const host = new FakeHost();
  t.match((await tried('show system', host)).text, /^handlers are bounded in every turn$/m);
  t.match((await tried('show system --json', host)).text, /"start":"[0-9a-f]{16}"/, 'made up at each start');
  host.runtime.guard = { kind: 'vm', why: 'it is not compiled' };
  t.match(
    (await tried('show system', host)).text,
    /^handlers are bounded in transactions alone, .*: it is not compiled; "hitless needs --addon" compiles it$/m,
  );
});

t.test('every line of a table has its cells under their titles', async (t) => {
  const [title, ...rows] = (await tried('show queues')).lines;
  for (const row of rows) t.equal(row.length, title!.length, row);
});

t.test('what a module would show is refused at once while it is disabled, and says so', async (t) => {
  const host = new FakeHost();
  const modules = host.runtime.modules();
  const reason = 'by command; "enable" puts it back in service';
  host.runtime.modules = () => modules.map((each) => ({ ...each, service: 'disabled', reason }));
  // Nobody would answer: a real module holds the request until it is enabled.
  host.runtime.rows = () => new Promise(() => {});
  for (const [line, module] of [
    ['show vrrp', 'VRRP'],
    ['show neighbors', 'OSPF'],
  ] as const) {
    t.match(
      await refused(line, host),
      `MODULE_DISABLED: ${module} is disabled by command; "enable" puts it back in service; "show state ${module}" shows`,
    );
  }
});

t.test('a port that cannot send says so among the modules, and why among the ports', async (t) => {
  const host = new FakeHost();
  const [ip] = host.runtime.modules().filter(({ name }) => name === 'IP');
  const failing = { port: 'icmp', key: 'eth0', sent: 5, full: 0, down: 3 };
  const reason = 'Operation not permitted';
  host.runtime.modules = () => [
    {
      ...ip!,
      ports: [
        { ...failing, failure: { reason, inARow: 3 }, lastFailure: reason, counters: { received: 9 } },
        { port: 'icmp', key: 'eth1', sent: 7, full: 1, down: 0, lastFailure: 'No buffer space available' },
        { port: 'icmp', key: 'eth2', sent: 0, full: 0, down: 0, trouble: 'cannot join 224.0.0.6' },
      ],
    },
  ];
  t.match((await tried('show modules', host)).text, /icmp\/eth0 \(not sending\) icmp\/eth1 icmp\/eth2$/m);
  t.match(
    (await tried('show ports', host)).text,
    /^MODULE .*\nIP +icmp\/eth0 +5 +0 +3 +9 +3 +Operation not permitted\nIP +icmp\/eth1 +7 +1 +0 +0 +No buffer space available\nIP +icmp\/eth2 +0 +0 +0 +0 +cannot join 224\.0\.0\.6$/,
  );
  t.equal(JSON.parse((await tried('show ports --json', host)).text).data[0].failure.reason, reason);
});

t.test('replace runs a transaction with the names that the router has for them', async (t) => {
  const host = new FakeHost();
  const { text, ok, data } = await tried('replace ip IP@2.0.0', host);
  t.ok(ok);
  t.same(host.runtime.calls, [
    {
      changes: [{ change: 'replace', module: 'IP', bundle: 'ip@2.0.0' }],
      origin: { command: 'replace ip IP@2.0.0', by: 'socket' },
    },
  ]);
  t.equal(
    text,
    'transaction 1 committed: window 160 µs, 14040 µs in all\nIP 1.0.0 -> 2.0.0: blackout 143 µs, 2 messages buffered',
  );
  t.equal(data, host.runtime.history[0]);
});

t.test('an alias and a path lead to their module and file', async (t) => {
  const host = new FakeHost();
  await tried('replace routing "/tmp/My Bundle.cjs"', host);
  t.same(host.runtime.calls[0]?.changes, [
    { change: 'replace', module: 'OSPF', bundle: '/tmp/My Bundle.cjs' },
  ]);
});

t.test('syn_replace is one transaction', async (t) => {
  const host = new FakeHost();
  const { text } = await tried('syn_replace OSPF ospf@2.0.0 IP ip@2.0.0', host);
  t.equal(host.runtime.calls.length, 1);
  t.same(
    host.runtime.calls[0]?.changes.map(({ module }) => module),
    ['OSPF', 'IP'],
  );
  t.match(text, /^OSPF 1\.0\.0 -> 2\.0\.0: .*\nIP 1\.0\.0 -> 2\.0\.0: /m);
});

t.test('enable and disable are transactions', async (t) => {
  const host = new FakeHost();
  t.match((await tried('disable ospf', host)).text, /committed.*\nOSPF 2\.0\.0 disabled$/);
  t.match((await tried('enable ospf', host)).text, /committed.*\nOSPF 2\.0\.0 enabled$/);
  t.same(
    host.runtime.calls.map(({ changes }) => changes[0]?.change),
    ['disable', 'enable'],
  );
});

t.test('a transaction that aborts is a command that failed, with the votes', async (t) => {
  const host = new FakeHost();
  host.runtime.aborts = 'busy on purpose';
  const result = await tried('syn_replace OSPF ospf@2.0.0 IP ip@2.0.0', host);
  t.equal(result.ok, false);
  t.equal(
    result.text,
    [
      'TRANSACTION_ABORTED: transaction 1 was aborted: IP votes NO: busy on purpose; everything is as it was before',
      'OSPF votes YES',
      'IP votes NO: busy on purpose',
      '4 messages held meanwhile, handed over in order',
    ].join('\n'),
  );
  t.match(JSON.parse(jsonOf(result)), {
    ok: false,
    error: { code: 'TRANSACTION_ABORTED' },
    data: { votes: [{ vote: 'YES' }, { vote: 'NO', reason: 'busy on purpose' }] },
  });
});

t.test('show upgrades and show upgrade N tell the whole story', async (t) => {
  const host = new FakeHost();
  await tried('replace IP ip@2.0.0', host);
  t.match(
    (await tried('show upgrades', host)).text,
    /^1 +2024-01-02T03:04:05 +socket +committed +143 +160 +2 +replace IP ip@2\.0\.0$/m,
  );
  const { text } = await tried('show upgrade 1', host);
  t.match(
    text,
    /^transaction 1: replace IP ip@2\.0\.0\nby socket, started 2024-01-02T03:04:05\.000Z, committed$/m,
  );
  t.match(text, /^IP votes YES$/m);
  t.match(
    text,
    /^upload +12500\nmigrate +0\nwait +1000\ndrain +50\nstate +30\ncommit +60\ncleanup +400\nwindow 160 µs, stall 210 µs in step upload \(370 µs altogether\), in all 14040 µs, preparation time 2s$/m,
  );
  t.match(text, /^ +100 µs {2}disable {4}IP V1: disable\.\.$/m);
  t.equal(
    await refused('show upgrade 2', host),
    'UPGRADE_UNKNOWN: there is no transaction 2; 1 to 1 are kept',
  );
});

t.test('settimer sets the preparation time, and shows it', async (t) => {
  const host = new FakeHost();
  t.match(await tried('settimer 500ms', host), {
    text: 'preparation time 500ms',
    data: { preparation: 500 },
  });
  t.equal(host.runtime.preparation, 500);
  t.match(await tried('settimer', host), { text: 'preparation time 500ms' });
  await tried('settimer nonsense', host);
  t.equal(host.runtime.preparation, 500, 'a mistake changes nothing');
});

t.test('load and unload name the bundle', async (t) => {
  const host = new FakeHost();
  t.match((await tried('load IP@2.0.0', host)).text, /^ip@2\.0\.0 +IP +loaded/m);
  t.equal((await tried('unload IP@2.0.0', host)).text, 'ip@2.0.0 is unloaded');
  t.equal(await refused('unload ip@2.0.0', host), 'BUNDLE_NOT_FOUND: ip@2.0.0 is not loaded');
});

t.test('an unknown module or bundle is refused, and what is near is told', async (t) => {
  const host = new FakeHost();
  t.equal(
    await refused('replace OPSF ospf@2.0.0', host),
    'MODULE_UNKNOWN: there is no module "OPSF"; did you mean "OSPF"?; modules: TIMER, IP, OSPF, VRRP',
  );
  t.match(await refused('disable BGP', host), /^MODULE_UNKNOWN: there is no module "BGP"; modules/);
  t.match(await refused('fault BGP spin', host), /^MODULE_UNKNOWN/);
  t.equal(host.runtime.calls.length, 0, 'the runtime was not bothered');
  t.equal(
    await refused('replace IP ip@2.0.1', host),
    'BUNDLE_NOT_FOUND: there is no ip@2.0.1; did you mean "ip@2.0.0"?',
  );
  t.match(await refused('load opsf@2.0.0', host), /^BUNDLE_NOT_FOUND: .*did you mean "ospf@2\.0\.0"\?/);
});

t.test('errors of the runtime keep their codes, and faults of the console have one', async (t) => {
  const host = new FakeHost();
  host.runtime.run = async () => {
    throw new HitlessError('TRANSACTION_BUSY', '"replace IP ip@2.0.0" is still running');
  };
  t.equal(await refused('disable IP', host), 'TRANSACTION_BUSY: "replace IP ip@2.0.0" is still running');
  host.runtime.answers = {};
  t.equal(await refused('show neighbors', host), 'ASK_UNKNOWN: OSPF does not accept neighbors');
  host.runtime.queues = () => {
    throw new TypeError('oops');
  };
  t.match(await refused('show queues', host), /^INTERNAL: TypeError: oops; this is a fault of the router/);
  host.runtime.modules = () => [];
  host.runtime.nameTable = () => [];
  t.match(await refused('show vrrp', host), /^COMMAND_UNKNOWN: there is no "show vrrp"; usage: show modules/);
});

t.test('faults are set and shown in the lab, and refused outside of it', async (t) => {
  const host = new FakeHost();
  t.equal((await tried('fault ip busy 3s', host)).text, 'IP will fail in the next transaction: busy 3s');
  t.equal(
    (await tried('fault OSPF spin START', host)).text,
    'OSPF will fail in the next transaction: spin in start',
  );
  t.match((await tried('show faults', host)).text, /^IP +busy +3s +isQuiescent\nOSPF +spin +- +start$/m);
  host.runtime.faults = undefined;
  t.match(await refused('fault IP busy 3s', host), /^LAB_ONLY: "fault" exists in the lab only/);
  t.match(await refused('show faults', host), /^LAB_ONLY: "show faults" exists in the lab only/);
  t.notMatch((await tried('help', host)).text, /fault MODULE/);
  const { monitors: _, ...rest } = { runtime: host.runtime, monitors: host.monitors, quit() {} };
  t.match((await typed('show monitors', rest, CALLER)).error, { code: 'MONITORS_ABSENT' });
});

t.test('help tells of every command, or of one, and what quit ends', async (t) => {
  const all = await tried('help');
  for (const usage of [
    'show modules',
    'replace MODULE BUNDLE',
    'upgrade CHANGE, CHANGE ...',
    'check remove MODULE [force]',
    'rollback [checkpoint] [force]',
    'show state MODULE [PATH]',
    'settimer [DURATION]',
    'wait DURATION',
    'quit',
  ]) {
    t.ok(all.text.includes(usage), usage);
  }
  t.match(
    all.text,
    /^quit +on the router's own terminal .* on a socket or serial line: ends the session only$/m,
  );
  t.match((await tried('help Replace')).lines.length, 2);
  t.match(
    (await tried('help upgrade')).text,
    /^upgrade CHANGE, CHANGE \.\.\. \[confirm DURATION\] \[retry N/m,
  );
  t.match(all.text, /^HOW: \[confirm DURATION\] \[retry N every DURATION\]/m);
  const shows = commandsOf(new FakeHost()).filter(({ words, alias }) => words[0] === 'show' && !alias);
  t.ok(shows.some(({ words }) => words.join(' ') === 'show ip ospf neighbor'));
  const { text, data } = await tried('help show');
  t.equal((data as unknown[]).length, shows.length);
  for (const usage of shows.map(usageOf)) t.ok(text.split('\n').includes(usage), usage);
  t.match(
    await refused('help repalce'),
    /^COMMAND_UNKNOWN: there is no command "repalce"; did you mean "replace"\?/,
  );
});

t.test('help of one command fits a terminal of 80 columns', async (t) => {
  for (const command of COMMANDS) {
    const { words } = command;
    const usage = usageOf(command);
    const { lines } = await tried(`help ${words.join(' ')}`);
    t.same(
      lines.filter((line) => line.length > 80),
      [],
      words.join(' '),
    );
    t.ok(lines.join(' ').replace(/ +/g, ' ').startsWith(usage), usage);
  }
});

t.test('a wait lasts as long as it says, or until it is broken off', async (t) => {
  const begun = performance.now();
  t.match(await tried('wait 60ms'), { ok: true, text: '', data: { waited: 60 } });
  t.ok(performance.now() - begun >= 58);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  const result = await typed('wait 10s', new FakeHost(), { ...CALLER, signal: stop.signal });
  t.match(result.error, { code: 'WAIT_INTERRUPTED' });
});

t.test('--json answers every command with one object on one line, with the same facts', async (t) => {
  const host = new FakeHost();
  await tried('replace IP ip@2.0.0', host);
  const lines = [
    'show modules',
    'show names',
    'show events',
    'show versions',
    'show queues',
    'show ports',
    'show upgrades',
    'show upgrade 1',
    'show monitors',
    'show neighbors',
    'show vrrp',
    'show faults',
    'replace IP ip@2.0.0',
    'syn_replace OSPF ospf@2.0.0 IP ip@2.0.0',
    'settimer 2s',
    'settimer',
    'load ip@2.0.0',
    'unload ip@2.0.0',
    'disable IP',
    'enable IP',
    'fault IP busy 3s',
    'wait 1ms',
    'help',
    'help replace',
    'quit',
  ];
  for (const line of lines) {
    const { text } = await tried(`${line} --json`, host);
    t.notMatch(text, /\n/, line);
    const object = JSON.parse(text);
    t.match(object, { ok: true, command: line }, line);
    t.ok(object.data !== undefined, `${line} has data`);
    t.same(Object.keys(object), ['ok', 'command', 'data'], line);
  }
  t.same(JSON.parse((await tried('show names --json', host)).text).data, host.runtime.nameTable());
  t.same(JSON.parse((await tried('shwo --json')).text), {
    ok: false,
    command: 'shwo',
    error: JSON.parse(JSON.stringify((await tried('shwo')).error)),
  });
});

t.test('data that JSON does not have is written as what comes nearest', async (t) => {
  const host = new FakeHost();
  host.runtime.answers['OSPF neighbors'] = new Map<unknown, unknown>([
    ['10.0.0.2', { routerId: 1n, bytes: new Uint8Array([1, 255]) }],
  ]);
  t.same(JSON.parse((await tried('show neighbors --json', host)).text).data, [
    { routerId: '1', bytes: '01ff' },
  ]);
  t.match((await tried('show neighbors', host)).text, /^NEIGHBOR ID\n1$/);
});

t.test('what a neighbour or a bundle says cannot command a terminal', async (t) => {
  const host = new FakeHost();
  const evil = '\u001b[2J\u009b2J\r\n\u202egone';
  host.runtime.answers['OSPF neighbors'] = [{ routerId: evil }];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
  const hidden = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]*$/;
  const { text } = await tried('show neighbors', host);
  t.match(text, hidden);
  t.match(text, /\\u001b\[2J\\u009b2J/);
  t.match((await tried('show neighbors --json', host)).text, hidden);
  t.match((await tried(`load "${evil}"`, host)).text, hidden);
});

t.test('slots are shown, and rebooted into, on a board only', async (t) => {
  t.match(await refused('show slots'), /^BOARD_ONLY: "show slots" exists on a board only/);
  t.match(await refused('reboot'), /^BOARD_ONLY: "reboot" exists on a board only/);
  const status = { board: 'virt', running: 'a', chosen: 'a', trying: undefined, confirmed: true } as const;
  const slots = [
    { slot: 'a', hitless: '0.1.0', linux: '6.1', node: '24.0.0', problem: '' },
    { slot: 'b', hitless: '', linux: '', node: '', problem: 'no contents.txt' },
  ] as const;
  const on = (facts: object) =>
    Object.assign(new FakeHost(), {
      slots: {
        view: async () => ({ ...status, trying: null, slots: [...slots], ...facts }),
        reboot: async () => ({ ...status, ...facts }),
      },
    });
  t.equal(
    (await tried('show slots', on({}))).text,
    `virt runs slot a, confirmed
SLOT  STATE            HITLESS  LINUX  NODE
a     running, chosen  0.1.0    6.1    24.0.0
b     -                -        -      -       no contents.txt`,
  );
  t.match(
    (await tried('show slots', on({ chosen: 'b', confirmed: false }))).text,
    /^virt runs slot a, on trial: without its confirmation the next boot is slot b$/m,
  );
  t.match((await tried('show slots', on({ trying: 'b' }))).text, /^the next boot tries slot b, once$/m);
  t.match((await tried('reboot', on({}))).text, /^the board reboots into slot a$/);
  t.match(
    (await tried('reboot', on({ trying: 'b' }))).text,
    /reboots and tries slot b; slot a comes back if it fails/,
  );
  t.match(
    (await tried('reboot', on({ chosen: 'b', confirmed: false }))).text,
    /reboots into slot b; slot a, which was on trial, is given up/,
  );
  t.match(JSON.parse((await tried('reboot --json', on({ trying: 'b' }))).text), {
    ok: true,
    data: { next: 'b' },
  });
});
