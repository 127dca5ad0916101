/** Where a watched bundle's text comes from: a file as it is, or whatever a tool makes out of several. */
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { MOST_BUNDLE_BYTES, readPlainFile } from '../plain-file.ts';

/** The product of `make`. */
export interface MadeBundle {
  /** The bundle's text; undefined when it could not be made. */
  readonly text?: string | undefined;
  /** Why there is no text: one line for a person, with file and place. */
  readonly problem?: string;
  /** Absolute paths of all that it is made of, also of what is missing: a change of any of them has it made again. */
  readonly files: readonly string[];
}

/** Makes a bundle's text, again after each change of its files. */
export interface BundleSource {
  /** Names it in the log, and stands for the bundle's file. */
  readonly label: string;
  /** Makes the text now. A rejection is told as a problem; the files of before are watched on then. */
  make(): Promise<MadeBundle>;
}

/** A bundle that is a file. */
export function fileSource(path: string): BundleSource {
  return {
    label: shown(path),
    async make() {
      const files = withTarget(path);
      try {
        return {
          text: (await readPlainFile(path, MOST_BUNDLE_BYTES, (what) => new Error(what))).toString('utf8'),
          files,
        };
      } catch (thrown) {
        return { problem: (thrown as Error).message, files };
      }
    },
  };
}

/** The path, and what it leads to where it is a symbolic link. */
export function withTarget(path: string): string[] {
  try {
    return [...new Set([path, realpathSync(path)])];
  } catch {
    return [path];
  }
}

/** A path as a person would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
