/**
 * `hitless install`: the router as a systemd service of this machine, all or nothing. First everything is looked at
 * and made up (`plan`); what cannot be is refused with nothing touched. Again, it upgrades what is there.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { ensure, type Need } from '../host/needs.ts';
import { projectDirectory } from '../host/project.ts';
import { accountExists, checkAccount, groupId, makeAccount, removeAccount } from './account.ts';
import { type ServiceConfig, serviceConfig, withoutLinks } from './config.ts';
import { isOurs, type Manifest, readManifest, sha256 } from './manifest.ts';
import { type ServiceNode, serviceNode } from './node.ts';
import {
  ACCOUNT,
  BEFORE,
  COMMAND,
  CONFIG,
  CONFIG_FOLDER,
  MANIFEST,
  PROGRAM,
  SERVICE,
  SOCKET,
  STAGED,
  STATE,
  UNIT,
} from './places.ts';
import { copyProgram, digest, digestOf, type ProgramFile, programFiles } from './program.ts';
import { putState } from './state.ts';
import { Steps } from './steps.ts';
import { isActive, isEnabled, requireSystem, startService, stopService, systemctl } from './systemd.ts';
import { unitText } from './unit.ts';

export const INSTALL_NEEDS: Need[] = [
  { command: 'systemctl', package: 'systemd', why: 'runs the service' },
  { command: 'systemd-notify', package: 'systemd', why: 'tells systemd that the router is alive' },
  { command: 'useradd', package: 'passwd', why: "makes the service's user" },
  { command: 'ip', package: 'iproute2', why: "shows the machine's interfaces and routes on the console" },
  { addon: 'raw-socket', why: 'sends and receives IP packets' },
  { addon: 'socket', why: 'tells of interfaces, and sets addresses and routes' },
];

export interface InstallOptions {
  /** A configuration to start from. */
  config?: string;
  /** Only say what would be done. */
  dryRun: boolean;
  /** May Debian packages be installed, and the addon be compiled? */
  packages: boolean;
  say: (line: string) => void;
}

interface Plan {
  node: ServiceNode;
  config: ServiceConfig;
  files: ProgramFile[];
  unit: string;
  /** Undefined where another program has its name. */
  command: string | undefined;
  manifest: Manifest;
  /** The installation that is there already. */
  before: Manifest | undefined;
}

/** @throws FirmwareError, ConfigError, FirmwareError */
export async function install({ config, dryRun, packages, say }: InstallOptions): Promise<number> {
  if (!dryRun) requireSystem('hitless install');
  repair(dryRun);
  const plan = await makePlan(config);
  if (dryRun) {
    describe(plan, say);
    return 0;
  }
  if (!isActive() && (await answers(SOCKET))) {
    throw new FirmwareError(
      'INSTALL_TAKEN',
      `another router answers on ${SOCKET}: stop it; the service takes its place and its state`,
    );
  }
  await ensure(INSTALL_NEEDS, { install: packages, say });
  // Addons may have been compiled just now.
  const current = await makePlan(config);
  const umask = process.umask(0o022);
  try {
    await Steps.run((steps) => carryOut(current, steps, say));
  } finally {
    process.umask(umask);
  }
  tell(current, say);
  return 0;
}

/** An installation that was cut short between two renames is put back. */
function repair(dryRun: boolean): void {
  if (dryRun) return;
  if (existsSync(BEFORE) && !existsSync(PROGRAM)) renameSync(BEFORE, PROGRAM);
  for (const path of [BEFORE, STAGED]) rmSync(path, { recursive: true, force: true });
}

async function makePlan(given: string | undefined): Promise<Plan> {
  const config = await serviceConfig(given);
  const node = serviceNode();
  const project = projectDirectory();
  const files = programFiles(project, { serial: config.allowance.serial !== undefined });
  const before = readManifest();
  if (before?.account !== true) checkAccount();
  if (before === undefined && existsSync(UNIT))
    throw new FirmwareError('INSTALL_TAKEN', `${UNIT} is there, and not from here: move it away`);
  const { allowance } = config;
  const unit = unitText({ node: node.path, fromHomes: node.fromHomes, allowance, resolve: withoutLinks });
  const states = [...new Set([...(before?.states ?? []), ...(allowance.state ? [allowance.state] : [])])];
  const free = !existsSync(COMMAND) || isOurs(COMMAND, before);
  const command = free ? commandText(node.path) : undefined;
  const manifest: Manifest = {
    format: 1,
    version: JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version,
    node: node.path,
    account: before?.account ?? !accountExists(),
    ...(states.length > 0 && { states }),
    files: {
      [UNIT]: sha256(unit),
      ...(command !== undefined && { [COMMAND]: sha256(command) }),
    },
  };
  return { node, config, files, unit, command, manifest, before };
}

function commandText(node: string): string {
  const quoted = `'${node.replaceAll("'", "'\\''")}'`;
  return `#!/bin/sh\n# Written by "hitless install".\nexec ${quoted} ${PROGRAM}/dist/hitless.mjs "$@"\n`;
}

async function carryOut(plan: Plan, steps: Steps, say: (line: string) => void): Promise<void> {
  const { config, files, unit, command, manifest } = plan;
  const wasActive = isActive();
  const wasEnabled = isEnabled();
  const sameProgram = digest(files) === digestOf(PROGRAM);
  const sameUnit = existsSync(UNIT) && readFileSync(UNIT, 'utf8') === unit;

  // Its undoing comes last, when all files are back.
  await steps.do(
    'looks at the service',
    () => {},
    () => {
      systemctl('daemon-reload');
      if (wasActive && !isActive()) startService();
    },
  );
  if (sameProgram) await putFile(steps, join(PROGRAM, MANIFEST), manifestText(manifest));
  else await putProgram(steps, files, manifest);
  if (!accountExists()) await steps.do(`makes the user ${ACCOUNT}`, makeAccount, removeAccount);
  await putConfig(steps, config);
  if (config.allowance.state !== undefined) await putState(steps, config.allowance.state);
  await putFile(steps, UNIT, unit);
  if (command !== undefined) await putFile(steps, COMMAND, command, 0o755);
  await steps.do('tells systemd of the unit', () => systemctl('daemon-reload'));
  await steps.do(
    'enables the service',
    () => systemctl('enable', SERVICE),
    () => {
      if (!wasEnabled) systemctl('disable', SERVICE);
    },
  );
  if (wasActive && sameProgram && sameUnit) {
    say(`${SERVICE} runs as it is: neither program, unit nor Node is another`);
    return;
  }
  const stateWasThere = existsSync(STATE);
  await steps.do(wasActive ? 'restarts the service' : 'starts the service', startService, () => {
    stopService();
    if (!stateWasThere) rmSync(STATE, { recursive: true, force: true });
  });
  rmSync(BEFORE, { recursive: true, force: true });
}

function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The new program is made beside the old one, and takes its place by a rename. */
async function putProgram(steps: Steps, files: readonly ProgramFile[], manifest: Manifest): Promise<void> {
  await steps.do(
    'copies the program',
    () => {
      mkdirSync(STAGED, { recursive: true, mode: 0o755 });
      copyProgram(files, STAGED);
      writeFileSync(join(STAGED, MANIFEST), manifestText(manifest));
    },
    () => rmSync(STAGED, { recursive: true, force: true }),
  );
  const replaces = existsSync(PROGRAM);
  await steps.do(
    `puts the program to ${PROGRAM}`,
    () => {
      if (replaces) renameSync(PROGRAM, BEFORE);
      renameSync(STAGED, PROGRAM);
    },
    () => {
      // The step may have ended between its two renames, or before both.
      if (replaces && !existsSync(BEFORE)) return;
      rmSync(PROGRAM, { recursive: true, force: true });
      if (replaces) renameSync(BEFORE, PROGRAM);
    },
  );
}

/** Written beside and renamed: nobody ever reads half of it. */
async function putFile(steps: Steps, path: string, text: string, mode = 0o644): Promise<void> {
  const old = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (old === text) return;
  const put = (content: string) => {
    const beside = join(dirname(path), `.hitless-new-${process.pid}`);
    writeFileSync(beside, content);
    chmodSync(beside, mode);
    renameSync(beside, path);
  };
  await steps.do(
    `writes ${path}`,
    () => put(text),
    () => (old === undefined ? rmSync(path, { force: true }) : put(old)),
  );
}

/** For the service to read and to save, beside the old one and in its place. */
async function putConfig(steps: Steps, { text }: ServiceConfig): Promise<void> {
  const made = !existsSync(CONFIG_FOLDER);
  const share = (path: string, mode: number) => {
    chownSync(path, statSync(path).uid, groupId());
    chmodSync(path, mode);
  };
  if (made) {
    const make = () => {
      mkdirSync(CONFIG_FOLDER);
      share(CONFIG_FOLDER, 0o770);
    };
    await steps.do(`makes ${CONFIG_FOLDER}`, make, () => rmdirSync(CONFIG_FOLDER));
  } else await shareAsItIs(steps, CONFIG_FOLDER, 0o070);
  if (text === undefined) return shareAsItIs(steps, CONFIG, 0o040);
  await steps.do(
    `writes ${CONFIG}`,
    () => {
      writeFileSync(CONFIG, text, { flag: 'wx' });
      share(CONFIG, 0o640);
    },
    () => rmSync(CONFIG, { force: true }),
  );
}

/** Gives what is there to the service's group, if only root may do with it what is wanted. */
async function shareAsItIs(steps: Steps, path: string, wanted: number): Promise<void> {
  const { mode, uid, gid } = statSync(path);
  const group = groupId();
  const others = wanted >> 3;
  if ((mode & others) === others || (gid === group && (mode & wanted) === wanted)) return;
  await steps.do(
    `lets the group ${ACCOUNT} ${wanted & 0o020 ? 'write to' : 'read'} ${path}`,
    () => {
      chownSync(path, uid, group);
      chmodSync(path, (mode & 0o7777) | wanted);
    },
    () => {
      chownSync(path, uid, gid);
      chmodSync(path, mode & 0o7777);
    },
  );
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}

function describe(plan: Plan, say: (line: string) => void): void {
  const { node, config, files, unit, command, manifest, before } = plan;
  const account = before === undefined && manifest.account ? 'made' : 'there already';
  say(
    `program  ${PROGRAM}: ${files.length} files, ${before === undefined ? 'new' : 'in place of what is there'}`,
  );
  say(`Node     ${node.path}`);
  say(`user     ${ACCOUNT}: ${account}`);
  say(`config   ${config.what}`);
  say(`command  ${command === undefined ? `none: ${COMMAND} is another program` : COMMAND}`);
  say(`unit     ${UNIT}:\n\n${unit}`);
  say('Nothing was changed.');
}

function tell({ node, config, command }: Plan, say: (line: string) => void): void {
  const hitless = command === undefined ? `${node.path} ${PROGRAM}/dist/hitless.mjs` : 'hitless';
  say(`${SERVICE} is active, and starts with the system: systemctl status hitless, journalctl -u hitless`);
  say(`configuration  ${config.what}`);
  say(`console        sudo ${hitless} console    (${SOCKET}, for root and the group ${ACCOUNT})`);
  say(`take it away   sudo ${hitless} uninstall`);
  if (command === undefined) say(`${COMMAND} is another program, and was left alone`);
  if (node.fromHomes.length > 0) {
    say(
      `Node is ${node.path}, in somebody's home: when it is removed there, the service does not start any more. Install again with the one that takes its place`,
    );
  }
}
