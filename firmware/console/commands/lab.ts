/** The commands of the lab: faults on purpose, and what its monitors see. */
import { FAULT_HOOKS, FAULT_KINDS, type FaultHook, type FaultKind } from '../../../runtime/index.ts';
import { formatDuration } from '../../config/duration.ts';
import { FirmwareError } from '../../errors.ts';
import { DURATION, MODULE } from '../arguments.ts';
import { type Command, command, showing } from '../command.ts';
import type { ConsoleFaults, ConsoleRuntime } from '../host.ts';
import { moduleNamed } from '../lookup.ts';
import { faultsTable, monitorsTable } from '../tables.ts';
import { parseDuration } from '../typed-duration.ts';
import { oneOf } from '../words.ts';

const is = (value: string | undefined, ...words: string[]) => words.includes(value?.toLowerCase() ?? '');
const faultKind = (text: string) => oneOf(text, FAULT_KINDS, 'FAULT_UNKNOWN', 'kind of fault');

interface Fault {
  module: string;
  kind: FaultKind;
  duration: number | undefined;
  hook: FaultHook | undefined;
}

export const LAB_COMMANDS: readonly Command[] = [
  showing('monitors', 'what the monitors see of the packets (lab)', ({ host }) => {
    if (!host.monitors) {
      throw new FirmwareError(
        'MONITORS_ABSENT',
        'this router has no monitors; they run beside it in the lab (hitless lab)',
      );
    }
    const data = host.monitors();
    return { lines: monitorsTable(data), head: 1, data };
  }),
  showing(
    'faults',
    'the faults set for the next transaction (lab)',
    ({ host }) => {
      const data = faultsOf(host.runtime).list();
      return { lines: faultsTable(data), head: 1, data };
    },
    { lab: true },
  ),
  command<Fault>({
    words: ['fault'],
    takes: [
      MODULE,
      {
        kind: 'choice',
        choices: FAULT_KINDS,
        label: FAULT_KINDS.join('|'),
        help: 'how it fails',
        check: faultKind,
      },
      { ...DURATION, when: ([, kind]) => is(kind, 'busy') },
      {
        kind: 'choice',
        choices: FAULT_HOOKS,
        label: 'HOOK',
        help: 'the hook in which it fails',
        optional: true,
        when: ([, kind]) => is(kind, 'spin', 'throw'),
      },
    ],
    usage: 'fault MODULE busy DURATION | spin [HOOK] | throw [HOOK] | refuse',
    help: `break a module in the next transaction (lab): fault MODULE busy 3s; hooks: ${FAULT_HOOKS.join(', ')}`,
    lab: true,
    read: ({ values: [module, typed, extra] }) => {
      const kind = faultKind(typed!);
      const busy = kind === 'busy';
      return {
        module: module!,
        kind,
        duration: busy ? parseDuration(extra!) : undefined,
        hook: busy || extra === undefined ? undefined : oneOf(extra, FAULT_HOOKS, 'HOOK_UNKNOWN', 'hook'),
      };
    },
    run: ({ kind, hook, duration, ...typed }, { host: { runtime } }) => {
      const module = moduleNamed(typed.module, runtime);
      faultsOf(runtime).set(module, kind, {
        ...(hook === undefined ? {} : { hook }),
        ...(duration === undefined ? {} : { duration }),
      });
      const how = `${kind}${duration === undefined ? '' : ` ${formatDuration(duration)}`}${hook === undefined ? '' : ` in ${hook}`}`;
      return {
        lines: [`${module} will fail in the next transaction: ${how}`],
        data: { module, kind, hook, duration },
      };
    },
  }),
];

/** @throws FirmwareError `LAB_ONLY` */
function faultsOf(runtime: ConsoleRuntime): ConsoleFaults {
  if (runtime.faults) return runtime.faults;
  throw new FirmwareError('LAB_ONLY', 'faults exist in the lab only (hitless lab)');
}
