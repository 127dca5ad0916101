/**
 * Speeds of links, as their drivers tell them by ethtool's family of generic netlink (linux/ethtool_netlink.h). A family has
 * another number on each kernel: it is asked after by its name first.
 */
import { AttributeReader } from './attributes.ts';
import { CTRL, ETHTOOL } from './constants.ts';
import type { Asks } from './kind.ts';
import type { MessageWriter } from './writer.ts';

export interface LinkSpeed {
  index: number;
  /** In Mbit/s; absent where the driver does not know, as without a carrier. */
  speed?: number;
}

export interface GenericFamily {
  id: number;
}

/** struct genlmsghdr */
const HEADER = 4;
const VERSION = 1;
/** SPEED_UNKNOWN of linux/ethtool.h. */
const UNKNOWN = 0xffff_ffff;

export const ETHTOOL_FAMILY = 'ethtool';

export const FAMILIES: Asks<GenericFamily, { name: string }> = {
  name: 'family',
  added: CTRL.ID,
  removed: -1,
  get: CTRL.ID,
  groups: [],

  ask(writer, { name }) {
    header(writer, CTRL.GETFAMILY);
    writer.text(CTRL.FAMILY_NAME, name);
  },

  decode(bytes, from, end) {
    if (end - from < HEADER) return { error: 'a family without its header' };
    const attributes = new AttributeReader(bytes, from + HEADER, end);
    let id = 0;
    while (attributes.next()) if (attributes.type === CTRL.FAMILY_ID) id = attributes.u16();
    if (attributes.error !== '') return { error: attributes.error };
    return id === 0 ? { error: 'a family without its number' } : { id };
  },

  key: ({ id }) => String(id),
};

/** @param family number of `ETHTOOL_FAMILY` */
export function linkSpeeds(family: number): Asks<LinkSpeed, { index: number }> {
  return {
    name: 'speed',
    added: family,
    removed: -1,
    get: family,
    groups: [],

    ask(writer, { index }) {
      header(writer, ETHTOOL.LINKMODES_GET);
      writer.nest(ETHTOOL.LINKMODES_HEADER, () => {
        writer.u32(ETHTOOL.HEADER_DEV_INDEX, index);
        writer.u32(ETHTOOL.HEADER_FLAGS, ETHTOOL.COMPACT);
      });
    },

    decode(bytes, from, end) {
      if (end - from < HEADER) return { error: 'a speed without its header' };
      if (bytes.readUInt8(from) !== ETHTOOL.LINKMODES_GET) return undefined;
      return readSpeed(new AttributeReader(bytes, from + HEADER, end));
    },

    key: ({ index }) => String(index),
  };
}

function readSpeed(attributes: AttributeReader): LinkSpeed | { error: string } {
  const told: LinkSpeed = { index: 0 };
  while (attributes.next()) {
    if (attributes.type === ETHTOOL.LINKMODES_HEADER) {
      const about = attributes.nested();
      while (about.next()) if (about.type === ETHTOOL.HEADER_DEV_INDEX) told.index = about.u32();
      if (about.error !== '') attributes.fail(about.error);
    } else if (attributes.type === ETHTOOL.LINKMODES_SPEED) {
      const speed = attributes.u32();
      if (speed !== 0 && speed !== UNKNOWN) told.speed = speed;
    }
  }
  return attributes.error === '' ? told : { error: attributes.error };
}

function header(writer: MessageWriter, command: number): void {
  const at = writer.struct(HEADER);
  writer.put8(at, command);
  writer.put8(at + 1, VERSION);
}
