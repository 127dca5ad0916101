/** A virtual router that depends on an OSPF adjacency with a real FRR, with keepalived as the other router of its group. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { frrUnavailable, startFrr } from '../router/frr.ts';
import { keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable || frrUnavailable;
const PATIENCE = 60_000;
const ADDRESS = '10.0.1.251';
const OURS = [{ interface: 'lan0', group: 51, priority: 200, interval: '200ms', addresses: [ADDRESS] }];
const THEIRS = { interface: 'eth0', group: 51, priority: 100, interval: 0.2, address: ADDRESS };
const OSPFD = `
interface eth0
 ip ospf area 0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
router ospf
 ospf router-id 10.0.1.2
`;
const NEWEST = { IP: 'ip', OSPF: 'ospf', VRRP: 'vrrp' };

t.test(
  'without the adjacency the priority is lower, and keepalived takes over; with it, it is back',
  { skip },
  async (t) => {
    const place = await VrrpPlace.make(t);
    const frr = await startFrr(t, place.peer, place.directory, OSPFD);
    const keepalived = await startKeepalived(t, place, [THEIRS]);
    const modules = Object.fromEntries(
      Object.entries(NEWEST).map(([module, name]) => [module, `${name}@${newestRelease(name)}`]),
    );
    await place.start(OURS, {}, { id: '10.0.1.1', modules });
    const theirs = (role: string) =>
      eventuallyAsync(
        `keepalived is ${role}`,
        PATIENCE,
        async () => keepalived.roles(51).at(-1) === role || undefined,
      );
    await theirs('BACKUP');
    const console = await ConsoleSession.open(t, place.socket);
    await console.all(
      'set ospf interfaces lan0 hello-interval 1s',
      'set ospf interfaces lan0 dead-interval 4s',
      'set vrrp lan0 51 track ospf:10.0.1.2 decrement 150',
      'commit',
    );
    const depends = async (there: boolean | null) =>
      eventuallyAsync(`the adjacency is there: ${there}`, PATIENCE, async () => {
        const [row] = await console.data<{ track: { there: boolean | null }[] }[]>('show vrrp detail');
        return row?.track[0]?.there === there || undefined;
      });
    await depends(true);
    await theirs('BACKUP');
    const roles = keepalived.roles(51).length;
    frr.vtysh('configure terminal', 'interface eth0', 'ip ospf passive');
    await depends(false);
    await theirs('MASTER');
    t.match(
      await console.data('show vrrp history'),
      [{ active: '10.0.1.2', ours: false }],
      'it has seen the other',
    );
    frr.vtysh('configure terminal', 'interface eth0', 'no ip ospf passive');
    await depends(true);
    await theirs('BACKUP');
    t.same(keepalived.roles(51).slice(roles), ['MASTER', 'BACKUP'], 'once, and no more');
    await console.all('delete ospf', 'commit');
    await depends(false);
    await theirs('MASTER');
  },
);
