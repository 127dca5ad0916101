/**
 * Authentication with FRR and BIRD (RFC 2328 D; RFC 5709): each kind that they have, and wrong keys. FRR has the kinds of
 * RFC 5709 from 9.1 on, so that BIRD alone is asked for them.
 */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const SECRET = 'horse-42';
const WRONG = 'horse-43';
const PATIENCE = 60_000;

interface Kind {
  name: string;
  /** The router's. */
  ours: object;
  /** Lines of FRR's interface. */
  frr?: string;
  /** Those of BIRD's, with a secret. */
  bird(secret: string): string;
  /** The reason why a packet with another secret is dropped. */
  drop: string;
}

const KINDS: Kind[] = [
  {
    name: 'a simple password',
    ours: { password: SECRET },
    frr: ` ip ospf authentication\n ip ospf authentication-key ${SECRET}`,
    bird: (secret) => `authentication simple; password "${secret}";`,
    drop: 'password',
  },
  {
    name: 'MD5',
    ours: { keys: { 7: { algorithm: 'md5', secret: SECRET } } },
    frr: ` ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 ${SECRET}`,
    bird: (secret) => `authentication cryptographic; password "${secret}" { id 7; algorithm keyed md5; };`,
    drop: 'digest',
  },
  ...['1', '256', '384', '512'].map((bits) => ({
    name: `HMAC-SHA-${bits}`,
    ours: { keys: { 7: { algorithm: `hmac-sha-${bits}`, secret: SECRET } } },
    bird: (secret: string) =>
      `authentication cryptographic; password "${secret}" { id 7; algorithm hmac sha${bits}; };`,
    drop: 'digest',
  })),
];

const FRR = (lines: string) => `interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf network point-to-point
${lines}
router ospf
 ospf router-id 10.7.1.2
 network 10.7.1.0/24 area 0.0.0.0
`;

const bird = (routerId: string, lines: string) => ({
  routerId,
  areas: `area 0.0.0.0 { interface "eth0" { type ptp; hello 1; dead 4; retransmit 2; ${lines} }; };`,
});

const LINK = {
  type: 'point-to-point',
  'hello-interval': '1s',
  'dead-interval': '4s',
  'retransmit-interval': '1s',
};

for (const { name, ours, frr, bird: linesOf, drop } of KINDS) {
  const others = frr === undefined ? 'BIRD' : 'FRR and BIRD';
  t.test(
    `${name}: it comes to Full with ${others}, and not where the secret is another`,
    { skip },
    async (t) => {
      const place = await OspfPlace.make(t);
      const links = frr === undefined ? [2, 3] : [1, 2, 3];
      const peers = links.map((i) => {
        const peer = place.peer('peer');
        NetworkNamespace.join([place.router, `lan${i}`, `10.7.${i}.1/24`], [peer, 'eth0', `10.7.${i}.2/24`]);
        return peer;
      });
      const [wrong, good, first] = peers.toReversed();
      const equal = [
        ...(first === undefined ? [] : [await place.frr(t, first, FRR(frr!))]),
        await place.bird(t, good!, bird('10.7.2.2', linesOf(SECRET))),
      ];
      const other = await place.bird(t, wrong!, bird('10.7.3.2', linesOf(WRONG)));
      const link = { ...LINK, authentication: ours };
      await place.start({
        id: '10.7.0.1',
        ip: { interfaces: Object.fromEntries(links.map((i) => [`lan${i}`, {}])) },
        ospf: { interfaces: Object.fromEntries(links.map((i) => [`lan${i}`, link])) },
      });
      for (const i of links.slice(0, -1)) await place.comesTo(`10.7.${i}.2`, 'Full');
      await place.comesToEqual(equal);
      const lines = () =>
        place.output.split('\n').filter((line) => line.includes('dropped a packet from 10.7.3.2'));
      await eventuallyAsync('the drop is told', PATIENCE, async () => lines().length > 0 || undefined);
      t.match(lines(), [new RegExp(`on lan3: .*\\(${drop}\\)`)]);
      t.equal(lines().length, 1);
      t.notOk((await place.neighbors()).some((each) => each.interface === 'lan3'));
      t.notMatch(other.birdc('show ospf neighbors'), /10\.7\.0\.1/);
    },
  );
}
