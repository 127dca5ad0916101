/** `hitless check` and `hitless schema`: configurations without a router. */
import { HitlessError, type JsonSchema } from '../runtime/index.ts';
import { editorSchema } from './config/editor-schema.ts';
import { ConfigFile, readConfigFile } from './config/file.ts';
import type { OwnConfig } from './config/own.ts';
import { ConfigError } from './config/problem.ts';
import { describeError } from './errors.ts';
import { prepareHere, withVersions } from './router/load-config.ts';
import { loadVersion, sectionsKnown } from './router/sections.ts';
import { planStart, sectionByName } from './router/start.ts';
import { statePath } from './router/state-directory.ts';

interface Output {
  /** To standard output. */
  write(text: string): void;
  /** To standard error. */
  error(text: string): void;
}

/**
 * Checks a file by the versions that a router of this machine would start.
 * @returns the exit code: 1 where it is wrong
 * @throws ConfigError `CONFIG_UNREADABLE`
 */
export async function checkConfigFile(path: string, isJson: boolean, out: Output): Promise<number> {
  try {
    const { changes } = await prepareHere(readConfigFile(path), statePath());
    const modules = changes
      .map(({ module, bundle }) => ({ module, bundle }))
      .sort((a, b) => a.module.localeCompare(b.module));
    const names = modules.map(({ module, bundle }) => `${module} ${bundle}`).join(', ');
    out.write(isJson ? line({ ok: true, modules }) : `${path}: right, for ${names || 'no modules'}\n`);
    return 0;
  } catch (thrown) {
    const error = describeError(thrown);
    if (error.code === 'CONFIG_UNREADABLE' || error.code === 'INTERNAL') throw thrown;
    const problems = thrown instanceof ConfigError ? thrown.problems : [];
    if (isJson) out.write(line({ ok: false, error, problems }));
    else out.error(`hitless: ${error.code}: ${error.message}\n`);
    return 1;
  }
}

/**
 * Writes the JSON Schema of all that a router of this machine takes.
 * @param path a configuration, for the versions that it names and the directories of bundles
 */
export async function writeSchema(path: string | undefined, out: Output): Promise<number> {
  const { own } = path === undefined ? new ConfigFile('', '{}') : readConfigFile(path);
  const sections = await sectionSchemas(own, statePath(), ({ code, message }) =>
    out.error(`hitless: left out: ${code}: ${message}\n`),
  );
  out.write(`${JSON.stringify(editorSchema(sections), undefined, 2)}\n`);
  return 0;
}

/**
 * The schemas of all sections, by section: of the versions that the configuration names or that were current last, else of
 * the newest releases.
 * @param leftOut is told of a version that cannot be loaded
 */
export function sectionSchemas(
  own: OwnConfig,
  state: string | undefined,
  leftOut: (error: HitlessError) => void,
): Promise<Record<string, JsonSchema>> {
  return withVersions(own, state, async (runtime, past) => {
    const wishes = { sections: sectionsKnown(runtime.versions()), modules: own.router.modules };
    const { starts, idle } = planStart(wishes, past, runtime.versions(), sectionByName(wishes));
    const found: Record<string, JsonSchema> = {};
    for (const { bundle } of [...starts, ...idle]) {
      try {
        const { section } = await loadVersion(runtime, bundle);
        if (section !== undefined) found[section.name] = section.schema;
      } catch (thrown) {
        if (!(thrown instanceof HitlessError)) throw thrown;
        leftOut(thrown);
      }
    }
    return found;
  });
}

function line(data: object): string {
  return `${JSON.stringify(data)}\n`;
}
