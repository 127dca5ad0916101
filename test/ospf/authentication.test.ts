/** Each authentication with FRR and BIRD (RFC 2328 D, RFC 5709): an adjacency comes to Full, and one of another secret does not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { OspfPlace } from './place.ts';

const lacking = missing([{ command: 'bird', package: 'bird2', why: 'is the OSPF neighbour' }]);
const noBird = lacking.length > 0 && `SKIPPED: not installed: ${JSON.stringify(lacking)}`;
const skipFrr = NetworkNamespace.unavailable || frrUnavailable;
const skipBird = NetworkNamespace.unavailable || noBird;
const TIMES = { 'hello-interval': '1s', 'dead-interval': '4s' };
const SECRET = 'one of 31 characters, no more..';

async function placeOf(t: Test) {
  const place = await OspfPlace.make(t);
  const peer = place.peer('peer');
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  return { place, peer };
}

function start(place: OspfPlace, authentication: object): Promise<void> {
  return place.start({
    id: '10.9.0.1',
    ip: { interfaces: { lan0: {} } },
    ospf: { interfaces: { lan0: { ...TIMES, authentication } } },
  });
}

/** BIRD with one key of that algorithm; ends with the test. */
function startBird(t: Test, place: OspfPlace, peer: NetworkNamespace, algorithm: string): void {
  const file = join(place.directory, 'bird.conf');
  const keys = `authentication cryptographic; password "${SECRET}" { id 7; algorithm ${algorithm}; };`;
  const area = `area 0 { interface "eth0" { hello 1; dead 4; wait 2; ${keys} }; };`;
  const protocol = `protocol device {}\nprotocol ospf v2 { ipv4 { import all; }; ${area} }\n`;
  writeFileSync(file, `router id 10.9.0.2;\n${protocol}`);
  const child = peer.spawn(['bird', '-f', '-c', file, '-s', join(place.directory, 'bird.ctl')]);
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
}

for (const { name, ours, theirs } of [
  {
    name: 'a simple password',
    ours: { password: 'pa55word' },
    theirs: ' ip ospf authentication\n ip ospf authentication-key pa55word\n',
  },
  {
    name: 'MD5',
    ours: { keys: { 7: { algorithm: 'md5', secret: 'sixteen-bytes...' } } },
    theirs: ' ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 sixteen-bytes...\n',
  },
]) {
  t.test(
    `with ${name} it comes to Full with FRR, and the databases are equal`,
    { skip: skipFrr },
    async (t) => {
      const { place, peer } = await placeOf(t);
      const times = ' ip ospf hello-interval 1\n ip ospf dead-interval 4\n';
      const area = 'network 10.9.0.0/24 area 0.0.0.0';
      const other = await place.frr(
        t,
        peer,
        `interface eth0\n${times}${theirs}router ospf\n ospf router-id 10.9.0.2\n ${area}\n`,
      );
      await start(place, ours);
      await place.comesTo('10.9.0.2', 'Full');
      t.equal((await place.comesToEqual([other])).length, 3);
    },
  );
}

for (const hash of ['sha-1', 'sha-256', 'sha-384', 'sha-512']) {
  const key = { algorithm: `hmac-${hash}`, secret: SECRET };
  t.test(`with HMAC-${hash.toUpperCase()} it comes to Full with BIRD`, { skip: skipBird }, async (t) => {
    const { place, peer } = await placeOf(t);
    startBird(t, place, peer, `hmac ${hash.replace('-', '')}`);
    await start(place, { keys: { 7: key } });
    await place.comesTo('10.9.0.2', 'Full');
    t.match(await place.neighbors(), [{ address: '10.9.0.2', state: 'Full' }]);
  });
}

t.test(
  'with another secret no neighbour comes of its packets, and the log says why',
  { skip: skipBird },
  async (t) => {
    const { place, peer } = await placeOf(t);
    startBird(t, place, peer, 'hmac sha256');
    await start(place, { keys: { 7: { algorithm: 'hmac-sha-256', secret: 'another' } } });
    const line = /dropped a packet from 10\.9\.0\.2 on lan0: its digest is wrong/;
    for (let i = 0; i < 200 && !line.test(place.output); i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    t.match(place.output, line);
    t.strictSame(await place.neighbors(), []);
  },
);
