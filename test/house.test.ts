/** Rules of the house that a program can check, over the whole source tree; and that each rule finds what breaks it. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { EXCEPTIONS } from './house/exceptions.ts';
import {
  faultsOf,
  MOST_FILE_LINES,
  MOST_FUNCTION_LINES,
  MOST_SENTENCE_WORDS,
  RULES,
  type RuleName,
} from './house/rules.ts';
import { readTree, treeOf } from './house/tree.ts';

const tree = readTree(fileURLToPath(new URL('..', import.meta.url)));

t.test('the source tree keeps the rules of the house, but for a list that only shrinks', (t) => {
  t.ok(tree.sources.size > 400, `${tree.sources.size} sources were read`);
  t.ok(tree.sources.has('test/releases/takeover.test.ts'), 'folders of any name');
  t.strictSame(faultsOf(tree, EXCEPTIONS), []);
  t.end();
});

const FINE = {
  'runtime/clock.ts': 'export const now = (): number => 0;\n',
  'runtime/module/port.ts': 'export interface Port { send(): void }\n',
  'drivers/raw-ip.ts':
    "import type { Port } from '../runtime/module/port.ts';\nexport class RawIp implements Port { send() {} }\n",
  'firmware/router/router.ts': "import { now } from '../../runtime/clock.ts';\nexport const began = now();\n",
  'README.md': 'Short.\n',
};
const linesOf = (count: number, line: string) => `${line}\n`.repeat(count);

/** By rule: a small tree that breaks it, and the place that must be named. */
const BREAKS: Readonly<Record<RuleName, { tree: Record<string, string>; place: RegExp }[]>> = {
  circles: [
    {
      tree: {
        'board/a.ts': "import type { B } from './b.ts';\nexport interface A { b: B }\n",
        'board/b.ts': "export interface B { a: import('./a.ts').A }\n",
      },
      place: /board\/a\.ts: is in a circle of board\/a\.ts, board\/b\.ts/,
    },
    {
      tree: {
        'board/a.ts': "export * from './b.ts';\n",
        'board/b.ts': "export const a = () => import('./c.ts');\n",
        'board/c.ts': "import './a.ts';\n",
      },
      place: /board\/c\.ts: is in a circle of board\/a\.ts, board\/b\.ts, board\/c\.ts/,
    },
  ],
  arrows: [
    { tree: { 'runtime/clock.ts': "import 'zod';\n" }, place: /runtime\/clock\.ts -> zod: line 1/ },
    {
      tree: {
        'runtime/clock.ts': "import type { RawIp } from '../drivers/raw-ip.ts';\nexport type R = RawIp;\n",
      },
      place: /runtime\/clock\.ts -> drivers\/raw-ip\.ts/,
    },
    {
      tree: { 'drivers/links.ts': "import { now } from '../runtime/clock.ts';\nnow();\n" },
      place: /drivers\/links\.ts -> runtime\/clock\.ts/,
    },
    {
      tree: { 'drivers/links.ts': "import { Port } from '../runtime/module/port.ts';\n" },
      place: /drivers\/links\.ts -> runtime\/module\/port\.ts/,
    },
    {
      tree: { 'firmware/modules/ip/rib.ts': "import { now } from '../../../runtime/clock.ts';\nnow();\n" },
      place: /firmware\/modules\/ip\/rib\.ts -> runtime\/clock\.ts/,
    },
    {
      tree: { 'firmware/run.ts': "import '../board/board.ts';\n", 'board/board.ts': 'export {};\n' },
      place: /firmware\/run\.ts -> board\/board\.ts/,
    },
    {
      tree: { 'board/image.ts': "import '../runtime/clock.ts';\n" },
      place: /board\/image\.ts -> runtime\/clock\.ts/,
    },
  ],
  floors: [
    {
      tree: { 'runtime/services/names.ts': "import '../module/proxy.ts';\n", 'runtime/module/proxy.ts': '' },
      place: /runtime\/services\/names\.ts -> runtime\/module\/proxy\.ts: line 1/,
    },
    {
      tree: { 'runtime/module/context.ts': "import './proxy.ts';\n", 'runtime/module/proxy.ts': '' },
      place: /runtime\/module\/context\.ts -> runtime\/module\/proxy\.ts/,
    },
    { tree: { 'runtime/strange.ts': '' }, place: /runtime\/strange\.ts: stands on no floor of runtime/ },
  ],
  apart: [
    {
      tree: {
        'firmware/modules/ospf/adjacency/hello.ts': "import './neighbor.ts';\n",
        'firmware/modules/ospf/adjacency/neighbor.ts': '',
      },
      place: /adjacency\/hello\.ts -> firmware\/modules\/ospf\/adjacency\/neighbor\.ts: line 1 imports/,
    },
  ],
  owners: [
    {
      tree: {
        'firmware/modules/ospf/state.ts':
          'export interface Made {\n  /** When. Owner: hello.ts */\n  at?: number;\n  /** Owner: hello.ts */\n  all: Set<number>;\n}\n',
        'firmware/modules/ospf/hello.ts': 'made.at = 1;\n',
        'firmware/modules/ospf/neighbor.ts':
          'if (made.at === 1 || made.at >= 1) at = made.at;\nmade.at += 1;\ndelete made.at;\n',
        'firmware/modules/ospf/interface.ts': 'made.all.delete(1);\n',
      },
      place: /ospf\/neighbor\.ts at: line 2, 3 writes at, which hello\.ts alone may/,
    },
    {
      tree: {
        'firmware/modules/ospf/state.ts':
          'interface Made {\n  /** Owner: hello.ts */\n  all: Set<number>;\n}\n',
        'firmware/modules/ospf/interface.ts': 'made.all.delete(1);\n',
      },
      place: /ospf\/interface\.ts all: line 1 writes/,
    },
  ],
  names: [
    {
      tree: { 'board/a.ts': 'export interface Same {}\n', 'board/b.ts': '\nexport type Same = 1;\n' },
      place: /board Same: stands in board\/a\.ts:1 and board\/b\.ts:2/,
    },
  ],
  files: [{ tree: { 'board/a.ts': linesOf(MOST_FILE_LINES + 1, '') }, place: /board\/a\.ts: has 501 lines/ }],
  functions: [
    {
      tree: { 'board/a.ts': `\nexport class A {\n  b() {\n${linesOf(MOST_FUNCTION_LINES - 1, '')}  }\n}\n` },
      place: /board\/a\.ts b: line 3: b has 71 lines/,
    },
    {
      tree: { 'test/a.ts': `t.test('a sentence', () => {\n${linesOf(MOST_FUNCTION_LINES, '')}});\n` },
      place: /test\/a\.ts a sentence: line 1/,
    },
  ],
  comments: [
    {
      tree: {
        'board/a.ts':
          'const a = 1;\n/** What it is. */\n/**\n * Who did it.\n */\nconst b = 1; // What else\n',
      },
      place: /board\/a\.ts: line 2, 4, 6 begins with one/,
    },
  ],
  sentences: [
    {
      tree: {
        'runtime/clock.ts': `/** Short. ${'word '.repeat(MOST_SENTENCE_WORDS)} more. */\nexport const now = 0; // ${'word '.repeat(26)}\n/**\n * ${'a '.repeat(20)}\n * ${'a '.repeat(20)}\n */\n`,
      },
      place: /runtime\/clock\.ts: line 1 \(27\), 2 \(26\), 4 \(40\) has more/,
    },
    {
      tree: { 'runtime/README.md': `Short.\n\n${'word '.repeat(26)}\n` },
      place: /runtime\/README\.md: line 3/,
    },
  ],
  protocols: [
    {
      tree: {
        'firmware/modules/ospf/module.ts': '',
        'firmware/modules/ip/module.ts': '',
        'firmware/router/start.ts':
          "/** 'OSPF' in a comment. */\nconst a = 'OSPF';\nconst b = config.ospf;\nconst c = {\n  IP: 'ip',\n};\n",
      },
      place: /firmware\/router\/start\.ts: line 2, 3, 5 names one/,
    },
  ],
  documents: [
    { tree: { 'README.md': linesOf(121, '') }, place: /README\.md lines: has 121 lines/ },
    { tree: { 'README.md': 'word '.repeat(901) }, place: /README\.md words: has 901 words/ },
    { tree: { 'CONTRIBUTING.md': linesOf(61, '') }, place: /CONTRIBUTING\.md lines: has 61 lines/ },
  ],
};

t.test('a tree that keeps every rule has no fault', (t) => {
  t.strictSame(faultsOf(treeOf(FINE)), []);
  const ends = {
    'board/a.ts': linesOf(MOST_FILE_LINES, ''),
    'README.md': linesOf(120, 'seven words are on each line here'),
  };
  t.strictSame(faultsOf(treeOf({ ...FINE, ...ends })), []);
  const goesOn = {
    'board/a.ts': '// A sentence about\n// What it goes on with.\n/**\n * It is told\n * Who it is.\n */\n',
  };
  t.strictSame(faultsOf(treeOf({ ...FINE, ...goesOn })), []);
  const plain = {
    'runtime/clock.ts': `/**\n * ${'a '.repeat(25)}\n * @param ms ${'a '.repeat(25)}\n *\n *   ${'a '.repeat(30)}\n */\n`,
    'runtime/README.md': `| ${'a '.repeat(30)} |\n\n\`\`\`\n${'a '.repeat(30)}\n\`\`\`\n${'a '.repeat(25)}\n`,
  };
  t.strictSame(faultsOf(treeOf({ ...FINE, ...plain })), []);
  t.end();
});

for (const name of Object.keys(RULES) as RuleName[]) {
  t.test(`what breaks the rule of ${name} is found, and named with its place and an example`, (t) => {
    for (const { tree, place } of BREAKS[name]) {
      const faults = faultsOf(treeOf({ ...FINE, ...tree }));
      const found = faults.filter((text) => text.startsWith(`${RULES[name].name}: `));
      t.ok(
        found.some((text) => place.test(text)),
        `${place} in ${found.join('\n')}`,
      );
      for (const fault of found) t.ok(fault.endsWith(`Do as ${RULES[name].follow}`), fault);
    }
    t.end();
  });
}

t.test('an exception may shrink, and only that', (t) => {
  const long = treeOf({ ...FINE, 'board/a.ts': linesOf(600, '') });
  t.strictSame(faultsOf(long, { files: { 'board/a.ts': 600 } }), []);
  t.strictSame(faultsOf(long, { files: { 'board/a.ts': 650 } }), [], 'within a tenth');
  t.match(faultsOf(long, { files: { 'board/a.ts': 599 } }), [/was 599: an exception may only shrink/]);
  t.match(faultsOf(long, { files: { 'board/a.ts': 700 } }), [/"board\/a\.ts": 700 is 600 by now: lower it/]);
  t.match(faultsOf(treeOf(FINE), { files: { 'board/a.ts': 600 } }), [/is not needed any more: take it out/]);
  t.end();
});

t.test('the examples to follow are there', (t) => {
  const { sources, documents } = tree;
  for (const { follow } of Object.values(RULES)) {
    const [path = ''] = follow.split(/[:,]/);
    const there =
      sources.has(path) || documents.has(path) || [...sources.keys()].some((one) => one.startsWith(path));
    t.ok(there || path === 'bench/RESULTS.md', path);
  }
  t.end();
});
