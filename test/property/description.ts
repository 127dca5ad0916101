/** A plan as a list of steps that a person can read. */
import type { NamedChange } from '../../runtime/index.ts';
import type { Fault, ModuleHabit } from './expectation.ts';
import { NAMES, VERSIONS } from './family.ts';
import type { Act, Op, Plan, Program, Step } from './plan.ts';

export function describeChanges(changes: readonly NamedChange[]): string {
  return changes
    .map(
      (change) =>
        `${change.change} ${change.module}${'bundle' in change ? ` ${change.bundle.split('@')[1]}` : ''}${'force' in change && change.force ? ' by force' : ''}`,
    )
    .join(', ');
}

/** Faults on purpose in a transaction, and where. */
export function describeMischief(faults: readonly Fault[], habits: readonly ModuleHabit[]): string {
  const planned = faults.map(({ module, kind, hook }) => `${module} ${kind} in ${hook}`);
  const own = habits.map(({ module, hook, does }) => `${module}'s ${hook}: ${does}`);
  return [...planned, ...own].map((text) => `, ${text}`).join('');
}

export function describePlan({ development, warmUp, probation, modules, steps }: Plan): string {
  const nameOf = (place: number) => NAMES[place % modules.length]!;
  const op = (o: Op): string => {
    switch (o.op) {
      case 'put':
        return `k${o.key} = ${o.value}`;
      case 'fill':
        return `fill ${o.count} with ${o.value}`;
      case 'drop':
        return `drop k${o.key}`;
      case 'send':
        return `send ${nameOf(o.to)} ${o.type}${program(o.then)}`;
      case 'ask':
        return `ask ${nameOf(o.to)} ${o.type} (${o.timeout} ms)${program(o.then)}`;
      case 'timer':
        return `timer t${o.key} in ${o.after} ms${program(o.then)}`;
      case 'cancel':
        return `cancel t${o.key}`;
      case 'slice':
        return `slice ${o.times}×`;
      default:
        return o.op;
    }
  };
  const program = (p: Program): string => (p.length === 0 ? '' : ` [${p.map(op).join('; ')}]`);
  const act = (a: Act): string => {
    if (a.act === 'publish') return 'publish';
    if (a.act === 'intrude') return 'another command';
    if (a.act === 'cancel') return 'cancel';
    return `${a.act} ${nameOf(a.to)} ${a.times > 1 ? `${a.times}× ` : ''}${a.type}${program(a.program)}`;
  };
  const step = (s: Step): string => {
    if (s.step === 'act') return `host: ${act(s.act)}`;
    if (s.step === 'turns') return `${s.count} turns`;
    if (s.step === 'sleep') return `sleep ${s.ms} ms`;
    const picks = s.picks.map(
      ({ module, wish, version }) => `${nameOf(module)} (${wish}, choice ${version})`,
    );
    const parts = [
      `${s.command === 'run' ? 'transaction' : s.command}: ${picks.join(' + ')}; ${s.hurry ? 'within' : 'if it hangs within'} ${s.short} ms`,
    ];
    const pick = (place: number) => `member ${place}`;
    if (s.retry !== undefined) parts.push(`tried again ${s.retry.times}×, every ${s.retry.every} ms`);
    if (s.confirm !== undefined)
      parts.push(
        `to be confirmed within ${s.confirm.within} ms: ${s.confirm.after === undefined ? 'never is' : `is after ${s.confirm.after} turns`}`,
      );
    for (const { pick: place, kind, hook, duration } of s.faults)
      parts.push(
        `fault: ${pick(place)} ${kind} in ${hook}${kind === 'busy' ? ` for ${duration || '∞'} ms` : ''}`,
      );
    for (const { pick: place, hook, does } of s.habits) parts.push(`code: ${pick(place)} ${hook}: ${does}`);
    if (s.load > 0) parts.push(`each member has begun a task that gives way ${s.load}×`);
    if (s.talk.length > 0) parts.push(`start does${program(s.talk)}`);
    for (const { when, act: a } of s.meanwhile)
      parts.push(
        `${typeof when === 'number' ? `after ${when} turns` : when === 'draining' ? 'while it drains' : `in ${when}`} ${act(a)}`,
      );
    return parts.join('\n        ');
  };
  return [
    `${development ? 'development mode' : 'production mode'}${warmUp ? ', versions are warmed up' : ''}${probation ? `, probation of ${probation.duration} ms, every ${probation.every} ms` : ''}`,
    ...modules.map(
      ({ version, mailbox }, i) =>
        `module ${NAMES[i]} ${version === undefined ? 'absent' : VERSIONS[version]!.version}, mailbox ${mailbox.join(' / ')}`,
    ),
    ...steps.map((s, i) => `${String(i + 1).padStart(3)}. ${step(s)}`),
  ].join('\n');
}
