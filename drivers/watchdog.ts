/**
 * A watchdog device of Linux (Documentation/watchdog/watchdog-api.rst): from when it is opened on it counts, and the
 * machine is reset when nothing is written to it within its time-out. A program that ends in order disarms it by the
 * "magic close", the letter V before the device is closed. One that crashes does not: the device counts on, and
 * what starts the program again has until the time-out to do so.
 *
 * Node has no ioctl: the time-out is what the driver, or its kernel module's parameter, says.
 */
import { closeSync, constants, openSync, readFileSync, realpathSync, statSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DriverError, firstLine } from './errors.ts';

export interface WatchdogOptions {
  /** Between two beats, in ms. */
  every: number;
  /** Takes what should be known of the device when it is opened, and what fails later. */
  tell(level: 'info' | 'warn' | 'error', text: string): void;
  /** Where the kernel describes watchdogs; another folder only for tests. */
  sysfs?: string;
}

/** What the kernel tells of a device (Documentation/ABI/testing/sysfs-class-watchdog), as far as it does. */
interface Description {
  /** In seconds. */
  timeout?: number;
  /** Closing never disarms it. */
  nowayout?: number;
  /** WDIOF_ flags: what the driver can do. */
  options?: number;
  /** WDIOF_ flags: why the machine was reset. */
  bootstatus?: number;
}

/** linux/watchdog.h */
const WDIOF_CARDRESET = 0x20;
const WDIOF_MAGICCLOSE = 0x100;

/** One beat may be late and another may fail before the machine is reset. */
const BEATS_IN_TIMEOUT = 3;

const BEAT = '\0';
/** Only the last write before the close counts. */
const MAGIC_CLOSE = 'V';

export class Watchdog {
  readonly every: number;
  readonly #path: string;
  readonly #tell: WatchdogOptions['tell'];
  #descriptor: number | undefined;
  #failing = false;

  /**
   * Opens the device, which arms it.
   * @param path such as `/dev/watchdog`
   * @throws DriverError WATCHDOG_OPEN; WATCHDOG_SLOW when `every` is more than a third of the time-out. It is
   *   not armed then.
   */
  constructor(path: string, { every, tell, sysfs = '/sys/class/watchdog' }: WatchdogOptions) {
    this.every = every;
    this.#path = path;
    this.#tell = tell;
    try {
      if (!statSync(path).isCharacterDevice())
        throw new DriverError('WATCHDOG_OPEN', `${path}: this is no device, so no watchdog; ${CHOOSE}`);
      const about = describe(path, sysfs);
      this.#mustBeQuick(about);
      // A terminal that is named by mistake must not become this process's own.
      this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_NOCTTY);
      this.#warn(about);
    } catch (thrown) {
      if (thrown instanceof DriverError) throw thrown;
      throw new DriverError('WATCHDOG_OPEN', refusal(path, thrown), { cause: thrown });
    }
  }

  /** Says that the program is well: the device counts from the beginning. Never throws. */
  beat(): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, BEAT);
      if (this.#failing) this.#tell('info', `the watchdog ${this.#path} can be written again`);
      this.#failing = false;
    } catch (thrown) {
      if (this.#failing) return;
      this.#failing = true;
      this.#tell(
        'error',
        `the watchdog ${this.#path} cannot be written (${firstLine(thrown)}): this machine may be reset soon`,
      );
    }
  }

  /** Ends the watch, so that the program may end. Never throws. A second call does nothing. */
  disarm(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      writeSync(descriptor, MAGIC_CLOSE);
    } catch (thrown) {
      this.#tell(
        'error',
        `the watchdog ${this.#path} cannot be disarmed (${firstLine(thrown)}): this machine will be reset`,
      );
    }
    try {
      closeSync(descriptor);
    } catch {
      // It is closed all the same (close(2)).
    }
  }

  #mustBeQuick({ timeout }: Description): void {
    if (!timeout || this.every * BEATS_IN_TIMEOUT <= timeout * 1000) return;
    throw new DriverError(
      'WATCHDOG_SLOW',
      `${this.#path} resets the machine after ${timeout} s, so a beat every ${this.every} ms is too slow: at most every ${Math.floor((timeout * 1000) / BEATS_IN_TIMEOUT)} ms, or load its kernel module with a longer time-out, \`modinfo -p MODULE\` shows the parameter`,
    );
  }

  #warn({ nowayout, options, bootstatus }: Description): void {
    const path = this.#path;
    if (((bootstatus ?? 0) & WDIOF_CARDRESET) !== 0)
      this.#tell('warn', `the watchdog ${path} has reset this machine: what ran before did not answer`);
    if (nowayout)
      this.#tell(
        'warn',
        `the watchdog ${path} cannot be disarmed (nowayout): stopping this program resets the machine`,
      );
    else if (options !== undefined && (options & WDIOF_MAGICCLOSE) === 0)
      this.#tell(
        'warn',
        `the watchdog ${path} is disarmed when this program crashes (it has no magic close): only what hangs is reset`,
      );
  }
}

const CHOOSE = 'name one that exists, `ls /dev/watchdog*`';

function describe(path: string, sysfs: string): Description {
  const name = basename(realpathSync(path));
  // The oldest name is the first device's second one.
  const folder = join(sysfs, name === 'watchdog' ? 'watchdog0' : name);
  const about: Description = {};
  for (const key of ['timeout', 'nowayout', 'options', 'bootstatus'] as const) {
    try {
      const value = Number(readFileSync(join(folder, key), 'utf8').trim());
      if (Number.isInteger(value)) about[key] = value;
    } catch {
      // Built without CONFIG_WATCHDOG_SYSFS, or of a driver that does not say this.
    }
  }
  return about;
}

function refusal(path: string, thrown: unknown): string {
  const advice: Record<string, string> = {
    ENOENT: `there is no such device: load its driver first (\`modprobe MODULE\`), or ${CHOOSE}`,
    ENODEV: `no driver is behind it: load its driver first (\`modprobe MODULE\`), or ${CHOOSE}`,
    ENXIO: `no driver is behind it: load its driver first (\`modprobe MODULE\`), or ${CHOOSE}`,
    EBUSY: `another program has it open (RuntimeWatchdogSec= of systemd, or a watchdog daemon), \`fuser -v ${path}\` tells which, and only one can: end that one's watch, or leave the device to it`,
    EACCES: 'this user may not write it: run as root, or give the user the right with a udev rule',
    EPERM: 'this process may not write it: run as root, outside of a container that has no devices',
  };
  const { code = '' } = thrown as { code?: string };
  return `${path}: ${advice[code] ?? firstLine(thrown)}`;
}
