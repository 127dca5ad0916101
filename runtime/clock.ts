/** Milliseconds, with fractions, of the monotonic clock behind `process.hrtime`. Not comparable between boots. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
