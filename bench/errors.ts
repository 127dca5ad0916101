/** Errors of the benches: a stable code, and a message that says what is wrong, where, and what to do. */
export const BENCH_CODES = {
  USAGE: 'the command line is not understood',
  SIDE_FAILED: 'a program that measures one side ended with an error',
  NO_RESULT: 'a file does not hold what a bench found',
  MEASURED_NOTHING: 'a measurement is not what it claims to be, so no figure is printed',
} as const;

export type BenchCode = keyof typeof BENCH_CODES;

export class BenchError extends Error {
  readonly code: BenchCode;

  constructor(code: BenchCode, message: string) {
    super(message);
    this.name = 'BenchError';
    this.code = code;
  }
}
