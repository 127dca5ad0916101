/** The commands that edit the configuration, without a router: what they say, offer and refuse. */
import t from 'tap';
import { commandsOf } from '../../firmware/console/commands/all.ts';
import { complete } from '../../firmware/console/completion.ts';
import { Editing } from '../../firmware/console/editing.ts';
import { textOf } from '../../firmware/console/execute.ts';
import { explain } from '../../firmware/console/explain.ts';
import { editsIn } from '../../firmware/console/next.ts';
import { withConfiguration } from './fixtures/fake-configuration.ts';
import { CALLER } from './fixtures/fake-router.ts';
import { typed } from './fixtures/typed.ts';

const FILE = `router: { id: 10.0.0.1 }
ospf:
  interfaces: { eth0: fast, eth1: slow }
  password: hunter2
log: { level: info }
`;

function session(text = FILE) {
  const host = withConfiguration(text);
  const editing = new Editing(host.configuration);
  const run = (line: string) => typed(line, host, { ...CALLER, editing });
  const prepare = async (line: string) => {
    const edits = editsIn(line, commandsOf(host));
    if (edits !== undefined) await editing.prepare(edits);
  };
  return {
    host,
    run,
    say: async (line: string) => textOf(await run(line)).join('\n'),
    data: async (line: string) => (await run(line)).data,
    editing,
    offers: async (line: string) => {
      await prepare(line);
      return complete(line, commandsOf(host), host.runtime, editing)[0];
    },
    shown: async (line: string) => {
      await prepare(line);
      return explain(line, commandsOf(host), host.runtime, editing)?.join('\n');
    },
  };
}

t.test('keys and values are offered with what they mean; delete offers what is there', async (t) => {
  const { offers, shown, say } = session();
  t.same(await offers('set '), ['router', 'interfaces', 'console', 'log', 'ospf', 'tokens']);
  t.same(await offers('set log l'), ['level ']);
  t.same(await offers('set log level '), ['debug', 'info', 'warn', 'error']);
  t.same(await offers('SET log level w'), ['warn ']);
  t.same(await offers('set log level warn '), []);
  t.match(await shown('set log '), /^ {2}level +what is less important is not written/m);
  t.match(await shown('set router '), /^ {2}preparation +how long a swap may prepare/m);
  t.match(await shown('set router preparation '), /^ {2}VALUE +a time from 10ms to 1h; default: 2s$/m);
  t.match(
    await shown('set console serial baud '),
    /a whole number from 50 to 4000000, in bit\/s; default: 115200/,
  );
  t.match(await shown('set router nowhere '), /nothing known may stand here/);

  t.same(await offers('delete '), ['router', 'log', 'ospf']);
  t.same(await offers('delete ospf interfaces '), ['eth0', 'eth1']);
  t.same(await offers('delete log '), ['level ']);
  t.match(await shown('delete log level '), /<Enter>/);
  t.same(await offers('show configuration o'), ['ospf ']);
  t.same(await offers('show configuration '), ['candidate', 'saved', 'history', 'router', 'log', 'ospf']);
  await say('set ospf interfaces eth7 fast');
  t.same(await offers('delete ospf interfaces eth'), ['eth0', 'eth1', 'eth7']);
  t.same(await offers('show configuration ospf interfaces eth'), ['eth0', 'eth1'], 'that is what runs');
});

t.test('a key that asks what may follow reads only what it needs, and nothing twice', async (t) => {
  const { host, editing, offers, say } = session();
  const { configuration } = host;
  const read: string[] = [];
  const schemas = configuration.schemas.bind(configuration);
  configuration.schemas = () => {
    read.push('schemas');
    return schemas();
  };
  await offers('set log ');
  t.equal(read.length, 1, 'the candidate alone');
  await offers('show configuration ospf ');
  t.equal(read.length, 2, 'what runs alone');
  const running = await editing.running();
  t.equal(await editing.running(), running, 'what runs is what was read before');
  await say('set log level warn');
  await say('commit');
  t.match((await editing.running()).text, /level: warn/);
});

t.test('a secret is hidden wherever a change is shown', async (t) => {
  const { say, data, host } = session();
  const hidden = (text: string, what: string) => {
    t.notMatch(text, /hunter/, what);
    t.match(text, /<hidden>/, what);
  };
  await say('set ospf password hunter3');
  t.equal(await say('compare'), '- ospf password <hidden>\n+ ospf password <hidden>');
  for (const line of [
    'compare --json',
    'show configuration candidate',
    'show configuration candidate ospf password --json',
  ])
    hidden(await say(line), line);
  hidden(JSON.stringify(await data('commit comment "a word"')), 'commit');
  t.match(host.configuration.commits, [{ text: /password: hunter3/, comment: 'a word' }]);
  hidden(await say('show configuration history 1 --json'), 'history');
});

t.test('quit is refused while something is not committed', async (t) => {
  const { run, say } = session();
  await say('set log level warn');
  t.match(await run('quit'), {
    error: { code: 'CONFIG_UNCOMMITTED', message: /^what "compare" shows would be lost/ },
  });
  t.equal(await say('discard'), 'given up:\n- log level info\n+ log level warn');
  t.match(await run('quit'), { quit: true });
});

t.test('a commit says what it did, and what it waits for; the answer is data too', async (t) => {
  const { say, data, host } = session();
  t.equal(await say('commit'), 'nothing is changed');
  t.equal(host.configuration.commits.length, 0);
  t.same(await data('set log level warn'), {
    differences: [
      { sign: '-', words: 'log level info' },
      { sign: '+', words: 'log level warn' },
    ],
  });
  t.match(await say('check commit'), 'no module is concerned\ntaken when the router starts again: log');
  t.match(
    await say('commit'),
    /^committed as configuration 1: no module is concerned\nthe next start begins with the file as it is; "save" writes this to \/etc\/r\.yaml$/,
  );
  t.equal(await say('compare'), 'nothing is changed');
  t.equal(await say('compare saved'), '- log level info\n+ log level warn');
  t.equal(await say('save'), '/etc/r.yaml is what runs');
  t.equal(await say('compare saved'), 'they say the same');
  t.match(
    await say('show configuration history'),
    /^N +SINCE +BY +COMMENT\n1 +2024-01-01T00:00:00 +socket +-$/,
  );
  t.match(await say('compare never'), /^NUMBER_INVALID/);
  await say('set log level error');
  t.match(await say('save'), /^\/etc\/r\.yaml is what runs, without what is not committed: /);
});

t.test('a request alone has a candidate of its own', async (t) => {
  const host = withConfiguration(FILE);
  t.match(await typed('set log level warn', host, CALLER), { ok: true });
  t.match(textOf(await typed('compare', host, CALLER)), ['nothing is changed']);
});
