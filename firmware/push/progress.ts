/** How far what is pushed has come: one line that is written over on a terminal, a line now and then elsewhere. */
import type { Writable } from 'node:stream';
import { printable } from '../host/printable.ts';

/** Percent between two lines where nothing can be written over. */
const STEP = 25;

export class ProgressLine {
  readonly #name: string;
  readonly #output: Writable & { isTTY?: boolean };
  #first: { have: number; at: number } | undefined;
  #told = 0;
  #shown = false;
  #cut = false;

  constructor(name: string, output: Writable & { isTTY?: boolean }) {
    this.#name = printable(name);
    this.#output = output;
  }

  /** @param more what is told besides, such as how far all is */
  show(have: number, bytes: number, more = ''): void {
    const now = performance.now();
    const resumed = (this.#first === undefined && have > 0 && have < bytes) || this.#cut;
    if (this.#first === undefined || this.#cut) this.#first = { have, at: now };
    this.#cut = false;
    const percent = bytes === 0 ? 100 : Math.floor((100 * have) / bytes);
    const { have: from, at } = this.#first;
    const seconds = (now - at) / 1000;
    const speed = seconds > 0.5 && have > from ? `, ${Math.round((have - from) / seconds)} bytes/s` : '';
    const text = `${this.#name}: ${percent} %, ${have} of ${bytes} bytes${speed}${resumed ? ', the rest follows' : ''}${more}`;
    if (this.#output.isTTY) {
      this.#output.write(`\r${text}\u001b[K`);
      this.#shown = true;
    } else if (resumed || percent >= this.#told + STEP) {
      this.#output.write(`${text}\n`);
      this.#told = percent - (percent % STEP);
    }
  }

  /** The line was cut, and is waited for. */
  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.end();
    this.#output.write(`${this.#name}: the line was cut; waiting for it\n`);
  }

  /** Leaves the line. */
  end(): void {
    if (this.#shown) this.#output.write('\n');
    this.#shown = false;
  }
}
