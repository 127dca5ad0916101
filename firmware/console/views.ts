/** The runtime's views, for a person and for a program. */

import { FirmwareError } from '../errors.ts';
import type { Answer } from './answer.ts';
import type { View } from './command.ts';
import type { ConsoleFaults, ConsoleHost, ConsoleRuntime, ConsoleSlots } from './host.ts';
import { moduleNamed } from './lookup.ts';
import { slotsText } from './slot-tables.ts';
import { narrow, stateText } from './state-text.ts';
import { systemText, systemView } from './system.ts';
import * as tables from './tables.ts';
import { probationText, upgradesTable, upgradeText } from './upgrade-tables.ts';

export async function view(which: View, host: ConsoleHost, last?: number): Promise<Answer> {
  const { runtime } = host;
  switch (which) {
    case 'modules': {
      const data = runtime.modules();
      return { lines: tables.modulesTable(data, Date.now()), data };
    }
    case 'names': {
      const data = runtime.nameTable();
      return { lines: tables.namesTable(data), data };
    }
    case 'events': {
      const data = runtime.eventTable();
      return { lines: tables.eventsTable(data), data };
    }
    case 'versions': {
      const data = runtime.versions();
      return { lines: tables.versionsTable(data), data };
    }
    case 'queues': {
      const data = runtime.queues();
      return { lines: tables.queuesTable(data), data };
    }
    case 'ports': {
      const data = runtime.modules().flatMap(({ name, ports }) => ports.map((p) => ({ module: name, ...p })));
      return { lines: tables.portsTable(data), data };
    }
    case 'upgrades': {
      const reports = last === undefined ? runtime.history : runtime.history.slice(-last);
      // The steps are most of a report, and a thousand of them megabytes: `show upgrade N` has them.
      const data = reports.map(({ steps: _steps, ...rest }) => rest);
      return { lines: upgradesTable(reports, last), data };
    }
    case 'monitors': {
      if (!host.monitors) {
        throw new FirmwareError(
          'MONITORS_ABSENT',
          'this router has no monitors; they run beside it in the lab (hitless lab)',
        );
      }
      const data = host.monitors();
      return { lines: tables.monitorsTable(data), data };
    }
    case 'neighbors':
      return protocolView(runtime, 'OSPF', 'neighbors', 'no neighbours');
    case 'vrrp':
      return protocolView(runtime, 'VRRP', 'virtualRouters', 'no virtual routers');
    case 'probation': {
      const { probation } = runtime;
      return { lines: probationText(probation, Date.now()), data: probation ?? null };
    }
    case 'system': {
      const data = systemView(runtime.guard, host.unkept);
      return { lines: systemText(data), data };
    }
    case 'slots': {
      const data = await slotsOf(host, 'show slots').view();
      return { lines: slotsText(data), data };
    }
    case 'faults': {
      const data = faultsOf(runtime).list();
      return { lines: tables.faultsTable(data), data };
    }
  }
}

async function protocolView(
  runtime: ConsoleRuntime,
  module: string,
  request: string,
  none: string,
): Promise<Answer> {
  const name = moduleNamed(module, runtime);
  const { service, reason } = runtime.modules().find((each) => each.name === name) ?? {};
  if (service === 'disabled') {
    // It would hold the request until it is enabled, and the person would wait for a time-out that says nothing.
    throw new FirmwareError(
      'MODULE_DISABLED',
      `${name} is disabled ${reason}; "show state ${name}" shows what it has meanwhile`,
    );
  }
  const data = await runtime.ask(name, request, undefined, { timeout: 2000 });
  return { lines: tables.answerTable(data, none), data };
}

export function oneUpgrade(id: number, runtime: ConsoleRuntime): Answer {
  const report = runtime.history.find((each) => each.id === id);
  if (!report) {
    const kept = runtime.history.map((each) => each.id);
    const range = kept.length === 0 ? 'there was none yet' : `${kept[0]} to ${kept.at(-1)} are kept`;
    throw new FirmwareError('UPGRADE_UNKNOWN', `there is no transaction ${id}; ${range}`);
  }
  return { lines: upgradeText(report), data: report };
}

/** @throws HitlessError `MODULE_UNKNOWN`; FirmwareError `STATE_PATH_UNKNOWN` */
export function stateOf(typed: string, path: string | undefined, runtime: ConsoleRuntime): Answer {
  const found = runtime.state(moduleNamed(typed, runtime));
  const { module, version, stateVersion } = found;
  const state = path === undefined ? found.state : narrow(found.state, path, module);
  const part = path === undefined ? '' : `, ${path}`;
  const again = `show state ${module} ${path === undefined ? '' : `${path}.`}`;
  return {
    lines: [`${module} ${version}, state version ${stateVersion}${part}`, ...stateText(state, again)],
    data: { ...found, ...(path === undefined ? {} : { path, state }) },
  };
}

/** @throws FirmwareError `BOARD_ONLY` */
export function slotsOf({ slots }: ConsoleHost, command: string): ConsoleSlots {
  if (slots) return slots;
  throw new FirmwareError(
    'BOARD_ONLY',
    `"${command}" exists on a board only, whose image "hitless image" made; this router runs on a host of its own`,
  );
}

/** @throws FirmwareError `LAB_ONLY` */
export function faultsOf(runtime: ConsoleRuntime): ConsoleFaults {
  if (runtime.faults) return runtime.faults;
  throw new FirmwareError('LAB_ONLY', 'faults exist in the lab only (hitless lab)');
}
