/** Reading `process` itself is a getter's call, which costs twice as much as the clock. */
const { hrtime } = process;

/** Milliseconds, with fractions, of the monotonic clock behind `process.hrtime`. Not comparable between boots. */
export function now(): number {
  const time = hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
}
