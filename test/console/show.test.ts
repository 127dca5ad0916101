/** Commands that show the router itself: its versions, its log, its configuration. */
import t from 'tap';
import { withoutSecrets } from '../../firmware/console/configuration-text.ts';
import { textOf } from '../../firmware/console/execute.ts';
import { upText } from '../../firmware/console/system.ts';
import { withConfiguration } from './fixtures/fake-configuration.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { typed } from './fixtures/typed.ts';

async function text(line: string, host: FakeHost): Promise<string> {
  return textOf(await typed(line, host, CALLER)).join('\n');
}

t.test('show version has the whole versions of all modules', async (t) => {
  const host = new FakeHost();
  t.match(
    await text('show version', host),
    /^hitless \S+, Node \d+\.\d+\.\d+, Linux \S+, up (less than 1|\d+) s\nTIMER 1\.0\.0\nIP 1\.0\.0\n/,
  );
  t.match(await text('sh ver', host), /^hitless /);
  t.match(JSON.parse(await text('show version --json', host)).data, {
    hitless: /^\d+\.\d+\.\d+/,
    modules: [{ name: 'TIMER', version: '1.0.0' }],
  });
});

t.test('show log has the last lines, each with its time', async (t) => {
  const host = new FakeHost();
  t.equal(await text('show log', host), '');
  for (let i = 0; i < 200; i++) host.runtime.log({ at: Date.UTC(2024, 0, 2), text: `line ${i}` });
  host.runtime.log({ at: 0, level: 'debug', text: 'too much' });
  host.runtime.log({ at: Date.UTC(2024, 0, 3), level: 'warn', module: 'IP', version: '2.1.0', text: 'odd' });
  const lines = (await text('show log', host)).split('\n');
  t.equal(lines.length, 50);
  t.equal(lines.at(-2), '2024-01-02T00:00:00.000Z line 199');
  t.match(lines.at(-1), /^2024-01-03T00:00:00\.000Z warning: IP V2\.1\.0 odd$/);
  t.equal((await text('show log 3', host)).split('\n').length, 3);
  t.match(await text('show log | include odd | count', host), '1 line');
  t.match(await text('show log 0', host), /^NUMBER_INVALID/);
  t.match(JSON.parse(await text('show log 1 --json', host)).data, [
    { level: 'warn', module: 'IP', text: 'odd' },
  ]);
});

const FILE = `# our router
router: { id: 10.0.0.1 }   # its id
ospf:
  interfaces:
    eth0: { cost: 10, authentication-key: hunter2, md5_key: "hunter3" }
  password: |
    hunter4
    hunter5
  keys-of: 3
tokens:
  - { apiToken: [hunter6, hunter7] }
`;

t.test('show configuration is what runs as it is written, with secrets hidden', async (t) => {
  const hidden = `# our router
router: { id: 10.0.0.1 }   # its id
ospf:
  interfaces:
    eth0: { cost: 10, authentication-key: <hidden>, md5_key: <hidden> }
  password: <hidden>
  keys-of: 3
tokens:
  - { apiToken: <hidden> }`;
  const host = withConfiguration(FILE);
  t.equal(await text('show configuration', host), hidden);
  t.equal(await text('show configuration saved', host), hidden);
  t.equal(await text('show configuration candidate', host), hidden);
  t.equal(await text('show configuration ospf password', host), '<hidden>');
  t.match(
    await text('show configuration ospf interfaces', host),
    /^eth0: \{ cost: 10, authentication-key: <hidden>/,
  );
  t.match(await text('show configuration osp', host), /^CONFIG_PATH: "osp" cannot stand .*did you mean ospf/);
  t.match(await text('show configuration log', host), /^CONFIG_PATH: "log" is not in the configuration/);
  t.notMatch(await text('show configuration --json', host), /hunter/);
  for (const line of [
    'show configuration',
    'show configuration saved',
    'compare',
    'set log level warn',
    'commit',
    'save',
  ])
    t.match(await text(line, new FakeHost()), /^CONFIGURATION_ABSENT/, line);
  t.notMatch(withoutSecrets('a: [\npassword: hunter2'), /hunter/, 'nor where the file is no YAML');
});

t.test('how long the router is up is told in the units that a person reads', async (t) => {
  t.equal(upText(0), 'less than 1 s');
  t.equal(upText(1), '1 s');
  t.equal(upText(59), '59 s');
  t.equal(upText(3 * 3600 + 120), '3 h 2 min');
  t.equal(upText(40 * 86_400), '40 d 0 h');
});
