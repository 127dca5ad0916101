/** A command of the console, as a line asks for it. */
import type { FaultHook, FaultKind, NamedChange, RunOptions } from '../../runtime/index.ts';

export type View =
  | 'modules'
  | 'names'
  | 'events'
  | 'versions'
  | 'queues'
  | 'ports'
  | 'upgrades'
  | 'monitors'
  | 'neighbors'
  | 'vrrp'
  | 'faults'
  | 'probation'
  | 'slots'
  | 'system';

/** The wish of a line. Names are as typed: which modules and bundles exist is not the grammar's to know. */
export type Command =
  | { name: 'nothing' }
  | { name: 'show'; view: View; last?: number }
  | { name: 'show upgrade'; id: number }
  | { name: 'show state'; module: string; path: string | undefined }
  | { name: 'run'; changes: NamedChange[]; options: RunOptions }
  | { name: 'check'; changes: NamedChange[] }
  | { name: 'confirm' | 'cancel' }
  | { name: 'rollback'; options: { checkpoint?: boolean; force?: boolean } }
  | { name: 'checkpoint'; module: string; file: string }
  | { name: 'settimer'; duration: number | undefined }
  | { name: 'load' | 'unload'; bundle: string }
  | {
      name: 'fault';
      module: string;
      kind: FaultKind;
      duration: number | undefined;
      hook: FaultHook | undefined;
    }
  | { name: 'reboot' }
  | { name: 'wait'; duration: number }
  | { name: 'bench latency'; duration: number }
  | { name: 'bench swap'; swaps: number }
  | { name: 'help'; topic: string }
  | { name: 'quit' };
