/**
 * A bundle: one file, one version of one module (paper 3.2.5, the module library). It is a CommonJS script that
 * exports `manifest` and, as default, a class derived from `Module`.
 */
import { createHash } from 'node:crypto';
import { HitlessError, reasonOf, thrownOf } from '../errors.ts';
import * as library from '../library.ts';
import { runHook, topLevelMs } from '../module/hook-time.ts';
import { type AnyManifest, handledTypes, handlerName, validateManifest } from '../module/manifest.ts';
import { Module } from '../module/module.ts';
import type { Guard } from '../services/guard.ts';
import { mayGoOn } from '../services/late-code.ts';
import { turn, type Waits } from '../turn.ts';
import type { Compiler, Script } from './compiler.ts';

export interface Bundle {
  /** As commands name it: `ip@2.0.0`. */
  readonly ref: string;
  readonly manifest: AnyManifest;
  readonly Implementation: ModuleClass;
  /**
   * The class out of another evaluation of the same compiled code. The bundle's own variables are others; what
   * V8 compiled of its functions is shared. Runs the bundle's top level; may throw anything. A class of the program
   * cannot be had twice.
   */
  readonly evaluateAgain: (() => ModuleClass) | undefined;
  /** Of its bytes; empty for a class of the program. */
  readonly sha256: string;
  readonly bytes: number;
  readonly file: string;
  /** Made for a try, of a text that no file of this name and version holds: nothing to begin with after a restart. */
  readonly draft?: true;
  /** A class of the program itself: there is no file. */
  readonly ofProgram?: true;
  /** Its code may go on when nobody calls it. */
  readonly goesOn: boolean;
}

/** A class that derives from `Module`. */
export type ModuleClass = new () => Module;

/**
 * A version of a module in the program itself. It is a class with a static `manifest`, as `defineModule` makes it, or an object
 * with what a bundle exports, such as `await import('./counter.js')`.
 */
export type ModuleVersion =
  | (TypedClass & { readonly manifest: object })
  | { readonly manifest: object; readonly default: TypedClass }
  | { readonly default: TypedClass & { readonly manifest: object } };

/** A class that derives from `Module`, whatever its protocol lets its context do. */
// biome-ignore lint/suspicious/noExplicitAny: the state is the author's
type TypedClass = new () => Omit<Module<any>, 'ctx'>;

/** A version of a module: a bundle by its name and version such as `ip@2.0.0`, or by its path; or one of the program. */
export type ModuleSource = string | ModuleVersion;

const LARGEST = 32 * 1024 * 1024;

export function refOf(module: string, version: string): string {
  return `${module.toLowerCase()}@${version}`;
}

export function sha256Of(source: Uint8Array): string {
  return createHash('sha256').update(source).digest('hex');
}

/**
 * Makes a bundle out of a file's bytes, and checks everything that can be checked without running a handler.
 * @param sha256 of the bytes
 * @param stall told of what is waited for
 * @throws HitlessError `BUNDLE_…`, `MANIFEST_INVALID`, `API_UNSUPPORTED`, `HANDLER_MISSING` or `COMPILER_ENDED`,
 * naming the file.
 */
export async function makeBundle(
  file: string,
  source: Uint8Array,
  sha256: string,
  compiler: Compiler,
  guard: Guard,
  stall: Waits,
): Promise<Bundle> {
  const text = textOf(file, source);
  const goesOn = mayGoOn(text);
  await stall.wait(turn());
  const run = await stall.wait(compiler.compile(file, text, sha256, stall));
  const evaluated = () => loaded(file, guard, goesOn, () => evaluate(file, text, run));
  const exported = await stall.wait(turn(() => stall.within(evaluated)));
  // An export is the bundle's own code too: a manifest may have getters.
  const examined = () => loaded(file, guard, goesOn, () => examine(file, exported));
  const made = await stall.wait(turn(() => stall.within(examined)));
  await stall.wait(turn());
  const { name, version } = made.manifest;
  const evaluateAgain = () => classOf(evaluate(file, '', run))!;
  return { ref: refOf(name, version), ...made, evaluateAgain, sha256, bytes: source.length, file, goesOn };
}

/** Runs a bundle's own code under the guard. @throws HitlessError `BUNDLE_TIMEOUT`, `BUNDLE_THREW`, or its own */
function loaded<T>(file: string, guard: Guard, goesOn: boolean, body: () => T): T {
  let result: { value: T } | undefined;
  let thrown: unknown;
  const limit = topLevelMs(guard);
  const cut = runHook(guard, limit, () => {
    try {
      result = { value: goesOn ? guard.late.run({ file }, body) : body() };
    } catch (error) {
      thrown = thrownOf(error);
    }
  });
  if (cut !== undefined) {
    throw new HitlessError(
      'BUNDLE_TIMEOUT',
      `${file}: did not finish loading within ${limit} ms; its top level must only define things`,
    );
  }
  if (thrown instanceof HitlessError) throw thrown;
  if (result !== undefined) return result.value;
  throw new HitlessError('BUNDLE_THREW', `${file}: threw while it was loaded: ${reasonOf(thrown)}`, {
    cause: thrown,
  });
}

/** The same bundle under a version of its own, such as `2.0.0-watch.3` for `2.0.0`. */
export function draftOf(bundle: Bundle, suffix: string): Bundle {
  // A suffix that is there already gives way: a version may not grow without limit.
  const version = `${bundle.manifest.version.replace(/-.*$/, '')}-${suffix}`;
  const manifest = Object.freeze({ ...bundle.manifest, version });
  return { ...bundle, manifest, ref: refOf(manifest.name, version), draft: true };
}

/** Makes a bundle of what is in the program already. @throws HitlessError as `makeBundle` */
export function bundleOf(version: ModuleVersion): Bundle {
  const Class = classOf(version);
  const file = `the program's class ${Class?.name || 'without a name'}`;
  const made = examine(file, version);
  const { name, version: number } = made.manifest;
  const ref = refOf(name, number);
  const goesOn = mayGoOn(textOfClass(Class));
  return { ref, ...made, evaluateAgain: undefined, sha256: '', bytes: 0, file, ofProgram: true, goesOn };
}

/** Of it, and of those that it derives from. */
function textOfClass(Class: unknown): string {
  let text = '';
  for (
    let found = Class;
    typeof found === 'function' && found !== Module;
    found = Object.getPrototypeOf(found)
  )
    text += Function.prototype.toString.call(found);
  return text;
}

/** Whether it can be meant as one: whether it is right, `bundleOf` finds out. */
export function isModuleVersion(value: unknown): value is ModuleVersion {
  return classOf(value) !== undefined && typeof manifestIn(value) === 'object';
}

/** The class of a version, by which it is known; undefined when it has none. */
export function classOf(exported: unknown): ModuleClass | undefined {
  const found =
    typeof exported === 'function' ? exported : (exported as { default?: unknown } | null)?.default;
  return typeof found === 'function' ? (found as ModuleClass) : undefined;
}

/** Names a version in a command. Never throws. */
export function nameOf(source: unknown): string {
  if (typeof source === 'string') return source;
  try {
    const { name, version } = manifestIn(source) as { name: string; version: string };
    return refOf(name, version);
  } catch {
    return 'a class';
  }
}

function textOf(file: string, source: Uint8Array): string {
  if (source.length > LARGEST) {
    throw new HitlessError(
      'BUNDLE_NOT_A_BUNDLE',
      `${file}: ${source.length} bytes are more than a bundle may have (${LARGEST})`,
    );
  }
  if (source.includes(0)) {
    throw new HitlessError('BUNDLE_NOT_A_BUNDLE', `${file}: is a binary file; a bundle is a CommonJS script`);
  }
  return new TextDecoder().decode(source);
}

/** Text of the runtime's own, of every version of it, and of every part that a bundler leaves of it. */
const OF_RUNTIME = /\.name\s*=\s*["'`]HitlessError["'`]/;

function runtimeInside(file: string): HitlessError {
  return new HitlessError(
    'BUNDLE_RUNTIME',
    `${file}: has hitless/runtime compiled into it, and must be given the program's own; leave it out with --external:hitless/runtime, such as "npx esbuild counter.ts --bundle --platform=node --format=cjs --external:hitless/runtime --outfile=counter-1.0.0.cjs"`,
  );
}

function evaluate(file: string, text: string, run: Script): unknown {
  const module: { exports: unknown } = { exports: {} };
  const require = (name: string) => {
    if (name === 'hitless/runtime' || name === 'hitless-runtime') return library;
    if (name.startsWith('node:') && OF_RUNTIME.test(text)) throw runtimeInside(file);
    throw new HitlessError(
      'BUNDLE_IMPORT',
      `${file}: requires "${name}"; a bundle is given hitless/runtime only, bundle everything else into it`,
    );
  };
  run(module.exports as object, require, module);
  return module.exports;
}

/** A class may carry its manifest. */
function manifestIn(exported: unknown): unknown {
  const own = (exported as { manifest?: unknown } | null)?.manifest;
  return own ?? (classOf(exported) as { manifest?: unknown } | undefined)?.manifest;
}

function examine(file: string, exported: unknown): { manifest: AnyManifest; Implementation: ModuleClass } {
  const manifest = validateManifest(manifestIn(exported), file);
  const Implementation = classOf(exported);
  if (!isModuleClass(Implementation)) {
    if (isForeign(Implementation)) throw runtimeInside(file);
    throw new HitlessError(
      'BUNDLE_NOT_A_BUNDLE',
      `${file}: its default export must be a class that extends Module of hitless/runtime`,
    );
  }
  for (const type of handledTypes(manifest)) {
    if (hasMethod(Implementation, handlerName(type))) continue;
    throw new HitlessError(
      'HANDLER_MISSING',
      `${file}: the manifest declares "${type}", but the class has no method ${handlerName(type)}`,
    );
  }
  if (!hasMethod(Implementation, 'initial')) {
    throw new HitlessError('HANDLER_MISSING', `${file}: the class has no method initial`);
  }
  return { manifest, Implementation };
}

function isModuleClass(value: ModuleClass | undefined): value is ModuleClass {
  return value?.prototype instanceof Module;
}

/** Derives from a `Module` of another runtime, by its name: what a bundler left of the runtime may be no more than that. */
function isForeign(value: ModuleClass | undefined): boolean {
  for (let found: unknown = value; typeof found === 'function'; found = Object.getPrototypeOf(found))
    if (/^_?Module\d*$/.test(found.name)) return true;
  return false;
}

function hasMethod({ prototype }: ModuleClass, name: string): boolean {
  return typeof (prototype as unknown as Record<string, unknown>)[name] === 'function';
}
