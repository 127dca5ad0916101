/**
 * How long this process had no processor although it wanted one, or the machine stood still: between two beats of a timer much
 * time passed, and the process used little of it. Code that spins uses it, and whoever waits idly lets the timer beat.
 */

/** Beats that are closer together than so many ms tell of nothing. */
const LEAST_MS = 50;
/** Whoever stood still used less than this share. */
const SHARE = 0.3;

export class Standstill {
  #at = performance.now();
  #cpu = cpuNow();
  #ms = 0;
  readonly #timer = setInterval(() => this.#beat(), 1).unref();

  #beat(): void {
    const [at, cpu] = [performance.now(), cpuNow()];
    const passed = at - this.#at;
    if (passed > LEAST_MS && cpu - this.#cpu < passed * SHARE) this.#ms += passed;
    this.#at = at;
    this.#cpu = cpu;
  }

  /** Ends it; returns the ms altogether. */
  end(): number {
    clearInterval(this.#timer);
    this.#beat();
    return this.#ms;
  }
}

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
