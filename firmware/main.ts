/** The program `hitless`: which command does what. Each command's work is in a file of its own. */
import './host/debugger.ts';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchHere, benchRouter } from './bench-program.ts';
import { checkConfigFile, writeSchema } from './config-program.ts';
import type { Way } from './console/channel.ts';
import { attach, exec, execAll } from './console/client.ts';
import { isPiped, openScript } from './console/script.ts';
import { parseDuration } from './console/typed-duration.ts';
import { FirmwareError } from './errors.ts';
import { boardTestNeeds, runBoardProgram } from './host/board-program.ts';
import { type CommandOption, commandHelp, type DescribedCommand, overview } from './host/command-help.ts';
import { completionScript, SHELLS } from './host/completion.ts';
import { endAnyway } from './host/leftovers.ts';
import { compileAddons, ensure, LAB_NEEDS, testNeeds } from './host/needs.ts';
import { endureLostOutput, lostOutputIsNoError, writeError } from './host/standard-streams.ts';
import { programVersion } from './host/version.ts';
import { UNIT_OUTDATED_EXIT } from './install/allowance.ts';
import { install } from './install/install.ts';
import { uninstall } from './install/uninstall.ts';
import { runInside } from './lab/inside.ts';
import { runLab } from './lab/lab.ts';
import { runMonitor } from './lab/monitor.ts';
import { parseTiming } from './lab/timing.ts';
import { push, unfit } from './push/push.ts';
import { loadConfig } from './router/load-config.ts';
import { run } from './run.ts';

type Values = Record<string, string | boolean | string[] | undefined>;

interface Command extends DescribedCommand {
  /** Its output is a log: lost lines are no failure of its work. */
  lasting?: boolean;
  run(values: Values, words: string[], args: string[]): Promise<number>;
}

/** How hitless starts itself: in the lab's namespaces, and for its monitors. */
const PROGRAM = [process.execPath, fileURLToPath(import.meta.url)];

/** Each may be followed by further paths, so that a shell's `*` works. */
const WATCH: CommandOption = {
  type: 'string',
  multiple: true,
  value: 'PATH',
  help: 'swap in what is saved there: bundles, folders of bundles, or the source of a module',
};

const SCRIPT: CommandOption = {
  type: 'string',
  value: 'FILE|-',
  help: 'run these commands, then end; the first that fails ends it',
};

const JSON_ANSWER: CommandOption = { type: 'boolean', help: 'print one line of JSON for a program' };

const NO_INSTALL: CommandOption = {
  type: 'boolean',
  help: 'install no Debian package; only say what is missing',
};

const BAUD: CommandOption = {
  type: 'string',
  value: 'N',
  help: 'bits per second of a serial line, 115200 unless told',
};

/** To a router's console. */
const WAY: Record<string, CommandOption> = {
  console: {
    type: 'string',
    value: 'SOCKET|DEVICE',
    help: "the router's console, by its socket or a serial line",
  },
  baud: BAUD,
};

const INTERNAL: CommandOption = { type: 'string' };

const STREAMS = {
  write: (text: string) => void process.stdout.write(text),
  error: writeError,
};

const COMMANDS: Record<string, Command> = {
  run: {
    usage: 'run --config FILE [--script FILE|-] [--watch PATH…] [--watchdog DEVICE] [--allow-inspect]',
    summary: "run the router on this host's interfaces",
    options: {
      config: { type: 'string', value: 'FILE', help: 'the configuration of the router' },
      script: SCRIPT,
      watch: WATCH,
      watchdog: {
        type: 'string',
        value: 'DEVICE',
        help: 'feed this watchdog, unless the configuration names one',
      },
      'allow-inspect': { type: 'boolean', help: "run also while Node's debugger is open (node --inspect)" },
      lab: { type: 'boolean' },
    },
    lasting: true,
    async run({ config, script, watch, watchdog, lab, 'allow-inspect': inspect }, words) {
      if (typeof config !== 'string')
        throw usage('run needs --config FILE; firmware/config/examples has some to start from');
      let code = 2;
      try {
        code = await run({
          config,
          lab: lab === true,
          inspect: inspect === true,
          watch: watchPaths(watch, words),
          ...(typeof script === 'string' && { script }),
          ...(typeof watchdog === 'string' && { watchdog }),
        });
      } finally {
        endAnyway(code);
      }
      return code;
    },
  },
  check: {
    usage: 'check --config FILE [--json]',
    summary: 'check a configuration, without a router',
    help: 'It is checked by the versions that a router here would start. The exit code is 1 where the file is wrong.',
    options: {
      config: { type: 'string', value: 'FILE', help: 'the configuration of a router' },
      json: JSON_ANSWER,
    },
    async run({ config, json }, words) {
      if (typeof config !== 'string') throw usage('check needs --config FILE');
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      return checkConfigFile(config, json === true, STREAMS);
    },
  },
  schema: {
    usage: 'schema [--config FILE]',
    summary: 'write the JSON Schema of configurations, for editors',
    options: {
      config: { type: 'string', value: 'FILE', help: 'with the versions and bundles that this one names' },
    },
    async run({ config }, words) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      return writeSchema(typeof config === 'string' ? config : undefined, STREAMS);
    },
  },
  lab: {
    usage:
      'lab [--peers] [--script FILE|-] [--watch PATH…] [--timing period=1000,hello=1,dead=4,advert=100] [--no-install]',
    summary: 'run the router between two LANs of its own, watched by monitors',
    help: 'Commands may come through a pipe as well: it ends with them, or with the first that fails.',
    options: {
      peers: { type: 'boolean', help: 'put a real FRR and a real keepalived beside the router' },
      script: SCRIPT,
      config: { type: 'string', value: 'FILE', help: "a configuration instead of the lab's own" },
      console: { type: 'string', value: 'SOCKET', help: "where the router's console is" },
      watch: WATCH,
      json: { type: 'boolean', help: 'end with what the monitors saw, as one line of JSON' },
      timing: {
        type: 'string',
        value: 'LIST',
        help: 'period and advert in ms and cs, hello and dead in s, such as period=1000,hello=1,dead=4,advert=100',
      },
      'no-install': NO_INSTALL,
      inner: INTERNAL,
    },
    lasting: true,
    async run(values, words) {
      if (typeof values.inner === 'string') return runInside(values.inner);
      return runLab({
        peers: values.peers === true,
        install: values['no-install'] !== true,
        program: PROGRAM,
        json: values.json === true,
        watch: watchPaths(values.watch, words),
        ...(isPiped() && { script: '-' }),
        ...given(values, 'script', 'config', 'console'),
        ...(typeof values.timing === 'string' && { timing: parseTiming(values.timing) }),
      });
    },
  },
  exec: {
    usage:
      "exec [--console SOCKET|DEVICE] [--baud N] [--timeout DURATION] [--wait] [--json] 'COMMAND' | --script FILE|-",
    summary: 'send one command to a running router, or a script, and print its answer',
    help: 'A script is one session: what it sets is there for its commit.',
    options: {
      ...WAY,
      script: SCRIPT,
      timeout: { type: 'string', value: 'DURATION', help: 'how long the router may take to answer' },
      wait: {
        type: 'boolean',
        help: 'wait until the probation of what was committed is over, and end with its verdict',
      },
      json: JSON_ANSWER,
    },
    async run(values, words) {
      const { script } = values;
      if (words.length === 0 && script === undefined)
        throw usage("exec needs a command, such as: hitless exec 'show modules'");
      if (words.length > 0 && script !== undefined) throw usage('exec takes a command or --script, not both');
      const { timeout, wait, json } = values;
      const limit = typeof timeout === 'string' && { timeout: parseDuration(timeout) };
      const output = { output: process.stdout, errors: process.stderr };
      const how = { ...wayOf(values), ...limit, wait: wait === true, json: json === true, ...output };
      return typeof script === 'string' ? execAll(await openScript(script), how) : exec(words.join(' '), how);
    },
  },
  console: {
    usage: 'console [SOCKET|DEVICE] [--baud N]',
    summary: "join this terminal to a running router's console; Ctrl-] leaves",
    options: WAY,
    async run(values, [path, ...more]) {
      if (more.length > 0) throw usage(`"${more[0]}" is not understood`);
      const way = { ...wayOf(values), ...(path !== undefined && { path }) };
      await attach({ ...way, input: process.stdin, output: process.stdout });
      return 0;
    },
  },
  push: {
    usage:
      'push BUNDLE.cjs|CONFIG.yaml|IMAGE.img [--replace] [--check] [--confirm DURATION] [--no-try] [--console SOCKET|DEVICE] [--baud N] [--json]',
    summary: 'send a bundle, a configuration or an image to a running router',
    help: "A bundle is kept by the router. A configuration is made what runs, as one transaction, and saved. An image goes into its board's other slot, which is tried. After a cut it goes on where it was. The exit code is 1 where the router refuses it, or goes back.",
    options: {
      ...WAY,
      json: JSON_ANSWER,
      replace: { type: 'boolean', help: 'a bundle: replace its module by it' },
      check: {
        type: 'boolean',
        help: 'only say what a configuration, or with --replace a bundle, would change',
      },
      confirm: {
        type: 'string',
        value: 'DURATION',
        help: 'what runs goes back unless it is confirmed in time: hitless exec confirm',
      },
      'no-try': { type: 'boolean', help: 'only send an image, and do not have the board try it' },
    },
    async run(values, [file, ...more]) {
      if (file === undefined || more.length > 0)
        throw usage('push needs one file, such as: hitless push ip-2.0.0.cjs');
      const output = { output: process.stdout, errors: process.stderr };
      const { confirm } = values;
      const how = {
        ...(values['no-try'] === true && { tries: false }),
        ...(values.replace === true && { replace: true }),
        ...(values.check === true && { dry: true }),
        ...(typeof confirm === 'string' && { confirm: parseDuration(confirm) }),
      };
      const wrong = unfit(file, how);
      if (wrong !== undefined) throw usage(wrong);
      return push(file, { ...wayOf(values), ...how, json: values.json === true, ...output });
    },
  },
  image: {
    usage: 'image --board NAME [--config FILE] [--out FILE] [--boot-files FOLDER] [--lock] [--no-install]',
    summary: 'build the image of a board, to be flashed',
    help: 'Inside are the kernel, Node, the router, two slots and a data partition.',
    options: {
      board: {
        type: 'string',
        value: 'NAME',
        help: 'pc, qemu-pc, rpi3, rpi4, rpi5, virt, or the path of a description',
      },
      config: { type: 'string', value: 'FILE', help: 'the configuration of the router' },
      out: { type: 'string', value: 'FILE', help: 'where the image goes' },
      'boot-files': {
        type: 'string',
        value: 'FOLDER',
        help: "the Raspberry Pi's boot files, instead of Debian's",
      },
      mirror: { type: 'string', value: 'URL', help: 'where the Debian packages come from' },
      cache: { type: 'string', value: 'FOLDER', help: 'where packages are kept for the next build' },
      lock: { type: 'boolean', help: 'take the newest packages, and write their versions and hashes down' },
      'no-install': NO_INSTALL,
    },
    async run(values, words, args) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      // Told now, and not by a board that is far away.
      if (typeof values.config === 'string') await loadConfig(values.config);
      const needs = typeof values.board === 'string' ? ['--board', values.board] : undefined;
      return runBoardProgram('image', withoutInstall(args), needs, {
        install: values['no-install'] !== true,
      });
    },
  },
  flash: {
    usage: 'flash IMAGE [DISK|FILE] [--yes] [--not-removable] [--json] [--no-install]',
    summary: 'write an image to a removable disk, or a plain file, and verify it',
    help: 'It asks which disk, and before it overwrites one; then it reads back what the medium holds.',
    options: {
      yes: { type: 'boolean', help: 'ask nothing' },
      'not-removable': { type: 'boolean', help: 'also write a disk that is not removable' },
      json: JSON_ANSWER,
      'no-install': NO_INSTALL,
    },
    run: (values, _words, args) =>
      runBoardProgram('flash', withoutInstall(args), ['--flash'], {
        install: values['no-install'] !== true,
      }),
  },
  boot: {
    usage: 'boot IMAGE [--board FILE] [--lan NAME[=ADDRESS/PREFIX]]… [--pty] [--keep] [--no-install]',
    summary: 'boot an image in an emulator on this machine',
    help: "Its console is on this terminal, its network cards are LANs of this machine. Ctrl-A X switches it off. Without --lan it has one card on the emulator's own network.",
    options: {
      board: { type: 'string', value: 'FILE', help: 'a description of your own, by which it was built' },
      lan: {
        type: 'string',
        multiple: true,
        value: 'NAME[=ADDRESS/PREFIX]',
        help: 'a network card, on a tap device of this name, with an address of this machine; made as root, and removed afterwards',
      },
      pty: {
        type: 'boolean',
        help: 'a console for other programs, as without a terminal: its path is printed',
      },
      keep: { type: 'boolean', help: "keep the board's writes in the image, which else stays as it is" },
      'no-install': NO_INSTALL,
    },
    run: (values, [image], args) => {
      const own = values.board === undefined ? [] : [`--board=${values.board}`];
      const needs = image === undefined ? undefined : ['--boot', image, ...own];
      return runBoardProgram('boot', withoutInstall(args), needs, { install: values['no-install'] !== true });
    },
  },
  install: {
    usage: 'install [--config FILE] [--dry-run] [--no-install]',
    summary: 'install the router as a systemd service of this machine, or upgrade it',
    options: {
      config: { type: 'string', value: 'FILE', help: 'a configuration to start from' },
      'dry-run': { type: 'boolean', help: 'only say what would be done' },
      'no-install': NO_INSTALL,
    },
    async run(values, words) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      return install({
        dryRun: values['dry-run'] === true,
        packages: values['no-install'] !== true,
        say: (line) => process.stdout.write(`${line}\n`),
        ...given(values, 'config'),
      });
    },
  },
  uninstall: {
    usage: 'uninstall [--purge]',
    summary: 'take the service away',
    options: { purge: { type: 'boolean', help: 'take its configuration and its state as well' } },
    async run({ purge }, words) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      return uninstall({ purge: purge === true, say: (line) => process.stdout.write(`${line}\n`) });
    },
  },
  bench: {
    usage:
      'bench [latency [DURATION] | swap [N]] --console SOCKET|DEVICE [--baud N] [--out FILE.json] | bench [BENCH…] [--quick] …',
    summary: 'have a running router measure itself, and plot it',
    help: 'Without --console it runs the benches of the source.',
    options: {
      ...WAY,
      out: { type: 'string', value: 'FILE.json', help: 'where the figures of a running router go' },
      quick: { type: 'boolean', help: 'of the source: fewer rounds, without the board' },
      rounds: { type: 'string', value: 'N', help: 'of the source: rounds of each bench' },
      only: { type: 'string', value: 'NAME', help: 'of the source: one case of a bench' },
      json: { type: 'string', value: 'FILE', help: 'of the source: where the figures go' },
      html: { type: 'string', value: 'FILE', help: 'of the source: where the page goes' },
      markdown: { type: 'string', value: 'FILE', help: 'of the source: where the tables go' },
      'no-install': NO_INSTALL,
    },
    async run(values, words, args) {
      if (values.console === undefined) {
        if (values.out !== undefined || values.baud !== undefined)
          throw usage('--out and --baud are for a running router: name it with --console SOCKET|DEVICE');
        return benchHere(args);
      }
      const other = Object.keys(values).find((key) => !['console', 'baud', 'out'].includes(key));
      if (other !== undefined) throw usage(`--${other} is not for a running router`);
      const output = { output: process.stdout, errors: process.stderr };
      return benchRouter({ ...wayOf(values), ...given(values, 'out'), words, ...output });
    },
  },
  needs: {
    usage: 'needs [--tests | --addon] [--no-install]',
    summary: 'see to it that the Debian packages are there which the lab uses',
    options: {
      tests: { type: 'boolean', help: 'also those of the tests' },
      addon: { type: 'boolean', help: 'only compile the addon for raw sockets' },
      'no-install': NO_INSTALL,
    },
    async run(values) {
      if (values.addon === true) {
        const compiled = await compileAddons((line) => process.stderr.write(`${line}\n`));
        return compiled ? 0 : 2;
      }
      const needs = values.tests === true ? [...testNeeds(), ...boardTestNeeds()] : LAB_NEEDS;
      await ensure(needs, { install: values['no-install'] !== true });
      return 0;
    },
  },
  completion: {
    usage: 'completion bash|zsh|fish',
    summary: 'print what completes this command line in a shell',
    help: 'For bash, for example: source <(hitless completion bash)',
    options: {},
    async run(_values, [shell, ...more]) {
      const known = SHELLS.find((one) => one === shell);
      if (known === undefined || more.length > 0) throw usage(`completion takes one of ${SHELLS.join(', ')}`);
      process.stdout.write(completionScript(known, COMMANDS));
      return 0;
    },
  },
  monitor: {
    summary: "one of the lab's monitors",
    options: { protocol: INTERNAL, interface: INTERNAL, namespace: INTERNAL, interval: INTERNAL },
    run: (_values, _words, args) => runMonitor(args),
  },
};

/** It is about this machine, and nothing to the board's program. */
function withoutInstall(args: readonly string[]): string[] {
  return args.filter((word) => word !== '--no-install');
}

/** @throws FirmwareError `USAGE` */
function wayOf({ console: path, baud }: Values): Way {
  if (baud !== undefined && !/^[1-9]\d{1,6}$/.test(String(baud)))
    throw usage(`--baud takes bits per second, such as 115200, not "${baud}"`);
  return {
    ...(typeof path === 'string' && { path }),
    ...(baud !== undefined && { baud: Number(baud) }),
  };
}

function given<Key extends string>(values: Values, ...keys: Key[]): { [K in Key]?: string } {
  const found = keys.flatMap((key) => (typeof values[key] === 'string' ? [[key, values[key]] as const] : []));
  return Object.fromEntries(found) as { [K in Key]?: string };
}

/** @throws FirmwareError `USAGE` for words that belong to nothing */
function watchPaths(watch: Values[string], words: string[]): string[] {
  if (Array.isArray(watch)) return [...watch, ...words];
  if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
  return [];
}

function usage(message: string): FirmwareError {
  return new FirmwareError('USAGE', `${message}; "hitless help" lists the commands`);
}

async function main([name = 'help', ...args]: string[]): Promise<number> {
  if (['--version', '-v', 'version'].includes(name)) {
    process.stdout.write(`hitless ${programVersion()}, Node ${process.versions.node}\n`);
    return 0;
  }
  const [asked] = args;
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(asked === undefined ? overview(COMMANDS) : commandHelp(commandOf(asked)));
    return 0;
  }
  const command = commandOf(name);
  if (asksForHelp(args)) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const { values, positionals } = parse(args, command);
  if (command.lasting) lostOutputIsNoError();
  return command.run(values, positionals, args);
}

/** @throws FirmwareError `USAGE` */
function commandOf(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!;
  throw usage(`there is no command "${name}"`);
}

/** Words behind `--` belong to the command. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function parse(args: string[], { options }: Command): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: true }) as { values: Values; positionals: string[] };
  } catch (thrown) {
    throw usage((thrown as Error).message);
  }
}

endureLostOutput();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  // An error without a code of ours is a fault of the program: its place is what matters then.
  writeError(typeof code === 'string' ? `hitless: ${code}: ${message}\n` : `hitless: ${stack}\n`);
  process.exitCode = code === 'UNIT_OUTDATED' ? UNIT_OUTDATED_EXIT : 2;
}
