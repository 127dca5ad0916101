/** A figure that is promised: a ratio of two measurements of one run, and the most that it may be. */
export interface Gate {
  name: string;
  /** What is divided by what. */
  of: string;
  /** Undefined when a side could not be measured; `reason` then says why. */
  ratio: number | undefined;
  atMost: number;
  held: boolean | undefined;
  reason: string;
}

export function gate(
  name: string,
  of: string,
  ours: number | undefined,
  theirs: number | undefined,
  atMost: number,
  reason = '',
): Gate {
  if (ours === undefined || theirs === undefined)
    return { name, of, ratio: undefined, atMost, held: undefined, reason: reason || 'not measured' };
  const ratio = ours / theirs;
  return { name, of, ratio, atMost, held: ratio <= atMost, reason: '' };
}

/** `held, 0.31 of at most 0.50` or `MISSED, 0.80 of at most 0.50: 1.6 times too much`. */
export function verdict({ ratio, atMost, held, reason }: Gate): string {
  if (ratio === undefined) return `not available: ${reason}`;
  const figures = `${digits(ratio)} of at most ${digits(atMost)}`;
  return held === true ? `held, ${figures}` : `MISSED, ${figures}: ${digits(ratio / atMost)} times too much`;
}

/** Three significant digits, as people write them. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', {
    minimumFractionDigits: places > 2 ? 0 : places,
    maximumFractionDigits: places,
  });
}
