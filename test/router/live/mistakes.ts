/** Changes that must come to nothing, by kind of mistake, each with what must be said of it. */
import { stringify } from 'yaml';
import { type Choices, changed } from './changes.ts';
import { type Configuration, isSame, MODULES, type ModuleName, settingsOf } from './configuration.ts';
import type { Dice } from './dice.ts';

/** Something that is brought to the router, and must change nothing. */
export interface Mistake {
  said: string;
  /** The configuration that is asked for; as text where it cannot be typed as words. */
  asked: Configuration | string;
  /** The answer to it: code and message, where it comes with a file, and where it is typed. */
  file: RegExp;
  typed: RegExp;
  /** The command that makes the router's next transaction fail; none where the mistake does. */
  fault?: string;
  /** The preparation time that the transaction has, where it uses it up. */
  preparation?: string;
}

type Kind = (valid: Configuration, dice: Dice, choices: Choices) => Mistake | undefined;
/** Makes it wrong in place; returns what it did. */
type Slip = (next: Configuration, dice: Dice) => string | undefined;

const INVALID = /^CONFIG_INVALID: /;
/** A word of a line is refused before the whole is. */
const REFUSED_WORD = /^CONFIG_(INVALID|VALUE|PATH): /;

const names = (record: object | undefined) => Object.keys(record ?? {});
// A mistake is what no type allows.
const loose = (value: unknown) => value as Record<string, unknown>;

function ofOspf(key: string, values: readonly unknown[]): Slip {
  return ({ ospf }, dice) => {
    if (ospf === undefined) return undefined;
    const [name, value] = [dice.pick(names(ospf.interfaces)), dice.pick(values)];
    loose(ospf.interfaces[name])[key] = value;
    return `ospf ${name} ${key} is ${value}`;
  };
}

function ofVrrp(key: string, values: readonly unknown[]): Slip {
  return ({ vrrp }, dice) => {
    if (vrrp === undefined) return undefined;
    const [group, value] = [dice.pick(vrrp), dice.pick(values)];
    loose(group)[key] = value;
    return `vrrp ${group.interface}/${group.group} ${key} is ${value}`;
  };
}

/** Values and keys that no schema takes, and relations that do not hold. */
const SLIPS: readonly Slip[] = [
  ofOspf('hello-interval', ['0s', '1500ms', '10', 'often']),
  ofOspf('dead-interval', ['1s', '300000s', '-4s']),
  ofOspf('priority', [-1, 256, 'high']),
  ofOspf('cost', [0, 65_536, 'dear']),
  ofOspf('address', ['10.9.0', 'eth0', '10.9.0.300']),
  ofOspf('helo-interval', ['1s']),
  ofVrrp('priority', [0, 256, 'most', 255]),
  ofVrrp('interval', ['5ms', '41s', 'slow', '1005ms']),
  ofVrrp('preempt', ['maybe', 1]),
  ofVrrp('checksum', ['sha256']),
  ofVrrp('addresses', [['10.99.0.1'], ['10.9.0.255'], ['no'], []]),
  ofVrrp('authentication', ['secret']),
  ({ vrrp }) => {
    if (vrrp === undefined) return undefined;
    vrrp.push(structuredClone(vrrp[0]!));
    return 'a group a second time';
  },
  ({ ip }, dice) => {
    if (ip === undefined) return undefined;
    loose(ip.interfaces[dice.pick(names(ip.interfaces))]).preference = dice.pick([2 ** 31, 0.5, 'high']);
    return 'ip preference is out of range';
  },
  ({ ip }) => {
    if (ip === undefined) return undefined;
    ip.lifetime = '1s';
    for (const each of Object.values(ip.interfaces)) each.interval = '2s';
    return 'ip lifetime is less than the interval';
  },
  (next, dice) => {
    if (next.ospf === undefined) return undefined;
    next.ospf.area = dice.pick(['backbone', '0.0.0', '1.2.3.400']);
    return `ospf area is ${next.ospf.area}`;
  },
  (next) => {
    next.log = { level: 'chatty' };
    return 'log level is chatty';
  },
  (next, dice) => {
    loose(next)[dice.pick(['opsf', 'bgp'])] = { interfaces: {} };
    return 'a section that nobody knows';
  },
  ({ router }) => {
    router.id = '0.0.0.0';
    return 'router id is 0.0.0.0';
  },
];

/** Among valid changes, which must not be made either. */
const slip: Kind = (valid, dice) => {
  const asked = structuredClone(valid);
  const said = dice.pick(SLIPS)(asked, dice);
  if (said === undefined) return undefined;
  // As words, a second entry of the same name and an empty list are none.
  const text = /second time|addresses is $/.test(said) ? stringify(asked) : asked;
  return { said, asked: text, file: INVALID, typed: REFUSED_WORD };
};

const brokenText: Kind = (valid, dice) => {
  const text = stringify(valid);
  const [said, broken, file] = dice.pick([
    ['no YAML', `${text}ospf: [\n`, /^CONFIG_SYNTAX: /],
    ['a key twice', `${text}router: { id: 10.9.0.1 }\n`, INVALID],
    ['an alias', `${text}log: &level { level: info }\nconsole: *level\n`, INVALID],
    ['a list instead of a mapping', '- router\n- ospf\n', INVALID],
    ['two documents', `${text}---\n${text}`, /^CONFIG_SYNTAX: /],
  ] as const);
  if (said === 'an alias' && valid.log !== undefined) return undefined;
  return { said, asked: broken, file, typed: file };
};

const missingVersion: Kind = (valid, dice) => {
  const asked = structuredClone(valid);
  const module = dice.pick(MODULES.filter((each) => valid[each.toLowerCase() as 'ip'] !== undefined));
  const [version, code] = dice.pick([
    [`${module.toLowerCase()}@9.9.9`, /BUNDLE_NOT_FOUND/],
    ['timer@2.0.0', /CONFIG_(INVALID|PATH)|BUNDLE_/],
  ] as const);
  asked.router.modules[module] = version;
  return { said: `${module} by ${version}`, asked, file: code, typed: code };
};

/** Acts of a module at a moment of a transaction, and what must be said of it. */
const STRIKES: readonly {
  fault: string;
  for: 'configured' | 'replaced' | 'both';
  says: RegExp;
  slow?: true;
}[] = [
  { fault: 'throw configure', for: 'configured', says: /fault on purpose in configure/ },
  { fault: 'spin configure', for: 'configured', says: /HOOK_CUT|did not return/, slow: true },
  { fault: 'throw apply', for: 'configured', says: /fault on purpose in apply/ },
  { fault: 'spin apply', for: 'configured', says: /HOOK_CUT|did not return/, slow: true },
  { fault: 'throw start', for: 'replaced', says: /fault on purpose in start/ },
  { fault: 'spin start', for: 'replaced', says: /HOOK_CUT|did not return/, slow: true },
  { fault: 'throw vote', for: 'both', says: /fault on purpose in vote/ },
  { fault: 'refuse', for: 'both', says: /refuses on purpose/ },
  { fault: 'throw isQuiescent', for: 'both', says: /fault on purpose in isQuiescent/ },
  { fault: 'busy 10s', for: 'both', says: /busy on purpose|NOT_QUIESCENT/, slow: true },
];

/** A change that is valid, of a module that fails in the middle of it. */
function fault(before: Configuration): Kind {
  return (valid, dice) => {
    const found = membersOf(before, valid);
    if (found.length === 0) return undefined;
    const { module, how } = dice.pick(found);
    const strike = dice.pick(STRIKES.filter((each) => each.for === how || each.for === 'both'));
    const { says } = strike;
    return {
      said: `${module} ${strike.fault}`,
      asked: valid,
      file: says,
      typed: says,
      fault: `fault ${module} ${strike.fault}`,
      ...(strike.slow && { preparation: '400ms' }),
    };
  };
}

/** The modules that a change would configure or replace. */
function membersOf(before: Configuration, after: Configuration) {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  return MODULES.flatMap((module): { module: ModuleName; how: 'configured' | 'replaced' }[] => {
    if (was[module] === undefined || is[module] === undefined) return [];
    if (before.router.modules[module] !== after.router.modules[module]) return [{ module, how: 'replaced' }];
    return isSame(was[module], is[module]) ? [] : [{ module, how: 'configured' }];
  });
}

/** Something that must come to nothing, on top of a change that would be valid. */
export function mistaken(before: Configuration, dice: Dice, choices: Choices): Mistake & { valid: string } {
  for (;;) {
    const { next, said: valid } = changed(before, dice, choices);
    const kind = dice.pick([
      slip,
      slip,
      slip,
      slip,
      brokenText,
      missingVersion,
      fault(before),
      fault(before),
      fault(before),
      fault(before),
    ]);
    const mistake = kind(next, dice, choices);
    if (mistake !== undefined) return { ...mistake, valid };
  }
}
