/**
 * Common to the kinds of ports that are raw sockets on an interface: the interface is the port's key. A family's kind
 * (raw-ip-kind.ts, raw-ip6-kind.ts) has its form of groups and the keys of its own.
 */
import type { RawOptions } from '../../drivers/raw-port.ts';
import type { PortDeclaration, PortKind } from '../../runtime/index.ts';
import {
  type GroupForm,
  groupsOf,
  isWhole,
  mustBeInterface,
  shown,
  wrongGroups,
  wrongSettings,
} from './interface-port.ts';
import type { LinkedPort, LinkedPorts } from './linked-ports.ts';

/** A raw port, as far as its kind needs it. */
export interface RawDriver extends LinkedPort {
  regroup(groups: readonly string[]): void;
}

/** A declaration that `check` has found to be right. */
export interface RawDeclaration extends PortDeclaration {
  readonly protocol: number;
  readonly groups?: readonly string[];
  readonly icmpTypes?: readonly number[];
}

export interface RawFamily<Declaration extends RawDeclaration, Options extends RawOptions> {
  readonly kind: string;
  readonly groups: GroupForm;
  /** ICMP of the family: its protocol number, and its highest type. */
  readonly icmp: { readonly protocol: number; readonly highestType: number };
  /** All keys of a declaration but `kind`, as people are told of them. */
  readonly keys: readonly string[];
  /** Returns a sentence what is wrong with the family's own keys. */
  wrong(declaration: PortDeclaration): string | undefined;
  /** Adds to the common options what the family's own keys say. */
  options(declaration: Declaration, common: RawOptions): Options;
  make(options: Options): RawDriver;
  /** Throws where no such port could be opened. */
  probe(protocol: number): void;
}

export function rawKind<Declaration extends RawDeclaration, Options extends RawOptions>(
  linked: LinkedPorts,
  family: RawFamily<Declaration, Options>,
): PortKind {
  return {
    probe: ({ protocol }) => family.probe(protocol as number),
    check: (declaration, settings) =>
      wrongDeclaration(declaration, family) ?? wrongSettings(settings, family.groups),
    make: ({ module, port, key, declaration: given, settings }) => {
      const declaration = given as Declaration;
      mustBeInterface(key);
      const { protocol, groups = [], icmpTypes } = declaration;
      const common = { interface: key, protocol, groups: groupsOf(groups, settings) };
      const driver = family.make(
        family.options(declaration, icmpTypes === undefined ? common : { ...common, icmpTypes }),
      );
      const change = (changed: unknown) => driver.regroup(groupsOf(groups, changed));
      return linked.follow(driver, key, `${module}'s port ${port}`, change);
    },
  };
}

function wrongDeclaration(
  declaration: PortDeclaration,
  family: Pick<RawFamily<RawDeclaration, RawOptions>, 'kind' | 'keys' | 'groups' | 'icmp' | 'wrong'>,
): string | undefined {
  const { protocol, groups, icmpTypes } = declaration;
  const { kind, keys, icmp } = family;
  const strange = Object.keys(declaration).find((key) => key !== 'kind' && !keys.includes(key));
  if (strange !== undefined) return `there is no "${strange}"; a port of kind ${kind} has ${keys.join(', ')}`;
  if (!isWhole(protocol, 1, 254))
    return `protocol must be a whole number from 1 to 254, not ${shown(protocol)}`;
  const wrong = family.wrong(declaration);
  if (wrong !== undefined) return wrong;
  const isType = (type: unknown) => isWhole(type, 0, icmp.highestType);
  if (icmpTypes !== undefined && !(Array.isArray(icmpTypes) && icmpTypes.every(isType)))
    return `icmpTypes must be a list of whole numbers from 0 to ${icmp.highestType}, not ${shown(icmpTypes)}`;
  if (icmpTypes !== undefined && protocol !== icmp.protocol)
    return `icmpTypes are for protocol ${icmp.protocol} alone`;
  return groups === undefined ? undefined : wrongGroups('groups', groups, family.groups);
}
