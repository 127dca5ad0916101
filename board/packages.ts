/**
 * Packages by name: Debian's of any architecture and release, through apt with lists of its own, so that neither
 * this machine's sources nor its architecture matter and nothing of it is changed; and npm's. Both are kept in a
 * cache, checked by their SHA-256, and asked for over the network only when what the lock names is not there.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import type { Input, Lock } from './lock.ts';
import { run, type ToolOptions } from './tool.ts';

const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const COMPONENTS = 'main contrib non-free non-free-firmware';

export interface Package extends Input {
  /** Where it lies: a `.deb` or a `.tgz`. */
  file: string;
}

export interface PackageOptions {
  /** The folder that downloads are kept in. */
  cache: string;
  lock: Lock;
  /** A Debian mirror, as in a list of sources. */
  mirror?: string;
  /** Takes each line of progress. */
  say(line: string): void;
}

/** Debian's packages of one release and architecture. */
export class DebianPackages {
  readonly #options: PackageOptions;
  readonly #suite: string;
  readonly #architecture: string;
  #lists = false;

  constructor(board: Pick<Board, 'suite' | 'architecture'>, options: PackageOptions) {
    this.#options = options;
    this.#suite = board.suite;
    this.#architecture = board.architecture;
  }

  /**
   * The version that the lock names, or the newest of the release when that is not to be had any more.
   * @throws BoardError `PACKAGE_MISSING`, `PACKAGE_CHANGED` or `TOOL_FAILED`
   */
  get(name: string): Package {
    const wanted = { source: this.#suite, architecture: this.#architecture, name };
    const locked = this.#options.lock.find(wanted);
    const found = (locked && this.#fetch(name, locked.version)) ?? this.#fetch(name, this.#newest(name));
    if (found === undefined)
      throw new BoardError(
        'PACKAGE_MISSING',
        `Debian ${this.#suite} names ${name} for ${this.#architecture} but does not give it; try again later, or another --mirror`,
      );
    const input = { ...wanted, ...found };
    this.#options.lock.take({ ...wanted, version: found.version, sha256: found.sha256 });
    return input;
  }

  #fetch(name: string, version: string): Pick<Package, 'version' | 'sha256' | 'file'> | undefined {
    const { cache, say } = this.#options;
    const folder = join(cache, 'debian', this.#suite);
    // As apt names it: an epoch's colon is written in hex.
    const file = join(folder, `${name}_${version.replaceAll(':', '%3a')}_${this.#architecture}.deb`);
    if (!existsSync(file)) {
      this.#update();
      const aside = join(folder, `download-${process.pid}`);
      mkdirSync(aside, { recursive: true });
      try {
        say(`fetching ${name} ${version} (${this.#architecture})`);
        this.#runApt('-s', ['apt-get', 'download', `${name}=${version}`], { cwd: aside });
        const [downloaded] = readdirSync(aside);
        if (downloaded === undefined) return undefined;
        renameSync(join(aside, downloaded), file);
      } catch (thrown) {
        if (!/Version .* was not found|404/.test((thrown as Error).message)) throw thrown;
        return undefined;
      } finally {
        rmSync(aside, { recursive: true, force: true });
      }
    }
    return { version, sha256: sha256Of(file), file };
  }

  #newest(name: string): string {
    this.#update();
    let shown = '';
    try {
      shown = this.#runApt('-s', ['apt-cache', 'show', '--no-all-versions', name]).toString('utf8');
    } catch {
      // Nothing of this name: told below.
    }
    const version = /^Version: (\S+)$/m.exec(shown)?.[1];
    if (version !== undefined) return version;
    throw new BoardError(
      'PACKAGE_MISSING',
      `Debian ${this.#suite} has no package ${name} for ${this.#architecture}; is the board's suite right?`,
    );
  }

  /** Lists are fetched once a run, and only when something has to be. */
  #update(): void {
    if (this.#lists) return;
    this.#options.say(`fetching the lists of Debian ${this.#suite} for ${this.#architecture}`);
    mkdirSync(join(this.#apart, 'state/lists/partial'), { recursive: true });
    mkdirSync(join(this.#apart, 'cache/archives/partial'), { recursive: true });
    const mirror = this.#options.mirror ?? MIRROR;
    const source = `deb [signed-by=${KEYRING}] ${mirror} ${this.#suite} ${COMPONENTS}\n`;
    const aside = join(this.#apart, `sources.list-${process.pid}`);
    writeFileSync(aside, source);
    renameSync(aside, join(this.#apart, 'sources.list'));
    this.#runApt('-x', ['apt-get', 'update', '--error-on=any']);
    this.#lists = true;
  }

  /**
   * One of apt's programs, on the lists that builds at the same time share: apt itself does not wait for another one.
   * @param how `-x`, alone, to write them; `-s`, beside others that read them
   */
  #runApt(how: '-x' | '-s', [program, ...args]: [string, ...string[]], options: ToolOptions = {}): Buffer {
    return run('flock', [how, join(this.#apart, 'lock'), program, ...this.#apt(), ...args], options);
  }

  get #apart(): string {
    return join(this.#options.cache, 'apt', `${this.#suite}-${this.#architecture}`);
  }

  #apt(): string[] {
    const apart = this.#apart;
    const settings = {
      'APT::Architecture': this.#architecture,
      'APT::Architectures': this.#architecture,
      'APT::Sandbox::User': '',
      'Dir::State': join(apart, 'state'),
      'Dir::State::Lists': join(apart, 'state/lists'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(apart, 'cache'),
      'Dir::Etc::SourceList': join(apart, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    return ['-q', ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])];
  }
}

/** What a Debian package says of itself, such as its `Depends`. */
export function fieldOf(deb: Package, field: string): string {
  return run('dpkg-deb', ['-f', deb.file, field]).toString('utf8').trim();
}

/** Unpacks a Debian package, or those of its folders and files that are named (`./lib/modules`). */
export function unpack(deb: Package, into: string, ...only: string[]): void {
  mkdirSync(into, { recursive: true });
  const pack = join(into, '.pack');
  run('dpkg-deb', ['--fsys-tarfile', deb.file], { output: pack });
  run('tar', ['-xf', pack, '--no-same-owner', '--wildcards', '-C', into, ...only]);
  rmSync(pack);
}

/**
 * An npm package of exactly one version.
 * @throws BoardError `PACKAGE_CHANGED` or `TOOL_FAILED`
 */
export function npmPackage(
  name: string,
  version: string,
  architecture: string,
  options: PackageOptions,
): Package {
  const folder = join(options.cache, 'npm');
  const file = join(folder, `${name}-${version}.tgz`);
  if (!existsSync(file)) {
    options.say(`fetching ${name} ${version} from npm`);
    const aside = join(folder, `download-${process.pid}`);
    mkdirSync(aside, { recursive: true });
    try {
      // In a folder of its own: a project's .npmrc and package.json have no say.
      run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: aside });
      renameSync(join(aside, `${name}-${version}.tgz`), file);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  const input = { source: 'npm', architecture, name, version, sha256: sha256Of(file) };
  options.lock.take(input);
  return { ...input, file };
}

export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
