/**
 * The parts of a configuration that the service's sandbox must allow. The unit carries them in its environment, so
 * that a router finds out when it runs under a unit that was written for another configuration.
 */
import type { OwnConfig } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';
import { isBelow, SOCKET, STATE } from './places.ts';

/** As the configuration has them, links included. */
export interface Allowance {
  serial?: string;
  /** Another than the service's own: `systemctl reload` reaches the router there. */
  socket?: string;
  /** Any real-time priority: the capability for it knows no limit. */
  realtime?: true;
  watchdog?: string;
  /** A directory outside of the one that systemd makes. */
  state?: string;
}

/** The environment variable that carries the allowance, as JSON. */
export const ALLOWANCE_VARIABLE = 'HITLESS_UNIT';

/** EX_CONFIG of sysexits.h. The unit has it as an exit code after which the router is not started again. */
export const UNIT_OUTDATED_EXIT = 78;

export function allowanceOf({ console, router: { realtime, watchdog, state } }: OwnConfig): Allowance {
  return {
    ...(console.serial !== undefined && { serial: console.serial.path }),
    ...(console.socket !== undefined && console.socket !== SOCKET && { socket: console.socket }),
    ...(realtime !== undefined && { realtime: true as const }),
    ...(watchdog !== undefined && { watchdog: watchdog.device }),
    ...(state !== undefined && !isBelow(state, [STATE]) && { state }),
  };
}

const KEYS = {
  serial: 'console.serial',
  socket: 'console.socket',
  realtime: 'router.realtime',
  watchdog: 'router.watchdog',
  state: 'router.state',
} as const;

const WAY =
  'the unit was installed for another configuration: type "sudo hitless install", which writes it anew';

/** How the installed unit and a configuration fit; any configuration fits where the router is not that service. */
export class UnitFit {
  /** The wishes that the unit does not know of. */
  readonly missing: readonly (keyof Allowance)[];

  constructor(config: OwnConfig, environment: NodeJS.ProcessEnv = process.env) {
    const text = environment[ALLOWANCE_VARIABLE];
    this.missing = text === undefined ? [] : lacking(allowanceOf(config), JSON.parse(text));
  }

  /** The log's line about the wishes without which the router runs all the same; undefined where there are none. */
  get notice(): string | undefined {
    const keys = this.missing.filter((key) => key === 'serial' || key === 'state').map((key) => KEYS[key]);
    const told = [
      ...(keys.length === 0 ? [] : [`${keys.join(', ')} may not work`]),
      ...(this.missing.includes('socket') ? ['"systemctl reload" looks for another console.socket'] : []),
    ];
    return told.length === 0 ? undefined : `${told.join(', and ')}; ${WAY}`;
  }

  /** Returns an error as it is, or, where the unit is the cause, one that says so. A drop-in may allow what the unit does not. */
  explain(thrown: unknown): unknown {
    const { code, message } = thrown as { code?: string; message?: string };
    const key = CAUSES[code ?? ''];
    if (key === undefined || !this.missing.includes(key)) return thrown;
    return new FirmwareError('UNIT_OUTDATED', `${KEYS[key]}: ${WAY}. It was refused: ${message}`);
  }
}

/** The errors that end the start, each with the wish that it is about. */
const CAUSES: Record<string, keyof Allowance> = {
  SCHEDULING_PERMISSION: 'realtime',
  WATCHDOG_OPEN: 'watchdog',
};

function lacking(wanted: Allowance, allowed: Allowance): (keyof Allowance)[] {
  const keys = Object.keys(KEYS) as (keyof Allowance)[];
  // An allowance that nobody wants does no harm, but a socket is looked for where the unit says.
  return keys.filter(
    (key) => wanted[key] !== allowed[key] && (key === 'socket' || wanted[key] !== undefined),
  );
}
