/** `debug …`: one command for each view whose rows come as things happen. */
import type { ManifestView } from '../../../runtime/index.ts';
import { DURATION } from '../arguments.ts';
import { type Argument, type Command, command } from '../command.ts';
import { follow } from '../following.ts';
import { WORK_MS } from '../patience.ts';
import { parseDuration } from '../typed-duration.ts';

interface Input {
  values: Readonly<Record<string, string>>;
  /** Ends by itself after so long, in ms. */
  longest?: number;
}

/** @param takes the arguments of the view */
export function followCommand(
  module: string,
  view: ManifestView,
  words: string,
  takes: readonly Argument[],
): Command {
  const names = (view.takes ?? []).map(({ name }) => name);
  return command<Input>({
    words: ['debug', ...words.split(' ')],
    takes,
    options: [{ word: 'for', help: 'end by itself after so long', takes: [DURATION] }],
    harmless: true,
    follows: true,
    waits: true,
    help: `${view.description}; Ctrl-C ends it`,
    read: ({ values, given }) => {
      const [text] = given.get('for') ?? [];
      return {
        values: Object.fromEntries(values.map((value, i) => [names[i]!, value])),
        ...(text !== undefined && { longest: parseDuration(text) }),
      };
    },
    run: ({ values, longest }, call) => follow(module, view, values, longest, call),
    interruptible: () => true,
    silence: ({ longest = 0 }) => WORK_MS + longest,
  });
}
