/** A long configuration beside commands: the event loop stands still while YAML is read, so it is counted how much is. */
import t, { type Test } from 'tap';
import { Parser } from 'yaml';
import { withoutSecrets } from '../../firmware/console/configuration-text.ts';
import { Editing } from '../../firmware/console/editing.ts';
import { Configuration } from '../../firmware/router/configuration.ts';
import { liveRouter, OWN } from './live-router.ts';

const LINES = 2_000;
const FILE = `${OWN}chat:\n  topic: swaps\n${Array.from({ length: LINES }, (_, i) => `# ${i}\n`).join('')}log: {}\n`;

/** Lengths of texts that are read as YAML from now on. */
function reads(t: Test): number[] {
  const { parse } = Parser.prototype;
  const lengths: number[] = [];
  Parser.prototype.parse = function* (source, ...rest) {
    lengths.push(source.length);
    yield* parse.call(this, source, ...rest);
  };
  t.teardown(() => {
    Parser.prototype.parse = parse;
  });
  return lengths;
}

/** Those that are about as long as the file. */
const long = (lengths: number[]) => lengths.splice(0).filter((length) => length > FILE.length / 2).length;

t.test('a version that a command puts in service does not have the file read again', async (t) => {
  const { run, live } = await liveRouter(t, FILE);
  const lengths = reads(t);
  t.equal(await run('replace', 'CHAT', 'chat@2.0.0'), 'committed');
  t.match(live.running, /CHAT: chat@2\.0\.0/);
  t.equal(lengths.length > 0, true, 'the lines of the version are');
  t.equal(long(lengths), 0);
  t.equal(await run('replace', 'CHAT', 'chat@1.0.0'), 'committed');
  t.match(live.running, /CHAT: chat@1\.0\.0/);
  t.equal(long(lengths), 0);
});

t.test('a file that somebody has edited is read once for a command, and not for what follows', async (t) => {
  const { run, live, write } = await liveRouter(t, FILE);
  const lengths = reads(t);
  write(`${FILE.replace('swaps', 'peace')}talk: { topic: weather }\n`);
  t.equal(await run('replace', 'CHAT', 'chat@2.0.0'), 'committed');
  t.match(live.running, /topic: peace/);
  t.notMatch(live.running, /weather/);
  t.equal(long(lengths), 1);
});

t.test('a candidate is read once, however often it is edited, compared and shown', async (t) => {
  const { live, saving } = await liveRouter(t, FILE);
  const configuration = new Configuration({
    live,
    saving,
    path: '/r.yaml',
    history: undefined,
    tell: () => {},
  });
  const editing = new Editing(configuration);
  const lengths = reads(t);
  for (const topic of ['peace', 'bread', 'wine']) {
    const candidate = await editing.candidate();
    candidate.set(['chat', 'topic', topic]);
    t.match(candidate.compare(), [{ sign: '-' }, { sign: '+', words: `chat topic ${topic}` }]);
  }
  t.equal(long(lengths), 1, 'it begins with what runs');
  const { base, text } = await editing.candidate();
  t.equal(long(lengths), 1, 'what is written is read once, to see that it says what was edited');
  const origin = { command: 'commit', by: 'test' };
  await configuration.check(text, origin);
  await configuration.commit(text, origin, { over: base });
  t.equal(live.running, FILE.replace('swaps', 'wine'));
  t.equal(long(lengths), 0, 'it is committed as it was read');
  await configuration.reload(origin);
  t.equal(long(lengths), 1, 'the file says something else, and is read');
});

t.test('a file in which nothing can be a secret is shown without being read', (t) => {
  const lengths = reads(t);
  t.equal(withoutSecrets(FILE), FILE);
  t.equal(long(lengths), 0);
  for (const [key, shown] of [
    ['pass_word', 'pass_word'],
    ['Auth-Key', 'Auth-Key'],
    ['"pass\\u0077ord"', '"pass\\u0077ord"'],
  ])
    t.equal(withoutSecrets(`${FILE}\n${key}: hush\n`), `${FILE}\n${shown}: <hidden>\n`);
  t.end();
});
