/** Faults of BIRD alone: the tests with it wait until they are over, or help it. */
import t from 'tap';
import { isNetworkHidden, Unreached, unreachedIn } from './faults/unreached.ts';

/** As BIRD 2.0.12 has said them, four minutes after the adjacency was Full. */
const NEIGHBORS = `BIRD 2.0.12 ready.
Access restricted
o:
Router ID   \tPri\t     State     \tDTime\tInterface  Router IP
10.196.197.3\t  1\tFull/PtP  \t 3.378\tl2         10.7.2.3
`;
const STATE = `BIRD 2.0.12 ready.
Access restricted

area 0.0.0.0

\trouter 10.130.157.2
\t\tdistance 0
\t\trouter 10.196.197.3 metric 11
\t\tstubnet 10.7.2.0/24 metric 11

\trouter 10.132.19.1
\t\tunreachable
\t\trouter 10.196.197.3 metric 7
\t\tnetwork 10.7.0.0/24 metric 10

\trouter 10.196.197.3
\t\tunreachable
\t\trouter 10.130.157.2 metric 11
\t\tstubnet 10.7.2.0/24 metric 11

\tnetwork 10.7.0.0/24
\t\tdr 10.108.146.4
\t\tunreachable
\t\trouter 10.132.19.1
`;

t.test('a Full neighbour that BIRD does not reach, over a link that both tell of, is seen', async (t) => {
  t.same(unreachedIn(NEIGHBORS, STATE), ['10.196.197.3']);
  const others: readonly (readonly [string, string, string])[] = [
    ['it is not Full', NEIGHBORS.replace('Full', 'Loading'), STATE],
    ['it is on a LAN', NEIGHBORS.replace('Full/PtP', 'Full/DR'), STATE],
    [
      'it is reached',
      NEIGHBORS,
      STATE.replace('\t\tunreachable\n\t\trouter 10.130', '\t\tdistance 11\n\t\trouter 10.130'),
    ],
    ['it tells of no link', NEIGHBORS, STATE.replace('\t\trouter 10.130.157.2 metric 11\n', '')],
    ['BIRD tells of no link', NEIGHBORS, STATE.replace('\t\trouter 10.196.197.3 metric 11\n', '')],
  ];
  for (const [what, neighbors, state] of others) t.same(unreachedIn(neighbors, state), [], what);
});

t.test('BIRD is made to compute its routes where that stays so, once', async (t) => {
  const said: string[] = [];
  let state = STATE;
  const birdc = (command: string) => {
    said.push(command);
    return command.includes('neighbors') ? NEIGHBORS : state;
  };
  const { now } = performance;
  let time = 1_000;
  performance.now = () => time;
  t.teardown(() => {
    performance.now = now;
  });
  const unreached = new Unreached({ alive: true, birdc });
  unreached.lift();
  time += 4_000;
  unreached.lift();
  t.equal(unreached.lifted, 0, 'it may do it itself');
  time += 1_000;
  unreached.lift();
  t.equal(unreached.lifted, 1);
  t.equal(said.at(-1), 'reload in o');
  state = STATE.replaceAll('unreachable', 'distance 11');
  for (let polls = 0; polls < 3; polls++, time += 4_000) unreached.lift();
  t.equal(unreached.lifted, 1);
});

t.test('a network-LSA of another router id of before that hides the one of now is seen', async (t) => {
  const neighbors = `Router ID   \tPri\t     State     \tDTime\tInterface  Router IP
10.169.108.1\t  1\tFull/BDR  \t 3.559\tl0         10.7.0.1
10.121.146.4\t  1\tFull/DR   \t 3.304\tl0         10.7.0.4
`;
  const network = (dr: string) =>
    `\tnetwork 10.7.0.0/24\n\t\tdr ${dr}\n\t\tunreachable\n\t\trouter ${dr}\n\n`;
  const self = '\trouter 10.103.177.2\n\t\tdistance 0\n\t\tnetwork 10.7.0.0/24 metric 10\n\n';
  const [now, before] = [network('10.121.146.4'), network('10.194.202.4')];
  t.ok(isNetworkHidden(neighbors, self + now + before));
  t.ok(isNetworkHidden(neighbors, self + before + now));
  t.notOk(isNetworkHidden(neighbors, self + now), 'there is no other');
  t.notOk(
    isNetworkHidden(neighbors, self + now.replace('unreachable', 'distance 10') + before),
    'it is used',
  );
  t.notOk(
    isNetworkHidden(neighbors.replace('Full/DR', 'Exchange/DR'), self + now + before),
    'it is not Full',
  );
  t.notOk(isNetworkHidden(neighbors, self.replace('network', 'stubnet') + now + before), 'BIRD is not on it');
});
