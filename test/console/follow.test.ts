/** `debug …`: what happens in a module is shown as it happens, by any module whose view follows; none is held by who reads it. */
import { PassThrough, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type Caller, INTERRUPTED } from '../../firmware/console/answer.ts';
import { exec } from '../../firmware/console/client.ts';
import { commandsOf } from '../../firmware/console/commands/all.ts';
import { complete } from '../../firmware/console/completion.ts';
import type { ManifestView } from '../../runtime/index.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { Client, startConsole } from './fixtures/socket.ts';
import { Text } from './fixtures/text.ts';
import { typed } from './fixtures/typed.ts';

const TALK: ManifestView = {
  words: 'chat',
  description: 'what is said',
  takes: [{ name: 'room', description: 'one of them', optional: true }],
  request: 'talk',
  lines: 'text',
  follows: true,
};

interface Asked {
  follower: string;
  after: number;
  room?: string;
}

/** A module that keeps at most three rows, as one that is asked has them. */
class Talk {
  readonly asked: Asked[] = [];
  #number = 0;
  #rows: { number: number; who: string; text: string[] }[] = [];

  constructor(host: FakeHost) {
    host.runtime.ownViews = { OSPF: { talk: TALK } };
    host.runtime.answers['OSPF talk'] = (body: Asked) => {
      this.asked.push(body);
      this.#rows = this.#rows.filter(({ number }) => number > body.after);
      return [...this.#rows];
    };
  }

  say(who: string, ...text: string[]): void {
    this.#rows.push({ number: ++this.#number, who, text });
    if (this.#rows.length > 3) this.#rows.shift();
  }

  /** The rows so far are there for whoever asks. */
  async isAskedAgain(): Promise<void> {
    const before = this.asked.length;
    await until('it is asked again', () => this.asked.length > before + 1 || undefined);
  }
}

/** Somebody who follows: lines as they are said, until `stop`. */
function following(line: string, host: FakeHost, more: Partial<Caller> = {}) {
  const said: string[] = [];
  const abort = new AbortController();
  const caller = { by: 'socket', quits: 'session', signal: abort.signal, ...more } as const;
  const result = typed(line, host, { ...caller, say: (text) => said.push(text) });
  return {
    said,
    stop: () => {
      abort.abort(INTERRUPTED);
      return result;
    },
    result,
  };
}

t.test('rows are shown as they come, each once, until Ctrl-C; what was lost is said', async (t) => {
  const host = new FakeHost();
  const talk = new Talk(host);
  const { said, stop } = following('debug chat lobby', host);
  await talk.isAskedAgain();
  talk.say('a', 'a: hello', '  there');
  await until('the first', () => said.length === 2 || undefined);
  await talk.isAskedAgain();
  t.same(said, ['a: hello', '  there']);
  for (let i = 0; i < 5; i++) talk.say('b', `b: ${i}`);
  await until('the others', () => said.length === 6 || undefined);
  t.same(said.slice(2), ['(2 lost: more happened than are kept between two looks)', 'b: 2', 'b: 3', 'b: 4']);
  await talk.isAskedAgain();
  const { ok, lines, data } = await stop();
  t.same([ok, lines, data], [true, ['(4 shown, 2 lost)'], { shown: 4, lost: 2, missed: 0 }]);
  t.equal(new Set(talk.asked.map(({ follower }) => follower)).size, 1, 'it is known by one name');
  t.same([talk.asked[0]!.after, talk.asked.at(-1)!.after, talk.asked[0]!.room], [0, 6, 'lobby']);
});

t.test('it ends by itself where a time was given, and its words are offered', async (t) => {
  const host = new FakeHost();
  const talk = new Talk(host);
  const { said, result } = following('debug chat lobby for 1s', host);
  await talk.isAskedAgain();
  talk.say('a', 'a: hello');
  t.match(await result, { ok: true, lines: ['(1 shown)'] });
  t.same(said, ['a: hello']);
  const commands = commandsOf(host);
  t.same(complete('deb', commands, host.runtime)[0], ['debug ']);
  t.same(complete('debug chat lobby f', commands, host.runtime)[0], ['for ']);
  t.match(await typed('debug chat a b', host, { by: 'socket', quits: 'session' }), {
    error: { code: 'COMMAND_USAGE', message: /usage: debug chat \[ROOM\] \[for DURATION\]$/ },
  });
});

t.test('filters look at whole rows, and count', async (t) => {
  const host = new FakeHost();
  const talk = new Talk(host);
  const all = following('debug chat | include HELLO | exclude b:', host);
  const count = following('debug chat | count', host);
  await talk.isAskedAgain();
  talk.say('a', 'a:', '  hello');
  talk.say('b', 'b: hello');
  talk.say('c', 'c: bye');
  await until('two lines', () => all.said.length === 2 || undefined);
  await talk.isAskedAgain();
  t.same(all.said, ['a:', '  hello'], 'also the line without the word');
  t.match(await all.stop(), { lines: ['(1 shown)'] });
  t.match(await count.stop(), { lines: ['4 lines'], data: { count: 4 } });
  t.same(count.said, []);
});

t.test('a reader that is slow misses rows, which are counted, and nothing waits for it', async (t) => {
  const host = new FakeHost();
  const talk = new Talk(host);
  let slow = true;
  const { said, stop } = following('debug chat', host, { isBehind: () => slow });
  await talk.isAskedAgain();
  talk.say('a', 'a: 1');
  talk.say('a', 'a: 2');
  await until('they are taken', () => talk.asked.at(-1)?.after === 2 || undefined);
  t.same(said, []);
  slow = false;
  talk.say('a', 'a: 3');
  await until('the next', () => said.length === 2 || undefined);
  t.same(said, ['(2 not shown: this terminal was too slow)', 'a: 3']);
  t.match(await stop(), { data: { shown: 1, lost: 0, missed: 2 } });
});

t.test('it goes on over a swap, and ends where the new version has no such view', async (t) => {
  const host = new FakeHost();
  const talk = new Talk(host);
  let version = '1.0.0';
  const { modules } = host.runtime;
  host.runtime.modules = () => modules.call(host.runtime).map((each) => ({ ...each, version }));
  const { said, result } = following('debug chat', host);
  await talk.isAskedAgain();
  version = '2.0.0';
  talk.say('a', 'a: hello');
  await until('it goes on', () => said.length === 2 || undefined);
  t.same(said, ['(OSPF runs as 2.0.0 now)', 'a: hello']);
  version = '3.0.0';
  host.runtime.ownViews = { OSPF: {} };
  t.match(await result, {
    ok: false,
    error: { code: 'VIEW_ABSENT', message: 'OSPF runs as 3.0.0 now, which has no "debug chat"' },
  });
});

t.test('a module that is disabled, or refuses, says so', async (t) => {
  const host = new FakeHost();
  new Talk(host);
  const { modules } = host.runtime;
  let service = 'service';
  host.runtime.modules = () =>
    modules.call(host.runtime).map((each) => ({ ...each, service, reason: 'by a test' }) as never);
  const { result } = following('debug chat', host);
  service = 'disabled';
  t.match(await result, { error: { code: 'MODULE_DISABLED' } });
  service = 'service';
  host.runtime.answers['OSPF talk'] = { refused: 'there is no room "x"' };
  t.match(await following('debug chat x', host).result, {
    error: { code: 'VIEW_REFUSED', message: 'there is no room "x"' },
  });
});

t.test('a program has a line for each row, also of JSON, and goes without a word', async (t) => {
  const { host, server, path } = await startConsole(t);
  const talk = new Talk(host);
  const client = new Client(t, path).request({ command: 'debug chat', json: true });
  await talk.isAskedAgain();
  talk.say('a', 'a: hello');
  await until('a row', () => client.answers.length === 1 || undefined);
  const { line } = client.answers[0] as { line: string };
  t.same(JSON.parse(line), { number: 1, who: 'a' });
  await until('a sign of life where nothing happens', () => client.received.endsWith(' ') || undefined);
  client.socket.destroy();
  await until('the router has noticed', () => server.sessions === 0 || undefined);
  const asked = talk.asked.length;
  await sleep(600);
  t.ok(talk.asked.length <= asked + 1, 'nobody asks any more');
});

t.test('exec prints rows as they come, and ends with its limit or when its output is closed', async (t) => {
  const { host, path } = await startConsole(t);
  const talk = new Talk(host);
  const run = (command: string, output: Writable, more = {}) => {
    const errors = new Text();
    return exec(command, { path, output, errors, ...more }).then((status) => ({
      status,
      errors: errors.text,
    }));
  };
  const output = new Text();
  const limited = run('debug chat', output, { timeout: 3_000 });
  await talk.isAskedAgain();
  talk.say('a', 'a: hello');
  t.match(await limited, { status: 2, errors: /^CONSOLE_TIMEOUT: / });
  t.equal(output.text, 'a: hello\n');
  const rows = new Text();
  const other = new Talk(host);
  const json = run('debug chat for 1s', rows, { json: true });
  await other.isAskedAgain();
  other.say('b', 'b: hello');
  t.match(await json, { status: 0 });
  const lines = rows.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [{ who: 'b' }, { ok: true, data: { shown: 1 } }]);
  const closed = new PassThrough();
  const headed = run('debug chat', closed);
  closed.on('error', () => {});
  await other.isAskedAgain();
  closed.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  t.match(await headed, { status: 0, errors: '' });
});
