/** A file with one key at its top changed, beside the same change of the whole. */
import t from 'tap';
import { parse } from 'yaml';
import { edited, withPartOf } from '../../firmware/config/edited-file.ts';
import { ConfigFile } from '../../firmware/config/file.ts';

const PATH = ['router', 'modules', 'CHAT', 'chat@2.0.0'];

function named(text: string): ConfigFile {
  return edited(new ConfigFile('r.yaml', text), 'router', (router) => router.set(PATH));
}

t.test('another version in the file changes its own lines, and no comment or space elsewhere', (t) => {
  const before = '# top\n\nchat:   { topic: "x" }  # swaps\n\n# the router\n';
  const after = '  # within\n\n# about the log\nlog:\n    level:   warn\n# end';
  const { text, data } = named(
    `${before}router:\n  id: 10.0.0.1 # mine\n  modules: { CHAT: chat@1.0.0 }\n${after}`,
  );
  t.equal(text, `${before}router:\n  id: 10.0.0.1 # mine\n  modules: { CHAT: chat@2.0.0 }\n${after}`);
  t.same(data, parse(text));
  t.same(Object.keys(data), ['chat', 'router', 'log'], 'in the order of the file');
  t.end();
});

t.test('a file is edited all the same where its keys do not stand on lines of their own', (t) => {
  const files = [
    '{ chat: { topic: x } }',
    '---\nchat: { topic: x }\n',
    '  chat: { topic: x }\n',
    '? chat\n: { topic: x }\n',
    '"chat": { topic: x }\nlog:',
    'chat: { topic: x }',
    '',
    '# nothing yet\n',
    'chat:\r\n  topic: x\r\nlog: {}\r\n',
  ];
  for (const file of files) {
    const { text, data } = named(file);
    t.same(data, parse(text) ?? {}, file);
    t.match(data, { router: { modules: { CHAT: 'chat@2.0.0' } } }, file);
    t.match(data, (parse(file) ?? {}) as object, file);
  }
  t.end();
});

t.test('a section of another file is taken with its lines, or left out as it is there', (t) => {
  const file = new ConfigFile('r.yaml', 'chat: { topic: x }\n# of the log\nlog: { level: warn }\n');
  const other = new ConfigFile('n.yaml', 'log: {}\n# loud\nchat: # more\n  topic: y\n\n# last\n');
  const taken = withPartOf(file, other, 'chat');
  t.equal(taken.text, 'chat: # more\n  topic: y\n\n# of the log\nlog: { level: warn }\n');
  t.same(taken.data, parse(taken.text));
  const gone = withPartOf(taken, new ConfigFile('n.yaml', 'log: {}\n'), 'chat');
  t.equal(gone.text, '# of the log\nlog: { level: warn }\n');
  t.same(gone.data, { log: { level: 'warn' } });
  const back = withPartOf(gone, new ConfigFile('n.yaml', 'chat: { topic: z }'), 'chat');
  t.equal(back.text, '# of the log\nlog: { level: warn }\nchat: { topic: z }');
  t.same(withPartOf(back, other, 'chat').data, { log: { level: 'warn' }, chat: { topic: 'y' } });
  t.equal(withPartOf(file, file, 'chat'), file, 'the same text is the same file');
  t.end();
});

t.test('mistakes of a file that was edited have the places of its text', (t) => {
  const { yaml } = named('router: { id: 10.0.0.1 }\nchat:\n  topic: 7\n');
  t.match(yaml.problem(['chat', 'topic'], 'a text'), { line: 3, column: 10, found: '7' });
  t.end();
});
