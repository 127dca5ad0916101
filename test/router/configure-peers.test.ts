/** The configuration typed on a serial line, beside FRR and keepalived: what it changes is felt, and nothing else is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cable, noCable } from '../drivers/fixtures/cable.ts';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { frrUnavailable, startFrr } from './frr.ts';
import { running, stage } from './host.ts';
import { addressOf, backupsIn, keepalivedUnavailable, startKeepalived } from './keepalived.ts';
import { personAt } from './person.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || keepalivedUnavailable || noCable;
const PATIENCE = 60_000;
/** Much longer than a Hello: no neighbour is lost because the machine is busy. */
const DEAD = 40;

const FRR = `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval ${DEAD}
 ip ospf priority 0
router ospf
 ospf router-id 10.9.0.2
 network 10.9.0.0/24 area 0.0.0.0
`;

const group = (number: number) =>
  `  - { interface: wan0, group: ${number}, priority: 200, addresses: [${addressOf(number)}] } # of ${number}\n`;

const configured = (socket: string, serial: string) => `# between two
router: { id: 10.9.0.1 }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: ${DEAD}s } } }
vrrp:
${group(7)}${group(8)}console: { socket: ${socket}, serial: { path: ${serial} } }
log: { level: warn }
`;

interface Facts {
  interfaces: Record<string, { neighbors: Record<string, { state: string; since: number }> }>;
  groups: Record<string, { state: string; statistics: { becameActive: number } }>;
}

/** The router between FRR and keepalived, when all know each other. */
async function between(t: Test) {
  const place = stage(t);
  const { left, right, socat } = await cable(t);
  const frr = await startFrr(t, place.peer, place.directory, FRR);
  await running(t, place, configured(place.socket, left));
  const file = () => readFileSync(join(place.directory, 'router.yaml'), 'utf8');
  const peer = await startKeepalived(t, place, backupsIn(7, 8));
  const facts = async (module: string) =>
    ((await execAt(place.socket, `show state ${module}`)).data as { state: Facts }).state;
  const neighbor = async () => (await facts('OSPF')).interfaces.wan0?.neighbors['10.9.0.2'];
  const groupState = async (key: string) => (await facts('VRRP')).groups[key]!;
  const takesTurns = (number: number, role: string) =>
    eventuallyAsync(`keepalived is ${role} in group ${number}`, PATIENCE, async () =>
      peer.roles(number).at(-1) === role ? true : undefined,
    );
  await takesTurns(7, 'BACKUP');
  await takesTurns(8, 'BACKUP');
  for (const key of ['wan0/7', 'wan0/8'])
    await eventuallyAsync(
      `${key} is Active`,
      PATIENCE,
      async () => (await groupState(key)).state === 'Active' || undefined,
    );
  await eventuallyAsync('OSPF is Full at both ends', PATIENCE, async () =>
    (await neighbor())?.state === 'Full' && /10\.9\.0\.1 +\d+ +Full/.test(frr.vtysh('show ip ospf neighbor'))
      ? true
      : undefined,
  );
  return {
    place,
    line: right,
    pull: () => socat.kill('SIGKILL'),
    file,
    peer,
    neighbor,
    groupState,
    takesTurns,
  };
}

t.test(
  'a priority is set over a serial line and felt in its group alone; when the cable is pulled it goes back',
  { skip, timeout: 300_000 },
  async (t) => {
    const { place, line, pull, file, peer, neighbor, groupState, takesTurns } = await between(t);
    const before = file();
    const [ospf, other, roles] = [await neighbor(), await groupState('wan0/8'), peer.roles(8)];

    const type = await personAt(t, line);
    await type('\r', /hitless> /);
    await type('set vrrp wan0 7 pri\t', /set vrrp wan0 7 priority $/);
    const asked = await type('?', /whole number from 1 to 255/);
    t.match(asked, /VALUE +a whole number from 1 to 255/);
    await type(
      '300\r',
      /CONFIG_VALUE: "vrrp wan0 7 priority 300": found 300; allowed: a whole number from 1 to 255/,
    );
    await type('set vrrp wan0 7 priority 80\r', /\r\n[\s\S]*hitless> /);
    await type('compare\r', /- vrrp wan0 7 priority 200\r\n\+ vrrp wan0 7 priority 80\r\n/);
    await type(
      'commit confirm 20s comment "a test"\r',
      /configure VRRP\r\n[\s\S]*confirm within \d+ s or it goes back/,
    );
    pull();
    await eventuallyAsync(
      'keepalived takes over, and gives back',
      PATIENCE,
      async () => peer.roles(7).slice(-3).join() === 'BACKUP,MASTER,BACKUP' || undefined,
    );
    t.equal((await groupState('wan0/7')).state, 'Active');

    t.equal(file(), before);
    const session = await ConsoleSession.open(t, place.socket);
    await eventuallyAsync(
      'what is shown is as before',
      PATIENCE,
      async () => (await session.all('show configuration')) === before.trimEnd(),
    );
    t.match(await session.data('show configuration history'), [
      { by: 'probation', comment: /not confirmed in time/ },
      { by: 'serial', comment: 'a test' },
      { by: 'file' },
    ]);

    await session.all('delete vrrp wan0 7', 'set ospf interfaces wan0 hello-interval 2s', 'commit', 'save');
    await takesTurns(7, 'MASTER');
    t.equal(file(), before.replace(/^.*# of 7\n/m, '').replace('hello-interval: 1s', 'hello-interval: 2s'));
    t.same(peer.roles(8), roles);
    t.same(
      (({ statistics }) => statistics.becameActive)(await groupState('wan0/8')),
      other.statistics.becameActive,
    );
    t.match(await neighbor(), { state: 'Full', since: ospf?.since }, 'the neighbour was never lost');
  },
);
