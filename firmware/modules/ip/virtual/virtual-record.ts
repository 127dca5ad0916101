/** Records: virtual routers of other modules whose addresses the kernel is to have (../../messages/virtual-routers.ts). */
import type { Takeover, VirtualRouterHeld } from '../../messages/virtual-routers.ts';
import type { Wanted } from '../interfaces/interface-record.ts';

/** A module that tells of virtual routers. */
export interface VirtualSource {
  /** The module's name. */
  module: string;
  session: string;
  /** Of the last message that was taken. */
  number: number;
  /** A message was lost: the whole set is wanted. */
  wanted: boolean;
  /** Questions since the last message. */
  unanswered: number;
  /** Its whole set was taken by a version that keeps `takeover`; absent before 3.4.0, whose records lack it. */
  complete?: true;
}

export interface VirtualRouter {
  source: string;
  id: string;
  interface: string;
  family: 4 | 6;
  group: number;
  /** Its own; absent where it uses that of the interface. */
  mac?: string;
  addresses: readonly string[];
  active: boolean;
  announced: number;
  /** This host takes no packets to the addresses. */
  accept?: false;
  /** Announcements that were repeated since it is active, or since the last that was asked for. */
  repeated: number;
  /** As it was told; absent before 3.4.0. */
  takeover?: Takeover;
  linger?: number;
}

export interface VirtualState {
  /** By name. Owner: virtual/virtual-source.ts */
  sources: Map<string, VirtualSource>;
  /** By `source id`. Owner: virtual/virtual-router.ts */
  routers: Map<string, VirtualRouter>;
  /** By name of a link, what they want of it. Owner: virtual/virtual-router.ts */
  wanted: Map<string, Wanted>;
  /** By name of an interface, the devices on it. Owner: virtual/virtual-router.ts */
  devicesOn: Map<string, string[]>;
  /** By name of a device, whose it is: `source id`. Owner: virtual/virtual-router.ts */
  deviceOf: Map<string, string>;
  /** By `source id`, the last that was told of it. Owner: virtual/virtual-router.ts */
  heldTold: Map<string, Held>;
}

/** A virtual router as others are told of it. */
export type Held = Pick<VirtualRouterHeld, 'device' | 'closed' | 'problem' | 'lingers'>;

export function noVirtual(): VirtualState {
  return {
    sources: new Map(),
    routers: new Map(),
    wanted: new Map(),
    devicesOn: new Map(),
    deviceOf: new Map(),
    heldTold: new Map(),
  };
}
