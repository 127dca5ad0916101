/** A configuration that is edited in the words of a console: the file keeps its comments and order. */
import t from 'tap';
import { COMPAT_SECTIONS } from '../../firmware/compat/sections.ts';
import { Candidate } from '../../firmware/config/candidate.ts';
import { OWN_SCHEMAS } from '../../firmware/config/own.ts';
import { FILTER_KEYS } from '../../firmware/modules/ip/exchange/filter-config.ts';

const SCHEMAS = {
  ...OWN_SCHEMAS,
  ...Object.fromEntries(COMPAT_SECTIONS.map(({ name, schema }) => [name, schema])),
};

const FILE = `# The router of the second floor.
router:
  id: 10.0.1.1 # unique

ospf:
  interfaces:
    # to the first floor
    lan0: { hello-interval: 10s, dead-interval: 40s } # both the same
    lan1: # not yet
  area: 0.0.0.0

vrrp:
  - interface: lan0 # the clients
    group: 51
    addresses: [10.0.1.254]
`;

const candidate = (text = FILE) => new Candidate(text, SCHEMAS);
const set = (one: Candidate, ...lines: string[]) => {
  for (const line of lines) one.set(line.split(' '));
};
const del = (one: Candidate, ...lines: string[]) => {
  for (const line of lines) one.delete(line.split(' '));
};
const compared = (one: Candidate, to?: string) =>
  one.compare(to).map(({ sign, words }) => `${sign} ${words}`);

t.test('what is not changed stays as it was, byte for byte', async (t) => {
  const one = candidate();
  t.equal(one.text, FILE);
  set(one, 'router id 10.0.1.2');
  del(one, 'ospf interfaces lan1');
  one.discard();
  t.equal(one.text, FILE);
  set(one, 'router id 10.0.1.1');
  t.equal(one.text, FILE, 'what is set to what it is changes nothing');
  t.equal(one.isChanged, false);
});

t.test('values are set in place, with comments and order kept', async (t) => {
  const one = candidate();
  set(
    one,
    'router id 10.0.1.7',
    'ospf interfaces lan0 hello-interval 5s',
    'ospf interfaces lan1 hello-interval 2s',
    'vrrp lan0 51 priority 200',
    'vrrp lan0 51 addresses 10.0.1.253',
    'log level warn',
  );
  const expected = [
    ['10.0.1.1 #', '10.0.1.7 #'],
    ['hello-interval: 10s', 'hello-interval: 5s'],
    ['    lan1: # not yet\n', '    lan1:\n      # not yet\n      hello-interval: 2s\n'],
    ['addresses: [10.0.1.254]', 'addresses: [ 10.0.1.254, 10.0.1.253 ]\n    priority: 200'],
  ].reduce((text, [from, to]) => text.replace(from!, to!), FILE);
  t.equal(one.text, `${expected}log:\n  level: warn\n`);
  t.same(compared(one), [
    '- router id 10.0.1.1',
    '+ router id 10.0.1.7',
    '- ospf interfaces lan0 hello-interval 10s',
    '- ospf interfaces lan1',
    '+ ospf interfaces lan0 hello-interval 5s',
    '+ ospf interfaces lan1 hello-interval 2s',
    '+ vrrp lan0 51 addresses 10.0.1.253',
    '+ vrrp lan0 51 priority 200',
    '+ log level warn',
  ]);
});

t.test('lines that an edit does not concern are as somebody wrote them', async (t) => {
  const own = `${FILE}timer:   {period: 1s}   # the   beat\nip: {interfaces: {lan0: {interval:   10m}}}\n`;
  const one = candidate(own);
  set(one, 'router id 10.0.1.7', 'ospf interfaces lan1 priority 0');
  const expected = own
    .replace('10.0.1.1 #', '10.0.1.7 #')
    .replace('    lan1: # not yet\n', '    lan1:\n      # not yet\n      priority: 0\n');
  t.equal(one.text, expected);
  // Comments behind a key, and empty lines, are where others would write them.
  const moved =
    'ospf: # one\n\n\n  interfaces: # two\n\n    lan0: {}\n\n  area:   0.0.0.0\n\n\nlog:\n\n  level: info\n';
  const two = candidate(moved);
  set(two, 'ospf area 0.0.0.1', 'log format json');
  t.equal(
    two.text,
    moved.replace('area:   0.0.0.0', 'area: 0.0.0.1').replace('info\n', 'info\n  format: json\n'),
  );
});

t.test('entries come with what names them, and go with their last part', async (t) => {
  const one = candidate('');
  set(
    one,
    'vrrp lan0 51 addresses 10.0.1.254',
    'vrrp lan1 52 addresses 10.0.2.254',
    'ip interfaces lan0',
    'timer period 100ms',
  );
  t.same(one.data, {
    vrrp: [
      { interface: 'lan0', group: 51, addresses: ['10.0.1.254'] },
      { interface: 'lan1', group: 52, addresses: ['10.0.2.254'] },
    ],
    ip: { interfaces: { lan0: {} } },
    timer: { period: '100ms' },
  });
  del(one, 'vrrp lan0 51');
  t.match(one.data, { vrrp: [{ interface: 'lan1' }] });
  del(one, 'vrrp lan1 52', 'ip interfaces lan0', 'timer period 100ms');
  t.same(one.data, { timer: {} }, 'a section that may not be empty is gone, one that may be stays');
  const two = candidate();
  del(two, 'ospf interfaces lan0 hello-interval', 'ospf interfaces lan0 dead-interval');
  t.match(two.data, { ospf: { interfaces: { lan0: {} } } }, 'an interface with its defaults stays');
  del(two, 'vrrp lan0 51 addresses 10.0.1.254');
  t.match(two.data, { vrrp: [{ interface: 'lan0', group: 51 }] });
});

t.test('a word or a value that cannot stand there is refused, and changes nothing', async (t) => {
  const one = candidate();
  const rows: [string, 'set' | 'delete', RegExp][] = [
    [
      'ospff area 0.0.0.1',
      'set',
      /CONFIG_PATH: "ospff" cannot stand in the configuration; allowed: .*\(did you mean ospf\?\)/,
    ],
    [
      'ospf interfaces lan0 helo-interval 5s',
      'set',
      /cannot stand in "ospf interfaces lan0"; allowed: hello-interval.*did you mean hello-interval/,
    ],
    [
      'ospf interfaces lan0 hello-interval 5',
      'set',
      /CONFIG_VALUE: .*found 5; allowed: a time: one number and one of the units/,
    ],
    ['ospf interfaces lan0 hello-interval', 'set', /needs a value; allowed: a time from 1s to/],
    ['ospf interfaces lan0 hello-interval 5s 6s', 'set', /has a word too many/],
    ['vrrp lan0 51 priority high', 'set', /found high; allowed: a whole number from 1 to 255/],
    ['vrrp lan0', 'set', /CONFIG_PATH: "vrrp lan0" is followed by group: a whole number from 1 to 255/],
    ['vrrp lan0 51 addresses 10.0.1.300', 'set', /allowed: an IPv4 address of a host/],
    ['log level loud', 'set', /allowed: one of debug, info, warn, error/],
    ['ospf interfaces lan7', 'delete', /CONFIG_PATH: "ospf interfaces lan7" is not in the configuration/],
    ['vrrp lan0 99', 'delete', /is not in the configuration/],
    ['vrrp lan0 51 addresses 10.0.1.9', 'delete', /is not in the configuration/],
    ['router id 1.1.1.1', 'delete', /is not in the configuration/],
  ];
  for (const [words, what, message] of rows) {
    let told = '';
    try {
      one[what](words.split(' '));
    } catch (thrown) {
      const { code, message } = thrown as { code: string; message: string };
      told = `${code}: ${message}`;
    }
    t.match(told, message, words);
  }
  t.throws(() => one.set([]), { code: 'CONFIG_PATH' });
  t.equal(one.text, FILE);
});

t.test('the words that may follow are told with what they mean', async (t) => {
  const one = candidate();
  const next = (words: string) => one.next(words === '' ? [] : words.split(' '));
  const words = (text: string) => next(text).words.map(({ word }) => word);
  t.same(words(''), ['router', 'interfaces', 'console', 'log', 'timer', 'ip', 'ospf', 'vrrp']);
  t.match(next('ospf').words, [{ word: 'area', description: /area/ }, { word: 'interfaces' }]);
  t.match(next('ospf interfaces'), {
    words: [{ word: 'lan0' }, { word: 'lan1' }],
    other: { name: 'NAME', description: /name of an interface/ },
  });
  t.same(words('log level'), ['debug', 'info', 'warn', 'error']);
  t.match(next('timer period'), {
    words: [],
    other: { name: 'VALUE', description: 'a time from 10ms to 1h' },
  });
  t.match(next('vrrp'), { words: [{ word: 'lan0' }], other: { name: 'INTERFACE' } });
  t.match(next('vrrp lan0'), {
    words: [{ word: '51' }],
    other: { name: 'GROUP', description: /from 1 to 255/ },
  });
  t.match(words('vrrp lan0 51').join(), /priority.*addresses/);
  t.same(words('vrrp lan0 51 preempt'), ['true', 'false']);
  t.same(next('log level warn'), { words: [], other: undefined });
  t.throws(() => next('ospff area'), { code: 'CONFIG_PATH' });
});

t.test('a part is shown as it stands in the file; changes of somebody else are seen', async (t) => {
  const one = candidate();
  t.match(one.show(['ospf']), /^interfaces:\n {2}# to the first floor\n {2}lan0:/);
  t.equal(one.show([]), FILE);
  t.throws(() => one.show(['ip']), { code: 'CONFIG_PATH' });
  set(one, 'log level warn');
  t.same(one.overtakenBy(FILE), []);
  t.same(one.overtakenBy(FILE.replace('10.0.1.1', '10.0.1.9')), [
    { sign: '-', words: 'router id 10.0.1.1' },
    { sign: '+', words: 'router id 10.0.1.9' },
  ]);
  one.committed();
  t.equal(one.isChanged, false);
  t.match(one.text, /level: warn/);
  one.load('log: { level: error }\n');
  t.match(compared(one), ['- router id 10.0.1.1']);
  t.equal(one.text, 'log: { level: error }\n');
});

t.test('what is set, line by line of a comparison with nothing, is the same configuration', async (t) => {
  const from = candidate();
  const lines = from.compare('').map(({ words }) => words);
  const made = candidate('');
  set(made, ...lines);
  t.same(made.compare(FILE), []);
});

t.test('of several values all are deleted, or none', async (t) => {
  const one = candidate();
  set(one, 'vrrp lan0 51 addresses 10.0.1.253 10.0.1.252');
  const before = one.text;
  t.throws(() => del(one, 'vrrp lan0 51 addresses 10.0.1.254 10.0.1.1'), { code: 'CONFIG_PATH' });
  t.equal(one.text, before, 'one of them is not there');
  del(one, 'vrrp lan0 51 addresses 10.0.1.254 10.0.1.252 10.0.1.254');
  t.match(one.text, /addresses: \[ ?10\.0\.1\.253 ?\]/);
});

t.test('a key that is a number is found in the file, and a new one stands there as a number', async (t) => {
  const schemas = { ...OWN_SCHEMAS, ip: { type: 'object', properties: FILTER_KEYS } };
  const file = 'ip:\n  prefix-lists:\n    few:\n      10: permit 10.0.0.0/8 # ours\n      30: deny any\n';
  const one = new Candidate(file, schemas);
  one.set(['ip', 'prefix-lists', 'few', '10', 'permit 10.0.0.0/8 le 24']);
  one.set(['ip', 'prefix-lists', 'few', '20', 'permit fd00::/8']);
  one.delete(['ip', 'prefix-lists', 'few', '30']);
  t.equal(
    one.text,
    'ip:\n  prefix-lists:\n    few:\n      10: permit 10.0.0.0/8 le 24 # ours\n      20: permit fd00::/8\n',
  );
});

t.test('a text is written in steps, and is that of the end whatever is edited between them', (t) => {
  const one = candidate();
  t.match(one.writing().next(), { done: true, value: one.base }, 'as it was, in no step');
  one.set(['ospf', 'area', '0.0.0.2']);
  const steps = one.writing();
  let count = 0;
  for (let next = steps.next(); !next.done; next = steps.next()) count++;
  t.ok(count >= 4, `in ${count} steps`);
  t.match(one.text, /0\.0\.0\.2/);
  one.set(['ospf', 'area', '0.0.0.3']);
  const later = one.writing();
  for (let left = 3; left > 0; left--) later.next();
  one.set(['ospf', 'area', '0.0.0.4']);
  let end = later.next();
  while (!end.done) end = later.next();
  t.match(end.value, /0\.0\.0\.4/);
  t.equal(one.text, end.value);
  const discarded = candidate();
  discarded.set(['ospf', 'area', '0.0.0.5']);
  const last = discarded.writing();
  last.next();
  discarded.discard();
  end = last.next();
  while (!end.done) end = last.next();
  t.equal(end.value, discarded.base);
  t.end();
});
