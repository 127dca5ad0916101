/** Words that are cut short: taken where one command can be meant, and never a guess at one that changes something. */
import t from 'tap';
import { COMMANDS } from '../../firmware/console/commands/all.ts';
import { parseLine } from '../../firmware/console/grammar.ts';
import { readingOf } from './fixtures/typed.ts';

const wordsOf = (line: string) => {
  const reading = readingOf(line);
  return typeof reading === 'string' ? reading : reading.words;
};

t.test('a word may be cut short where only one can be meant, in any case', async (t) => {
  const lines: [string, string][] = [
    ['sh mod', 'show modules'],
    ['SH Q', 'show queues'],
    ['sh upgrade 3', 'show upgrade'],
    ['sh upg 3', 'show upgrade'],
    ['sh upgrades', 'show upgrades'],
    ['rep IP ip@2.0.0', 'replace'],
    ['check rem X', 'check remove'],
    ['be sw 5', 'bench swap'],
    ['sh state X', 'show state'],
    ['exi', 'exit'],
  ];
  for (const [line, words] of lines) t.equal(wordsOf(line), words, line);
});

t.test('one that may be several names them, and nothing is carried out', async (t) => {
  const lines: [string, RegExp][] = [
    ['re IP ip@2.0.0', /^COMMAND_AMBIGUOUS: "re" may be replace, remove, reload, reboot; type more of it$/],
    ['show s', /^COMMAND_AMBIGUOUS: "show s" may be .*system/],
    ['che remove X', /^COMMAND_AMBIGUOUS: "che" may be checkpoint, check; type more of it$/],
    ['check re X', /^COMMAND_AMBIGUOUS: "check re" may be replace, remove; type more of it$/],
    ['u', /^COMMAND_AMBIGUOUS: "u" may be upgrade, unload/],
  ];
  for (const [line, error] of lines) t.match(wordsOf(line), error, line);
});

t.test(
  'the shortest of those that begin with each other is meant, where all of them only show',
  async (t) => {
    t.equal(wordsOf('show upg 3'), 'show upgrade');
    const changing = COMMANDS.filter(({ harmless }) => !harmless);
    for (const { words } of changing) {
      const line = words.join(' ');
      for (let length = 1; length < line.length; length++) {
        const typed = line.slice(0, length).trimEnd();
        const parsed = parseLine(`${typed} X x@1.0.0`, COMMANDS);
        if ('error' in parsed || parsed.command.harmless) continue;
        // A word in full means itself: `set` is no `settimer`.
        if (parsed.command.words.join(' ') === typed) continue;
        const fitting = COMMANDS.filter((each) =>
          typed.split(' ').every((word, i) => each.words[i]?.startsWith(word)),
        );
        t.same(fitting, [parsed.command], `"${typed}" is only ${line}`);
      }
    }
  },
);

t.test('the history has words in full', async (t) => {
  t.equal(parseLine('rep IP ip@2.0.0 confirm 60s --json', COMMANDS).text, 'replace IP ip@2.0.0 confirm 60s');
  t.equal(parseLine('Replace ip IP@2.0.0', COMMANDS).text, 'Replace ip IP@2.0.0');
});

t.test('options and names are never cut short', async (t) => {
  t.match(wordsOf('remove X forc'), /^COMMAND_USAGE: "forc" is one word too many/);
  t.same(readingOf('sh st OSP'), { words: 'show state', input: { module: 'OSP', path: undefined } });
});
