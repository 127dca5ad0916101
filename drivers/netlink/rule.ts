/** Rules: which table of routes a packet is looked up in (struct fib_rule_hdr and FRA_… of linux/fib_rules.h). */
import { AttributeReader } from './attributes.ts';
import { FIB_RULE_INVERT, FRA, GROUP, RTM } from './constants.ts';
import { anyAddress, type Family, familyOf, numberOf } from './ip-text.ts';
import type { Kind } from './kind.ts';
import type { Decoded } from './message.ts';

const ACTIONS = [
  'unspecified',
  'table',
  'goto',
  'nop',
  'reserved-4',
  'reserved-5',
  'blackhole',
  'unreachable',
  'prohibit',
] as const;
export type RuleAction = (typeof ACTIONS)[number];

export interface RoutingRule {
  family: Family;
  /** The lower it is, the earlier the rule is looked at. */
  priority: number;
  action: RuleAction;
  /** 0 where the action is another. */
  table: number;
  from: string;
  fromLength: number;
  to: string;
  toLength: number;
  tos: number;
  /** It applies where it does not match. */
  inverted: boolean;
  mark?: number;
  mask?: number;
  input?: string;
  output?: string;
  /** Priority of the rule that it leads to. */
  goto?: number;
  /** Routes with a prefix of this length or less are not taken. */
  suppressedLength?: number;
  /** The table is that of the interface's VRF. */
  vrf: boolean;
  /** Number of the program or protocol that it is by. */
  protocol: number;
}

export interface RuleWanted {
  family: Family;
  /** The kernel's choice unless told: one before the first that is there. */
  priority?: number;
  action?: RuleAction;
  table?: number;
  from?: string;
  fromLength?: number;
  to?: string;
  toLength?: number;
  tos?: number;
  inverted?: boolean;
  mark?: number;
  mask?: number;
  input?: string;
  output?: string;
  goto?: number;
  suppressedLength?: number;
  protocol?: number;
}

export interface RuleFilter {
  family: Family;
}

const HEADER = 12;

export const RULES: Kind<RoutingRule, RuleWanted, RuleFilter> = {
  name: 'rule',
  added: RTM.NEWRULE,
  removed: RTM.DELRULE,
  get: RTM.GETRULE,
  groups: [GROUP.IPV4_RULE, GROUP.IPV6_RULE],

  ask(writer, { family }) {
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'a rule without its header' };
    const family = familyOf(bytes.readUInt8(from));
    if (family === undefined) return undefined;
    const action = ACTIONS[bytes.readUInt8(from + 7)];
    // Of a newer kernel: a list with it is whole all the same.
    if (action === undefined) return undefined;
    const rule: RoutingRule = {
      family,
      priority: 0,
      action,
      table: bytes.readUInt8(from + 4),
      from: anyAddress(family),
      fromLength: bytes.readUInt8(from + 2),
      to: anyAddress(family),
      toLength: bytes.readUInt8(from + 1),
      tos: bytes.readUInt8(from + 3),
      inverted: (bytes.readUInt32LE(from + 8) & FIB_RULE_INVERT) !== 0,
      vrf: false,
      protocol: 0,
    };
    return readRule(rule, new AttributeReader(bytes, from + HEADER, end));
  },

  write(writer, wanted, purpose) {
    const { family, from, fromLength = 0, to, toLength = 0, table = 0, tos = 0, inverted = false } = wanted;
    const action = wanted.action ?? (purpose === 'add' ? 'table' : 'unspecified');
    const at = writer.struct(HEADER);
    writer.put8(at, numberOf(family));
    writer.put8(at + 1, toLength);
    writer.put8(at + 2, fromLength);
    writer.put8(at + 3, tos);
    writer.put8(at + 4, table < 256 ? table : 0);
    writer.put8(at + 7, ACTIONS.indexOf(action));
    writer.put32(at + 8, inverted ? FIB_RULE_INVERT : 0);
    if (from !== undefined && fromLength > 0) writer.address(FRA.SRC, from, family);
    if (to !== undefined && toLength > 0) writer.address(FRA.DST, to, family);
    if (wanted.input !== undefined) writer.text(FRA.IIFNAME, wanted.input);
    if (wanted.output !== undefined) writer.text(FRA.OIFNAME, wanted.output);
    const { priority, mark, mask, goto, suppressedLength, protocol } = wanted;
    const numbers: [number, number | undefined][] = [
      [FRA.PRIORITY, priority],
      [FRA.FWMARK, mark],
      [FRA.FWMASK, mask],
      [FRA.GOTO, goto],
      [FRA.SUPPRESS_PREFIXLEN, suppressedLength],
      [FRA.TABLE, table === 0 ? undefined : table],
    ];
    for (const [type, value] of numbers) if (value !== undefined) writer.u32(type, value);
    if (protocol !== undefined) writer.u8(FRA.PROTOCOL, protocol);
  },

  key: (rule) => JSON.stringify(rule),
  tell: ({ family, priority = 'none' }) => `of IPv${family} with priority ${priority}`,
};

/** The kernel's "no suppression". */
const NONE = 0xffff_ffff;

function readRule(rule: RoutingRule, attributes: AttributeReader): Decoded<RoutingRule> {
  const { family } = rule;
  while (attributes.next()) {
    switch (attributes.type) {
      case FRA.SRC:
        rule.from = attributes.address(family);
        break;
      case FRA.DST:
        rule.to = attributes.address(family);
        break;
      case FRA.PRIORITY:
        rule.priority = attributes.u32();
        break;
      case FRA.TABLE:
        rule.table = attributes.u32();
        break;
      case FRA.FWMARK:
        rule.mark = attributes.u32();
        break;
      case FRA.FWMASK:
        rule.mask = attributes.u32();
        break;
      case FRA.IIFNAME:
        rule.input = attributes.text();
        break;
      case FRA.OIFNAME:
        rule.output = attributes.text();
        break;
      case FRA.GOTO:
        rule.goto = attributes.u32();
        break;
      case FRA.SUPPRESS_PREFIXLEN: {
        const length = attributes.u32();
        if (length !== NONE) rule.suppressedLength = length;
        break;
      }
      case FRA.L3MDEV:
        rule.vrf = attributes.u8() !== 0;
        break;
      case FRA.PROTOCOL:
        rule.protocol = attributes.u8();
        break;
    }
  }
  return attributes.error === '' ? rule : { error: attributes.error };
}
