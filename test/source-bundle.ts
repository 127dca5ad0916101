/** A module's sources as they are, made into a bundle under a version number of a test's own. */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const MODULES = fileURLToPath(new URL('../firmware/modules', import.meta.url));

/** @param plugins such as one that breaks the sources @returns the bundle's text */
export async function sourceBundle(
  module: string,
  version: string,
  plugins: readonly Plugin[] = [],
): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: MODULES,
    entryPoints: [`${module}/module.ts`],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'utf8',
    external: ['hitless/runtime'],
    plugins: [...plugins],
    logLevel: 'error',
  });
  return swapped(outputFiles[0]!.text, /^ {2}version: "\d+\.\d+\.\d+",$/m, `  version: "${version}",`);
}

/** @throws Error when there is nothing to put in its place */
export function swapped(text: string, from: string | RegExp, to: string): string {
  const after = text.replace(from, () => to);
  if (after === text) throw new Error(`${from} is not in the source any more`);
  return after;
}
