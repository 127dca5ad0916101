/** Configurations as a router of the released versions reads them. */
import type { Test } from 'tap';
import type { Config } from '../../firmware/config/check.ts';
import { ConfigFile } from '../../firmware/config/file.ts';
import { prepareFile } from '../../firmware/router/load-config.ts';
import { RELEASES } from '../../firmware/router/releases.ts';
import type { PreparedStart } from '../../firmware/router/start-modules.ts';
import { Runtime } from '../../runtime/index.ts';

export interface Reader {
  /** @throws ConfigError */
  parse(text: string, file?: string): Promise<Config>;
  /** The start that it would be. @throws ConfigError */
  start(text: string, file?: string): Promise<PreparedStart>;
  /** The settings that each module would be given. @throws ConfigError */
  settings(text: string): Promise<Record<string, unknown>>;
}

/** Has the released versions in memory, and those of further directories, until the test ends. */
export function reader(t: Pick<Test, 'teardown'>, directories: readonly string[] = []): Reader {
  const runtime = new Runtime({ directories: [...directories, RELEASES] });
  t.teardown(() => runtime.stop());
  const start = (text: string, file = 'r.yaml') =>
    prepareFile(runtime, { file: new ConfigFile(file, text), past: { boot: new Map() }, pushed: undefined });
  return {
    start,
    parse: async (text, file) => (await start(text, file)).config,
    settings: async (text) =>
      Object.fromEntries((await start(text)).changes.map(({ module, config }) => [module, config])),
  };
}

/** Has IP, OSPF and VRRP run by their last versions of api 1, whose sections and relations stand in firmware/compat/. */
export function byApi1(text: string): string {
  const modules = 'modules: { IP: ip@2.2.0, OSPF: ospf@2.2.0, VRRP: vrrp@2.2.0 }';
  const with1 = text.replace(/^(router: \{[^}]*?) \}/, `$1, ${modules} }`);
  return with1 === text ? `${text}\nrouter: { ${modules} }` : with1;
}
