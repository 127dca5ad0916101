/** One colour for each side, the same in all plots of a page. */

/** What has its colour on every page; others get the next that is free. */
const KNOWN: Record<string, number> = {
  hitless: 0,
  'hitless precise': 1,
  erlang: 2,
  'Erlang cast': 2,
  'Erlang call': 3,
  restart: 4,
};
/** How many colours the style sheet has. */
const COLOURS = 8;

export class Sides {
  readonly #colours = new Map<string, number>();

  constructor(sides: readonly string[]) {
    const used = new Set(sides.flatMap((side) => KNOWN[side] ?? []));
    // A colour that nobody on this page has of old comes first; after that they are given again.
    const free = Array.from({ length: COLOURS }, (_, i) => i).filter(
      (colour) => colour > 0 && !used.has(colour),
    );
    let next = 0;
    for (const side of new Set(sides)) {
      const colour = KNOWN[side] ?? free[next++ % Math.max(1, free.length)] ?? COLOURS - 1;
      this.#colours.set(side, colour);
    }
  }

  /** A declaration for a `style` attribute: what is in the element has the side's colour. */
  style(side: string): string {
    return `--c:var(--side-${this.#colours.get(side) ?? COLOURS - 1})`;
  }
}
