/** The last words of the lab's monitors, for `show monitors`, and their lines as they come. */
import type { MonitorReport } from '../console/monitor-report.ts';

/** Messages of the lab to its router, over the channel between the two processes. */
export type MonitorMessage =
  | { kind: 'monitor'; report: MonitorReport }
  | { kind: 'monitor-line'; text: string };

export class MonitorBoard {
  readonly #reports = new Map<string, MonitorReport>();
  readonly #listeners = new Set<(line: string) => void>();

  take(message: MonitorMessage): void {
    if (message.kind === 'monitor') {
      this.#reports.set(`${message.report.protocol} ${message.report.namespace}`, message.report);
    } else {
      for (const listener of this.#listeners) listener(message.text);
    }
  }

  reports(): MonitorReport[] {
    return [...this.#reports.values()];
  }

  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
