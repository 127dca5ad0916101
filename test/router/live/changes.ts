/** Valid changes of a configuration, by kind. Each says in words what it did, or nothing where it does not fit. */

import {
  areaOf,
  type Configuration,
  type Group,
  isSame,
  MODULES,
  type ModuleName,
  type OspfInterface,
  TIMERS,
} from './configuration.ts';
import type { Dice } from './dice.ts';

/** Values to choose from. */
export interface Choices {
  readonly interfaces: readonly string[];
  /** Ids that no neighbour has. */
  readonly routerIds: readonly string[];
  /** Two versions of each module, which differ in their number alone. */
  readonly versions: Readonly<Record<ModuleName, readonly string[]>>;
  /** Virtual routers that have another router beside them: their addresses and their checksum's form are agreed on. */
  readonly shared: readonly string[];
  /** A virtual router as it begins. */
  readonly group: (name: string, group: number) => Group;
  /** The virtual routers that there may be, as interface and number. */
  readonly groups: readonly (readonly [string, number])[];
  readonly ospf: OspfInterface;
}

type Kind = (next: Configuration, dice: Dice, choices: Choices) => string | undefined;

const HELLOS = ['1s', '2s'];
/** Long: no neighbour is lost because the machine is busy. */
const DEADS = ['60s', '80s', '100s'];
const AREAS = ['0.0.0.0', '0.0.0.1'];
const INTERVALS = ['500ms', '600ms', '700ms'];

const some = <T>(record: Record<string, T> | undefined, dice: Dice): [string, T] | undefined => {
  const entries = Object.entries(record ?? {});
  return entries.length === 0 ? undefined : dice.pick(entries);
};

/** Has a key say something else; one that is left out has its default. */
function alter<Of extends object, Key extends keyof Of>(
  of: Of,
  key: Key,
  values: readonly (Of[Key] | undefined)[],
  dice: Dice,
): string | undefined {
  const value = dice.other(values, of[key]);
  if (value === undefined && (of[key] === undefined || !values.includes(undefined))) return undefined;
  const said = `${String(key)} ${String(of[key])} -> ${String(value)}`;
  if (value === undefined) delete of[key];
  else of[key] = value as Of[Key];
  return said;
}

function inOspf<Key extends keyof OspfInterface>(
  key: Key,
  values: (name: string) => readonly (OspfInterface[Key] | undefined)[],
): Kind {
  return ({ ospf }, dice) => {
    const [name, each] = some(ospf?.interfaces, dice) ?? [];
    const said = each && alter(each, key, values(name!), dice);
    return said && `ospf ${name} ${said}`;
  };
}

function inVrrp<Key extends keyof Group>(
  key: Key,
  values: (group: Group) => readonly (Group[Key] | undefined)[],
  fits: (key: string, choices: Choices) => boolean = () => true,
): Kind {
  return ({ vrrp = [] }, dice, choices) => {
    const candidates = vrrp.filter((group) => fits(`${group.interface}/${group.group}`, choices));
    if (candidates.length === 0) return undefined;
    const group = dice.pick(candidates);
    const said = alter(group, key, values(group), dice);
    return said && `vrrp ${group.interface}/${group.group} ${said}`;
  };
}

const isAlone = (key: string, { shared }: Choices) => !shared.includes(key);
const netOf = (name: string) => `10.9.${name.slice(3)}`;

/** An entry that comes or goes; the last one of a section stays. */
function comesOrGoes(section: 'ip' | 'ospf', fresh: (choices: Choices) => object): Kind {
  return (next, dice, choices) => {
    const interfaces = next[section]?.interfaces as Record<string, object> | undefined;
    if (interfaces === undefined) return undefined;
    const name = dice.pick(choices.interfaces);
    if (interfaces[name] === undefined) {
      interfaces[name] = structuredClone(fresh(choices));
      return `${section} ${name} comes`;
    }
    if (Object.keys(interfaces).length === 1) return undefined;
    delete interfaces[name];
    return `${section} ${name} goes`;
  };
}

const groupComesOrGoes: Kind = ({ vrrp }, dice, { groups, group }) => {
  if (vrrp === undefined) return undefined;
  const [name, number] = dice.pick(groups);
  const at = vrrp.findIndex((each) => each.interface === name && each.group === number);
  if (at < 0) {
    vrrp.splice(dice.int(vrrp.length + 1), 0, group(name, number));
    return `vrrp ${name}/${number} comes`;
  }
  if (vrrp.length === 1) return undefined;
  vrrp.splice(at, 1);
  return `vrrp ${name}/${number} goes`;
};

const area: Kind = (next, dice) => {
  if (next.ospf === undefined) return undefined;
  const before = areaOf(next);
  next.ospf.area = dice.other(AREAS, before)!;
  return `ospf area ${before} -> ${next.ospf.area}`;
};

const routerId: Kind = ({ router }, dice, { routerIds }) => {
  const before = router.id;
  router.id = dice.other(routerIds, before)!;
  return `router id ${before} -> ${router.id}`;
};

const logLevel: Kind = (next) => {
  const before = next.log?.level ?? 'info';
  // Lines of the level info say what came of a reload.
  next.log = { level: before === 'info' ? 'debug' : 'info' };
  return `log level ${before} -> ${next.log.level}`;
};

const lifetime: Kind = ({ ip }, dice) => {
  if (ip === undefined) return undefined;
  const said = alter(ip, 'lifetime', ['1800s', '900s', undefined], dice);
  return said && `ip ${said}`;
};

/** One module, or several, by another version: replaced in the transaction that configures the others. */
const versions: Kind = ({ router: { modules } }, dice, choices) => {
  const replaced = MODULES.filter(() => dice.percent(50));
  for (const module of replaced) modules[module] = dice.other(choices.versions[module], modules[module]!)!;
  return replaced.length === 0 ? undefined : `versions ${replaced.map((each) => modules[each]).join(', ')}`;
};

const sectionComesOrGoes: Kind = (next, dice, { group, groups, ospf, interfaces }) => {
  const section = dice.pick(['ip', 'ospf', 'vrrp'] as const);
  const missing = (['ip', 'ospf', 'vrrp'] as const).filter((each) => next[each] === undefined);
  if (next[section] !== undefined) {
    // OSPF cannot do without IP: that goes behind it.
    if (section === 'ip' ? missing.join() !== 'ospf' : missing.length > 0) return undefined;
    delete next[section];
    return `${section} goes`;
  }
  if (section === 'vrrp') next.vrrp = groups.slice(0, 2).map(([name, number]) => group(name, number));
  else if (section === 'ospf') {
    if (next.ip === undefined) return undefined;
    next.ospf = { interfaces: { [interfaces[0]!]: structuredClone(ospf) }, timers: { ...TIMERS } };
  } else next.ip = { interfaces: { [interfaces[0]!]: { interval: '1s' } } };
  return `${section} comes`;
};

const order: Kind = (next, dice) => {
  const { vrrp = [] } = next;
  if (vrrp.length < 2) return undefined;
  vrrp.unshift(vrrp.splice(1 + dice.int(vrrp.length - 1), 1)[0]!);
  return 'vrrp in another order';
};

/** Each as often as its weight says. */
const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [6, inOspf('hello-interval', () => HELLOS)],
  [6, inOspf('dead-interval', () => DEADS)],
  [4, inOspf('address', (name) => [undefined, `${netOf(name)}.1`, `${netOf(name)}.0/24`])],
  [4, inOspf('cost', () => [undefined, 5, 20])],
  [6, comesOrGoes('ospf', ({ ospf }) => ospf)],
  [1, area],
  [1, routerId],
  [6, inVrrp('priority', () => [200, 180, 150, 100])],
  [2, inVrrp('priority', () => [50, 60, 200])],
  [5, inVrrp('preempt', () => [undefined, true, false])],
  [4, inVrrp('interval', () => INTERVALS)],
  [
    4,
    inVrrp(
      'addresses',
      ({ interface: name }) => [[`${netOf(name)}.240`], [`${netOf(name)}.240`, `${netOf(name)}.241`]],
      isAlone,
    ),
  ],
  [2, inVrrp('checksum', () => [undefined, 'rfc9568', 'pseudo-header'], isAlone)],
  [5, groupComesOrGoes],
  [1, order],
  [
    5,
    (next, dice) => {
      const [name, each] = some(next.ip?.interfaces, dice) ?? [];
      const said = each && alter(each, 'preference', [undefined, 5, -3, 100], dice);
      return said && `ip ${name} ${said}`;
    },
  ],
  [
    3,
    (next, dice) => {
      const [name, each] = some(next.ip?.interfaces, dice) ?? [];
      const said = each && alter(each, 'interval', ['1s', '2s', '1500ms'], dice);
      return said && `ip ${name} ${said}`;
    },
  ],
  [2, lifetime],
  [4, comesOrGoes('ip', () => ({ interval: '1s' }))],
  [3, logLevel],
  [6, versions],
  [1, sectionComesOrGoes],
];

const TOTAL = KINDS.reduce((sum, [weight]) => sum + weight, 0);

function kindOf(dice: Dice): Kind {
  let at = dice.int(TOTAL);
  for (const [weight, kind] of KINDS) {
    if (at < weight) return kind;
    at -= weight;
  }
  return kindOf(dice);
}

/** Another configuration, by one kind of change or several at once. */
export function changed(
  before: Configuration,
  dice: Dice,
  choices: Choices,
): { next: Configuration; said: string } {
  const next = structuredClone(before);
  const said: string[] = [];
  const wanted = 1 + (dice.percent(35) ? 1 + dice.int(2) : 0);
  while (said.length < wanted) {
    const one = kindOf(dice)(next, dice, choices);
    if (one !== undefined) said.push(one);
  }
  // Kinds may undo each other.
  if (isSame(before, next)) return changed(before, dice, choices);
  return { next, said: said.join('; ') };
}
