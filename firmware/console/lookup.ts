/** From names as typed to names as the router has them. */
import { HitlessError } from '../../runtime/index.ts';
import { didYouMean } from '../../runtime/nearest.ts';
import type { ConsoleRuntime } from './host.ts';

/** @throws HitlessError `MODULE_UNKNOWN` */
export function moduleNamed(typed: string, runtime: ConsoleRuntime): string {
  const names = [
    ...runtime.modules().map((module) => ({ name: module.name, module: module.name })),
    ...runtime.nameTable(),
  ];
  const found =
    names.find(({ name }) => name === typed) ??
    names.find(({ name }) => name.toLowerCase() === typed.toLowerCase());
  if (found) return found.module;
  const known = runtime.modules().map((module) => module.name);
  throw new HitlessError(
    'MODULE_UNKNOWN',
    `there is no module "${typed.slice(0, 60)}"${didYouMean(typed, known)}; modules: ${known.join(', ') || 'none'}`,
  );
}

/**
 * The name that a module to be added is to have: the one in its bundle, when that is what was typed but for the case.
 * Any other name goes as typed, and the runtime says what is wrong with it.
 */
export function newModuleNamed(typed: string, ref: string, runtime: ConsoleRuntime): string {
  const same = (name: string) => name.toLowerCase() === typed.toLowerCase();
  const versions = runtime.versions();
  const inBundle = versions.find((version) => version.bundle.toLowerCase() === ref.toLowerCase())?.module;
  if (inBundle !== undefined && same(inBundle)) return inBundle;
  return versions.find(({ module }) => same(module))?.module ?? typed;
}

/**
 * Calls the action with the bundles as the repository names them; a path, and what the repository does not know,
 * goes as typed. When it says that one is missing, the console adds what is near.
 */
export async function withBundles<Result>(
  typed: readonly string[],
  runtime: ConsoleRuntime,
  action: (refs: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const known = runtime.versions().map((version) => version.bundle);
  const refs = typed.map(
    (text) => known.find((bundle) => bundle.toLowerCase() === text.toLowerCase()) ?? text,
  );
  try {
    return await action(refs);
  } catch (thrown) {
    const missing = refs.find((ref) => !known.includes(ref));
    const isMissing = thrown instanceof HitlessError && thrown.code === 'BUNDLE_NOT_FOUND';
    if (!isMissing || missing === undefined) throw thrown;
    throw new HitlessError('BUNDLE_NOT_FOUND', `${thrown.message}${didYouMean(missing, known)}`, {
      cause: thrown,
      ...(thrown.module === undefined ? {} : { module: thrown.module }),
    });
  }
}
