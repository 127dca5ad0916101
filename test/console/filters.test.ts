/** Filters behind a `|`. */
import t from 'tap';
import { commandsOf } from '../../firmware/console/commands/all.ts';
import { complete } from '../../firmware/console/completion.ts';
import { textOf } from '../../firmware/console/execute.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { readingOf, typed } from './fixtures/typed.ts';

const host = new FakeHost();
const text = async (line: string) => textOf(await typed(line, host, CALLER)).join('\n');

t.test('include and exclude leave lines with and without a text, one after the other', async (t) => {
  t.match(await text('show modules | include ospf'), /^OSPF [^\n]*$/);
  t.equal((await text('show modules | exclude OSPF')).split('\n').length, 3, 'the titles are left out too');
  t.match(await text('show names | inc OSPF | exc ROUTING'), /^OSPF +OSPF$/);
  t.equal(await text('show modules|include nothing'), '');
  t.match(await text("show queues | include 'OSPF  '"), /^OSPF/);
});

t.test('count says how many lines there are, without titles', async (t) => {
  t.equal(await text('show modules | count'), '4 lines');
  t.equal(await text('show modules | include OSPF | count'), '1 line');
  t.equal(await text('show faults | count'), '0 lines');
  t.same(JSON.parse(await text('show modules | count | json')).data, { count: 4 });
});

t.test('json is --json, of the rows that are left', async (t) => {
  t.same(JSON.parse(await text('show names | json')).data, host.runtime.nameTable());
  t.same(JSON.parse(await text('show names | include routing | json')), {
    ok: true,
    command: 'show names | include routing | json',
    data: [{ name: 'ROUTING', module: 'OSPF' }],
  });
  t.same(JSON.parse(await text('show system | include node --json')).data.lines.length, 1);
});

t.test('mistakes are told, and behind another command there is no filter', async (t) => {
  const lines: [string, RegExp][] = [
    ['show modules |', /^COMMAND_USAGE: a filter is missing after "\|"; usage: show … \| include WORD/],
    ['show modules | grep x', /^COMMAND_USAGE: there is no filter "grep"/],
    ['show modules | include', /^COMMAND_USAGE: WORD is missing after "include"/],
    ['show modules | include | count', /^COMMAND_USAGE: WORD is missing after "include"/],
    ['show modules | include a b', /^COMMAND_USAGE: "b" is one word too many; usage: show/],
    ['settimer 2s | count', /^COMMAND_USAGE: "\|" may stand behind show and debug only/],
    ['upgrade remove X | count', /^COMMAND_USAGE: "\|" may stand behind show and debug only/],
  ];
  for (const [line, error] of lines) t.match(readingOf(line), error, line);
  t.same(readingOf('load "a|b.cjs"'), { words: 'load', input: 'a|b.cjs' });
  t.match(await text('show nothing | count'), /^COMMAND_UNKNOWN/);
  t.match(await text('show state BGP | count'), /^MODULE_UNKNOWN/, 'an error stays an error');
});

t.test('filters are completed', async (t) => {
  const offers = (line: string) => complete(line, commandsOf(host), host.runtime)[0];
  t.same(offers('show modules | '), ['include', 'exclude', 'count', 'json']);
  t.same(offers('show modules | c'), ['count ']);
  t.same(offers('show modules|c'), ['count ']);
  t.same(offers('show modules | include '), []);
});
