import t from 'tap';
import { usageOf } from '../../firmware/console/command.ts';
import { COMMANDS } from '../../firmware/console/commands/all.ts';
import { parseLine } from '../../firmware/console/grammar.ts';
import { parseDuration } from '../../firmware/console/typed-duration.ts';
import { readingOf } from './fixtures/typed.ts';

const read = (words: string, input?: unknown) => ({ words, input });
const run = (words: string, changes: object[], options = {}) => read(words, { changes, options });
const replace = (module: string, bundle: string) => ({ change: 'replace', module, bundle });

/** Lines, and what they are understood as: each command at least once. */
const READINGS: [string, object][] = [
  ['show modules', read('show modules')],
  ['SHOW Names', read('show names')],
  ['show events', read('show events')],
  ['show versions', read('show versions')],
  ['show queues', read('show queues')],
  ['show ports', read('show ports')],
  ['show upgrades', read('show upgrades')],
  ['Show Upgrade 12', read('show upgrade', 12)],
  ['show monitors', read('show monitors')],
  ['show faults', read('show faults')],
  ['Show Upgrades 10', read('show upgrades', 10)],
  ['show PROBATION', read('show probation')],
  ['show state ospf', read('show state', { module: 'ospf', path: undefined })],
  ['Show State OSPF interfaces.eth0', read('show state', { module: 'OSPF', path: 'interfaces.eth0' })],
  ['Replace IP ip@2.0.0', run('replace', [replace('IP', 'ip@2.0.0')])],
  [
    'Syn_Replace OSPF ospf@2.0.0 IP ip@2.0.0',
    run('syn_replace', [replace('OSPF', 'ospf@2.0.0'), replace('IP', 'ip@2.0.0')]),
  ],
  ['ADD vrrp vrrp@2.0.0', run('add', [{ change: 'add', module: 'vrrp', bundle: 'vrrp@2.0.0' }])],
  [
    'add VRRP vrrp@2.0.0 From "/tmp/a state"',
    run('add', [{ change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', checkpoint: '/tmp/a state' }]),
  ],
  ['Remove VRRP', run('remove', [{ change: 'remove', module: 'VRRP' }])],
  ['remove VRRP FORCE', run('remove', [{ change: 'remove', module: 'VRRP', force: true }])],
  [
    'Upgrade Replace M1 m1@2.0.0, replace M2 m2@2.0.0, ADD M3 m3@1.0.0, remove M4',
    run('upgrade', [
      replace('M1', 'm1@2.0.0'),
      replace('M2', 'm2@2.0.0'),
      { change: 'add', module: 'M3', bundle: 'm3@1.0.0' },
      { change: 'remove', module: 'M4' },
    ]),
  ],
  ['check replace IP ip@2.0.0', read('check replace', [replace('IP', 'ip@2.0.0')])],
  [
    'Check Syn_Replace OSPF ospf@2.0.0 IP ip@2.0.0',
    read('check syn_replace', [replace('OSPF', 'ospf@2.0.0'), replace('IP', 'ip@2.0.0')]),
  ],
  [
    'check add VRRP vrrp@2.0.0 from s',
    read('check add', [{ change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', checkpoint: 's' }]),
  ],
  ['check remove VRRP force', read('check remove', [{ change: 'remove', module: 'VRRP', force: true }])],
  [
    'check upgrade remove VRRP,replace IP ip@2.0.0',
    read('check upgrade', [{ change: 'remove', module: 'VRRP' }, replace('IP', 'ip@2.0.0')]),
  ],
  ['Confirm', read('confirm')],
  ['ROLLBACK force', read('rollback', { force: true })],
  ['rollback Checkpoint', read('rollback', { checkpoint: true })],
  ['cancel', read('cancel')],
  ['CheckPoint ip /tmp/x', read('checkpoint', { module: 'ip', file: '/tmp/x' })],
  ['SetTimer 2', read('settimer', 2000)],
  ['settimer 500MS', read('settimer', 500)],
  ['settimer', read('settimer', undefined)],
  ['LOAD ip@2.0.0', read('load', 'ip@2.0.0')],
  ['unload ip@2.0.0', read('unload', 'ip@2.0.0')],
  ['enable ip', run('enable', [{ change: 'enable', module: 'ip' }])],
  ['Disable ip', run('disable', [{ change: 'disable', module: 'ip' }])],
  ['disable TIMER Force', run('disable', [{ change: 'disable', module: 'TIMER', force: true }])],
  ['fault IP BUSY 3s', read('fault', { module: 'IP', kind: 'busy', duration: 3000, hook: undefined })],
  ['fault IP spin', read('fault', { module: 'IP', kind: 'spin', duration: undefined, hook: undefined })],
  [
    'fault IP throw ISQUIESCENT',
    read('fault', { module: 'IP', kind: 'throw', duration: undefined, hook: 'isQuiescent' }),
  ],
  ['fault IP refuse', read('fault', { module: 'IP', kind: 'refuse', duration: undefined, hook: undefined })],
  ['show SYSTEM', read('show system')],
  ['Show Version', read('show version')],
  ['show log', read('show log', 50)],
  ['show LOG 100', read('show log', 100)],
  ['show configuration', read('show configuration', [])],
  ['Show Configuration ospf interfaces eth0', read('show configuration', ['ospf', 'interfaces', 'eth0'])],
  ['show configuration candidate ospf', read('show configuration candidate', ['ospf'])],
  ['show configuration saved', read('show configuration saved')],
  ['show configuration history', read('show configuration history')],
  ['show configuration history 7', read('show configuration history', 7)],
  ['SET ospf interfaces "eth 0" priority 0', read('set', ['ospf', 'interfaces', 'eth 0', 'priority', '0'])],
  ['delete vrrp eth0 51', read('delete', ['vrrp', 'eth0', '51'])],
  ['configure', read('configure')],
  ['configure T', read('configure')],
  ['compare', read('compare')],
  ['compare SAVED', read('compare', 'saved')],
  ['compare 3', read('compare', 3)],
  ['check commit', read('check commit')],
  ['commit', read('commit', {})],
  ['commit comment "at last" confirm 60s', read('commit', { comment: 'at last', confirm: 60_000 })],
  ['discard', read('discard')],
  ['save', read('save', false)],
  ['save force', read('save', true)],
  ['reload', read('reload')],
  ['load configuration router.yaml', read('load configuration', 'router.yaml')],
  ['rollback configuration 3', read('rollback configuration', 3)],
  ['show interfaces', read('show interfaces')],
  ['show routes', read('show routes')],
  ['Ping 10.0.0.1 COUNT 3', read('ping', { host: '10.0.0.1', count: 3 })],
  ['traceroute r1', read('traceroute', 'r1')],
  ['monitor ON', read('monitor', true)],
  ['monitor', read('monitor')],
  ['terminal length 0', read('terminal length', 0)],
  ['Show Slots', read('show slots')],
  ['REBOOT', read('reboot')],
  ['wait 1.5s', read('wait', 1500)],
  ['bench latency', read('bench latency', 60_000)],
  ['Bench Latency 5s', read('bench latency', 5000)],
  ['bench swap', read('bench swap', 100)],
  ['BENCH swap 7', read('bench swap', 7)],
  ['help', read('help', '')],
  ['help SHOW modules', read('help', 'show modules')],
  ['QUIT', read('quit')],
  ['exit', read('exit')],
  ['', read('')],
  ['   \t ', read('')],
  ['# a comment', read('')],
  ['settimer 2s # two seconds', read('settimer', 2000)],
];

t.test('every command is understood, in any case', async (t) => {
  for (const [line, command] of READINGS) t.same(readingOf(line), command, line);
  const tried = READINGS.map(([line]) => parseLine(line, COMMANDS)).map(
    (parsed) => 'command' in parsed && parsed.command,
  );
  t.same(
    COMMANDS.filter((command) => !tried.includes(command)).map(usageOf),
    [],
    'no command of the table was left out here',
  );
});

t.test('a mistake is told with a code, what is allowed, and what is nearest', async (t) => {
  const lines: [string, RegExp][] = [
    ['shwo modules', /^COMMAND_UNKNOWN: there is no command "shwo"; did you mean "show"\?; commands: show, /],
    ['repalce IP ip@2.0.0', /^COMMAND_UNKNOWN: there is no command "repalce"; commands: show, /],
    ['chekc remove VRRP', /^COMMAND_UNKNOWN: .*did you mean "check"\?/],
    ['xyzzy', /^COMMAND_UNKNOWN: there is no command "xyzzy"; commands: /],
    ['show', /^COMMAND_USAGE: show what\? usage: show modules \| names \| /],
    [
      'show modlues',
      /^COMMAND_UNKNOWN: there is no "show modlues"; did you mean "modules"\?; usage: show modules/,
    ],
    ['show modules now', /^COMMAND_USAGE: "now" is one word too many; usage: show modules$/],
    ['show upgrade', /^COMMAND_USAGE: N is missing; usage: show upgrade N$/],
    ['show upgrade x', /^NUMBER_INVALID: "x" is no transaction's number/],
    ['show upgrade 0', /^NUMBER_INVALID/],
    [
      'replace',
      /^COMMAND_USAGE: MODULE is missing; usage: replace MODULE BUNDLE \[confirm DURATION\] \[retry N every DURATION\] \[force\]$/,
    ],
    ['show upgrades x', /^NUMBER_INVALID: "x" is no number of transactions from 1 to 1000/],
    ['show upgrades 1001', /^NUMBER_INVALID/],
    ['show state', /^COMMAND_USAGE: MODULE is missing; usage: show state MODULE \[PATH\]$/],
    ['show state OSPF a b', /^COMMAND_USAGE: "b" is one word too many/],
    ['show state OSPF ""', /^COMMAND_USAGE: PATH may not be empty/],
    ['show probation now', /^COMMAND_USAGE: "now" is one word too many/],
    ['add', /^COMMAND_USAGE: MODULE is missing; usage: add MODULE BUNDLE \[from FILE\] \[confirm/],
    ['add VRRP', /^COMMAND_USAGE: BUNDLE is missing after "VRRP"/],
    ['add VRRP from x', /^COMMAND_USAGE: BUNDLE is missing after "VRRP"/],
    ['add VRRP vrrp@2.0.0 from', /^COMMAND_USAGE: FILE is missing after "from"/],
    ['add VRRP vrrp@2.0.0 from x from y', /^COMMAND_USAGE: "from" is given twice/],
    ['remove', /^COMMAND_USAGE: MODULE is missing/],
    ['remove force', /^COMMAND_USAGE: MODULE is missing/],
    ['remove VRRP now', /^COMMAND_USAGE: "now" is one word too many/],
    ['remove VRRP force force', /^COMMAND_USAGE: "force" is given twice/],
    [
      'upgrade',
      /^COMMAND_USAGE: a change is missing; usage: upgrade CHANGE, CHANGE .*where a CHANGE is replace MODULE BUNDLE \| add MODULE BUNDLE \[from FILE\] \| remove MODULE \[force\]$/,
    ],
    ['upgrade ,remove VRRP', /^COMMAND_USAGE: a change is missing before the first comma/],
    ['upgrade remove VRRP,', /^COMMAND_USAGE: a change is missing after a comma/],
    ['upgrade remove VRRP,, remove IP', /^COMMAND_USAGE: a change is missing after a comma/],
    ['upgrade repalce IP ip@2.0.0', /^COMMAND_UNKNOWN: "repalce" is no change; usage/],
    [
      'check upgrade repalce IP ip@2.0.0',
      /^COMMAND_UNKNOWN: "repalce" is no change; did you mean "replace"\?; usage/,
    ],
    ['upgrade remove VRRP, IP', /^COMMAND_UNKNOWN: "IP" is no change; usage/],
    ['upgrade remove VRRP remove IP', /^COMMAND_USAGE: "remove" is one word too many/],
    ['upgrade replace IP, remove VRRP', /^COMMAND_USAGE: BUNDLE is missing after "IP"/],
    ['upgrade remove VRRP, remove vrrp', /^COMMAND_USAGE: vrrp is named twice/],
    ['upgrade remove VRRP confirm 2s, remove IP', /^COMMAND_USAGE: "confirm" is one word too many/],
    ['upgrade remove VRRP from x', /^COMMAND_USAGE: "from" is one word too many/],
    ['replace IP ip@2.0.0 confirm', /^COMMAND_USAGE: DURATION is missing after "confirm"/],
    ['replace IP ip@2.0.0 confirm soon', /^DURATION_INVALID: "soon"/],
    ['replace IP ip@2.0.0 confirm 2h', /^DURATION_INVALID/],
    ['replace IP ip@2.0.0 confirm 1s confirm 2s', /^COMMAND_USAGE: "confirm" is given twice/],
    ['replace IP confirm 60s', /^COMMAND_USAGE: BUNDLE is missing after "IP"/],
    ['replace IP ip@2.0.0 retry', /^COMMAND_USAGE: N is missing after "retry"/],
    ['replace IP ip@2.0.0 retry 3', /^COMMAND_USAGE: "every" is missing after "3"/],
    ['replace IP ip@2.0.0 retry 3 evry 10s', /^COMMAND_USAGE: "evry" stands where "every" belongs; usage/],
    ['replace IP ip@2.0.0 retry 3 every', /^COMMAND_USAGE: DURATION is missing after "every"/],
    ['replace IP ip@2.0.0 retry 0 every 1s', /^NUMBER_INVALID: "0" is no number of attempts from 1 to 1000/],
    ['replace IP ip@2.0.0 retry 1e3 every 1s', /^NUMBER_INVALID/],
    ['replace IP ip@2.0.0 retry 3 every confirm', /^COMMAND_USAGE: DURATION is missing after "every"/],
    ['replace IP ip@2.0.0 retry 1 every 1s retry 1 every 1s', /^COMMAND_USAGE: "retry" is given twice/],
    ['enable IP confirm 2s', /^COMMAND_USAGE: "confirm" is one word too many/],
    [
      'check',
      /^COMMAND_USAGE: check what\? usage: check replace \| syn_replace \| add \| remove \| upgrade \| commit$/,
    ],
    ['check rollback', /^COMMAND_UNKNOWN: there is no "check rollback"/],
    ['check replace IP ip@2.0.0 confirm 2s', /^COMMAND_USAGE: "confirm" is one word too many; usage: check/],
    ['confirm 2s', /^COMMAND_USAGE: "2s" is one word too many/],
    ['rollback 3', /^COMMAND_USAGE: "3" is one word too many; usage: rollback \[checkpoint\] \[force\]$/],
    ['cancel all', /^COMMAND_USAGE: "all" is one word too many/],
    ['checkpoint', /^COMMAND_USAGE: MODULE is missing/],
    ['checkpoint IP', /^COMMAND_USAGE: FILE is missing after "IP"/],
    ['replace IP', /^COMMAND_USAGE: BUNDLE is missing after "IP"; usage/],
    ['replace "" ip@2.0.0', /^COMMAND_USAGE: MODULE may not be empty/],
    ['replace IP ip@2.0.0 OSPF', /^COMMAND_USAGE: "OSPF" is one word too many/],
    ['syn_replace', /^COMMAND_USAGE: MODULE is missing/],
    ['syn_replace OSPF ospf@2.0.0 IP', /^COMMAND_USAGE: BUNDLE is missing after "IP"/],
    ['syn_replace IP ip@2.0.0 ip ip@1.1.0', /^COMMAND_USAGE: ip is named twice/],
    [
      'settimer soon',
      /^DURATION_INVALID: "soon" is no duration in whole milliseconds; write 2s, 500ms, or a plain number of seconds/,
    ],
    ['settimer -1', /^DURATION_INVALID/],
    ['settimer 0', /^DURATION_INVALID: "0" is too short/],
    ['settimer 2h', /^DURATION_INVALID/],
    ['settimer 1e3', /^DURATION_INVALID/],
    ['settimer 3601', /^DURATION_INVALID: "3601" is too long/],
    ['settimer 2 s', /^COMMAND_USAGE: "s" is one word too many/],
    ['load', /^COMMAND_USAGE: BUNDLE is missing/],
    ['unload', /^COMMAND_USAGE: BUNDLE is missing/],
    ['enable', /^COMMAND_USAGE: MODULE is missing/],
    ['disable', /^COMMAND_USAGE: MODULE is missing/],
    ['fault', /^COMMAND_USAGE: MODULE is missing/],
    ['fault IP', /^COMMAND_USAGE: busy\|spin\|throw\|refuse is missing/],
    ['fault IP busy', /^COMMAND_USAGE: DURATION is missing after "busy"/],
    [
      'fault IP bussy 3s',
      /^FAULT_UNKNOWN: there is no kind of fault "bussy"; did you mean "busy"\?; allowed: busy, spin, throw, refuse$/,
    ],
    [
      'fault IP spin stat',
      /^HOOK_UNKNOWN: there is no hook "stat"; did you mean "state"\?; allowed: isQuiescent, /,
    ],
    ['fault IP refuse vote', /^COMMAND_USAGE: "vote" is one word too many/],
    ['wait', /^COMMAND_USAGE: DURATION is missing/],
    ['quit now', /^COMMAND_USAGE: "now" is one word too many/],
    ['show modules --jsn', /^COMMAND_USAGE: there is no option "--jsn"; the one option is --json/],
    ['load "ip@2.0.0', /^QUOTE_UNCLOSED: the quote " at character 6 is not closed/],
  ];
  for (const [line, error] of lines) t.match(readingOf(line), error, line);
});

t.test('confirm and retry follow what is changed, once each, in any order', async (t) => {
  const changes = [replace('IP', 'ip@2.0.0')];
  const both = { confirm: 60_000, retry: { times: 3, every: 10_000 } };
  const lines: [string, object][] = [
    ['replace IP ip@2.0.0 confirm 60s', run('replace', changes, { confirm: 60_000 })],
    ['replace IP ip@2.0.0 RETRY 3 Every 10', run('replace', changes, { retry: both.retry })],
    ['replace IP ip@2.0.0 confirm 60s retry 3 every 10s', run('replace', changes, both)],
    ['replace IP ip@2.0.0 retry 3 every 10s confirm 60s', run('replace', changes, both)],
    ['syn_replace IP ip@2.0.0 retry 3 every 10s confirm 60s', run('syn_replace', changes, both)],
    ['upgrade replace IP ip@2.0.0 retry 3 every 10s confirm 60s', run('upgrade', changes, both)],
    [
      'remove VRRP confirm 500ms force',
      run('remove', [{ change: 'remove', module: 'VRRP', force: true }], { confirm: 500 }),
    ],
    [
      'upgrade replace IP ip@2.0.0, add VRRP vrrp@2.0.0 confirm 1s from s',
      run('upgrade', [...changes, { change: 'add', module: 'VRRP', bundle: 'vrrp@2.0.0', checkpoint: 's' }], {
        confirm: 1000,
      }),
    ],
    ['syn_replace IP ip@2.0.0 "confirm" "60s"', run('syn_replace', [...changes, replace('confirm', '60s')])],
    ['remove "force"', run('remove', [{ change: 'remove', module: 'force' }])],
  ];
  for (const [line, command] of lines) t.same(readingOf(line), command, line);
});

t.test('commas separate changes, with or without blanks, but not inside of quotes', async (t) => {
  const expected = run('upgrade', [replace('IP', 'ip@2.0.0'), { change: 'remove', module: 'VRRP' }]);
  for (const line of [
    'upgrade replace IP ip@2.0.0,remove VRRP',
    'upgrade replace IP ip@2.0.0 , remove VRRP',
    'upgrade replace IP "ip@2.0.0",remove "VRRP" # both, or none',
    'upgrade replace IP ip@2.0.0, --json remove VRRP',
  ])
    t.same(readingOf(line), expected, line);
  t.same(
    readingOf('upgrade replace IP "/a, b/x.cjs", remove VRRP'),
    run('upgrade', [replace('IP', '/a, b/x.cjs'), { change: 'remove', module: 'VRRP' }]),
  );
  t.same(readingOf('upgrade remove ","'), run('upgrade', [{ change: 'remove', module: ',' }]));
  t.same(
    readingOf('replace IP /a,b.cjs'),
    run('replace', [replace('IP', '/a,b.cjs')]),
    'elsewhere it is a character',
  );
});

t.test('quotes keep blanks, and what looks like an option or a comment, in a word', async (t) => {
  const bundle = (line: string) => {
    const command = readingOf(line);
    return typeof command === 'object' ? command.input : command;
  };
  t.equal(bundle('load "/a path/x.cjs"'), '/a path/x.cjs');
  t.equal(bundle('load \'/a "path"/x.cjs\''), '/a "path"/x.cjs');
  t.equal(bundle('load /a" "path/x.cjs'), '/a path/x.cjs');
  t.equal(bundle('load "--json"'), '--json');
  t.equal(bundle('load "#1.cjs"'), '#1.cjs');
  t.equal(bundle('load a#1.cjs'), 'a#1.cjs');
});

t.test('--json may stand anywhere in the line, also in one that is wrong', async (t) => {
  for (const line of ['--json show modules', 'show --JSON modules', 'show modules --json']) {
    t.match(
      parseLine(line, COMMANDS),
      { json: true, text: 'show modules', command: { words: ['show', 'modules'] } },
      line,
    );
  }
  t.match(parseLine('no such --json', COMMANDS), {
    json: true,
    text: 'no such',
    error: { code: 'COMMAND_UNKNOWN' },
  });
  t.match(parseLine('show modules', COMMANDS), { json: false });
});

t.test('a line that cannot be a command is refused for what is in it', async (t) => {
  t.match(readingOf(`wait ${'1'.repeat(4091)}`), /^DURATION_INVALID/, '4,096 characters are read');
  t.match(readingOf(`wait ${'1'.repeat(4092)}`), /^LINE_TOO_LONG: the line has more than 4096 characters/);
  t.match(
    readingOf('show\u0007modules'),
    /^LINE_CONTROL: character 5 of the line is the control character 0x07/,
  );
  t.match(readingOf('show \u009bmodules'), /^LINE_CONTROL/);
  t.match(readingOf('show \ufffd'), /^LINE_NOT_UTF8: character 6/);
  t.same(readingOf('show\tmodules'), read('show modules'), 'a tab is a blank');
  const parsed = parseLine('x'.repeat(100_000), COMMANDS);
  t.ok(parsed.text.length < 300, 'a refused line is not handed round in full');
});

t.test('a duration is whole milliseconds, as in the configuration', async (t) => {
  t.equal(parseDuration('1.001'), 1001);
  t.throws(() => parseDuration('1.0019'), { code: 'DURATION_INVALID' });
  t.equal(parseDuration('0.5'), 500);
  t.equal(parseDuration('2m'), 120_000);
  t.equal(parseDuration('0.29s'), 290, 'not 289, as binary fractions would have it');
  t.throws(() => parseDuration('0.9ms'), { code: 'DURATION_INVALID' });
});

t.test('no word that is mistyped is told to mean a command that changes something', (t) => {
  const changing = COMMANDS.filter(({ harmless }) => !harmless);
  t.same(
    changing.filter(({ words }) => ['show', 'check', 'help', 'wait'].includes(words[0]!)),
    [],
  );
  const proposed = (line: string) => /did you mean "(\w+)"/.exec(String(readingOf(line)))?.[1];
  for (const line of ['conf t', 'conf', 'CONFI'])
    t.match(readingOf(line), /^COMMAND_AMBIGUOUS: "\w+" may be confirm, configure; type more of it$/, line);
  t.match(readingOf('configure exclusive'), /^COMMAND_USAGE: .*usage: configure \[terminal\]$/);
  const firsts = new Set(COMMANDS.filter(({ harmless }) => harmless).map(({ words }) => words[0]));
  const letters = [...'abcdefghijklmnopqrstuvwxyz_'];
  let proposals = 0;
  for (const { words } of COMMANDS) {
    const [first, ...rest] = words as [string, ...string[]];
    const slips = [first.slice(1), first.slice(0, -1), ...letters.flatMap((c) => [c + first, first + c])];
    for (const slip of slips) {
      const word = proposed([slip, ...rest].join(' '));
      if (word === undefined) continue;
      proposals++;
      if (!firsts.has(word)) t.fail(`"${slip}" is told to mean "${word}"`);
    }
  }
  t.ok(proposals > 100, `${proposals} proposals were made`);
  t.equal(proposed('bench swp'), undefined, 'a bench of swaps adds a module');
  t.equal(proposed('bench latncy'), 'latency');
  t.end();
});
