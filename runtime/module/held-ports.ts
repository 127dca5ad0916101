/** The ports that held outputs open and close: code sees its own ports as it left them, also while its outputs wait. */
export class HeldPorts {
  /** By port and key: whether it will be open. */
  readonly #open = new Map<string, Map<string, boolean>>();

  note(port: string, key: string, open: boolean): void {
    const keys = this.#open.get(port) ?? new Map<string, boolean>();
    this.#open.set(port, keys);
    keys.set(key, open);
  }

  /** Whether it will be open; undefined where nothing waits. */
  willBeOpen(port: string, key: string): boolean | undefined {
    return this.#open.get(port)?.get(key);
  }

  /** The keys that will be open, of those that are. */
  keys(port: string, now: string[]): string[] {
    const held = this.#open.get(port);
    if (held === undefined) return now;
    const kept = now.filter((key) => held.get(key) !== false);
    const added = [...held].filter(([key, open]) => open && !now.includes(key));
    return [...kept, ...added.map(([key]) => key)];
  }

  clear(): void {
    if (this.#open.size > 0) this.#open.clear();
  }
}
