/** BIRD in a namespace, for one test. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';

const PATIENCE = 60_000;

/** Why there is no BIRD here, for a test's `skip`; false when there is. */
export const birdUnavailable: string | false =
  spawnSync('bird', ['--version']).error !== undefined && 'SKIPPED: not installed: bird (package bird2)';

export interface Bird {
  /** Gives a command to birdc; returns what it prints. */
  birdc(command: string): string;
  /** Lines of its log, of all its lives. */
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** Kills it without a word, and starts it again. */
  restart(): Promise<void>;
}

/** Beside OSPF it reads the links, and its routes go to the kernel. */
const REST = `protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export where source ~ [RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2]; }; }
`;

/**
 * Starts it. Ends with the test.
 * @param directory of the test's files
 * @param lines of its configuration
 */
export async function startBird(
  t: Test,
  peer: NetworkNamespace,
  directory: string,
  { routerId, areas, exported = 'none', others = '' }: BirdLines,
): Promise<Bird> {
  mkdirSync(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  // In a file: it would wait for a reader of a pipe while this process waits for it.
  const text = `router id ${routerId};
log "${file('bird.log')}" all;
${REST}${others}
protocol ospf v2 o { ipv4 { import all; export ${exported}; };
${areas}
}
`;
  writeFileSync(file('bird.conf'), text);
  execFileSync('bird', ['-p', '-c', file('bird.conf')], { stdio: 'pipe' });
  const where = ['-c', file('bird.conf'), '-s', file('bird.ctl'), '-P', file('bird.pid')];
  const begin = () => {
    // It has times of day in those of its place.
    const child = peer.spawn(['bird', '-f', ...where], { env: { TZ: 'UTC' } });
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    return { child, ended: new Promise((resolve) => child.once('close', resolve)) };
  };
  let life = begin();
  const end = async () => {
    life.child.kill('SIGKILL');
    await life.ended;
  };
  t.teardown(end);
  const birdc = (command: string) =>
    execFileSync('birdc', ['-s', file('bird.ctl'), ...command.split(' ')], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const comes = () =>
    eventuallyAsync('bird is there', PATIENCE, async () => {
      try {
        return birdc('show status');
      } catch {
        return undefined;
      }
    });
  await comes();
  return {
    birdc,
    log: () => readFileSync(file('bird.log'), 'utf8'),
    signal: (signal) => void life.child.kill(signal),
    restart: async () => {
      await end();
      life = begin();
      await comes();
    },
  };
}

export interface BirdLines {
  routerId: string;
  areas: string;
  /** Of its routes to the AS: a filter such as `where source = RTS_STATIC`. */
  exported?: string;
  others?: string;
}
