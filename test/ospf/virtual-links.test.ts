/**
 * Virtual links to FRR and to BIRD, through an area with a router in between: their areas reach the backbone, and each other. The
 * one to FRR has the keys of the backbone, the one to BIRD its own; the area between has none.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, LINK, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const SECRET = 'horse-42';
const SIGNED = `authentication cryptographic; password "${SECRET}" { id 8; algorithm hmac sha256; };`;

/** It ends one virtual link, and nothing besides. @param left the routes */
async function wrongSecret(t: Test, place: OspfPlace, left: string[]): Promise<void> {
  const session = await ConsoleSession.open(t, place.socket);
  const key = 'ospf areas 0.0.0.1 virtual-links 10.1.0.4 authentication keys 8 secret';
  const secretIs = (secret: string) => session.all(`set ${key} ${secret}`, 'commit');
  await secretIs('horse-43');
  await place.comesToDrop('digest', 2);
  await place.comesToRoutes(left);
  const neighbors = (await place.neighbors()).map((row) => `${row.routerId} ${row.state}`).sort();
  t.strictSame(neighbors, ['10.1.0.2 Full', '10.1.0.3 Full']);
  await secretIs(SECRET);
  await place.comesTo('10.1.0.4', 'Full');
}

t.test(
  'areas of FRR and BIRD are joined to the backbone by virtual links, and packets pass',
  { skip },
  async (t) => {
    const place = await OspfPlace.make(t);
    const [middle, one, two] = [place.peer('middle'), place.peer('frr'), place.peer('bird')];
    NetworkNamespace.join([place.router, 'lan0', '10.7.0.1/24'], [middle, 'eth0', '10.7.0.2/24']);
    NetworkNamespace.join([middle, 'eth1', '10.7.1.2/24'], [one, 'eth0', '10.7.1.3/24']);
    NetworkNamespace.join([middle, 'eth2', '10.7.2.2/24'], [two, 'eth0', '10.7.2.4/24']);
    [place.router, middle, one, two].forEach((each, i) => {
      each.ip('address', 'add', `10.1.0.${i + 1}/32`, 'dev', 'lo');
    });
    // BIRD has a virtual link only to whom a network of several leads, and not over a point-to-point link.
    const transit = [birdLink('eth0', 'type broadcast; wait 4;'), birdLink('eth1'), birdLink('eth2')];
    const key = ' area 0.0.0.1 virtual-link 10.1.0.1';
    const virtual = `${key} hello-interval 1 dead-interval 4 retransmit-interval 1
${key} authentication message-digest
${key} message-digest-key 7 md5 ${SECRET}
`;
    const peers = [
      await place.bird(t, middle, {
        routerId: '10.1.0.2',
        areas: `area 0.0.0.1 { ${transit.join('')}${BIRD_LOOPBACK} };`,
      }),
      await place.frr(t, one, frrLink('eth0', '0.0.0.1') + frrRouter('10.1.0.3', '0.0.0.11', virtual)),
      await place.bird(t, two, {
        routerId: '10.1.0.4',
        areas: `area 0.0.0.1 { virtual link 10.1.0.1 { hello 1; dead 4; retransmit 2; ${SIGNED} }; ${birdLink('eth0')} };
area 0.0.0.12 { ${BIRD_LOOPBACK} };`,
      }),
    ];
    const { cost: _, ...times } = LINK;
    await place.start({
      id: '10.1.0.1',
      ip: { interfaces: { lo: {}, lan0: {} } },
      ospf: {
        timers: TIMERS,
        interfaces: { lo: {}, lan0: { ...LINK, area: '0.0.0.1' } },
        areas: {
          '0.0.0.0': { authentication: { keys: { 7: { algorithm: 'md5', secret: SECRET } } } },
          '0.0.0.1': {
            'virtual-links': {
              '10.1.0.3': times,
              '10.1.0.4': { ...times, authentication: { keys: { 8: { secret: SECRET } } } },
            },
          },
        },
      },
    });
    for (const id of ['10.1.0.3', '10.1.0.4']) await place.comesTo(id, 'Full');
    const routesTo = (...far: string[]) => [
      '10.1.0.2 10.7.0.2@lan0 10',
      ...['10.7.1.0/24', '10.7.2.0/24', ...far].map((prefix) => `${prefix} 10.7.0.2@lan0 20`),
    ];
    await place.comesToRoutes(routesTo('10.1.0.3', '10.1.0.4'));
    const database = await place.comesToEqual(peers);
    const routers = ['10.1.0.1', '10.1.0.3', '10.1.0.4'];
    for (const id of routers) t.match(database.join('\n'), new RegExp(`^0\\.0\\.0\\.0 ${id} ${id} `, 'm'));
    await place.comesToReach([one, '10.1.0.3'], [two, '10.1.0.4']);
    await place.comesToReach([place.router, '10.1.0.1'], [two, '10.1.0.4']);

    await wrongSecret(t, place, routesTo('10.1.0.3'));
  },
);
