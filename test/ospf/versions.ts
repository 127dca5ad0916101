/** Bundles of OSPF and IP made from their sources as they are, with version numbers of the tests' own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const MODULES = fileURLToPath(new URL('../../firmware/modules', import.meta.url));

/** The sources under two numbers. */
export const ONE = '3.0.900';
export const OTHER = '3.0.901';

const SOURCES = { ospf: 'ospf/module.ts', ip: 'ip/module.ts' } as const;

/** Makes bundles of both modules in a folder. */
export async function makeVersions(folder: string): Promise<void> {
  const modules = Object.keys(SOURCES) as (keyof typeof SOURCES)[];
  await Promise.all(
    modules.map(async (module) => {
      const text = await bundled(SOURCES[module]);
      for (const version of [ONE, OTHER])
        writeFileSync(join(folder, `${module}-${version}.cjs`), numbered(text, version));
    }),
  );
}

async function bundled(source: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: MODULES,
    entryPoints: [source],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'utf8',
    external: ['hitless/runtime'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

function numbered(text: string, version: string): string {
  const after = text.replace(/^ {2}version: "\d+\.\d+\.\d+",$/m, () => `  version: "${version}",`);
  if (after === text) throw new Error('the bundle has no version');
  return after;
}
