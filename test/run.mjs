/**
 * `npm test`: what tests need, types, style, releases, then every test file. With files or folders named, only those.
 *
 *     npm test -- [--quick] [--changed [--since REVISION]] [--no-install] [--timeout SECONDS] [--jobs N] [--record] [FILE | FOLDER]…
 *
 * `--quick` leaves out the emulated boards and what takes long: under 5 minutes on two cores. `--changed` runs what a
 * change may concern: what is not committed, or the last commit where all is, or all since a revision.
 * `--no-install` installs nothing that tests need, and lets tests that lack something be skipped.
 * `--timeout` is for one file, 600 s unless told. `--jobs` files run at once, 4 unless told, as most of them wait
 * (runner/schedule.mjs); one whose name contains `.alone.` has the machine to itself, one with `.boot.` boots an emulated
 * board and has more time. The last line is `N passed, N failed, N skipped`; the exit code is 0 when nothing failed and
 * something ran. Each file's line tells its time and its processor time, which other work on the machine does not change
 * as much. `--record` keeps what each file took, for the order of the next runs. Plain JavaScript: it runs before anything
 * is built.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { changedFiles, concerned } from './runner/changed.mjs';
import { cpuTimeOfEnded, ofAllChildren } from './runner/cpu-time.mjs';
import { Display, seconds, times } from './runner/display.mjs';
import { isQuick, knownSeconds, longestFirst, recordSeconds } from './runner/order.mjs';
import { bootsBoard, Schedule } from './runner/schedule.mjs';
import { endAll, runTestFile } from './runner/test-file.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const USAGE =
  'usage: npm test -- [--quick] [--changed [--since REVISION]] [--no-install] [--timeout SECONDS] [--jobs N] [--record] [FILE | FOLDER]…';

/** Tests that boot an emulated board have as long as that takes, in ms. */
const BOOT_TIMEOUT = 900_000;

/** A tool that does not end in this time, in ms, hangs; installing packages may take longer. */
const STEP_TIMEOUT = 300_000;
const INSTALL_TIMEOUT = 1_200_000;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'no-install': { type: 'boolean', default: false },
      'no-needs': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      changed: { type: 'boolean', default: false },
      since: { type: 'string' },
      record: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '600' },
      jobs: { type: 'string', default: '4' },
    },
  });
  for (const key of ['timeout', 'jobs']) {
    if (!/^[1-9]\d{0,4}$/.test(values[key]))
      throw new Error(`--${key} takes a whole number from 1, not "${values[key]}"`);
  }
  return {
    install: !values['no-install'],
    /** `--no-needs` is for the tests of this runner: they need nothing. */
    needs: !values['no-needs'],
    timeout: Number(values.timeout) * 1000,
    jobs: Number(values.jobs),
    quick: values.quick,
    changed: values.changed || values.since !== undefined,
    since: values.since,
    record: values.record,
    named: positionals,
  };
}

/** All test files below a folder, relative to the project, in the order of their names. */
function testFilesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => relative(root, join(folder, name)))
    .sort();
}

/** The files that were named; throws for what is not there, because a typing error must not pass as success. */
function namedFiles(named) {
  const files = named.flatMap((name) => {
    const path = resolve(name);
    if (!existsSync(path)) throw new Error(`${name} does not exist`);
    if (!statSync(path).isDirectory()) return [relative(root, path)];
    const inside = testFilesIn(path);
    if (inside.length === 0) throw new Error(`${name} holds no file named *.test.ts`);
    return inside;
  });
  return [...new Set(files)];
}

/**
 * The files to run, and what is to be said of those that are left out.
 * @returns {Promise<{ files: string[], said: string[] }>}
 */
async function chosenFiles({ named, changed, since, quick }, known) {
  const said = [];
  let files = named.length > 0 ? namedFiles(named) : testFilesIn(join(root, 'test'));
  if (changed) {
    const differing = changedFiles(root, since);
    const some = await concerned(root, files, differing);
    said.push(
      `--changed: ${differing.length} files differ; they may concern ${some.length} of ${files.length} test files`,
    );
    files = some;
  }
  if (quick) {
    const long = files.filter((file) => !isQuick(file, known));
    if (long.length > 0) said.push(`--quick leaves out ${long.length} test files: ${long.join(', ')}`);
    files = files.filter((file) => isQuick(file, known));
  }
  return { files: longestFirst(files, known), said };
}

/** The tool that runs now, for an interrupt. @type {import('node:child_process').ChildProcess | undefined} */
let step;

/** Runs a tool of Node and collects what it prints; `live` gets each line at once. */
function runTool(args, timeout, live) {
  const began = performance.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout });
    step = child;
    let output = '';
    let rest = '';
    const take = (text) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      if (live) for (const line of lines) live(line);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    let cpuMs;
    child.on('exit', () => {
      cpuMs = cpuTimeOfEnded();
    });
    child.on('close', (code, signal) => {
      if (live && rest !== '') live(rest);
      step = undefined;
      const end = signal === null ? '' : `ended by ${signal} after ${seconds(performance.now() - began)}\n`;
      done({ ok: code === 0, output: output + end, ms: performance.now() - began, cpuMs });
    });
  });
}

/** Sees to what tests need beyond npm. What stays missing is no failure: the tests that miss it are skipped, loudly. */
async function needs(display, install, failures) {
  const name = 'what the tests need';
  const program = join(root, 'dist/hitless.mjs');
  display.begin(name);
  if (!existsSync(program)) {
    display.end(name, 'FAIL', 'dist/hitless.mjs is missing: type `npm run build`');
    failures.push({
      file: name,
      failed: [{ name: '', detail: 'dist/hitless.mjs is missing: type `npm run build`' }],
      output: '',
    });
    return undefined;
  }
  const args = [program, 'needs', '--tests', ...(install ? [] : ['--no-install'])];
  const { ok, output, ms, cpuMs } = await runTool(args, INSTALL_TIMEOUT, (line) => display.block(line));
  if (ok) {
    display.end(name, 'ok', '', ms, cpuMs);
    return undefined;
  }
  display.end(name, 'note', 'not all there: tests that miss something are skipped', ms, cpuMs);
  return output;
}

/** Types, style and releases: each one is a failure of the run when it does not pass. */
async function checks(display, failures) {
  const tools = [
    ['tsc --noEmit', ['node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false']],
    ['biome check .', ['node_modules/@biomejs/biome/bin/biome', 'check', '--colors=off', '.']],
    ['release --check', ['firmware/release.mjs', '--check']],
  ];
  for (const [name, args] of tools) {
    display.begin(name);
    const { ok, output, ms, cpuMs } = await runTool(args, STEP_TIMEOUT);
    display.end(name, ok ? 'ok' : 'FAIL', '', ms, cpuMs);
    if (!ok) failures.push({ file: name, failed: [{ name: '', detail: output }], output: '' });
  }
}

async function runFile(display, file, timeout, results) {
  display.begin(file);
  const patience = bootsBoard(file) ? Math.max(timeout, BOOT_TIMEOUT) : timeout;
  const result = await runTestFile(root, file, patience);
  results.push(result);
  const { passed, failed, skipped, ms, cpuMs } = result;
  const counts = [
    `${passed} passed`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} SKIPPED`] : []),
  ];
  const word = failed.length > 0 ? 'FAIL' : passed === 0 ? 'skip' : 'ok';
  display.end(file, word, counts.join(', '), ms, cpuMs);
  for (const failure of failed.slice(0, 3)) display.line(`        not ok: ${failure.name || failure.detail}`);
}

async function runFiles(display, files, { jobs, timeout }, results) {
  if (files.length === 0) return;
  display.heading(
    `Tests (${files.length} ${files.length === 1 ? 'file' : 'files'}, up to ${jobs} at a time)`,
  );
  const schedule = new Schedule(files, jobs);
  await new Promise((done, fail) => {
    let running = 0;
    const begin = () => {
      for (let file = schedule.next(); file !== undefined; file = schedule.next()) {
        const begun = file;
        running++;
        runFile(display, begun, timeout, results).then(() => {
          running--;
          schedule.ended(begun);
          begin();
        }, fail);
      }
      if (running === 0) done();
    };
    begin();
  });
}

function count(results) {
  const sum = (of) => results.reduce((total, result) => total + of(result), 0);
  return {
    passed: sum((r) => r.passed ?? 0),
    failed: sum((r) => r.failed.length),
    skipped: sum((r) => r.skipped?.length ?? 0),
  };
}

async function main() {
  let options;
  let files;
  let said;
  const known = knownSeconds(root);
  try {
    options = readArguments();
    ({ files, said } = await chosenFiles(options, known));
  } catch (error) {
    console.log(`${error.message}\n${USAGE}\n\n0 passed, 1 failed, 0 skipped`);
    return 1;
  }
  const began = performance.now();
  const display = new Display();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      display.close();
      step?.kill('SIGTERM');
      endAll();
      console.log(`\nstopped by ${signal}`);
      process.exit(code);
    });
  }

  for (const line of said) display.line(line);

  const results = [];
  const failures = [];
  let lacking;
  if (options.needs || options.named.length === 0) display.heading('Checks');
  if (options.needs) lacking = await needs(display, options.install, failures);
  if (options.named.length === 0) await checks(display, failures);
  await runFiles(display, files, options, results);
  display.close();
  if (options.record) recordSeconds(root, results, testFilesIn(join(root, 'test')));

  results.sort((a, b) => (a.file < b.file ? -1 : 1));
  display.skips(results);
  if (lacking !== undefined) {
    display.line('\n!!! Not all that the tests need is there:');
    display.block(lacking);
  }
  display.failures([...failures, ...results]);
  const { passed, failed, skipped } = count([...failures, ...results]);
  display.line('');
  if (passed + failed === 0) display.line('no test ran');
  display.line(`in ${times(performance.now() - began, ofAllChildren())}`);
  display.line(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
