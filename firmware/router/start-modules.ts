/**
 * Starts the modules, in one transaction. A version that cannot be loaded or started makes room for another of its
 * module, and the log says so: a router that routes is better than none, above all where nobody is near it.
 */
import { HitlessError, type LogLine, type Runtime, reasonOf, type VersionSet } from '../../runtime/index.ts';
import type { Config } from '../config/schema.ts';
import { FirmwareError } from '../errors.ts';
import { type Past, planStart, removalsOf, type StartPlan } from './start.ts';

export interface StartSources {
  config: Config;
  /** The versions that were current when the program ended. */
  past: Past;
  set: VersionSet | undefined;
  /** The directory of bundles that were pushed. */
  pushed: string | undefined;
}

/**
 * Adds the modules, with the versions of before if that can be done. Returns what is to be told of it.
 * @throws FirmwareError or HitlessError
 */
export async function startModules(runtime: Runtime, from: StartSources): Promise<LogLine[]> {
  const { sound, plan, notices } = await loadable(runtime, from);
  notices.push(...plan.notices, ...(await forgetInterrupted(from.set)));
  try {
    await addAll(runtime, plan);
  } catch (thrown) {
    if (plan.remembered.length === 0) throw thrown;
    const without = await loadable(runtime, { ...sound, past: removalsOf(sound.past) });
    await addAll(runtime, without.plan);
    const started = without.plan.changes.map(({ module, bundle }) => `${module} ${bundle}`).join(', ');
    const text = `the versions of before could not be started (${reasonOf(thrown)}); instead there run ${started}`;
    notices.push(...without.notices, { level: 'error', text });
  }
  return notices;
}

/** A plan whose bundles can all be loaded, and what it was made of. Each round leaves out one that cannot. */
async function loadable(
  runtime: Runtime,
  from: StartSources,
): Promise<{ sound: StartSources; plan: StartPlan; notices: LogLine[] }> {
  let known = runtime.versions();
  let sound = from;
  const left: { module: string; problem: string }[] = [];
  for (;;) {
    const plan = planStart(sound.config, sound.past, known, sound.pushed);
    const broken = await firstBroken(runtime, plan);
    if (broken === undefined) {
      const notices = left.map(({ module, problem }): LogLine => {
        const instead = plan.changes.find((change) => change.module === module)?.bundle ?? 'nothing';
        return { level: 'error', text: `${problem}; ${module} starts as ${instead} instead` };
      });
      return { sound, plan, notices };
    }
    const { module, bundle, error } = broken;
    const { modules } = sound.config.router;
    const named = (modules as Record<string, string | undefined>)[module] === bundle;
    // A version that is nowhere is a mistake in the file, to be mended by whoever wrote it.
    if (named && error.code === 'BUNDLE_NOT_FOUND') throw error;
    left.push({ module, problem: `${error.code}: ${error.message}` });
    sound = withoutVersion(sound, module, named);
    known = known.filter((version) => version.bundle !== bundle && version.file !== bundle);
  }
}

/** Without what the configuration, or else the time before, says that the module runs. */
function withoutVersion(from: StartSources, module: string, named: boolean): StartSources {
  if (!named) {
    const boot = new Map([...from.past.boot].filter(([name]) => name !== module));
    return { ...from, past: { ...from.past, boot } };
  }
  const { router } = from.config;
  const modules = Object.fromEntries(Object.entries(router.modules).filter(([name]) => name !== module));
  return { ...from, config: { ...from.config, router: { ...router, modules } } };
}

async function firstBroken(
  runtime: Runtime,
  { changes }: StartPlan,
): Promise<{ module: string; bundle: string; error: HitlessError } | undefined> {
  for (const { module, bundle } of changes) {
    try {
      await runtime.repository.acquire(bundle);
    } catch (error) {
      if (!(error instanceof HitlessError)) throw error;
      return { module, bundle, error };
    }
  }
  return undefined;
}

/** All modules in one transaction: the router starts whole, or says why not. */
async function addAll(runtime: Runtime, { changes }: StartPlan): Promise<void> {
  if (changes.length === 0) return;
  const report = await runtime.run(
    changes,
    { command: 'start', by: 'configuration' },
    { remember: false, undoable: false },
  );
  if (report.outcome === 'aborted') {
    throw new FirmwareError('START_ABORTED', `the modules were not started: ${report.reason}`);
  }
}

/** Versions on probation are told of once. */
async function forgetInterrupted(set: VersionSet | undefined): Promise<LogLine[]> {
  try {
    if (set?.interrupted !== undefined) await set.revert();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof HitlessError)) throw thrown;
    return [{ level: 'error', text: `${thrown.code}: ${thrown.message}` }];
  }
}
