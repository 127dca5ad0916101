/** The service's configuration: the one that is there, the one that was given, or a first one. */
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigFile, readConfigFile } from '../config/file.ts';
import type { OwnConfig } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';
import { checkFile } from '../router/load-config.ts';
import { type Allowance, allowanceOf } from './allowance.ts';
import { CONFIG, HOMES, isBelow, PASSING, RUNTIME, STATE } from './places.ts';
import { stateProblem } from './state.ts';

export interface ServiceConfig {
  /** To be written; undefined where the file is there, which is never overwritten. */
  text: string | undefined;
  /** The wishes that the unit must allow. */
  allowance: Allowance;
  /** The file and where it comes from, for a person. */
  what: string;
}

/** For a router of which nothing is known yet: it can be commanded, and upgraded. */
const FIRST = `# The configuration of this machine's router. All keys are in hitless's firmware/README.md; for example:
#
#   router: { id: 10.0.1.1 }
#   ip: { interfaces: { eth0: {} } }
#   ospf: { interfaces: { eth0: { hello-interval: 10s, dead-interval: 40s } } }
#
# After a change: systemctl reload hitless; the journal says what it changed, or what is wrong. After one of console.serial,
# console.socket, router.realtime, router.watchdog or router.state: hitless install
log: { level: info }
`;

/**
 * @param given a file to start from
 * @param place where the service has it
 * @throws ConfigError; FirmwareError `INSTALL_CONFIG`, `INSTALL_TAKEN`, `INSTALL_ROOT`
 */
export async function serviceConfig(given: string | undefined, place = CONFIG): Promise<ServiceConfig> {
  checkSight(place);
  const there = existsSync(place);
  const own = given !== undefined && resolve(given) !== place;
  if (!own && !there) {
    if (given !== undefined) readConfigFile(given); // which says that there is no such file
    return { text: FIRST, allowance: {}, what: `${place}: a first one, with no interfaces yet` };
  }
  const file = own ? given : place;
  const read = readConfigFile(file);
  const config = await checkFile(read, STATE);
  const { text } = read;
  if (own && there && readFileSync(place, 'utf8') !== text) {
    throw new FirmwareError(
      'INSTALL_TAKEN',
      `${place} is there, is not the same as ${file}, and is never overwritten: change it there, or move it away`,
    );
  }
  checkFitness(config, new ConfigFile(place, text).own, file);
  return {
    text: there ? undefined : text,
    allowance: allowanceOf(config),
    what: there ? `${place}: kept as it is` : `${place}: a copy of ${file}`,
  };
}

/** @param moved the same text, read where the service has it */
function checkFitness({ console, router }: OwnConfig, moved: OwnConfig, file: string): void {
  const problems: string[] = [];
  if (console.socket !== undefined && dirname(console.socket) !== RUNTIME)
    problems.push(
      `console.socket: the service may write to ${RUNTIME} only: leave it out, or name a file there`,
    );
  const { state } = allowanceOf(moved);
  const wrong = state === undefined ? undefined : stateProblem(state);
  if (wrong !== undefined) problems.push(`router.state: ${wrong}`);
  for (const [key, device] of [
    ['console.serial.path', console.serial?.path],
    ['router.watchdog.device', router.watchdog?.device],
  ] as const)
    if (device !== undefined && !isBelow(withoutLinks(device), ['/dev']))
      problems.push(`${key}: ${device} is no device below /dev, and a unit can allow no other`);
  for (const [i, path] of router.bundles.entries()) {
    if (path !== moved.router.bundles[i])
      problems.push(`router.bundles: ${path} is relative to ${file}: write the whole path`);
    if (isBelow(path, [...HOMES, ...PASSING]))
      problems.push(`router.bundles: the service cannot see ${path}: push the bundles, or move them`);
  }
  if (problems.length > 0) throw new FirmwareError('INSTALL_CONFIG', `${file}: ${problems.join('; ')}`);
}

/** A dry run needs no root, but must not take for absent what it cannot see. */
function checkSight(place: string): void {
  try {
    accessSync(place, constants.R_OK);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EACCES') return;
    throw new FirmwareError('INSTALL_ROOT', `only root can read ${place}: sudo hitless install --dry-run`);
  }
}

/** A device comes and goes: only one that is there can be resolved. */
export function withoutLinks(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
