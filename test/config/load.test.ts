import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfigFile } from '../../firmware/config/file.ts';
import { ConfigError } from '../../firmware/config/problem.ts';
import { byApi1, reader } from './read.ts';

const { parse } = reader(t);

/** What `act` throws, as an object to match; fails when it throws nothing or something else. */
async function refusal(act: () => unknown): Promise<{ code: string; message: string; lines: string[] }> {
  try {
    await act();
  } catch (error) {
    if (error instanceof ConfigError) {
      return { code: error.code, message: error.message, lines: error.message.split('\n') };
    }
    throw error;
  }
  throw new Error('the configuration was taken');
}

const refused = (text: string) => refusal(() => parse(text));

t.test('a file that names nothing but a section has every default', async (t) => {
  const config = await parse('timer: {}', 'r.yaml');
  const own = {
    router: { preparation: 2000, bundles: [], modules: {} },
    console: {},
    log: { level: 'info', format: 'text' },
  };
  t.same(config, { ...own, whole: { ...own, timer: { period: 1000 } } });
});

t.test('directories of bundles are relative to the file, not to where the program was started', async (t) => {
  const config = await parse('router: { bundles: [./a, ../b, /c] }', '/etc/hitless/router.yaml');
  t.same(config.router.bundles, ['/etc/hitless/a', '/etc/b', '/c']);
});

t.test('CPUs are numbers in a list, or the list form of Linux', async (t) => {
  const rows: [string, number[]][] = [
    ['1', [1]],
    ['[3, 1, 3]', [1, 3]],
    ['1-3', [1, 2, 3]],
    ['"0,2-3"', [0, 2, 3]],
    ['[0, 2-3]', [0, 2, 3]],
  ];
  for (const [text, cpus] of rows) t.same((await parse(`router: { cpus: ${text} }`)).router.cpus, cpus, text);
});

t.test('a watchdog is written every two seconds unless told', async (t) => {
  const { watchdog } = (await parse('router: { watchdog: { device: /dev/watchdog } }')).router;
  t.same(watchdog, { device: '/dev/watchdog', every: 2000 });
});

t.test('a file that cannot be read says why, and what to do', async (t) => {
  const dir = t.testdir({
    'latin1.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xe4]),
    'secret.yaml': 'ip: {}',
    'big.yaml': '#'.repeat(2 ** 20 + 1),
  });
  const why = (file: string) => refusal(() => readConfigFile(file));
  t.match(await why(join(dir, 'none.yaml')), {
    code: 'CONFIG_UNREADABLE',
    message: /none\.yaml: found no such file; allowed: .*examples/,
  });
  t.match(await why(dir), { code: 'CONFIG_UNREADABLE', message: /found a directory/ });
  t.match(await why(join(dir, 'latin1.yaml')), { code: 'CONFIG_UNREADABLE', message: /no UTF-8/ });
  t.match(await why(join(dir, 'big.yaml')), { code: 'CONFIG_UNREADABLE', message: /1048577 bytes/ });
  t.match(await why('/dev/zero'), { code: 'CONFIG_UNREADABLE', message: /no regular file/ });
  chmodSync(join(dir, 'secret.yaml'), 0);
  if (process.getuid?.() === 0) t.comment('root may read every file: no EACCES to be seen');
  else
    t.match(await why(join(dir, 'secret.yaml')), { code: 'CONFIG_UNREADABLE', message: /read permission/ });
});

t.test('an empty file is refused with the keys that could be in it', async (t) => {
  for (const text of ['', '\n\n', '# nothing yet\n', '---\n']) {
    t.match(
      await refused(text),
      {
        code: 'CONFIG_INVALID',
        message:
          /^r\.yaml:\d+:\d+: found an empty file; allowed: .*router, interfaces, console, log, timer, ip/,
      },
      JSON.stringify(text),
    );
  }
});

t.test('what is no YAML is told with line, column and the line itself', async (t) => {
  t.match(await refused('ip:\n  interfaces: [a, b\nlog: {}\n'), {
    code: 'CONFIG_SYNTAX',
    message: /^r\.yaml:3:1: found "log: \{\}"; allowed: YAML \(Flow sequence [^\n]* end with a ]\)$/,
  });
  t.match(await refused('ip:\n\tinterfaces: x\n'), {
    code: 'CONFIG_SYNTAX',
    message: /^r\.yaml:2:1: .*Tabs/,
  });
  t.match(await refused('log: {}\n---\nip: {}\n'), {
    code: 'CONFIG_SYNTAX',
    message: /^r\.yaml:2:1: .*allowed: one YAML document/,
  });
  t.match(await refused('log: !int x\n'), {
    code: 'CONFIG_SYNTAX',
    message: /^r\.yaml:1:6: .*Unresolved tag/,
  });
});

t.test('a key given twice is told at the second place, with the line of the first', async (t) => {
  t.match(await refused('timer:\n  period: 1s\nlog: {}\ntimer:\n  period: 2s\n'), {
    code: 'CONFIG_INVALID',
    message: /^r\.yaml:4:1: timer: found "timer" again; allowed: each key once \(it is in line 1 already\)$/,
  });
  t.match(await refused('ip:\n  interfaces:\n    lan0: {}\n    lan0: {}\n'), {
    message: /^r\.yaml:4:5: ip\.interfaces\.lan0: .*line 3/,
  });
});

t.test('YAML that would read differently than it looks is refused', async (t) => {
  t.match(await refused('x: &a {}\nlog: *a\n'), { message: /r\.yaml:2:6: log: found the alias \*a/ });
  const lost = await refused('x: &a { id: 1.1.1.1 }\nrouter: *a\nospf: { interfaces: { a: } }\n');
  t.equal(lost.lines.length, 3, 'the router id, which the alias would have held, is not missed as well');
  t.match(await refused('? { a: 1 }\n: 2\n'), { message: /a plain word as key/ });
  t.match(await refused('ip:\n  interfaces:\n    __proto__: {}\n    lan0: {}\n'), {
    message: /^r\.yaml:3:5: ip\.interfaces: found __proto__; allowed: a plain word as key$/,
  });
});

t.test('an unknown key is told where it stands, with the key that was probably meant', async (t) => {
  const rows: [string, RegExp][] = [
    [
      'timr: {}',
      /^r\.yaml:1:1: timr: found the unknown key "timr"; allowed: router, interfaces, console, log, timer, ip, ospf, vrrp \(did you mean timer\?\); the section of another module comes with its bundle, which router\.modules names$/,
    ],
    ['router:\n  Id: 1.1.1.1', /^r\.yaml:2:3: router\.Id: .*\(did you mean id\?\)/],
    [
      'ip:\n  interfaces:\n    lan0: { intervall: 10s }',
      /^r\.yaml:3:13: ip\.interfaces\.lan0\.intervall: .*allowed: interval, preference, .*\(did you mean interval\?\)/,
    ],
    [
      'router: { id: 1.1.1.1 }\nospf: { interfaces: { a: { helloInterval: 10s } } }',
      /^r\.yaml:2:28: .*did you mean hello-interval\?/,
    ],
    [
      'vrrp:\n  - { interface: a, gruop: 1, group: 1, addresses: [10.0.0.1] }',
      /^r\.yaml:2:21: vrrp\[0\]\.gruop: .*did you mean group\?/,
    ],
    ['router: { modules: { ip: ip@1.0.0 } }', /^r\.yaml:1:22: router\.modules\.ip: .*did you mean IP\?/],
  ];
  for (const [text, message] of rows) t.match(await refused(text), { code: 'CONFIG_INVALID', message }, text);
  t.notMatch(
    (await refused('zebra: {}')).message,
    /did you mean/,
    'nothing is proposed where nothing is near',
  );
});

t.test('a wrong value is told with its place, what was found, and what is allowed', async (t) => {
  const lan = (settings: string) => `ip:\n  interfaces:\n    lan0: { ${settings} }`;
  const ospf = (settings: string) =>
    `router: { id: 1.1.1.1 }\nospf:\n  interfaces:\n    lan0: { ${settings} }`;
  const group = (settings: string) =>
    `vrrp:\n  - { interface: lan0, group: 51, addresses: [10.0.0.9], ${settings} }`;
  const rows: [string, RegExp][] = [
    ['[a, b]', /^r\.yaml:1:1: found a list; allowed: a mapping with the keys router,/],
    ['hello', /^r\.yaml:1:1: found "hello"; allowed: a mapping/],
    [
      'log:\n  level: loud',
      /^r\.yaml:2:10: log\.level: found "loud"; allowed: one of debug, info, warn, error$/,
    ],
    [
      'timer:\n  period: 5',
      /^r\.yaml:2:11: timer\.period: found 5; allowed: .*5 seconds are written 5s, 5 milliseconds 5ms/,
    ],
    ['timer: { period: 5ms }', /found "5ms"; allowed: a time from 10ms to 1h$/],
    ['timer: { period: 2h }', /found "2h"; allowed: a time from 10ms to 1h$/],
    ['timer: { period: }', /^r\.yaml:1:10: timer\.period: found nothing; allowed: a time/],
    [
      'router: { id: 10.0.1 }',
      /^r\.yaml:1:15: router\.id: found "10\.0\.1"; allowed: a router id: four numbers/,
    ],
    ['router: { id: 0.0.0.0 }', /found "0\.0\.0\.0"/],
    ['router: { id: 10.0.1.256 }', /found "10\.0\.1\.256"/],
    ['router: { id: 10.0.01.1 }', /found "10\.0\.01\.1"/],
    ['router: { id: 101 }', /found 101; allowed: a router id/],
    [
      'router: { state: state }',
      /^r\.yaml:1:18: router\.state: found "state"; allowed: the absolute path of a directory/,
    ],
    ['router: { state: [] }', /router\.state: found an empty list; allowed: the absolute path/],
    [
      'router: { realtime: 0 }',
      /^r\.yaml:1:21: router\.realtime: found 0; allowed: a whole number from 1 to 99, the priority under SCHED_FIFO$/,
    ],
    ['router: { realtime: 100 }', /router\.realtime: found 100; allowed: a whole number from 1 to 99/],
    [
      'router: { cpus: 3-1 }',
      /^r\.yaml:1:17: router\.cpus: found "3-1"; allowed: CPU numbers from 0 to 8191, such as \[1\], 1-3/,
    ],
    ['router: { cpus: [] }', /router\.cpus: found an empty list; allowed: CPU numbers/],
    ['router: { cpus: [1, -2] }', /router\.cpus: found a list; allowed: CPU numbers/],
    ['router: { cpus: [1, true] }', /router\.cpus: found a list; allowed: CPU numbers/],
    [
      'router: { watchdog: /dev/watchdog }',
      /router\.watchdog: found "\/dev\/watchdog"; allowed: a mapping with the keys device, every$/,
    ],
    [
      'router: { watchdog: { every: 2s } }',
      /router\.watchdog\.device: found nothing; allowed: the absolute path of a watchdog device/,
    ],
    [
      'router: { watchdog: { device: /dev/watchdog, every: 50ms } }',
      /router\.watchdog\.every: found "50ms"; allowed: a time from 100ms to 10m$/,
    ],
    ['router: { bundles: ./bundles }', /found "\.\/bundles"; allowed: a list of directories/],
    ['router: { bundles: [a, 7] }', /r\.yaml:1:24: router\.bundles\[1\]: found 7; allowed: the path/],
    [
      'router: { modules: { IP: ospf@1.0.0 } }',
      /router\.modules\.IP: found "ospf@1\.0\.0"; allowed: ip@ and a version/,
    ],
    ['router: { modules: { IP: ip@1.0 } }', /found "ip@1\.0"/],
    ['router: { id: 1.1.1.1 }\nospf: {}', /^r\.yaml:2:1: ospf\.interfaces: found nothing; allowed: a/],
    ['ospf: { interfaces: {} }', /ospf\.interfaces: found an empty mapping; .*at least one interface/],
    ['ip: { interfaces: [lan0] }', /ip\.interfaces: found a list; allowed: a mapping of interface name/],
    [
      'ip: { interfaces: { lan0: yes } }',
      /ip\.interfaces\.lan0: found "yes"; allowed: a mapping with the keys interval, preference/,
    ],
    [lan('interval: 31m'), /found "31m"; allowed: a time from 10ms to 30m \(less than 4s/],
    [lan('preference: 0.5'), /found 0\.5; allowed: a whole number from -2147483648 to 2147483647/],
    [lan('preference: 0x80000000'), /found 0x80000000; allowed: a whole number/],
    [
      'ip: { lifetime: 1500ms, interfaces: { a: { interval: 1s } } }',
      /found "1500ms"; allowed: a time from 1s to 150m in whole seconds/,
    ],
    [
      ospf('hello-interval: 1500ms'),
      /hello-interval: found "1500ms"; allowed: a whole number of seconds, or less than one/,
    ],
    [
      ospf('priority: 256'),
      /^r\.yaml:4:23: ospf\.interfaces\.lan0\.priority: found 256; allowed: a whole number from 0 to 255/,
    ],
    ...['10.0.1.0/33', '10.0.1/24', '10.0.1.1/24/24', '224.0.0.5', '10.0.1.1/'].map(
      (address): [string, RegExp] => [
        ospf(`address: ${address}`),
        /ospf\.interfaces\.lan0\.address: found ".*"; allowed: an IPv4 address of the interface or its network/,
      ],
    ),
    [
      'router: { id: 1.1.1.1 }\nospf: { area: 0, interfaces: { a: } }',
      /ospf\.area: found 0; allowed: an id: four numbers with dots/,
    ],
    ['vrrp: []', /vrrp: found an empty list; allowed: a list of groups with at least one/],
    ['vrrp: { interface: lan0 }', /vrrp: found a mapping; allowed: a list of groups/],
    [
      'vrrp: [{ interface: lan0, addresses: [10.0.0.9] }]',
      /^r\.yaml:1:8: vrrp\[0\]\.group: found nothing; allowed: a whole number from 1 to 255/,
    ],
    ['vrrp: [{ interface: lan0, group: 256, addresses: [10.0.0.9] }]', /found 256/],
    [
      'vrrp: [{ interface: lan0, group: 1, addresses: [] }]',
      /addresses: found an empty list; allowed: a list of 1 to 255 addresses, such as/,
    ],
    [
      'vrrp: [{ interface: lan0, group: 1, addresses: 10.0.0.9 }]',
      /addresses: found "10\.0\.0\.9"; allowed: a list/,
    ],
    [
      'vrrp: [{ interface: lan0, group: 1, addresses: [10.0.0.9, 224.0.0.18] }]',
      /vrrp\[0\]\.addresses\[1\]: found "224\.0\.0\.18"/,
    ],
    ['vrrp: [{ interface: lan0, group: 1, addresses: [fd00::1] }]', /found "fd00::1"; allowed: a link-local/],
    [group('priority: 0'), /priority: found 0; allowed: a whole number from 1 to 255/],
    [
      group('interval: 15ms'),
      /interval: found "15ms"; allowed: a time from 10ms to 40\.95s in steps of 10ms/,
    ],
    [group('interval: 41s'), /found "41s"/],
    [group('preempt: yes'), /preempt: found "yes"; allowed: true or false/],
    [
      'console: { socket: hitless.sock }',
      /console\.socket: found "hitless\.sock"; allowed: the absolute path/,
    ],
    [
      `console: { socket: /${'x'.repeat(107)} }`,
      /allowed: the absolute path of a Unix socket, at most 107 bytes/,
    ],
    [
      'console: { serial: { baud: 9600 } }',
      /console\.serial\.path: found nothing; allowed: the absolute path of a serial device/,
    ],
    [
      'console: { serial: { path: /dev/ttyS0, baud: fast } }',
      /baud: found "fast"; allowed: a whole number from 50 to/,
    ],
  ];
  for (const [text, message] of rows) t.match(await refused(text), { code: 'CONFIG_INVALID', message }, text);
});

t.test('the name of an interface is one that Linux takes', async (t) => {
  const named = (name: string) => `ip:\n  interfaces:\n    ${JSON.stringify(name)}: {}\n`;
  for (const name of ['a', 'lan0', 'eth0.100', 'br-lan', 'x'.repeat(15), '0']) {
    await t.resolves(parse(named(name)), name);
  }
  for (const name of ['', 'x'.repeat(16), 'ü'.repeat(8), 'lan 0', 'a/b', 'eth0:1', '.', '..']) {
    t.match(
      await refused(named(name)),
      {
        message:
          /^r\.yaml:3:5: ip\.interfaces.*: found the key ".*"; allowed: the name of an interface: 1 to 15/,
      },
      name,
    );
  }
  t.match(await refused('vrrp: [{ interface: a/b, group: 1, addresses: [10.0.0.9] }]'), {
    message: /vrrp\[0\]\.interface: found "a\/b"/,
  });
});

t.test("every interval of a version before 2.2.0 is a whole multiple of the timer's period", async (t) => {
  const file = (version: string) => `
router: { id: 1.1.1.1, modules: { IP: ip@${version}, OSPF: ospf@${version}, VRRP: vrrp@${version} } }
timer: { period: 400ms }
ip: { interfaces: { lan0: { interval: 2s }, lan1: { interval: 2.5s } } }
ospf: { interfaces: { lan0: { hello-interval: 1s }, lan1: { hello-interval: 2s } } }
vrrp:
  - { interface: lan0, group: 51, addresses: [10.0.1.254] }
  - { interface: lan0, group: 52, addresses: [10.0.1.253], interval: 800ms }
`;
  await t.resolves(parse(file('2.2.0')), 'it has timers of its own');
  const error = await refused(file('2.1.0'));
  t.match(error, { code: 'CONFIG_INVALID' });
  t.same(error.lines, [
    'r.yaml has 3 mistakes:',
    '  r.yaml:4:63: ip.interfaces.lan1.interval: found "2.5s"; allowed: a whole multiple of timer.period, which is 400ms, such as 2.4s or 2.8s',
    '  r.yaml:5:47: ospf.interfaces.lan0.hello-interval: found "1s"; allowed: a whole multiple of timer.period, which is 400ms',
    '  r.yaml:7:5: vrrp[0].interval: found 1s (the default); allowed: a whole multiple of timer.period, which is 400ms, such as 800ms or 1.2s',
  ]);
  t.match(
    await refused('router: { modules: { IP: ip@1.0.0 } }\ntimer: { period: 1h }\nip: { interfaces: { a: } }'),
    {
      message: /found 10m \(the default\); allowed: a whole multiple of timer\.period, which is 1h$/,
    },
  );
});

t.test('values that must fit each other are told with both', async (t) => {
  const rows: [string, RegExp][] = [
    [
      'ip:\n  lifetime: 20s\n  interfaces: { a: { interval: 10s }, b: { interval: 30s } }',
      /^r\.yaml:2:13: ip\.lifetime: found "20s"; allowed: at least the interval of b, which is 30s/,
    ],
    [
      'router: { id: 1.1.1.1 }\nospf: { interfaces: { a: { hello-interval: 10s, dead-interval: 10s } } }',
      /dead-interval: found "10s"; allowed: more than hello-interval, which is 10s/,
    ],
    [
      'router: { id: 1.1.1.1 }\nospf: { interfaces: { a: { dead-interval: 5s } } }',
      /dead-interval: found "5s"; allowed: more than hello-interval, which is 10s/,
    ],
    [
      'ospf: { interfaces: { a: } }',
      /router\.id: found nothing; allowed: a router id such as 10\.0\.1\.1, because there is an ospf section/,
    ],
    [
      'router: { realtime: 10, cpus: 3 }',
      /^r\.yaml:1:31: router\.cpus: found only CPU 3; allowed: two CPUs or more, because router\.realtime/,
    ],
    [
      'vrrp:\n  - { interface: a, group: 1, addresses: [10.0.0.1] }\n  - { interface: a, group: 1, addresses: [10.0.0.2] }',
      /^r\.yaml:3:28: vrrp\[1\]\.group: found group 1 on a a second time; allowed: .*vrrp\[0\]/,
    ],
    [
      'vrrp: [{ interface: a, group: 1, addresses: [10.0.0.1, 10.0.0.1] }]',
      /vrrp\[0\]\.addresses\[1\]: found 10\.0\.0\.1 a second time/,
    ],
  ];
  const apart =
    'vrrp: [{ interface: a, group: 1, addresses: [10.0.0.1] }, { interface: b, group: 1, addresses: [10.0.0.1] }]';
  for (const as of [(text: string) => text, byApi1]) {
    for (const [text, message] of rows)
      t.match(await refused(as(text)), { code: 'CONFIG_INVALID', message }, as(text));
    await t.resolves(parse(as(apart)), 'the same group on another interface is another virtual router');
  }
});

t.test('all mistakes of a file are told at once, in the order of its lines', async (t) => {
  const error = await refused(`router:
  id: ten
  colour: blue
timer: { period: 300ms }
ip:
  lifetime: 1s
  interfaces:
    lan0: { interval: 2s }
    lan0: {}
    "lan 1": {}
ospf:
  interfaces:
    lan0: { hello-interval: 3s, dead-interval: 3s, priority: 700 }
vrrp:
  - { interface: lan0, group: 51, addresses: [10.0.1.300] }
  - { interface: lan0, group: 51, addresses: [10.0.1.254], interval: fast }
log: { level: loud, format: xml }
`);
  const places = error.lines.slice(1).map((line) => line.trim().split(': ', 2).join(' '));
  t.same(places, [
    'r.yaml:2:7 router.id',
    'r.yaml:3:3 router.colour',
    'r.yaml:6:13 ip.lifetime',
    'r.yaml:9:5 ip.interfaces.lan0',
    'r.yaml:10:5 ip.interfaces["lan 1"]',
    'r.yaml:13:48 ospf.interfaces.lan0.dead-interval',
    'r.yaml:13:62 ospf.interfaces.lan0.priority',
    'r.yaml:15:47 vrrp[0].addresses[0]',
    'r.yaml:16:31 vrrp[1].group',
    'r.yaml:16:70 vrrp[1].interval',
    'r.yaml:17:15 log.level',
    'r.yaml:17:29 log.format',
  ]);
});

t.test('a program gets each mistake as data', async (t) => {
  try {
    await parse('log: { level: 3 }', 'r.yaml');
  } catch (error) {
    t.same(error instanceof ConfigError && error.problems, [
      {
        file: 'r.yaml',
        line: 1,
        column: 15,
        path: 'log.level',
        found: '3',
        allowed: 'one of debug, info, warn, error',
      },
    ]);
  }
});
