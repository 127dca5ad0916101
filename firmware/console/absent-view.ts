/** A view that no version in service has, and that a bundle of this router has: which one, and how it comes. */
import { HitlessError } from '../../runtime/index.ts';
import { API_1_VIEWS } from '../compat/views.ts';
import { FirmwareError } from '../errors.ts';
import type { ConsoleRuntime } from './host.ts';
import { shown, splitWords } from './words.ts';

const VERBS = ['show', 'debug'];

/**
 * Looks in the newest version of each module.
 * @param line that names no command, as it was typed
 * @returns `VIEW_ABSENT`; undefined where no version has such a view
 */
export async function absentView(line: string, runtime: ConsoleRuntime): Promise<FirmwareError | undefined> {
  const typed = splitWords(line).map(({ text }) => text.toLowerCase());
  const [verb = ''] = typed;
  if (verb.length < 2 || !VERBS.some((each) => each.startsWith(verb)) || typed.length === 1) return undefined;
  const newest = new Map(runtime.versions().map(({ module, bundle }) => [module, bundle]));
  for (const [module, bundle] of newest) {
    const words = (await wordsOf(bundle, runtime)).find((each) => isMeant(typed, each));
    if (words === undefined) continue;
    const { version } = runtime.modules().find(({ name }) => name === module) ?? {};
    const how =
      version === undefined
        ? `${module}, which does not run: "add ${module} ${bundle}" brings it in`
        : `${bundle}, and ${module} runs as ${version}: "replace ${module} ${bundle}" brings it`;
    return new FirmwareError('VIEW_ABSENT', `there is no "${shown(words)}" now; it is a view of ${how}`);
  }
  return undefined;
}

/** Each word as it is, or cut short; what follows are arguments. */
function isMeant(typed: readonly string[], words: string): boolean {
  const own = words.split(' ');
  return typed.length >= own.length && own.every((word, i) => word.startsWith(typed[i]!));
}

/** The words of all views of a version, with the verb; none of one that cannot be loaded. */
async function wordsOf(bundle: string, { repository }: ConsoleRuntime): Promise<string[]> {
  try {
    const { api, name, views } = (await repository.acquire?.(bundle))?.manifest ?? { api: 2, name: '' };
    const all = Object.values((api === 1 ? API_1_VIEWS[name] : views) ?? {});
    return all.flatMap(({ words, aliases = [], follows }) =>
      [words, ...aliases].map((each) => `${follows ? 'debug' : 'show'} ${each}`),
    );
  } catch (thrown) {
    if (thrown instanceof HitlessError) return [];
    throw thrown;
  }
}
