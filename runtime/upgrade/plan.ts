/**
 * The plan of a transaction: a command's changes turned into participants. Everything is checked that can be
 * while nothing is disturbed (paper 3.4, design rule 6).
 */

import { HitlessError } from '../errors.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';
import { readCheckpoint } from '../state/checkpoint.ts';
import { transferTo } from '../state/handler-chain.ts';
import { keptState } from '../state/state.ts';
import type { Bundle, ModuleSource } from '../versions/bundle.ts';
import type { VersionRepository } from '../versions/repository.ts';
import { Addition } from './addition.ts';
import type { Change, Kept, LoadedChange } from './change.ts';
import {
  type Afterwards,
  checkNeeds,
  checkProtocols,
  checkPublishers,
  type Publisher,
} from './compatibility.ts';
import { Configuring } from './configuring.ts';
import { NameChange } from './names-change.ts';
import { checkNeededEvents } from './needed-events.ts';
import type { Participant } from './participant.ts';
import { Removal } from './removal.ts';
import { Replacement } from './replacement.ts';
import { keptConfig } from './restarts.ts';
import { Disabling, Enabling } from './service-change.ts';
import type { Stage } from './stage.ts';
import { withWayThrough } from './way-through.ts';

export interface Plan {
  readonly members: readonly Participant[];
  readonly names: NameChange | undefined;
}

/**
 * Plans a command's changes.
 * @throws HitlessError when the command cannot be carried out: nothing was disturbed then
 */
export async function planChanges(
  stage: Stage,
  given: readonly Change[],
  command: string,
  repository: VersionRepository,
): Promise<Plan> {
  mustNameModules(given, command);
  for (const { change, module } of given)
    if (change !== 'add' && module !== undefined) known(stage.names, module);
  await stage.turn();
  // One after the other, so that two never take the event loop's time in the same turn.
  const bundles: (Bundle | undefined)[] = [];
  for (const change of given)
    bundles.push('bundle' in change ? await bundleFor(repository, change, stage) : undefined);
  const named = given.map((change, i) => ({ ...change, module: change.module ?? bundles[i]!.manifest.name }));
  mustNameModules(named, command);
  const changes: LoadedChange[] = [];
  for (const [i, change] of named.entries())
    changes.push(await stage.stall.wait(loaded(stage, change, bundles[i])));
  const plan = await planLoaded(stage, changes).catch(async (thrown) => {
    throw await explained(thrown, stage, changes, repository);
  });
  // The way back is not asked: whoever did without before does so again.
  await checkNeededEvents(plan.members, afterwards(stage, plan.members), repository, stage.stall);
  return plan;
}

/** An error of two versions whose states are too far apart, with the versions to go through; any other as it is. */
async function explained(
  thrown: unknown,
  { names, stall }: Stage,
  changes: readonly LoadedChange[],
  repository: VersionRepository,
): Promise<unknown> {
  if (!(thrown instanceof HitlessError) || thrown.code !== 'STATE_NO_HANDLER') return thrown;
  const far = changes.find(({ change, module }) => change === 'replace' && module === thrown.module);
  if (far?.change !== 'replace') return thrown;
  const { bundle: running } = known(names, far.module).instance;
  return withWayThrough(thrown, repository, running, far.bundle, stall);
}

/**
 * Plans changes whose bundles are in memory, the undo of a transaction among them.
 * @param keptStates where no handler carries the state of a replacement back, take the one that was kept
 * @throws HitlessError as `planChanges`; `STATE_NO_HANDLER` when a state cannot be carried over
 */
export async function planLoaded(
  stage: Stage,
  changes: readonly LoadedChange[],
  keptStates = false,
): Promise<Plan> {
  const members: Participant[] = [];
  for (const change of changes) {
    // Each constructor runs under a guard of its own: between them the event loop has its turn.
    members.push(await stage.turn(() => participant(stage, change, keptStates)));
  }
  await stage.turn();
  const forced = changes.filter(({ force }) => force === true);
  return checked(stage, members, new Set(forced.map(({ module }) => module)));
}

function mustNameModules(changes: readonly Change[], command: string): void {
  if (changes.length === 0) throw new HitlessError('TRANSACTION_EMPTY', `"${command}" names no module`);
  const named = changes.flatMap(({ module }) => module ?? []);
  const twice = named.find((module, i) => named.indexOf(module) !== i);
  if (twice !== undefined)
    throw new HitlessError('TRANSACTION_EMPTY', `"${command}" names ${twice} twice`, { module: twice });
}

async function bundleFor(
  repository: VersionRepository,
  { module, bundle: ref }: { module?: string; bundle: ModuleSource },
  { stall }: Stage,
): Promise<Bundle> {
  const bundle = await stall.wait(repository.acquire(ref, stall));
  if (module === undefined || bundle.manifest.name === module) return bundle;
  throw new HitlessError(
    'BUNDLE_MISMATCH',
    `${bundle.file} is a version of ${bundle.manifest.name}, not of ${module}`,
    { module },
  );
}

/** A change with all that is read for it. */
async function loaded(
  stage: Stage,
  change: Change & { module: string },
  bundle: Bundle | undefined,
): Promise<LoadedChange> {
  const { module } = change;
  if (change.change === 'add') {
    const { config, checkpoint } = change;
    const added = { change: 'add' as const, module, bundle: bundle!, config };
    return checkpoint === undefined ? added : { ...added, kept: await restored(stage, added, checkpoint) };
  }
  if (change.change === 'replace') {
    const { config } = change;
    return { change: 'replace', module, bundle: bundle!, ...(config !== undefined && { config }) };
  }
  if (change.change === 'configure')
    return { change: 'configure', module, config: keptConfig(change.config) };
  if (change.change === 'enable') return { change: 'enable', module };
  return { change: change.change, module, force: change.force === true };
}

/** The state that a file has kept of a module, as this version needs it. */
async function restored(
  { stall, kernel, preparation }: Stage,
  { module, bundle }: { module: string; bundle: Bundle },
  checkpoint: string,
): Promise<Kept> {
  const { stateVersion, state, timers } = await stall.wait(readCheckpoint(checkpoint, module));
  const read = { version: stateVersion, state, from: checkpoint };
  const carried = await stall.wait(
    kernel.guard.soon(() => stall.within(() => transferTo(bundle, read, kernel.guard, preparation))),
  );
  const time = kernel.clock.now();
  return {
    state: keptState(carried),
    timers: timers
      .filter(({ type }) => bundle.manifest.timers.includes(type))
      .map(({ left, ...rest }) => ({ ...rest, due: time + left })),
    disabled: false,
  };
}

function participant(stage: Stage, change: LoadedChange, keptStates: boolean): Participant {
  const { module, kept } = change;
  if (change.change === 'add') return new Addition(stage, module, change.bundle, change.config, kept);
  const proxy = known(stage.names, module);
  if (change.change === 'remove') return new Removal(stage, stage.cast(proxy, 'remove'));
  if (change.change === 'configure') return configuring(stage, proxy, change.config);
  if (change.change !== 'replace') return serviceChange(stage, proxy, change.change);
  const { bundle, config } = change;
  if (kept !== undefined) return wayBack(stage, proxy, change, kept, keptStates);
  if (proxy.service === 'disabled')
    throw new HitlessError('MODULE_DISABLED', `${module} is disabled; enable it first`, { module });
  if (bundle === proxy.instance.bundle)
    throw new HitlessError('TRANSACTION_EMPTY', `${module} runs ${bundle.ref} already`, { module });
  return new Replacement(stage, stage.cast(proxy, 'replace'), bundle, undefined, config);
}

function configuring(stage: Stage, proxy: ModuleProxy, config: unknown): Participant {
  const { name: module } = proxy;
  if (proxy.service === 'disabled')
    throw new HitlessError('MODULE_DISABLED', `${module} is disabled; enable it first`, { module });
  const before = stage.kernel.beginnings.get(module)?.config;
  return new Configuring(stage, stage.cast(proxy, 'configure'), config, before);
}

/** Also of a module that is out of service: for what it did there, it goes back. */
function wayBack(
  stage: Stage,
  proxy: ModuleProxy,
  { bundle, config }: { bundle: Bundle; config?: unknown },
  kept: Kept,
  keptStates: boolean,
): Participant {
  try {
    return new Replacement(stage, proxy, bundle, { ...kept, state: undefined }, config);
  } catch (thrown) {
    const missing = thrown instanceof HitlessError && thrown.code === 'STATE_NO_HANDLER';
    if (!missing || kept.state === undefined) throw thrown;
    if (keptStates) return new Replacement(stage, proxy, bundle, kept, config);
    throw new HitlessError(
      'STATE_NO_HANDLER',
      `${thrown.message}; "rollback checkpoint" takes the state as it was at the swap, and forgets what came since`,
      { module: proxy.name },
    );
  }
}

function serviceChange(stage: Stage, proxy: ModuleProxy, change: 'enable' | 'disable'): Participant {
  const disabled = proxy.service === 'disabled';
  if (disabled === (change === 'disable')) {
    throw new HitlessError(
      'TRANSACTION_EMPTY',
      `${proxy.name} is ${disabled ? 'disabled' : 'in service'} already`,
      { module: proxy.name },
    );
  }
  const cast = stage.cast(proxy, change);
  return disabled ? new Enabling(stage, cast) : new Disabling(stage, cast);
}

/** @throws HitlessError when the group as it would be afterwards does not fit together */
function checked(stage: Stage, members: readonly Participant[], forced: ReadonlySet<string>): Plan {
  const { names: bound } = stage;
  const names = nameChange(bound, members);
  const table = new Map(bound.table());
  for (const name of names?.unbind ?? []) table.delete(name);
  for (const [name, proxy] of names?.bind ?? []) table.set(name, proxy);
  const after = afterwards(stage, members);
  const { manifests } = after;
  const resolve = (name: string) => {
    const proxy = table.get(name);
    return proxy === undefined ? undefined : manifests.get(proxy.name);
  };
  const gone = members.filter(
    ({ manifestAfter, module }) => manifestAfter === undefined && !forced.has(module),
  );
  checkNeeds(
    manifests,
    gone.flatMap((member) => member.namesBefore),
    resolve,
  );
  checkPublishers(publishersIn(members, forced), after);
  checkProtocols(manifests, new Set(members.map(({ module }) => module)), resolve);
  return { members, names };
}

/** Members that publish now, and may not do so any more. */
function publishersIn(members: readonly Participant[], forced: ReadonlySet<string>): Publisher[] {
  return members.flatMap(({ module, change, proxy }) => {
    if (change === 'add' || change === 'enable' || change === 'configure' || forced.has(module)) return [];
    return { manifest: proxy.manifest, change };
  });
}

function afterwards(stage: Stage, members: readonly Participant[]): Afterwards {
  const { names: bound, kernel } = stage;
  const manifests = new Map(bound.proxies().map((proxy) => [proxy.name, proxy.manifest]));
  for (const { module, manifestAfter } of members) {
    if (manifestAfter === undefined) manifests.delete(module);
    else manifests.set(module, manifestAfter);
  }
  return {
    manifests,
    serving: servingAfter(bound, members),
    // In a test kit whoever is not there is the test.
    byHost: (event) => kernel.standIn !== undefined || kernel.events.publishedByHost(event),
    needsOf: (manifest) => stage.needsOf(manifest),
  };
}

/** The modules in service after the transaction. */
function servingAfter(bound: NameService<ModuleProxy>, members: readonly Participant[]): Set<string> {
  const serving = bound.proxies().filter(({ service }) => service !== 'disabled');
  const names = new Set(serving.map(({ name }) => name));
  for (const { module, servesAfter } of members) {
    if (servesAfter) names.add(module);
    else names.delete(module);
  }
  return names;
}

/** @throws HitlessError `MODULE_EXISTS` when a name is another module's, after the transaction too */
function nameChange(
  names: NameService<ModuleProxy>,
  members: readonly Participant[],
): NameChange | undefined {
  const unbind: string[] = [];
  const bind: (readonly [string, ModuleProxy])[] = [];
  for (const { namesBefore, namesAfter, proxy } of members) {
    unbind.push(...namesBefore.filter((name) => !namesAfter.includes(name)));
    for (const name of namesAfter) if (!namesBefore.includes(name)) bind.push([name, proxy]);
  }
  if (unbind.length === 0 && bind.length === 0) return undefined;
  for (const [i, [name, proxy]] of bind.entries()) {
    const bound = unbind.includes(name) ? undefined : names.resolve(name);
    const other = bound ?? bind.find(([same], j) => j < i && same === name)?.[1];
    if (other === undefined || other === proxy) continue;
    throw new HitlessError(
      'MODULE_EXISTS',
      name === other.name
        ? `there is a module ${name} already; replace it instead`
        : `the name ${name} of ${proxy.name} is bound to ${other.name}; remove it there first`,
      { module: proxy.name },
    );
  }
  return new NameChange(unbind, bind);
}

function known(bound: NameService<ModuleProxy>, name: string): ModuleProxy {
  const proxy = bound.resolve(name);
  if (proxy !== undefined) return proxy;
  const names = bound.proxies().map((one) => one.name);
  throw new HitlessError(
    'MODULE_UNKNOWN',
    `there is no module ${name}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`,
  );
}
