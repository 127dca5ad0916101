/**
 * Ports of kind `program`: a program of the host that a module has run, such as one that the configuration names. The settings
 * say which (drivers/program.ts); the key is the module's own word for what it is about.
 */
import { isAbsolute } from 'node:path';
import { Turns } from '../../drivers/program/turns.ts';
import { LONGEST_TIME_LIMIT, ProgramPort, type ProgramSettings } from '../../drivers/program.ts';
import type { Port, PortDeclaration, PortKind } from '../../runtime/index.ts';
import { isWhole, shown } from './interface-port.ts';
import type { Tell } from './interfaces.ts';

const MOST_ARGUMENTS = 32;
const LONGEST_TEXT = 1_024;

export class ProgramPorts {
  readonly #turns: Turns;
  readonly #tell: Tell;

  /** @param tell is told of a program that cannot be run, when a port is opened and when it has other settings */
  constructor(tell: Tell, turns = new Turns()) {
    this.#tell = tell;
    this.#turns = turns;
  }

  get kind(): PortKind {
    return {
      check: (declaration, settings) => wrongDeclaration(declaration) ?? wrongSettings(settings),
      make: ({ module, port, key, settings }) => {
        if (settings === undefined) throw new Error('a port of kind program needs settings: which program');
        return this.#follow(`${module}'s port ${port} ${key}`, settings as ProgramSettings);
      },
    };
  }

  /** Waits until all that were to run have ended, so many ms at most, and kills what is left. Returns how many that were. */
  end(most: number): Promise<number> {
    return this.#turns.end(most);
  }

  #follow(user: string, settings: ProgramSettings): Port {
    const driver = new ProgramPort(settings, this.#turns);
    const look = () => {
      const { trouble } = driver;
      if (trouble === undefined) return;
      this.#tell(
        'error',
        `${user}: ${trouble.message} (${trouble.code}). It is looked at again with each run`,
      );
    };
    return {
      open: (receive) => {
        driver.open(receive);
        look();
      },
      change: (changed) => {
        driver.change(changed);
        look();
      },
      send: (datum) => driver.send(datum as Parameters<ProgramPort['send']>[0]),
      get failure() {
        return driver.failure;
      },
      get counters() {
        return driver.counters;
      },
      close: () => driver.close(),
    };
  }
}

function wrongDeclaration(declaration: PortDeclaration): string | undefined {
  const strange = Object.keys(declaration).find((key) => key !== 'kind');
  return strange === undefined
    ? undefined
    : `there is no "${strange}"; a port of kind program has nothing else, and the rest in its settings`;
}

const KEYS = ['program', 'arguments', 'user', 'timeLimit'];

/** A declaration is looked at without any. */
function wrongSettings(settings: unknown): string | undefined {
  if (settings === undefined) return undefined;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    return `settings must be an object such as { program: '/etc/hitless/notify' }, not ${shown(settings)}`;
  const strange = Object.keys(settings).find((key) => !KEYS.includes(key));
  if (strange !== undefined) return `there is no setting "${strange}"; there are ${KEYS.join(', ')}`;
  const {
    program,
    arguments: args = [],
    user = 'nobody',
    timeLimit = 1,
  } = settings as Record<string, unknown>;
  if (!isText(program) || !isAbsolute(program))
    return `settings.program must be an absolute path, not ${shown(program)}`;
  if (!Array.isArray(args) || args.length > MOST_ARGUMENTS || !args.every(isText))
    return `settings.arguments must be a list of at most ${MOST_ARGUMENTS} texts, not ${shown(args)}`;
  if (!isText(user) || user === '') return `settings.user must be the name of a user, not ${shown(user)}`;
  return isWhole(timeLimit, 1, LONGEST_TIME_LIMIT)
    ? undefined
    : `settings.timeLimit must be a whole number of ms from 1 to ${LONGEST_TIME_LIMIT}, not ${shown(timeLimit)}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TEXT && !value.includes('\0');
}
