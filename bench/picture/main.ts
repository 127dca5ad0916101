/**
 * Makes the picture of a swap, out of a real one: `npm run picture [FILE]`.
 */
import { writeFileSync } from 'node:fs';
import { drawn } from './drawing.ts';
import { picturedSwap } from './swap.ts';

const [file = 'runtime/swap.svg'] = process.argv.slice(2);
const swap = await picturedSwap();
writeFileSync(file, drawn(swap));
const { window, stall } = swap.report;
console.log(
  `${file}: window ${(window * 1_000).toFixed(0)} µs, stall ${(stall.longest * 1_000).toFixed(0)} µs`,
);
