/** The commands that show and keep a module's state. */
import type { Answer } from '../answer.ts';
import { FILE, MODULE } from '../arguments.ts';
import { type Command, command } from '../command.ts';
import type { ConsoleRuntime } from '../host.ts';
import { moduleNamed } from '../lookup.ts';
import { WORK_MS } from '../patience.ts';
import { narrow, stateText } from '../state-text.ts';

export const STATE_COMMANDS: readonly Command[] = [
  command<{ module: string; path: string | undefined }>({
    words: ['show', 'state'],
    takes: [MODULE, { kind: 'path', label: 'PATH', optional: true }],
    harmless: true,
    help: "a module's state, or a part of it, secrets hidden: show state MODULE interfaces.eth0",
    read: ({ values: [module, path] }) => ({ module: module!, path }),
    run: ({ module, path }, { host }) => stateOf(module, path, host.runtime),
  }),
  command<{ module: string; file: string }>({
    words: ['checkpoint'],
    takes: [MODULE, FILE],
    help: "write a module's state to a file of the router, for add ... from FILE",
    read: ({ values: [module, file] }) => ({ module: module!, file: file! }),
    run: async ({ module, file }, { host: { runtime } }) => {
      const data = await runtime.checkpoint(moduleNamed(module, runtime), file);
      return {
        lines: [
          `${data.module} ${data.version}, state version ${data.stateVersion}: ${data.bytes} bytes written to ${data.file}`,
        ],
        data,
      };
    },
    silence: () => WORK_MS,
  }),
];

/** @throws HitlessError `MODULE_UNKNOWN`; FirmwareError `STATE_PATH_UNKNOWN` */
function stateOf(typed: string, path: string | undefined, runtime: ConsoleRuntime): Answer {
  const found = runtime.state(moduleNamed(typed, runtime));
  const { module, version, stateVersion } = found;
  const state = path === undefined ? found.state : narrow(found.state, path, module);
  const part = path === undefined ? '' : `, ${path}`;
  const again = `show state ${module} ${path === undefined ? '' : `${path}.`}`;
  return {
    lines: [`${module} ${version}, state version ${stateVersion}${part}`, ...stateText(state, again)],
    head: 1,
    data: { ...found, ...(path === undefined ? {} : { path, state }) },
  };
}
