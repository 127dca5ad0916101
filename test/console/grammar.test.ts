import t from 'tap';
import { parseDuration } from '../../firmware/console/duration.ts';
import { FORMS, parseLine } from '../../firmware/console/grammar.ts';

function commandOf(line: string) {
  const parsed = parseLine(line);
  return 'command' in parsed ? parsed.command : `${parsed.error.code}: ${parsed.error.message}`;
}

t.test('every command is understood, in any case', async (t) => {
  const lines: [string, object][] = [
    ['show modules', { name: 'show', view: 'modules' }],
    ['SHOW Names', { name: 'show', view: 'names' }],
    ['show events', { name: 'show', view: 'events' }],
    ['show versions', { name: 'show', view: 'versions' }],
    ['show queues', { name: 'show', view: 'queues' }],
    ['show upgrades', { name: 'show', view: 'upgrades' }],
    ['Show Upgrade 12', { name: 'show upgrade', id: 12 }],
    ['show monitors', { name: 'show', view: 'monitors' }],
    ['show neighbors', { name: 'show', view: 'neighbors' }],
    ['show VRRP', { name: 'show', view: 'vrrp' }],
    ['show faults', { name: 'show', view: 'faults' }],
    ['Replace IP ip@2.0.0', { name: 'replace', pairs: [{ module: 'IP', bundle: 'ip@2.0.0' }] }],
    [
      'Syn_Replace OSPF ospf@2.0.0 IP ip@2.0.0',
      {
        name: 'replace',
        pairs: [
          { module: 'OSPF', bundle: 'ospf@2.0.0' },
          { module: 'IP', bundle: 'ip@2.0.0' },
        ],
      },
    ],
    ['SetTimer 2', { name: 'settimer', duration: 2000 }],
    ['settimer 500MS', { name: 'settimer', duration: 500 }],
    ['settimer', { name: 'settimer', duration: undefined }],
    ['LOAD ip@2.0.0', { name: 'load', bundle: 'ip@2.0.0' }],
    ['unload ip@2.0.0', { name: 'unload', bundle: 'ip@2.0.0' }],
    ['enable ip', { name: 'enable', module: 'ip' }],
    ['Disable ip', { name: 'disable', module: 'ip' }],
    ['fault IP BUSY 3s', { name: 'fault', module: 'IP', kind: 'busy', duration: 3000, hook: undefined }],
    ['fault IP spin', { name: 'fault', module: 'IP', kind: 'spin', duration: undefined, hook: undefined }],
    [
      'fault IP throw ISQUIESCENT',
      { name: 'fault', module: 'IP', kind: 'throw', duration: undefined, hook: 'isQuiescent' },
    ],
    [
      'fault IP refuse',
      { name: 'fault', module: 'IP', kind: 'refuse', duration: undefined, hook: undefined },
    ],
    ['wait 1.5s', { name: 'wait', duration: 1500 }],
    ['help', { name: 'help', topic: '' }],
    ['help SHOW modules', { name: 'help', topic: 'show modules' }],
    ['QUIT', { name: 'quit' }],
    ['exit', { name: 'quit' }],
    ['', { name: 'nothing' }],
    ['   \t ', { name: 'nothing' }],
    ['# a comment', { name: 'nothing' }],
    ['settimer 2s # two seconds', { name: 'settimer', duration: 2000 }],
  ];
  for (const [line, command] of lines) t.same(commandOf(line), command, line);
  const tried = lines.map(([line]) => parseLine(line)).map((parsed) => 'form' in parsed && parsed.form);
  t.same(
    FORMS.filter((form) => !tried.includes(form)).map((form) => form.usage),
    [],
    'no command of the table was left out here',
  );
});

t.test('a mistake is told with a code, what is allowed, and what is nearest', async (t) => {
  const lines: [string, RegExp][] = [
    ['shwo modules', /^COMMAND_UNKNOWN: there is no command "shwo"; did you mean "show"\?; commands: show, /],
    ['repalce IP ip@2.0.0', /^COMMAND_UNKNOWN: .*did you mean "replace"\?/],
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
    ['replace', /^COMMAND_USAGE: MODULE is missing; usage: replace MODULE BUNDLE$/],
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
  for (const [line, error] of lines) t.match(commandOf(line), error, line);
});

t.test('quotes keep blanks, and what looks like an option or a comment, in a word', async (t) => {
  const bundle = (line: string) => {
    const command = commandOf(line);
    return typeof command === 'object' && 'bundle' in command ? command.bundle : command;
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
      parseLine(line),
      { json: true, text: 'show modules', command: { name: 'show', view: 'modules' } },
      line,
    );
  }
  t.match(parseLine('no such --json'), { json: true, text: 'no such', error: { code: 'COMMAND_UNKNOWN' } });
  t.match(parseLine('show modules'), { json: false });
});

t.test('a line that cannot be a command is refused for what is in it', async (t) => {
  t.match(commandOf(`wait ${'1'.repeat(4091)}`), /^DURATION_INVALID/, '4,096 characters are read');
  t.match(commandOf(`wait ${'1'.repeat(4092)}`), /^LINE_TOO_LONG: the line has more than 4096 characters/);
  t.match(
    commandOf('show\u0007modules'),
    /^LINE_CONTROL: character 5 of the line is the control character 0x07/,
  );
  t.match(commandOf('show \u009bmodules'), /^LINE_CONTROL/);
  t.match(commandOf('show \ufffd'), /^LINE_NOT_UTF8: character 6/);
  t.same(commandOf('show\tmodules'), { name: 'show', view: 'modules' }, 'a tab is a blank');
  const parsed = parseLine('x'.repeat(100_000));
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
