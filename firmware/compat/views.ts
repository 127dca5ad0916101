/**
 * Views of the modules whose manifests are of api 1 and have none, by module. Plain data, in the shape of `manifest.views`: a
 * version of api 2 brings its own.
 */
import type { ManifestView } from '../../runtime/index.ts';

export const API_1_VIEWS: Readonly<Record<string, Readonly<Record<string, ManifestView>>>> = {
  OSPF: {
    neighbor: {
      words: 'ip ospf neighbor',
      aliases: ['neighbors', 'ospf neighbors', 'ospf neighbor', 'ip ospf neighbors'],
      description: 'OSPF neighbours: how far the adjacency is, and when each is declared down',
      request: 'neighbors',
      columns: [
        { key: 'routerId', title: 'NEIGHBOR ID' },
        { key: 'priority', title: 'PRI' },
        { key: 'state', title: 'STATE' },
        { key: 'deadIn', title: 'DEAD IN', unit: 'ms' },
        { key: 'address', title: 'ADDRESS' },
        { key: 'interface', title: 'INTERFACE' },
        { key: 'dr', title: 'DR' },
        { key: 'bdr', title: 'BDR' },
      ],
      none: 'no neighbours',
    },
  },
  VRRP: {
    routers: {
      words: 'vrrp',
      aliases: ['vrrp brief'],
      description: 'virtual routers: state, priority, who is active, and the addresses',
      request: 'virtualRouters',
      columns: [
        { key: 'interface', title: 'INTERFACE' },
        { key: 'group', title: 'GROUP' },
        { key: 'state', title: 'STATE' },
        { key: 'priority', title: 'PRIORITY' },
        { key: 'active', title: 'ACTIVE ROUTER' },
        { key: 'addresses', title: 'ADDRESSES' },
        { key: 'checksum', title: 'CHECKSUM' },
        { key: 'problem', title: 'PROBLEM' },
      ],
      none: 'no virtual routers',
    },
  },
};
