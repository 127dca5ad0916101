/** The page that is made of results: whole, without anything from elsewhere, and drawn by a browser without complaint. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { markdownOf } from '../../bench/markdown.ts';
import { pageOf } from '../../bench/page/page.ts';
import { type BenchReport, reportOf } from '../../bench/report.ts';
import { findCommand } from '../../firmware/host/needs.ts';
import { OUTAGE, SWAP, TIMER, UNKNOWN } from './fixtures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const REPORT: BenchReport = {
  command: 'npm run bench',
  startedAt: SWAP.startedAt,
  seconds: 99,
  results: [SWAP, TIMER, OUTAGE, UNKNOWN],
  failed: [{ bench: 'packet', code: 'SIDE_FAILED', message: 'it <broke> & ended' }],
};
const page = pageOf(REPORT);

/** What is open when an element ends that is not the last one that began. */
function unbalanced(html: string): string | undefined {
  const open: string[] = [];
  for (const [tag, end, name, empty] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/') {
      if (open.pop() !== name) return `${tag} inside ${open.join(' > ')}`;
    } else if (empty !== '/') open.push(name!);
  }
  return open.length > 0 ? `${open.join(' > ')} is open` : undefined;
}

t.test('the page is well-formed, and what results say is text in it', async (t) => {
  t.equal(unbalanced(page), undefined);
  t.match(page, /^<!doctype html>/);
  const rest = page.replaceAll(/<\/?[a-z][^<>]*>/g, '').replace('<!doctype html>', '');
  t.notMatch(rest.replace(/:root[\s\S]*?@media print[^\n]*/, ''), /<|&(?!amp;|lt;|gt;|quot;|#\d+;)/);
  t.match(page, 'it &lt;broke&gt; &amp; ended');
  t.notMatch(page, /NaN|Infinity|undefined/);
});

t.test('the page needs nothing from elsewhere', async (t) => {
  t.notMatch(page, /https?:|\/\/[a-z]|<script|@import|url\((?!data:)/i);
  t.strictSame(
    [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target),
    ['data:,'],
  );
});

t.test('each kind of plot is there, with a caption, and each side keeps its colour', async (t) => {
  for (const title of [
    'Blackout of a swap: one module, new code',
    'A swap under a stream of messages',
    'The same beside a restart of the process',
    'Blackout against the size of the state',
    'Largest gap between two messages around a swap',
    'Lateness: idle &lt;title&gt;',
    'Longest gap',
    'Rate, messages/s',
  ]) {
    const figure = page.split('<figure').find((part) => part.includes(`<h3>${title}</h3>`)) ?? '';
    t.match(figure, /<svg [\s\S]*<path|<svg [\s\S]*<rect|<svg [\s\S]*<circle/, title);
    t.match(figure, /<figcaption>[^<]{5,}/, title);
  }
  const colours = [
    ...page.matchAll(/style="--c:var\(--side-(\d)\)">(?:<title>)?(hitless|erlang|restart)\b/g),
  ];
  for (const side of ['hitless', 'erlang', 'restart'])
    t.equal(new Set(colours.filter(([, , name]) => name === side).map(([, colour]) => colour)).size, 1, side);
});

t.test(
  'goals are told held, missed, or not measured; what is absent and what is noisy is named',
  async (t) => {
    t.match(page, /held goal[\s\S]*?badge held">held</);
    t.match(page, /missed goal[\s\S]*?badge missed">missed, 2.00×</);
    t.match(page, /lost goal[\s\S]*?no c[\s\S]*?badge">not measured</);
    t.match(page, 'not measured: left &lt;out&gt; by --quick');
    t.match(page, /gap-single &lt;title&gt;: largest gap[\s\S]*?noisy/);
    t.match(page, 'npm run bench -- outage', 'the command of each');
  },
);

t.test('the list of figures has each with its goal, command, machine and date', async (t) => {
  const text = markdownOf(REPORT);
  for (const part of [
    '`npm run bench`, begun 2026-01-02T03:04:05.000Z',
    'A & B "C" (2 processors), Linux 6.1',
    'Goals: 1 of 3 held, 1 missed, 1 without a peer to measure.',
    '| missed goal | a / b | MISSED, 1.00 of at most 0.5: 2.00 times too much |',
    '`npm run bench -- swap`',
    '| code loaded inside | erlang | not measured: left <out> by --quick |',
    '(noisy)',
    '## packet\n\nNot measured: SIDE_FAILED: it <broke> & ended',
  ])
    t.ok(text.includes(part), part);
  const rows = text.split('\n').filter((row) => row.startsWith('|'));
  t.ok(rows.every((row) => !/\|\|/.test(row)));
});

t.test('the page is made of a file by a program, which refuses what is no result', async (t) => {
  const directory = t.testdir({
    'one.json': JSON.stringify(SWAP),
    'all.json': JSON.stringify(REPORT),
    'odd.json': '{"a":1}',
    'bad.json': '{',
  });
  const program = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', './test/runner/typescript.mjs', 'bench/page/main.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  const out = join(directory, 'page.html');
  t.equal(program(join(directory, 'all.json'), out).status, 0);
  t.equal(readFileSync(out, 'utf8'), page);
  t.equal(program(join(directory, 'one.json'), out).status, 0);
  t.equal(readFileSync(out, 'utf8'), pageOf(reportOf(SWAP)));
  t.match(program(join(directory, 'odd.json'), out), {
    status: 1,
    stderr: /NO_RESULT: .*odd.json is no result/,
  });
  t.match(program(join(directory, 'bad.json'), out), {
    status: 1,
    stderr: /NO_RESULT: .*cannot be read as JSON/,
  });
  t.match(program('one.json'), { status: 2, stderr: /USAGE: two files/ });
});

const chromium = findCommand('chromium');
const skip = chromium === undefined && 'SKIPPED: chromium is not installed (package chromium)';

t.test('a browser draws the page without an error', { skip, timeout: 90_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-page-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const html = join(directory, 'page.html');
  // What a browser has to say is shown in the document's own text, which is asked for.
  const spy = `<script>window.addEventListener('error', (e) => { document.title = 'ERROR ' + e.message; }, true);
    addEventListener('load', () => { const wide = document.documentElement.scrollWidth - innerWidth;
      const bad = [...document.querySelectorAll('svg')].filter((s) => s.getBoundingClientRect().height < 20).length;
      document.title = document.title.startsWith('ERROR') ? document.title : 'DRAWN ' + document.querySelectorAll('svg').length + ' ' + bad + ' ' + wide; });</script>`;
  writeFileSync(html, page.replace('<style>', `${spy}<style>`));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const own = [`--user-data-dir=${join(directory, 'profile')}`, '--disable-dev-shm-usage', '--no-first-run'];
  const run = (...args: string[]) =>
    promisify(execFile)(chromium as string, [...flags, ...own, ...args, `file://${html}`], {
      timeout: 60_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, HOME: directory },
    });
  const { stdout } = await run('--enable-logging=stderr', '--window-size=500,900', '--dump-dom');
  const [, plots, flat, wide] = /<title>DRAWN (\d+) (\d+) (-?\d+)<\/title>/.exec(stdout) ?? [];
  t.equal(Number(plots), page.split('<svg').length - 1, 'every plot');
  t.equal(flat, '0', 'no plot without height');
  t.ok(Number(wide) <= 0, `nothing is wider than a narrow screen: ${wide}`);
  const picture = join(directory, 'page.png');
  const { stderr } = await run(
    '--enable-logging=stderr',
    '--window-size=1280,2000',
    `--screenshot=${picture}`,
  );
  t.notMatch(stderr, /CONSOLE.*(error|violat)/i);
  t.ok(statSync(picture).size > 50_000, 'something is to be seen');
});
