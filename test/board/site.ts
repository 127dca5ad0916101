/** The configuration of a board between two networks, as tests and the bench boot it. */

/**
 * The board's side of it. An emulated board on a busy machine may stand still for seconds: its neighbours wait longer
 * than that, so that what they notice is what the board said, and not how slow it was.
 */
export const CONFIG = `router: { id: 10.0.1.1 }
interfaces:
  eth0: { addresses: [10.0.1.1/24] }
  eth1: { addresses: [10.0.2.1/24] }
# Versions of before 2.2.0 are put to work on it.
timer: {}
ip: { interfaces: { eth0: { interval: 4s } } }
ospf: { interfaces: { eth1: { hello-interval: 1s, dead-interval: 60s } } }
vrrp:
  - { interface: eth0, group: 51, priority: 200, interval: 5s, addresses: [10.0.1.254] }
console: { serial: { path: /dev/ttyAMA0, baud: 115200 } }
`;
