/**
 * A configuration that was pushed: checked by the versions that run, made what runs in one transaction, and saved. What is
 * refused, or goes back, leaves the router and its file as they were.
 */
import { dirname } from 'node:path';
import type { NamedChange } from '../../runtime/index.ts';
import { ConfigFile } from '../config/file.ts';
import type { TakeConfig } from '../push/config-store.ts';
import type { LiveConfig } from './live-config.ts';
import type { Saving } from './saving.ts';

/** @param path the router's configuration file */
export function takeConfig(live: LiveConfig, saving: Saving, path: string): TakeConfig {
  return async ({ name, text }, { by, dry, confirm }) => {
    const file = new ConfigFile(name, text, dirname(path));
    const command = `push ${name}`;
    if (dry) {
      const { changes, report, waiting } = await live.check(file, { command: `${command} --check`, by });
      return {
        file: path,
        changes: changes.map(named),
        waiting,
        saved: 'no',
        ...(report && { check: report }),
      };
    }
    // In the history of configurations it is told by the name that it came with.
    const how = { comment: command, ...(confirm !== undefined && { confirm }) };
    const { changes, report, waiting } = await live.apply(file, { command, by }, how);
    const about = { file: path, changes: changes.map(named), waiting, ...(report && { report }) };
    if (report?.outcome === 'aborted') return { ...about, saved: 'no' };
    return { ...about, saved: await saving.push(text, report) };
  };
}

/** Without what the module is given, which may be secret. */
function named({ change, module }: NamedChange) {
  return { change, module };
}
