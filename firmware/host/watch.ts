/**
 * `--watch`: what is watched while the router runs. Bundles and directories of bundles are the runtime's; the source
 * of a module is made into a bundle here, by esbuild, each time that one of its files is saved.
 */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Esbuild from 'esbuild';
import { type BundleSource, type MadeBundle, reasonOf } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';

/** The end of the name of a module's source file. */
const SOURCE = /\.[cm]?[jt]sx?$/;
/** In a module's folder: where its source begins. */
const ENTRIES = ['module.ts', 'module.js', 'module.mts', 'module.mjs'];

/** The paths that `--watch` was given, ready to be watched. */
export interface WatchList {
  sources: (string | BundleSource)[];
  /** Ends the tool that bundles. */
  close(): Promise<void>;
}

/**
 * Makes out what the paths of `--watch` are.
 * @throws FirmwareError `WATCH_PATH` for a path that nothing can be watched at, `BUNDLER_MISSING` when one is source and
 * there is no esbuild
 */
export async function watchList(paths: readonly string[]): Promise<WatchList> {
  const sources: WatchList['sources'] = [];
  let bundler: Bundler | undefined;
  for (const path of paths) {
    const entry = sourceEntry(path);
    if (entry !== undefined) bundler ??= await findBundler(path);
    sources.push(entry === undefined ? resolve(path) : moduleSource(entry, bundler!));
  }
  return { sources, close: async () => bundler?.stop() };
}

/** The file where a module's source begins; undefined for bundles. */
function sourceEntry(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  const wrong = (what: string) =>
    new FirmwareError(
      'WATCH_PATH',
      `--watch ${path}: ${what}; give a bundle (.cjs), a directory of bundles, or a module's source such as firmware/modules/ip`,
    );
  if (found === undefined) throw wrong('there is no such file or directory');
  if (found.isDirectory()) {
    const entry = ENTRIES.map((name) => join(path, name)).find((file) => existsSync(file));
    return entry === undefined ? undefined : resolve(entry);
  }
  if (!found.isFile()) throw wrong('is no file');
  if (path.endsWith('.cjs')) return undefined;
  if (!SOURCE.test(path)) throw wrong('is no bundle and no source');
  return resolve(path);
}

type Bundler = Pick<typeof Esbuild, 'build' | 'stop'>;

/** esbuild as it is installed beside hitless, or in the project that it is used in. */
async function findBundler(path: string): Promise<Bundler> {
  const places = [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href];
  let problem = '';
  for (const place of places) {
    try {
      return createRequire(place)('esbuild') as Bundler;
    } catch (thrown) {
      problem = reasonOf(thrown).split('\n', 1)[0]!;
    }
  }
  throw new FirmwareError(
    'BUNDLER_MISSING',
    `--watch ${path}: a module's source is bundled by esbuild, which is not installed here (${problem}); npm install --save-dev esbuild, or watch a .cjs file`,
  );
}

/** A module's source, bundled as a release is (release.mjs). */
function moduleSource(entry: string, bundler: Bundler): BundleSource {
  return { label: shown(entry), make: () => bundle(entry, bundler) };
}

async function bundle(entry: string, bundler: Bundler): Promise<MadeBundle> {
  const files = new Set([entry]);
  try {
    const { outputFiles } = await bundler.build({
      absWorkingDir: dirname(entry),
      entryPoints: [entry],
      bundle: true,
      write: false,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      charset: 'utf8',
      sourcemap: false,
      legalComments: 'none',
      external: ['hitless/runtime', 'hitless-runtime'],
      // Strict like the source, which is an ES module: a write to something frozen throws.
      tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true, alwaysStrict: true } },
      logLevel: 'silent',
      plugins: [noting(files)],
    });
    return { text: outputFiles[0]!.text, files: [...files].sort() };
  } catch (thrown) {
    return { problem: problemOf(thrown, dirname(entry)), files: [...files].sort() };
  }
}

/** Notes every file that is read, and those that should be there and are not: also when the build then fails. */
function noting(files: Set<string>): Esbuild.Plugin {
  return {
    name: 'noting',
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        files.add(resolve(resolveDir, path));
        return undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        files.add(path);
        return undefined;
      });
    },
  };
}

function problemOf(thrown: unknown, directory: string): string {
  const { errors = [] } = thrown as Partial<Esbuild.BuildFailure>;
  const [first] = errors;
  if (first === undefined) return reasonOf(thrown);
  const { location, text } = first;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  if (location === null) return `${text}${more}`;
  const file = shown(resolve(directory, location.file));
  return `${file}:${location.line}:${location.column + 1}: ${text}${more}`;
}

/** A path as a person would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
