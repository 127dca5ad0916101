/**
 * Faults of a configuration file, each with its place, and the one error that carries all of it.
 */
import type { BrokenRelation } from '../../runtime/index.ts';
import { type FirmwareCode, FirmwareError } from '../errors.ts';

/** Keys and list indices from the top of the file down to a value. */
export type KeyPath = readonly (string | number)[];

/** A relation between two values that does not hold. */
export type Broken = BrokenRelation;

export interface Problem {
  file: string;
  /** Both count from 1; 0 when the file could not be read at all. */
  line: number;
  column: number;
  /** Such as `vrrp[0].group`; empty for the file as a whole. */
  path: string;
  found: string;
  allowed: string;
}

export class ConfigError extends FirmwareError {
  /** Every mistake in the file, in the order of its lines. */
  readonly problems: readonly Problem[];

  constructor(
    code: Extract<FirmwareCode, `CONFIG_${string}`>,
    problems: readonly Problem[],
    options?: ErrorOptions,
  ) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.map(describe);
    super(
      code,
      lines.length === 1
        ? lines[0]!
        : `${sorted[0]?.file} has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      options,
    );
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}

/** One problem as one line, in the form that editors and terminals turn into a link. */
export function describe(problem: Problem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${path}found ${problem.found}; allowed: ${problem.allowed}`;
}

/** `['vrrp', 0, 'group']` is `vrrp[0].group`; a key that holds other characters is quoted. */
export function formatPath(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
