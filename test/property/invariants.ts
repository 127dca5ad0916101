/** All that must hold after every transaction, and at the end of a case. */
import type { NamedChange, Runtime, TransactionReport } from '../../runtime/index.ts';
import type { Actor } from './actor.ts';
import type { Version } from './family.ts';
import type { Ledger } from './ledger.ts';
import type { Model } from './model.ts';
import { normal } from './shape.ts';

interface Before {
  name: string;
  version: Version | undefined;
  disabled: boolean;
}

/** The report says what was asked, what was, and what is; and its votes agree with its outcome. */
export function checkReport(
  report: TransactionReport,
  changes: readonly NamedChange[],
  before: readonly Before[],
  preparation: number,
  ledger: Ledger,
): void {
  const wrong = (what: string) =>
    ledger.blame(`the report of "${report.command}" (${report.outcome}: ${report.reason}) ${what}`);
  if (report.members.length !== changes.length || report.votes.length !== changes.length)
    wrong('does not have one line a member');
  for (const [i, change] of changes.entries()) {
    const member = report.members[i];
    const version = before.find(({ name }) => name === change.module)?.version?.version ?? '';
    const after = change.change === 'remove' ? '' : version;
    const to = 'bundle' in change ? change.bundle.split('@')[1]! : after;
    if (member?.module !== change.module || member.change !== change.change)
      wrong(`has ${member?.change} ${member?.module} for ${change.change} ${change.module}`);
    else if (member.from !== version || member.to !== to)
      wrong(`says ${member.module} went from ${member.from} to ${member.to}, not from ${version} to ${to}`);
    else if (!(member.blackout >= 0 && member.blackout <= report.total + 1))
      wrong(`says a blackout of ${member.blackout} ms of ${report.total}`);
    if (report.votes[i]?.module !== change.module) wrong('has the votes in another order');
  }
  const noes = report.votes.filter(({ vote }) => vote === 'NO');
  if (report.outcome === 'committed' && (noes.length > 0 || report.reason !== '')) wrong('counts a NO');
  if (report.outcome === 'aborted' && report.reason === '') wrong('has no reason');
  if (noes.some(({ reason }) => reason === '')) wrong('has a NO without a reason');
  if (report.deadline !== preparation) wrong(`has a deadline of ${report.deadline} ms, not ${preparation}`);
  if (report.window < 0 || report.late < 0) wrong('has a negative time');
}

/** Messages that a removal gave back are counted where it came from: at least the messages; requests are told to who asked. */
export function checkReturned(
  { command, members }: TransactionReport,
  returned: ReadonlyMap<string, number>,
  ledger: Ledger,
): void {
  for (const { module, undelivered } of members)
    if (undelivered < (returned.get(module) ?? 0) || (undelivered > 0 && !returned.has(module)))
      ledger.blame(`"${command}" gave ${undelivered} back of ${returned.get(module)} for ${module}`);
}

/** All or nothing: every module is what the model says. */
export function checkViews(runtime: Runtime, model: Model, ledger: Ledger, command: string): void {
  const views = new Map(runtime.modules().map((view) => [view.name, view]));
  for (const { name, version, disabled } of model.modules) {
    const view = views.get(name);
    const is = view === undefined ? 'absent' : `${view.version} ${view.service}, state ${view.stateVersion}`;
    const should =
      version === undefined
        ? 'absent'
        : `${version.version} ${disabled ? 'disabled' : 'service'}, state ${version.state}`;
    if (is !== should) ledger.blame(`after "${command}" ${name} is ${is}, not ${should}`);
  }
  for (const { name, timers } of views.values())
    for (const { key } of timers)
      if (!model.get(name).timers.has(key))
        ledger.blame(`after "${command}" timer ${key} of ${name} is armed, and should not be`);
  for (const { module, undeliverable } of runtime.queues()) {
    const should = model.get(module).undeliverable;
    if (undeliverable !== should)
      ledger.blame(
        `after "${command}" ${module} counts ${undeliverable} undeliverable messages, not ${should}`,
      );
  }
  if (views.size !== model.present.length)
    ledger.blame(`after "${command}" there are ${[...views.keys()].join(', ')}`);
}

/** The repository has as current what runs. It looks at every file: not after each transaction. */
export function checkRepository(runtime: Runtime, model: Model, ledger: Ledger): void {
  const current = runtime.versions().filter(({ status }) => status === 'current');
  const found = current.map(({ module, version }) => `${module} ${version}`).join(', ');
  const should = model.present.map(({ name, version }) => `${name} ${version!.version}`).join(', ');
  if (found !== should) ledger.blame(`the repository has ${found} as current, not ${should}`);
}

/** Every state is what the handled inputs make of it. */
export function checkStates(actor: Actor, when: string): void {
  for (const module of actor.model.present) {
    // A module that came back disabled is started by `enable`.
    if (module.disabled && module.instance === 0) continue;
    if (module.stopped !== module.disabled) {
      const what = module.disabled ? 'is disabled without its last word' : 'had its last word and serves';
      actor.ledger.blame(`${when}: instance ${module.instance} of ${module.name} ${what}`);
    }
    const self = actor.started.get(module.instance)?.self;
    if (self === undefined) {
      actor.ledger.blame(`${when}: no instance ${module.instance} of ${module.name} was started`);
      continue;
    }
    actor.checkFrozen(module, self);
    try {
      const found = normal(actor.factsOf(self));
      const should = normal(module.facts);
      if (found !== should)
        actor.ledger.blame(`${when}: the state of ${module.name} is ${found}, not ${should}`);
    } catch (thrown) {
      actor.ledger.blame(
        `${when}: the state of ${module.name} ${module.version!.version}: ${String(thrown)}`,
      );
    }
  }
}

export function checkAtEnd(runtime: Runtime, model: Model, ledger: Ledger): void {
  for (const { name, interrupted } of runtime.modules()) {
    const { cut } = model.get(name);
    if (interrupted !== cut)
      ledger.blame(`${name} counts ${interrupted} handlers that were cut, and ${cut} did not end`);
  }
  if (ledger.unanswered > 0) ledger.blame(`${ledger.unanswered} requests have neither answer nor error`);
}
