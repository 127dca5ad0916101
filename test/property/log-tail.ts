/** The runtime's log of a case: how many cuts it tells, and its last lines for a case that failed. */
import type { Runtime } from '../../runtime/index.ts';

const MOST_LINES = 40;

export class LogTail {
  /** How many handlers or continuations were cut, those of modules that are gone by now as well. */
  cuts = 0;
  readonly lines = ['', 'What the log told last:'];

  constructor(runtime: Runtime) {
    runtime.onLog(({ module, text }) => {
      if (text.includes('did not return and was cut; its state')) this.cuts++;
      this.lines.push(`  ${module}: ${text}`);
      if (this.lines.length > MOST_LINES) this.lines.splice(2, 1);
    });
  }
}
