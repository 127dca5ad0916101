/** Lines of configuration that tests with FRR and BIRD have in common: short times, links of one cost. */

/** The router's keys of a link. */
export const LINK = {
  'hello-interval': '1s',
  'dead-interval': '4s',
  'retransmit-interval': '1s',
  cost: 10,
};

export const POINT_TO_POINT = { ...LINK, type: 'point-to-point' };

/** The router's, of the whole. */
export const TIMERS = { 'spf-initial': '10ms', 'spf-hold': '50ms', 'min-ls-interval': '1s' };

/** FRR's interface; by default a point-to-point link. */
export function frrLink(name: string, area: string, lines = ' ip ospf network point-to-point'): string {
  return `interface ${name}
 ip ospf area ${area}
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
${lines}
`;
}

/** FRR's loopback, whose addresses it tells of, and its `router ospf`. */
export function frrRouter(routerId: string, area: string, lines = ''): string {
  return `interface lo
 ip ospf area ${area}
router ospf
 ospf router-id ${routerId}
 timers throttle spf 0 50 500
 timers throttle lsa all 200
 timers lsa min-arrival 100
${lines}`;
}

/** BIRD's interface; by default a point-to-point link. */
export function birdLink(name: string, lines = 'type ptp;'): string {
  return `interface "${name}" { hello 1; dead 4; retransmit 2; cost 10; ${lines} };\n`;
}

/** BIRD's loopback, whose addresses it tells of. */
export const BIRD_LOOPBACK = 'interface "lo" { stub; };\n';
