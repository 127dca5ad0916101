/** Erlang/OTP's cast and call, between two processes of one node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Programs } from '../programs.ts';
import type { MailboxJob } from './job.ts';

const SOURCES = ['./erlang/mailbox_bench.erl', '../swap/erlang/talk_bench.erl'];

/** @throws BenchError `SIDE_FAILED` */
export async function buildErlang(programs: Programs): Promise<string> {
  const directory = programs.makeDirectory();
  const sources = SOURCES.map((source) => fileURLToPath(new URL(source, import.meta.url)));
  await programs.run('the Erlang side', ['erlc', '-Werror', '-o', directory, ...sources]);
  return directory;
}

/**
 * ns of each batch, and the release.
 * @throws BenchError `SIDE_FAILED`, also when a message was lost
 */
export async function measureErlang(
  programs: Programs,
  code: string,
  { what, batches, size }: MailboxJob,
): Promise<{ times: number[]; otp: string }> {
  const output = join(programs.makeDirectory(), 'record');
  const words = [what, String(batches), String(size), output];
  const start = ['-noshell', '-noinput', '-pa', code, '-s', 'mailbox_bench', 'main', '-extra', ...words];
  await programs.run(`${what}, erlang`, ['erl', ...start]);
  const lines = readFileSync(output, 'utf8').split('\n');
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  return { times: after('batch ').map(Number), otp: after('fact otp ')[0] ?? 'unknown' };
}
