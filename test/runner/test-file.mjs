/**
 * Runs one test file in a process of its own and reads its TAP. Every assertion counts as one test; a subtest
 * counts by what is in it, unless it failed or was skipped as a whole.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { Parser } from 'tap-parser';
import { cpuTimeOfEnded } from './cpu-time.mjs';

const loader = new URL('./typescript.mjs', import.meta.url).href;

/** A test that runs into its time-out has this many ms to say what it waits for. */
const LAST_WORDS = 2_000;

/**
 * @typedef {object} Failure
 * @property {string} name  subtests and assertion, joined by ` > `
 * @property {unknown} [detail]  what tap says of it: text, or data
 *
 * @typedef {object} FileResult
 * @property {string} file
 * @property {number} passed
 * @property {Failure[]} failed
 * @property {{ name: string, reason: string }[]} skipped
 * @property {number} ms
 * @property {number | undefined} cpuMs  processor time of it and of what it started and waited for
 * @property {string} output  what the file printed besides TAP
 */

/** Process groups that run now, so that an interrupt can end them. @type {Set<number>} */
const groups = new Set();

/** Ends every test that runs now, together with what it started. */
export function endAll() {
  for (const group of groups) signalGroup(group, 'SIGKILL');
}

/**
 * @param {string} root  the project's folder
 * @param {string} file  relative to it
 * @param {number} timeout  in ms
 * @returns {Promise<FileResult>}
 */
export function runTestFile(root, file, timeout) {
  const began = performance.now();
  const result = { file, passed: 0, failed: [], skipped: [], ms: 0, cpuMs: undefined, output: '' };
  const parser = new Parser();
  collect(parser, result);
  parser.on('extra', (text) => {
    result.output += text;
  });
  let tap = '';
  let cut = false;
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--import', loader, '--enable-source-maps', file], {
      cwd: root,
      env: { ...process.env, TAP_TIMEOUT: String(timeout / 1000), TAP_CHILD_ID: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a time-out also ends what the test has started.
      detached: true,
    });
    const group = child.pid;
    if (group !== undefined) groups.add(group);
    // tap answers an alarm with the handles that keep it from ending.
    const timers = [
      setTimeout(() => {
        cut = true;
        child.kill('SIGALRM');
      }, timeout),
      setTimeout(() => signalGroup(group, 'SIGKILL'), timeout + LAST_WORDS),
    ];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      tap += text;
      parser.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.output += text;
    });
    child.on('error', (error) => {
      for (const timer of timers) clearTimeout(timer);
      result.failed.push({ name: '', detail: `could not be started: ${error.message}` });
      done(result);
    });
    // A process that the test left behind may hold the pipes open: what it has to say does not count.
    child.on('exit', (code, signal) => {
      result.cpuMs = cpuTimeOfEnded();
      for (const timer of timers) clearTimeout(timer);
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 500).unref();
      child.once('close', () => {
        groups.delete(group);
        signalGroup(group, 'SIGKILL');
        parser.end();
        judge(result, { code, signal, cut, timeout });
        result.ms = performance.now() - began;
        keep(root, file, tap, result.output);
        done(result);
      });
    });
  });
}

/** Adds up what this parser and those of its subtests see. */
function collect(parser, result) {
  let failedBefore = result.failed.length;
  parser.on('child', (child) => {
    failedBefore = result.failed.length;
    collect(child, result);
  });
  parser.on('assert', (point) => {
    const name = point.fullname || point.name || '(no name)';
    if (point.skip || point.todo) {
      const reason = [point.skip, point.todo].filter((text) => typeof text === 'string').join(', ');
      result.skipped.push({
        name,
        reason:
          `${point.todo ? 'to do' : ''}${point.todo && reason ? ': ' : ''}${reason}` || 'no reason given',
      });
    } else if (point.closingTestPoint) {
      // Told by an assertion inside already, as a rule.
      if (!point.ok && result.failed.length === failedBefore)
        result.failed.push({ name, detail: point.diag });
    } else if (point.ok) result.passed++;
    else result.failed.push({ name, detail: point.diag });
  });
  parser.on('bailout', (reason) => {
    if (parser.root === parser)
      result.failed.push({ name: '', detail: `gave up: ${reason || 'no reason given'}` });
  });
  parser.on('complete', ({ plan, failures, bailout }) => {
    // The parser's own words for a stream that held nothing: a mistake, not a skip.
    const nothing = plan.skipReason === 'no tests found';
    if (plan.skipAll && !nothing && parser.root === parser && result.passed + result.failed.length === 0) {
      result.skipped.push({ name: '', reason: plan.skipReason || 'no reason given' });
    }
    if (bailout) return;
    for (const { tapError } of failures) {
      if (typeof tapError === 'string' && tapError !== 'no plan')
        result.failed.push({ name: parser.fullname, detail: tapError });
    }
  });
}

/** What the process's end adds to what its TAP said. */
function judge(result, { code, signal, cut, timeout }) {
  const { passed, failed, skipped } = result;
  if (cut) failed.push({ name: '', detail: `did not end within ${timeout / 1000} s and was stopped` });
  else if (signal !== null) failed.push({ name: '', detail: `was ended by ${signal}` });
  else if (code !== 0 && failed.length === 0)
    failed.push({ name: '', detail: `ended with exit code ${code}` });
  else if (passed + failed.length + skipped.length === 0)
    failed.push({ name: '', detail: 'no test ran in this file' });
}

function signalGroup(group, signal) {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (error.errno !== -constants.errno.ESRCH) throw error;
  }
}

/** All that the file printed, for whoever wants to see more than a summary. */
function keep(root, file, tap, output) {
  const path = join(root, '.tap/test-results', `${file}.tap`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    output === '' ? tap : `${tap}\n# printed besides TAP:\n${output.replaceAll(/^/gm, '# ')}\n`,
  );
}
