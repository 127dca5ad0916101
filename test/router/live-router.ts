/** The configuration of a router in this process: a runtime with bundles of a test's own, a real file, no interfaces. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ConfigFile, readConfigFile, readConfigText } from '../../firmware/config/file.ts';
import { LiveConfig } from '../../firmware/router/live-config.ts';
import { Saving } from '../../firmware/router/saving.ts';
import { prepareStart, startModules } from '../../firmware/router/start-modules.ts';
import { Runtime } from '../../runtime/index.ts';

/** A section with one topic; `sick` fails its probation. Version 2 has a key more. */
const bundle = (name: string, version: string, more = '') => `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: '${name}', version: '${version}', accepts: {}, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: '${name.toLowerCase()}', schema: { type: 'object', additionalProperties: false, required: ['topic'],
    properties: { topic: { type: 'string' }, ${more} } } } };
exports.default = class extends Module {
  initial(config) { return { config }; }
  configure(next) { return { next }; }
  apply({ next }) { this.state.config = next; }
  isHealthy() { return this.state.config.topic === 'sick' ? 'it is sick' : true; }
};
`;

export const OWN = 'router: { id: 10.9.0.1, bundles: [.], modules: { CHAT: chat@1.0.0 } }\n';

export interface LiveRouter {
  runtime: Runtime;
  live: LiveConfig;
  saving: Saving;
  /** Every line that the firmware tells. */
  told: string[];
  file: () => string;
  write: (text: string) => void;
  /** Makes a text what runs. */
  apply: (text: string, by?: string) => ReturnType<LiveConfig['apply']>;
  /** Runs a command as a console does. */
  run: (change: 'add' | 'remove' | 'replace', module: string, bundle?: string) => Promise<string>;
  /** Resolves within the line of the log that matches: what is called then comes before all that follows from it. */
  logged: (what: RegExp, then?: () => void) => Promise<void>;
}

/** @param probation how long a probation lasts, in ms */
export async function liveRouter(t: Test, text: string, probation = 60_000): Promise<LiveRouter> {
  const directory = mkdtempSync('/tmp/hitless-test-');
  const path = join(directory, 'router.yaml');
  const put = (name: string, contents: string) => writeFileSync(join(directory, name), contents);
  for (const name of ['CHAT', 'TALK']) {
    put(`${name.toLowerCase()}-1.0.0.cjs`, bundle(name, '1.0.0'));
    put(`${name.toLowerCase()}-2.0.0.cjs`, bundle(name, '2.0.0', 'loud: { type: "boolean" }'));
  }
  put('router.yaml', text);
  const file = readConfigFile(path);
  const runtime = new Runtime({ directories: [directory], probation: { duration: probation, every: 10 } });
  const start = await prepareStart(runtime, { file, past: { boot: new Map() }, pushed: undefined });
  await startModules(runtime, start, undefined);
  const told: string[] = [];
  const tell = (_level: string, line: string) => void told.push(line);
  const modules = [...start.plan.starts, ...start.plan.idle].map(({ module }) => module);
  const read = () => readConfigText(path);
  const live = new LiveConfig(
    runtime,
    { config: start.config, modules, file },
    { read, tell, onGiven: () => {}, pushed: undefined, path },
  );
  const saving = new Saving({ runtime, live, path, tell });
  // Nothing of it keeps a process alive that only waits.
  const alive = setInterval(() => {}, 60_000);
  t.teardown(async () => {
    clearInterval(alive);
    runtime.stop();
    await saving.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    runtime,
    live,
    saving,
    told,
    file: () => readFileSync(path, 'utf8'),
    write: (next) => put('router.yaml', next),
    apply: (next, by = 'test') => live.apply(new ConfigFile(path, next), { command: 'commit', by }),
    run: async (change, module, bundle = '') => {
      const wish = { change, module, ...(change !== 'remove' && { bundle }) } as const;
      const changes = await live.completed([wish as never]);
      const { outcome } = await runtime.run(changes, { command: `${change} ${module}`, by: 'test' });
      return outcome;
    },
    logged: (what, then = () => {}) =>
      new Promise((resolve) => {
        const silence = runtime.onLog((line) => {
          if (!what.test(line.text)) return;
          queueMicrotask(() => silence());
          then();
          resolve();
        });
      }),
  };
}
