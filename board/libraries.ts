/**
 * The shared libraries that the board's programs need: those that the programs, and their libraries in turn, name in
 * their headers, looked for in the packages that Debian says they depend on.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Target } from './architecture.ts';
import { BoardError } from './errors.ts';
import { type DebianPackages, fieldOf, unpack } from './packages.ts';
import { run } from './tool.ts';

/** Any C and C++ program may need these, whoever packed it. */
const USUAL = ['libc6', 'libstdc++6', 'libgcc-s1'];

interface Place {
  path: string;
  /** Of the package that has it: where to look for what it needs itself. */
  dependencies: string[];
}

export class Libraries {
  readonly #target: Target;
  readonly #debian: DebianPackages;
  readonly #work: string;
  readonly #opened = new Set<string>();
  /** Where each library lies, by the name that programs have for it. */
  readonly #places = new Map<string, Place>();

  /** @param work a folder for what is unpacked */
  constructor(target: Target, debian: DebianPackages, work: string) {
    this.#target = target;
    this.#debian = debian;
    this.#work = work;
  }

  /**
   * Unpacks a program of a Debian package.
   * @param name of the file, wherever the package has it
   */
  program(packageName: string, name: string): Place {
    const deb = this.#debian.get(packageName);
    const folder = join(this.#work, packageName);
    unpack(deb, folder, `./*bin/${name}`);
    const path = filesIn(folder).find((one) => basename(one) === name);
    if (path !== undefined) return { path, dependencies: librariesOf(fieldOf(deb, 'Depends')) };
    throw new BoardError('PACKAGE_MISSING', `Debian's ${packageName} has no ${name} any more`);
  }

  /** What starts programs: the kernel finds it by the path inside of them. */
  get loader(): Buffer {
    return readFileSync(this.#find(basename(this.#target.loader), 'every program', []).path);
  }

  /**
   * All libraries that these programs need, by name.
   * @throws BoardError `PACKAGE_MISSING` for one that no package has in which it may be
   */
  neededBy(programs: readonly Place[]): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    const visit = ({ path, dependencies }: Place) => {
      for (const name of this.#namedIn(path)) {
        if (found.has(name) || name === basename(this.#target.loader)) continue;
        const place = this.#find(name, basename(path), dependencies);
        found.set(name, readFileSync(place.path));
        visit(place);
      }
    };
    for (const program of programs) visit(program);
    return found;
  }

  #find(name: string, by: string, dependencies: readonly string[]): Place {
    const packages = [...USUAL, ...dependencies];
    for (const one of packages) {
      this.#open(one);
      const place = this.#places.get(name);
      if (place !== undefined) return place;
    }
    throw new BoardError('PACKAGE_MISSING', `${by} needs ${name}, which is not in ${packages.join(', ')}`);
  }

  #open(name: string): void {
    if (this.#opened.has(name)) return;
    this.#opened.add(name);
    const deb = this.#debian.get(name);
    const folder = join(this.#work, name);
    unpack(deb, folder);
    const dependencies = librariesOf(fieldOf(deb, 'Depends'));
    for (const path of filesIn(folder))
      if (/\.so\.\d/.test(basename(path))) this.#places.set(basename(path), { path, dependencies });
  }

  #namedIn(path: string): string[] {
    const said = run(`${this.#target.triplet}-readelf`, ['-d', path]).toString('utf8');
    return [...said.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name!);
  }
}

/** Those of a package's dependencies that are libraries; of alternatives the first. */
function librariesOf(depends: string): string[] {
  const names = depends.split(',').map((one) => one.trim().split(/[ :|(]/)[0]!);
  return names.filter((name) => /^z?lib/.test(name) && !name.endsWith('-bin'));
}

function filesIn(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  return paths.filter((path) => existsSync(path) && statSync(path).isFile());
}
