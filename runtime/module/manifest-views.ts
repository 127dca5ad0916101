/**
 * The views of a version (api 2): what a console shows of the module, in whose words, as which table. So a view comes with
 * the version that has it, and goes with it (design rule 6).
 */
import { isRecord } from '../state/copy.ts';

/** One value that may be typed behind a view's words; it is sent with the request. */
export interface ViewArgument {
  /** Its name in the request's body: a letter, then letters, digits, _ or - (at most 32). */
  name: string;
  /** A line for people. */
  description: string;
  /** It may be left out, with all that follow it. */
  optional?: boolean;
  /** The only values that are taken; any word unless told. */
  choices?: readonly string[];
  /** Values that are offered to whoever types; others are taken, too. Not beside `choices`. */
  offers?: readonly string[];
}

/** One column of a view's table. */
export interface ViewColumn {
  /** The property of a row that stands in it. Where no row has it, the column is left out. */
  key: string;
  /** Its title, such as `DEAD IN`. */
  title: string;
  /** Unit of its numbers: `ms` is shown as a time in s, m or h; any other follows the number. */
  unit?: string;
}

/** A table that a console shows of a module. */
export interface ManifestView {
  /** One to six words that follow `show`, or `debug`, such as `ip ospf neighbor`: lower-case letters, digits and -. */
  words: string;
  /** Other words for the same, such as those of other routers. */
  aliases?: readonly string[];
  /** A line for people. */
  description: string;
  /** The values that may be typed behind the words. */
  takes?: readonly ViewArgument[];
  /**
   * The request that is sent to the module: a type that it accepts. Its body is an object with what was typed, by the names
   * of `takes`; undefined without them. Its answer is a list, a Map or a Table of rows: objects.
   */
  request: string;
  /** Left to right. Left out where the rows have lines. */
  columns?: readonly ViewColumn[];
  /** The property of a row that is its text, a list of lines, shown in place of a table; a program is not told it. */
  lines?: string;
  /**
   * Rows come as things happen: the words follow `debug`, and the request is repeated until somebody ends it. Its body has
   * `follower`, a text that each who follows has to itself. `after` is the number of its last row, 0 at first.
   * The answer has the rows since then with lines; `number` in each is one higher than in the one before it. A number that is
   * missing is a row that was lost.
   */
  follows?: boolean;
  /** Lines above those of the rows, such as what their letters mean. */
  legend?: readonly string[];
  /** Shown when there are no rows; `none` unless told. */
  none?: string;
}

/** A module and the views that its version has. */
export interface ModuleViews {
  /** The module's name. */
  module: string;
  /** The version in service. */
  version: string;
  /** The contract that the version was made for: views came with 2. */
  api: number;
  /** By name. */
  views: Readonly<Record<string, ManifestView>>;
}

/** As `validateManifest` leaves them, by name. */
export type ValidViews = Readonly<Record<string, Readonly<ManifestView>>>;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const WORDS = /^[a-z][a-z0-9-]{0,31}( [a-z][a-z0-9-]{0,31}){0,5}$/;
/** Control characters end no line of a table, and command no terminal. */
const LINE = /^[^\p{Cc}]{1,200}$/u;
const TITLE = /^[^\p{Cc}]{1,40}$/u;

const MOST_VIEWS = 100;
const MOST_COLUMNS = 40;
const MOST_ARGUMENTS = 8;
const MOST_CHOICES = 100;
const MOST_ALIASES = 8;
const MOST_LEGEND = 20;

type Wrong = (key: string, allowed: string) => never;

/**
 * A frozen copy of `manifest.views`, when they say what they must.
 * @param accepts the types of message that the module accepts
 * @param wrong refuses the manifest: its key must be what is allowed
 */
export function validViews(
  value: unknown,
  accepts: Readonly<Record<string, unknown>>,
  wrong: Wrong,
): ValidViews {
  const views = isObject(value) ? value : wrong('views', 'an object of name to view');
  const names = Object.keys(views);
  if (names.length > MOST_VIEWS) wrong('views', `at most ${MOST_VIEWS} views`);
  const copy = Object.create(null) as Record<string, Readonly<ManifestView>>;
  const taken = new Set<string>();
  for (const name of names) {
    if (!NAME.test(name)) wrong('views', 'named by a letter, then letters, digits, _ or - (at most 32)');
    const view = viewOf(views[name], `views.${name}`, wrong);
    if (!Object.hasOwn(accepts, view.request))
      wrong(`views.${name}.request`, 'a type of message that "accepts" names');
    for (const words of [view.words, ...(view.aliases ?? [])]) {
      const typed = `${view.follows ? 'debug' : 'show'} ${words}`;
      if (taken.has(typed)) wrong(`views.${name}`, `in words of its own: "${words}" is said twice`);
      taken.add(typed);
    }
    copy[name] = view;
  }
  return Object.freeze(copy);
}

const KEYS = [
  'words',
  'aliases',
  'description',
  'takes',
  'request',
  'columns',
  'lines',
  'follows',
  'legend',
  'none',
];
/** Names in the body of a request that is repeated. */
const OF_FOLLOWERS = ['follower', 'after'];

function viewOf(value: unknown, key: string, wrong: Wrong): Readonly<ManifestView> {
  const view = members(value, KEYS, key, wrong);
  const { words, aliases, description, takes, request, none } = view;
  const areWords = '1 to 6 words with a blank between them, of lower-case letters, digits and -';
  const line = (at: string, found: unknown) =>
    isText(found, LINE) ? found : wrong(`${key}.${at}`, 'a line of 1 to 200 characters');
  return Object.freeze({
    words: isText(words, WORDS) ? words : wrong(`${key}.words`, areWords),
    ...(aliases !== undefined && {
      aliases: list(aliases, 0, MOST_ALIASES, `${key}.aliases`, wrong, (each, at) =>
        isText(each, WORDS) ? each : wrong(at, areWords),
      ),
    }),
    description: line('description', description),
    ...(takes !== undefined && { takes: argumentsOf(takes, `${key}.takes`, wrong) }),
    request: isText(request, NAME) ? request : wrong(`${key}.request`, 'a type of message'),
    ...shapeOf(view, key, wrong),
    ...followsOf(view, key, wrong),
    ...(none !== undefined && { none: line('none', none) }),
  });
}

/** A table with columns, or lines that each row has itself. */
function shapeOf(
  { columns, lines, legend }: Record<string, unknown>,
  key: string,
  wrong: Wrong,
): Pick<ManifestView, 'columns' | 'lines' | 'legend'> {
  if (lines === undefined) {
    if (legend !== undefined) wrong(`${key}.legend`, 'left out where "lines" is');
    return {
      columns: list(columns, 1, MOST_COLUMNS, `${key}.columns`, wrong, (each, at) =>
        columnOf(each, at, wrong),
      ),
    };
  }
  if (columns !== undefined) wrong(`${key}.columns`, 'left out where there are "lines"');
  return {
    lines: isText(lines, LINE) ? lines : wrong(`${key}.lines`, 'the name of a property'),
    ...(legend !== undefined && {
      legend: list(legend, 1, MOST_LEGEND, `${key}.legend`, wrong, (each, at) =>
        isText(each, LINE) ? each : wrong(at, 'a line of 1 to 200 characters'),
      ),
    }),
  };
}

function followsOf(
  { follows, lines, legend, takes }: Record<string, unknown>,
  key: string,
  wrong: Wrong,
): Pick<ManifestView, 'follows'> {
  if (follows !== undefined && typeof follows !== 'boolean') wrong(`${key}.follows`, 'true or false');
  if (follows !== true) return {};
  if (lines === undefined) wrong(`${key}.lines`, 'the name of a property, where the view follows');
  if (legend !== undefined) wrong(`${key}.legend`, 'left out where the view follows');
  const names = ((takes ?? []) as ViewArgument[]).map(({ name }) => name);
  if (names.some((name) => OF_FOLLOWERS.includes(name)))
    wrong(`${key}.takes`, `free of the names ${OF_FOLLOWERS.join(' and ')}`);
  return { follows };
}

function argumentsOf(value: unknown, key: string, wrong: Wrong): readonly ViewArgument[] {
  const all = list(value, 0, MOST_ARGUMENTS, key, wrong, (each, at) => argumentOf(each, at, wrong));
  if (new Set(all.map(({ name }) => name)).size < all.length) wrong(key, 'free of repeated names');
  const optional = all.findIndex((each) => each.optional);
  if (optional >= 0 && !all.slice(optional).every((each) => each.optional))
    wrong(key, 'with those that may be left out at the end');
  return all;
}

function argumentOf(value: unknown, key: string, wrong: Wrong): ViewArgument {
  const { name, description, optional, choices, offers } = members(
    value,
    ['name', 'description', 'optional', 'choices', 'offers'],
    key,
    wrong,
  );
  if (choices !== undefined && offers !== undefined) wrong(`${key}.offers`, 'left out beside "choices"');
  if (optional !== undefined && typeof optional !== 'boolean') wrong(`${key}.optional`, 'true or false');
  return Object.freeze({
    name: isText(name, NAME) ? name : wrong(`${key}.name`, 'a letter, then letters, digits, _ or -'),
    description: isText(description, LINE)
      ? description
      : wrong(`${key}.description`, 'a line of 1 to 200 characters'),
    ...(optional === true && { optional }),
    ...(choices !== undefined && { choices: wordsOf(choices, `${key}.choices`, wrong) }),
    ...(offers !== undefined && { offers: wordsOf(offers, `${key}.offers`, wrong) }),
  });
}

function wordsOf(value: unknown, key: string, wrong: Wrong): readonly string[] {
  return list(value, 1, MOST_CHOICES, key, wrong, (each, at) =>
    isText(each, /^[\w.:/@-]{1,64}$/) ? each : wrong(at, 'a word'),
  );
}

function columnOf(value: unknown, key: string, wrong: Wrong): ViewColumn {
  const { key: property, title, unit } = members(value, ['key', 'title', 'unit'], key, wrong);
  return Object.freeze({
    key: isText(property, LINE) ? property : wrong(`${key}.key`, 'the name of a property'),
    title: isText(title, TITLE) ? title : wrong(`${key}.title`, 'a text of 1 to 40 characters'),
    ...(unit !== undefined && {
      unit: isText(unit, TITLE) ? unit : wrong(`${key}.unit`, 'a text such as ms'),
    }),
  });
}

function members(
  value: unknown,
  known: readonly string[],
  key: string,
  wrong: Wrong,
): Record<string, unknown> {
  const found = isObject(value) ? value : wrong(key, `an object with ${known.join(', ')}`);
  const other = Object.keys(found).find((each) => !known.includes(each));
  if (other !== undefined) wrong(`${key}.${other}`, `left out: known are ${known.join(', ')}`);
  return found;
}

function list<Item>(
  value: unknown,
  least: number,
  most: number,
  key: string,
  wrong: Wrong,
  item: (each: unknown, key: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value) || value.length < least || value.length > most)
    return wrong(key, `a list of ${least} to ${most}`);
  return Object.freeze(value.map((each, i) => item(each, `${key}[${i}]`)));
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && isRecord(value);
}
