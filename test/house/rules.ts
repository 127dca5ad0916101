/** The rules of the house that a program can check: each finds its places in a tree, and names the example to follow. */
import { circlesOf } from './circles.ts';
import { FLOORS, NOUNS } from './floors.ts';
import { trespassesIn } from './owners.ts';
import { longSentencesIn } from './sentences.ts';
import { LAYERS, linesOf, type SourceFile, type Tree } from './tree.ts';

/** A place where a rule does not hold. */
export interface Finding {
  /** By this the list of exceptions knows it. */
  readonly key: string;
  /** How much of it: this may only shrink. */
  readonly size: number;
  /** In words, with a line of the file where there is one. */
  readonly says: string;
}

export interface Rule {
  readonly name: string;
  /** The example to follow. */
  readonly follow: string;
  find(tree: Tree): Finding[];
}

export const MOST_FILE_LINES = 500;
export const MOST_FUNCTION_LINES = 70;
export const MOST_SENTENCE_WORDS = 25;
const MOST_DOCUMENT = { 'README.md': { lines: 120, words: 900 }, 'CONTRIBUTING.md': { lines: 60 } } as const;

const all = <T>(tree: Tree, find: (source: SourceFile) => readonly T[]): T[] =>
  [...tree.sources.values()].flatMap((source) => [...find(source)]);

const once = (key: string, says: string): Finding => ({ key, size: 1, says });

const circles: Rule = {
  name: 'no circle of imports, types included',
  follow:
    'runtime/services/scheduler.ts: it says itself what it needs of a module (Runnable), so that it need not import one',
  find: (tree) =>
    circlesOf(tree).flatMap((circle) =>
      circle.map((key) => ({ key, size: circle.length, says: `is in a circle of ${circle.join(', ')}` })),
    ),
};

/** Shapes and limits of data, with no code. */
const CODELESS = /^drivers\/kernel-tables\/datum\.ts$/;

/** Whether a file may import what another layer has. */
function crosses(from: string, { to, typeOnly }: SourceFile['imports'][number]): boolean {
  const [layer, other] = [from.split('/')[0], to.split('/')[0]];
  if (layer === other || layer === 'test' || layer === 'bench') return false;
  // A version is one file: with values of other layers in it, each change of these would be a new version of it.
  if (from.startsWith('firmware/modules/') && !(typeOnly || CODELESS.test(to))) return true;
  if (layer === 'firmware') return other !== 'runtime' && other !== 'drivers';
  if (layer === 'drivers') return !(to === 'runtime/module/port.ts' && typeOnly);
  return true;
}

/** Packages that a layer may import, beside Node's own. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  runtime: /^$/,
  drivers: /^(raw-socket|serialport)$/,
  firmware: /^(ajv|yaml|esbuild|hitless\/runtime|@noble\/hashes\/\w+\.js)$/,
  board: /^(yaml|zod)$/,
};

const arrows: Rule = {
  name: 'the arrows of the layers: runtime imports Node only; drivers the port types of runtime; firmware runtime and drivers, its modules their types; board nothing of ours',
  follow: 'drivers/raw-ip.ts: it imports the types of runtime/module/port.ts, and nothing else of ours',
  find: (tree) =>
    all(tree, ({ path, imports }) =>
      imports
        .filter((one) => {
          if (one.ours) return crosses(path, one);
          const packages = PACKAGES[path.split('/')[0]!];
          return !one.to.startsWith('node:') && packages !== undefined && !packages.test(one.to);
        })
        .map(({ to, line }) => once(`${path} -> ${to}`, `line ${line} imports ${to}`)),
    ),
};

/** On which floor of a folder a file stands; undefined when on none. */
function floorOf(folder: string, path: string): number | undefined {
  const inside = path.slice(folder.length + 1);
  let best: { floor: number; length: number } | undefined;
  for (const [floor, entries] of FLOORS[folder]!.entries()) {
    for (const entry of entries) {
      if (inside.startsWith(entry) && entry.length >= (best?.length ?? 0))
        best = { floor, length: entry.length };
    }
  }
  return best?.floor;
}

const floors: Rule = {
  name: 'a file imports downward only (test/house/floors.ts)',
  follow:
    'runtime/module/outlet.ts: context and activity stand above it and know it alone; the proxy stands above all three',
  find: (tree) =>
    Object.keys(FLOORS).flatMap((folder) =>
      all(tree, ({ path, imports }) => {
        if (!path.startsWith(`${folder}/`)) return [];
        const own = floorOf(folder, path);
        if (own === undefined) return [once(path, `stands on no floor of ${folder}: put it on one`)];
        return imports
          .filter(({ to, ours }) => ours && to.startsWith(`${folder}/`) && (floorOf(folder, to) ?? 0) > own)
          .map(({ to, line }) =>
            once(`${path} -> ${to}`, `line ${line} imports ${to}, from a floor above its own`),
          );
      }),
    ),
};

const apart: Rule = {
  name: "a protocol's nouns do not know each other (test/house/floors.ts)",
  follow: 'firmware/modules/ospf/adjacency/neighbor.ts: what it sets off in its interface goes on the agenda',
  find: (tree) =>
    Object.entries(NOUNS).flatMap(([folder, floor]) =>
      all(tree, ({ path, imports }) =>
        path.startsWith(`${folder}/`) && floorOf(folder, path) === floor
          ? imports
              .filter(({ to, ours }) => ours && to.startsWith(`${folder}/`) && floorOf(folder, to) === floor)
              .map(({ to, line }) => once(`${path} -> ${to}`, `line ${line} imports ${to}, another noun`))
          : [],
      ),
    ),
};

const owners: Rule = {
  name: "a field of a protocol's state has one writer, its owner, which stands above it",
  follow:
    'firmware/modules/ospf/: hello.ts reads what neighbor.ts owns, and puts on the agenda what is to change',
  find: (tree) =>
    trespassesIn(tree).map(({ path, field, owners, lines }) => ({
      key: `${path} ${field}`,
      size: lines.length,
      says: `line ${lines.join(', ')} writes ${field}, which ${owners.join(' and ')} alone may`,
    })),
};

/** A layer; each protocol is one of its own, for in all of them the same names mean the same things. */
function layerOf(path: string): string {
  return /^firmware\/modules\/[^/]+(?=\/)/.exec(path)?.[0] ?? path.split('/')[0]!;
}

const names: Rule = {
  name: 'no exported type has a name twice in a layer',
  follow: 'runtime/upgrade/report.ts: `Origin` and `StepLine` stand once, below all that use them',
  find(tree) {
    const places = new Map<string, string[]>();
    for (const { path, types } of tree.sources.values()) {
      for (const { name, line } of types) {
        const key = `${layerOf(path)} ${name}`;
        places.set(key, [...(places.get(key) ?? []), `${path}:${line}`]);
      }
    }
    return [...places]
      .filter(([, at]) => at.length > 1)
      .map(([key, at]) => ({ key, size: at.length, says: `stands in ${at.join(' and ')}` }));
  },
};

const files: Rule = {
  name: `a file has at most ${MOST_FILE_LINES} lines`,
  follow: 'runtime/module/: what was one proxy is inlet.ts, outlet.ts and proxy.ts, one noun each',
  find: (tree) =>
    all(tree, ({ path, lines }) =>
      lines > MOST_FILE_LINES ? [{ key: path, size: lines, says: `has ${lines} lines` }] : [],
    ),
};

const functions: Rule = {
  name: `a function has at most ${MOST_FUNCTION_LINES} lines`,
  follow:
    'runtime/module/activity.ts: `#run`, `#call`, `#ended`: each is one thought, and the first names the others',
  find: (tree) =>
    all(tree, ({ path, functions }) =>
      functions
        .filter(({ lines }) => lines > MOST_FUNCTION_LINES)
        .map(({ name, line, lines }) => ({
          key: `${path} ${name}`,
          size: lines,
          says: `line ${line}: ${name} has ${lines} lines`,
        })),
    ),
};

const BEGINS = /^\s*(\/\*\*?|\/\/|\*)\s*(Who|What)\b/;
const BEHIND = /^[^'"`]*\S\s+\/\/\s*(Who|What)\b/;

/** Numbers of the lines on which a comment begins with "Who" or "What": a line that goes on with one does not count. */
function riddles(text: string): number[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    const before = lines[i - 1]?.trim() ?? '';
    const goesOn = /^\s*\*/.test(line) ? before !== '/**' && before !== '/*' : before.startsWith('//');
    return (BEGINS.test(line) && !goesOn) || BEHIND.test(line) ? [i + 1] : [];
  });
}

const comments: Rule = {
  name: 'no comment begins with "Who" or "What"',
  follow:
    'runtime/services/names.ts, `Addressee`: the subject first ("A module as those see it who send to it")',
  find: (tree) =>
    all(tree, ({ path, text }) => {
      const lines = riddles(text);
      return lines.length === 0
        ? []
        : [{ key: path, size: lines.length, says: `line ${lines.join(', ')} begins with one` }];
    }),
};

/** Layers whose sentences are counted. */
const PLAIN = /^runtime\//;

const sentences: Rule = {
  name: `a sentence of the runtime's comments and documents has at most ${MOST_SENTENCE_WORDS} words`,
  follow: 'runtime/services/guard.ts, its first comment: one thought, one sentence',
  find: ({ sources, documents }) =>
    [...[...sources.values()].map(({ path, text }) => [path, text] as const), ...documents]
      .filter(([path]) => PLAIN.test(path))
      .flatMap(([path, text]) => {
        const long = longSentencesIn(path, text, MOST_SENTENCE_WORDS);
        const places = long.map(({ line, words }) => `${line} (${words})`).join(', ');
        return long.length === 0 ? [] : [{ key: path, size: long.length, says: `line ${places} has more` }];
      }),
};

/** Where a protocol may be known by name: its own folder, its releases, the lab, and data on modules of api 1. */
const KNOW_PROTOCOLS = /^firmware\/(modules|releases|lab|compat)\//;
/** Names of protocols that are also words of this machine or of English. */
const EVERYDAY = ['ip', 'timer'];

/** Finds a protocol's name as a whole text, as a member, and as a key. */
function protocolIn(tree: Tree): RegExp | undefined {
  const names = [...tree.sources.keys()].flatMap(
    (path) => /^firmware\/modules\/([^/]+)\/module\.ts$/.exec(path)?.[1] ?? [],
  );
  if (names.length === 0) return undefined;
  const upper = names.map((name) => name.toUpperCase());
  const lower = names.filter((name) => !EVERYDAY.includes(name));
  const any = [...upper, ...lower].join('|');
  return new RegExp(`(['"\`])(?:${any})\\1|\\.(?:${any})\\b|^\\s*(?:${any})\\??:`);
}

const protocols: Rule = {
  name: 'no protocol is known by name outside of its folder, the lab, and firmware/compat/',
  follow:
    'firmware/router/port-kinds.ts: it knows kinds of ports, and takes from the manifest which a module has',
  find(tree) {
    const name = protocolIn(tree);
    return all(tree, ({ path, text }) => {
      const concerned = /^(runtime|drivers|firmware)\//.test(path) && !KNOW_PROTOCOLS.test(path);
      if (!concerned || name === undefined) return [];
      const lines = text.split('\n').flatMap((line, i) => {
        const code = /^\s*(\*|\/[/*])/.test(line) ? '' : line;
        return name.test(code) ? [i + 1] : [];
      });
      return lines.length === 0
        ? []
        : [{ key: path, size: lines.length, says: `line ${lines.join(', ')} names one` }];
    });
  },
};

const documents: Rule = {
  name: 'a document is short: README 120 lines and 900 words, CONTRIBUTING 60 lines',
  follow: 'bench/RESULTS.md: what is long stands beside what it is about, or is made by a program',
  find: (tree) =>
    Object.entries(MOST_DOCUMENT).flatMap(([path, most]) => {
      const text = tree.documents.get(path) ?? '';
      const sizes = { lines: linesOf(text), words: text.split(/\s+/).filter((word) => word !== '').length };
      return (Object.entries(most) as [keyof typeof sizes, number][])
        .filter(([of, limit]) => sizes[of] > limit)
        .map(([of]) => ({ key: `${path} ${of}`, size: sizes[of], says: `has ${sizes[of]} ${of}` }));
    }),
};

export const RULES = {
  circles,
  arrows,
  floors,
  apart,
  owners,
  names,
  files,
  functions,
  comments,
  sentences,
  protocols,
  documents,
} as const;
export type RuleName = keyof typeof RULES;

/** By rule: its exceptions of today, each with how much of it there is. */
export type Exceptions = { readonly [Name in RuleName]?: Readonly<Record<string, number>> };

/** An exception that shrank by more than this share is lowered. */
const SLACK = 0.1;

/** Every fault of a tree in words: the rule, the place, the example to follow. */
export function faultsOf(tree: Tree, exceptions: Exceptions = {}): string[] {
  return (Object.keys(RULES) as RuleName[]).flatMap((name) =>
    faultsOfRule(tree, name, exceptions[name] ?? {}),
  );
}

function faultsOfRule(tree: Tree, name: RuleName, excepted: Readonly<Record<string, number>>): string[] {
  const rule: Rule = RULES[name];
  const found = rule.find(tree);
  const broken = found
    .filter(({ key, size }) => size > (excepted[key] ?? 0))
    .map(({ key, size, says }) => {
      const before = excepted[key];
      const grew =
        before === undefined ? '' : `, and was ${before}: an exception may only shrink, not become ${size}`;
      return `${rule.name}: ${key}: ${says}${grew}. Do as ${rule.follow}`;
    });
  const sizes = new Map(found.map(({ key, size }) => [key, size]));
  const loose = Object.entries(excepted)
    .filter(([key, before]) => (sizes.get(key) ?? 0) < before * (1 - SLACK))
    .map(([key, before]) => {
      const now = sizes.get(key);
      const then = now === undefined ? 'is not needed any more: take it out' : `is ${now} by now: lower it`;
      return `${rule.name}: the exception "${key}": ${before} ${then} (${name} in test/house/exceptions.ts)`;
    });
  return [...broken, ...loose];
}

export { LAYERS };
