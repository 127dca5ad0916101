/** `?`: what may follow, with descriptions, at once and with the line kept. */
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { commandsOf } from '../../firmware/console/commands/all.ts';
import { explain } from '../../firmware/console/explain.ts';
import { Terminal } from '../../firmware/console/terminal.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { Text } from './fixtures/text.ts';

const host = new FakeHost();
const shown = (typed: string) => explain(typed, commandsOf(host), host.runtime)?.join('\n');

t.test('words are listed with what each does, arguments with what they are', async (t) => {
  t.match(shown(''), /^ {2}show +modules, names/);
  t.match(shown(''), /^ {2}replace +replace a module while it runs/m);
  t.match(shown('show mod'), /^ {2}modules +every module: version, service/);
  t.match(shown('sh '), /^ {2}modules .*\n {2}names /, 'behind a word that is cut short, too');
  t.match(shown('show ip '), /^ {2}ospf +neighbor, neighbors$/m);
  t.match(shown('replace '), /^ {2}TIMER +a module that runs\n {2}IP +a module that runs/);
  t.match(shown('replace IP '), /^ {2}ip@1\.0\.0 +a version such as/);
  t.match(
    shown('replace IP ip@2.0.0 '),
    /^ {2}confirm +it goes back by itself[^\n]*\n {2}retry [^\n]*\n {2}force [^\n]*\n {2}<Enter>$/,
  );
  t.match(shown('wait '), /^ {2}DURATION +such as 2s or 500ms$/);
  t.match(shown('wait 2'), /^ {2}DURATION/);
  t.match(shown('upgrade '), /^ {2}replace +MODULE BUNDLE\n {2}add/);
  t.match(shown('show modules '), /^ {2}\| +include WORD[^\n]*\n {2}<Enter>$/);
  t.match(shown('show modules | '), /^ {2}include +only lines with this text/);
  t.equal(shown('xyzzy '), '  nothing known may stand here');
});

t.test('there is no end of bundles, but of the list', async (t) => {
  const many = new FakeHost();
  const [one] = many.runtime.versions();
  many.runtime.versions = () => Array.from({ length: 5000 }, (_, i) => ({ ...one!, bundle: `x@1.0.${i}` }));
  const lines = explain('load ', commandsOf(many), many.runtime)!;
  t.equal(lines.length, 61);
  t.match(lines.at(-1), /… 4941 more/);
});

function session(t: Test) {
  const input = new PassThrough();
  const output = new Text();
  const host = new FakeHost();
  const terminal = new Terminal(host, { input, output, by: 'serial', quits: 'session', columns: 100 });
  t.teardown(() => terminal.close());
  const sees = (text: string) =>
    until(`${text} in ${output.text.slice(-500)}`, () => output.text.includes(text) || undefined);
  return { input, output, host, sees };
}

t.test('it is shown without Enter, and the line stays', async (t) => {
  const { input, output, sees } = session(t);
  input.write('show na?');
  await sees('the name table');
  t.match(output.text, /hitless> show na[^?]*$/, 'the question itself does not stand in it');
  input.write('mes\r');
  await sees('ROUTING');
});

t.test('in quotes and comments it is a character', async (t) => {
  const { input, host, sees } = session(t);
  input.write('load "/tmp/what?.cjs"\r');
  await sees('/tmp/what?.cjs');
  t.equal(host.runtime.loaded.length, 0);
  input.write('settimer 3s # enough?\r');
  await sees('preparation time 3s');
});

t.test('very many questions hold nobody up', async (t) => {
  const { input, sees, host } = session(t);
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  t.teardown(() => clearInterval(count));
  input.write(`show ${'?'.repeat(2000)}names\r`);
  await sees('ROUTING');
  t.ok(turns > 20, `${turns} turns of the loop in between`);
  t.equal(host.quits, 0);
});
