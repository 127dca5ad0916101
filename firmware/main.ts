/** The program `hitless`: which command does what. Each command's work is in a file of its own. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchHere, benchRouter } from './bench-program.ts';
import { boardTestNeeds, runBoardProgram } from './board-program.ts';
import { loadConfig } from './config/load.ts';
import type { Way } from './console/channel.ts';
import { attach, exec } from './console/client.ts';
import { parseDuration } from './console/duration.ts';
import { RouterError } from './errors.ts';
import { install } from './install/install.ts';
import { uninstall } from './install/uninstall.ts';
import { runInside } from './lab/inside.ts';
import { runLab } from './lab/lab.ts';
import { runMonitor } from './lab/monitor.ts';
import { parseTiming } from './lab/timing.ts';
import { ensure, LAB_NEEDS, testNeeds } from './needs.ts';
import { push } from './push/push.ts';
import { run } from './run.ts';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;
type Values = Record<string, string | boolean | string[] | undefined>;

interface Command {
  /** How it is typed, for help; a command without it is internal. */
  usage?: string;
  help: string;
  options: Options;
  run(values: Values, words: string[], args: string[]): Promise<number>;
}

/** How hitless starts itself: in the lab's namespaces, and for its monitors. */
const PROGRAM = [process.execPath, fileURLToPath(import.meta.url)];

/** Each may be followed by further paths, so that a shell's `*` works. */
const WATCH = { type: 'string', multiple: true } as const;

/** To a router's console. */
const WAY = { console: { type: 'string' }, baud: { type: 'string' } } as const;

const COMMANDS: Record<string, Command> = {
  run: {
    usage: 'run --config FILE [--script FILE|-] [--watch PATH…] [--watchdog DEVICE]',
    help: "run the router on this host's interfaces; --watch swaps in what is saved there: bundles, or a module's source",
    options: {
      config: { type: 'string' },
      script: { type: 'string' },
      watch: WATCH,
      watchdog: { type: 'string' },
      lab: { type: 'boolean' },
    },
    async run({ config, script, watch, watchdog, lab }, words) {
      if (typeof config !== 'string')
        throw usage('run needs --config FILE; firmware/config/examples has some to start from');
      return run({
        config,
        lab: lab === true,
        watch: watchPaths(watch, words),
        ...(typeof script === 'string' && { script }),
        ...(typeof watchdog === 'string' && { watchdog }),
      });
    },
  },
  lab: {
    usage:
      'lab [--peers] [--script FILE|-] [--watch PATH…] [--timing period=1000,hello=1,dead=4,advert=100] [--no-install]',
    help: 'run the router between two LANs of its own, watched by monitors; --peers puts FRR and keepalived beside',
    options: {
      peers: { type: 'boolean' },
      script: { type: 'string' },
      config: { type: 'string' },
      console: { type: 'string' },
      watch: WATCH,
      json: { type: 'boolean' },
      timing: { type: 'string' },
      'no-install': { type: 'boolean' },
      inner: { type: 'string' },
    },
    async run(values, words) {
      if (typeof values.inner === 'string') return runInside(values.inner);
      return runLab({
        peers: values.peers === true,
        install: values['no-install'] !== true,
        program: PROGRAM,
        json: values.json === true,
        watch: watchPaths(values.watch, words),
        ...given(values, 'script', 'config', 'console'),
        ...(typeof values.timing === 'string' && { timing: parseTiming(values.timing) }),
      });
    },
  },
  exec: {
    usage: "exec [--console SOCKET|DEVICE] [--baud N] [--timeout DURATION] [--json] 'COMMAND'",
    help: 'send one command to a running router, through its socket or a serial line, and print its answer',
    options: { ...WAY, timeout: { type: 'string' }, json: { type: 'boolean' } },
    async run(values, words) {
      if (words.length === 0) throw usage("exec needs a command, such as: hitless exec 'show modules'");
      const output = { output: process.stdout, errors: process.stderr };
      const { timeout } = values;
      const limit = typeof timeout === 'string' && { timeout: parseDuration(timeout) };
      return exec(words.join(' '), { ...wayOf(values), ...limit, json: values.json === true, ...output });
    },
  },
  console: {
    usage: 'console [SOCKET|DEVICE] [--baud N]',
    help: "join this terminal to a running router's console; Ctrl-] leaves",
    options: WAY,
    async run(values, [path, ...more]) {
      if (more.length > 0) throw usage(`"${more[0]}" is not understood`);
      const way = { ...wayOf(values), ...(path !== undefined && { path }) };
      await attach({ ...way, input: process.stdin, output: process.stdout });
      return 0;
    },
  },
  push: {
    usage: 'push BUNDLE.cjs|IMAGE.img [--no-try] [--console SOCKET|DEVICE] [--baud N] [--json]',
    help: "send a bundle to a running router, or an image into its board's other slot, which is tried; goes on where it was after a cut",
    options: { ...WAY, json: { type: 'boolean' }, 'no-try': { type: 'boolean' } },
    async run(values, [file, ...more]) {
      if (file === undefined || more.length > 0)
        throw usage('push needs one file, such as: hitless push ip-2.0.0.cjs');
      const output = { output: process.stdout, errors: process.stderr };
      const how = { json: values.json === true, tries: values['no-try'] !== true };
      return push(file, { ...wayOf(values), ...how, ...output });
    },
  },
  image: {
    usage: 'image --board NAME [--config FILE] [--out FILE] [--boot-files FOLDER] [--lock] [--no-install]',
    help: 'build the image of a board: kernel, Node, router, two slots and a data partition, to be flashed',
    options: {
      board: { type: 'string' },
      config: { type: 'string' },
      out: { type: 'string' },
      'boot-files': { type: 'string' },
      mirror: { type: 'string' },
      cache: { type: 'string' },
      lock: { type: 'boolean' },
      'no-install': { type: 'boolean' },
    },
    async run(values, words, args) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      // Told now, and not by a board that is far away.
      if (typeof values.config === 'string') loadConfig(values.config);
      const needs = typeof values.board === 'string' ? ['--board', values.board] : undefined;
      return runBoardProgram('image', withoutInstall(args), needs, {
        install: values['no-install'] !== true,
      });
    },
  },
  flash: {
    usage: 'flash IMAGE [DISK|FILE] [--yes] [--not-removable] [--json] [--no-install]',
    help: 'write an image to a removable disk, or a plain file, and verify what the medium then holds; asks which, and before it overwrites',
    options: {
      yes: { type: 'boolean' },
      'not-removable': { type: 'boolean' },
      json: { type: 'boolean' },
      'no-install': { type: 'boolean' },
    },
    run: (values, _words, args) =>
      runBoardProgram('flash', withoutInstall(args), ['--flash'], {
        install: values['no-install'] !== true,
      }),
  },
  install: {
    usage: 'install [--config FILE] [--dry-run] [--no-install]',
    help: 'install the router as a systemd service of this machine, or upgrade it; --no-install adds no Debian package',
    options: {
      config: { type: 'string' },
      'dry-run': { type: 'boolean' },
      'no-install': { type: 'boolean' },
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
    help: 'take the service away; --purge takes its configuration and its state as well',
    options: { purge: { type: 'boolean' } },
    async run({ purge }, words) {
      if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
      return uninstall({ purge: purge === true, say: (line) => process.stdout.write(`${line}\n`) });
    },
  },
  bench: {
    usage:
      'bench [latency [DURATION] | swap [N]] --console SOCKET|DEVICE [--baud N] [--out FILE.json] | bench [BENCH…] [--quick] …',
    help: 'have a running router measure itself, and plot it; without --console, run all benches of the source',
    options: {
      ...WAY,
      out: { type: 'string' },
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      markdown: { type: 'string' },
      'no-install': { type: 'boolean' },
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
    usage: 'needs [--tests] [--no-install]',
    help: 'see to it that the Debian packages are there which the lab (or the tests) use',
    options: { tests: { type: 'boolean' }, 'no-install': { type: 'boolean' } },
    async run(values) {
      const needs = values.tests === true ? [...testNeeds(), ...boardTestNeeds()] : LAB_NEEDS;
      await ensure(needs, { install: values['no-install'] !== true });
      return 0;
    },
  },
  monitor: {
    help: "one of the lab's monitors",
    options: {
      protocol: { type: 'string' },
      interface: { type: 'string' },
      namespace: { type: 'string' },
      interval: { type: 'string' },
    },
    run: (_values, _words, args) => runMonitor(args),
  },
};

/** It is about this machine, and nothing to the board's program. */
function withoutInstall(args: readonly string[]): string[] {
  return args.filter((word) => word !== '--no-install');
}

/** @throws RouterError `USAGE` */
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

/** @throws RouterError `USAGE` for words that belong to nothing */
function watchPaths(watch: Values[string], words: string[]): string[] {
  if (Array.isArray(watch)) return [...watch, ...words];
  if (words.length > 0) throw usage(`"${words[0]}" is not understood`);
  return [];
}

function usage(message: string): RouterError {
  return new RouterError('USAGE', `${message}; "hitless help" lists the commands`);
}

function help(): void {
  const listed = Object.values(COMMANDS).filter((command) => command.usage !== undefined);
  const width = Math.max(...listed.map((command) => command.usage!.length));
  process.stdout.write('hitless: a non-stop router, whose modules are replaced while it runs\n\n');
  for (const command of listed)
    process.stdout.write(`  hitless ${command.usage!.padEnd(width)}  ${command.help}\n`);
}

async function main([name = 'help', ...args]: string[]): Promise<number> {
  if (['help', '--help', '-h'].includes(name)) {
    help();
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw usage(`there is no command "${name}"`);
  const { values, positionals } = parse(args, command);
  return command.run(values, positionals, args);
}

function parse(args: string[], { options }: Command): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: true }) as { values: Values; positionals: string[] };
  } catch (thrown) {
    throw usage((thrown as Error).message);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  // An error without a code of ours is a fault of the program: its place is what matters then.
  process.stderr.write(typeof code === 'string' ? `hitless: ${code}: ${message}\n` : `hitless: ${stack}\n`);
  process.exitCode = 2;
}
