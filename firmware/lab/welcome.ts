/** The first lines that a person reads in the lab. */
import { basename, relative } from 'node:path';
import { consolePath } from '../console/socket-path.ts';
import { findCommand } from '../host/needs.ts';
import type { LabPlan } from './plan.ts';
import { ADDRESSES } from './topology.ts';

export function welcome(plan: LabPlan): string {
  const { frr, keepalived, program, socket } = plan;
  const peers = [frr ? 'FRR ospfd on the right' : '', keepalived ? 'keepalived on the left' : ''].filter(
    Boolean,
  );
  const elsewhere = socket === consolePath() ? '' : `HITLESS_CONSOLE=${socket} `;
  return `
hitless lab: a router between two LANs, in network namespaces of its own

    left ${ADDRESSES.left} ──── lan0 [ router ] lan1 ──── ${ADDRESSES.right} right

  monitors   watch IP and VRRP packets on the left, OSPF packets on the right
  peers      ${peers.length === 0 ? 'none (start with --peers for FRR and keepalived)' : peers.join(', ')}
  console    here, and in another terminal: ${elsewhere}${commandName(program)} exec 'show modules'

Type first           show modules
What arrives         show monitors
Replace a module     replace IP ip@2.0.0
Make one fail        fault IP spin     and then     replace IP ip@1.0.0
Leave                quit

`;
}

/** As a person would type it in the same directory. */
function commandName(program: string[]): string {
  const installed = findCommand('hitless');
  if (installed !== undefined) return 'hitless';
  return program
    .map((word, i) =>
      i === 0 ? basename(word) : word.startsWith('/') ? relative(process.cwd(), word) || word : word,
    )
    .join(' ');
}
