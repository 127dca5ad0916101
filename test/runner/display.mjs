/** What a person sees of a test run: a line for each thing that ended, what runs now, and the summary. */
import { inspect, styleText } from 'node:util';
import { stringify } from 'yaml';

/** Without a terminal, what takes long is named this often, in ms. */
const REMINDER = 20_000;

/** Of one failure, and of a file's other output, this many lines are shown. */
const MOST_LINES = 60;

export class Display {
  #terminal = process.stdout.isTTY === true;
  #colours = this.#terminal && !process.env.NO_COLOR;
  /** What runs now, with its begin. @type {Map<string, number>} */
  #running = new Map();
  #timer;

  constructor() {
    // A reader that ends early, such as `head`, ends no test.
    process.stdout.on('error', () => {});
    this.#timer = setInterval(() => this.#tick(), this.#terminal ? 1000 : REMINDER);
    this.#timer.unref();
  }

  begin(name) {
    this.#running.set(name, performance.now());
    this.#drawStatus();
  }

  /** @param {'ok' | 'FAIL' | 'skip' | 'note'} word */
  end(name, word, about, ms, cpuMs) {
    this.#running.delete(name);
    const colour = { ok: 'green', FAIL: 'red', skip: 'yellow', note: 'yellow' }[word];
    const time = ms === undefined ? '' : `  ${times(ms, cpuMs)}`;
    this.line(`  ${this.#paint(colour, word.padEnd(4))}  ${name}${about === '' ? '' : `  ${about}`}${time}`);
  }

  line(text) {
    this.#clearStatus();
    process.stdout.write(`${text}\n`);
    this.#drawStatus();
  }

  heading(text) {
    this.line(`\n${this.#paint('bold', text)}`);
  }

  /** Text that belongs to the line above. */
  block(text) {
    const lines = text.trimEnd().split('\n');
    for (const line of lines.slice(0, MOST_LINES)) this.line(`        ${line}`);
    if (lines.length > MOST_LINES) this.line(`        … ${lines.length - MOST_LINES} lines more`);
  }

  /** @param {import('./test-file.mjs').FileResult[]} results */
  skips(results) {
    const all = results.flatMap(({ file, skipped }) => skipped.map((skip) => ({ file, ...skip })));
    if (all.length === 0) return;
    this.line('');
    this.line(
      this.#paint('yellow', `!!! SKIPPED: ${all.length} ${all.length === 1 ? 'test' : 'tests'} did not run:`),
    );
    for (const { file, name, reason } of all) {
      this.line(`  ${this.#paint('yellow', 'SKIPPED')}  ${place(file, name)}`);
      this.line(`           because: ${reason}`);
    }
  }

  /** @param {import('./test-file.mjs').FileResult[]} results */
  failures(results) {
    for (const { file, failed, output } of results) {
      for (const { name, detail } of failed) {
        this.line('');
        this.line(`  ${this.#paint('red', 'FAILED')}  ${place(file, name)}`);
        this.block(describe(detail));
      }
      if (failed.length > 0 && output.trim() !== '') {
        this.line(`        printed by ${file}:`);
        this.block(output.replaceAll(/^/gm, '| '));
      }
    }
  }

  close() {
    clearInterval(this.#timer);
    this.#running.clear();
    this.#clearStatus();
  }

  #tick() {
    if (this.#terminal) this.#drawStatus();
    else if (this.#running.size > 0) process.stdout.write(`  ...   ${this.#status()}\n`);
  }

  #status() {
    const now = performance.now();
    return [...this.#running]
      .map(([name, began]) => `${name} (${Math.round((now - began) / 1000)} s)`)
      .join(', ');
  }

  #clearStatus() {
    if (this.#terminal) process.stdout.write('\r\x1b[K');
  }

  #drawStatus() {
    if (!this.#terminal || this.#running.size === 0) return;
    const width = (process.stdout.columns || 80) - 1;
    process.stdout.write(`\r\x1b[K${`  ...   ${this.#status()}`.slice(0, width)}`);
  }

  #paint(colour, text) {
    return this.#colours ? styleText(colour, text) : text;
  }
}

function place(file, name) {
  return name === '' ? file : `${file} > ${name}`;
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** How long something took, and how much of a processor. */
export function times(ms, cpuMs) {
  return cpuMs === undefined ? seconds(ms) : `${seconds(ms)} (${(cpuMs / 1000).toFixed(1)} CPU s)`;
}

/** tap's data about a failure: where first, then what differs. */
function describe(detail) {
  if (detail === undefined || detail === null) return 'no reason given';
  if (typeof detail !== 'object') return String(detail);
  const { at, source, stack, diff, ...rest } = detail;
  const parts = [];
  if (at?.fileName) parts.push(`at ${at.fileName}:${at.lineNumber}:${at.columnNumber}`);
  if (diff) parts.push(String(diff).trimEnd());
  if (Object.keys(rest).length > 0) parts.push(dataText(rest));
  if (stack && !diff) parts.push(String(stack).trimEnd());
  return parts.join('\n');
}

function dataText(data) {
  try {
    return stringify(data).trimEnd();
  } catch {
    return inspect(data);
  }
}
