/** Where a value is drawn, and which values are written beside an axis. */
import { digits } from '../gate.ts';

export interface Scale {
  (value: number): number;
  ticks: number[];
}

/** Ends at whole tens, twos or fives. Values must be greater than 0. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0);
  const [least, most] = positive.length === 0 ? [1, 10] : [Math.min(...positive), Math.max(...positive)];
  const low = niceBelow(least);
  const high = Math.max(niceAbove(most), low * 10);
  const span = Math.log10(high / low);
  const scale = (value: number) => from + ((to - from) * Math.log10(Math.max(value, low) / low)) / span;
  return Object.assign(scale, { ticks: logTicks(low, high) });
}

const STEPS = [1, 2, 5];

function niceBelow(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * STEPS.findLast((step) => step * decade <= value * 1.000001)!;
}

function niceAbove(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * ([...STEPS, 10].find((step) => step * decade >= value * 0.999999) ?? 10);
}

/** Every ten where there are many of them, else twos and fives too. */
function logTicks(low: number, high: number): number[] {
  const steps = high / low > 2_000 ? [1] : STEPS;
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high * 1.000001; decade *= 10)
    for (const step of steps) ticks.push(step * decade);
  return ticks.filter((tick) => tick >= low * 0.999999 && tick <= high * 1.000001);
}

export function linearScale(low: number, high: number, from: number, to: number, count = 6): Scale {
  const span = high - low || 1;
  const rough = span / count;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([...STEPS, 10].find((each) => each * decade >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-6; i++) ticks.push(i * step);
  return Object.assign((value: number) => from + ((to - from) * (value - low)) / span, { ticks });
}

const TIMES = ['ns', 'µs', 'ms', 's'];
const THOUSANDS = ['', ' k', ' M', ' G'];

/** Whether values of the unit are said in another that suits them. */
export function isTime(unit: string): boolean {
  return TIMES.includes(unit);
}

/** A value with its unit; a time in the unit that people would say, what is counted in thousands. */
export function said(value: number, unit: string): string {
  if (!isTime(unit)) return `${counted(value)} ${unit === 'each' ? '' : unit}`.trim();
  if (value === 0) return `0 ${unit}`;
  let at = TIMES.indexOf(unit);
  let scaled = value;
  for (; Math.abs(scaled) >= 1000 && at < TIMES.length - 1; at++) scaled /= 1000;
  for (; Math.abs(scaled) < 1 && at > 0; at--) scaled *= 1000;
  return `${digits(scaled)} ${TIMES[at]}`;
}

function counted(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value);
  let scaled = value;
  let at = 0;
  for (; Math.abs(scaled) >= 10_000 && at < THOUSANDS.length - 1; at++) scaled /= 1000;
  return `${digits(scaled)}${THOUSANDS[at]}`;
}

/** The same, as short as can be, for an axis; its title has the unit of what is counted. */
export function saidShort(value: number, unit: string): string {
  return said(value, isTime(unit) ? unit : 'each')
    .replace(/(\.\d*?)0+(?= |$)/, '$1')
    .replace(/\.(?= |$)/, '');
}
