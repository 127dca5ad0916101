/**
 * Authentication with FRR and BIRD (RFC 2328 D; RFC 5709), each kind on links of its own: with the right secret, with a wrong
 * one, and with keys whose time comes and goes. FRR has the kinds of RFC 5709 from 9.1 on, so that BIRD alone is asked for them.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { birdLink, frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const SECRET = 'horse-42';
const WRONG = 'horse-43';
const PATIENCE = 60_000;
/** From the making of the configurations to the new key, and for how long both are taken before and after. */
const ROLLOVER_MS = 12_000;
const OVERLAP_MS = 4_000;

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

const KINDS: readonly Kind[] = [
  {
    name: 'simple',
    ours: { password: SECRET },
    frr: ` ip ospf authentication\n ip ospf authentication-key ${SECRET}`,
    bird: (secret) => `authentication simple; password "${secret}";`,
    drop: 'password',
  },
  {
    name: 'md5',
    ours: { keys: { 7: { algorithm: 'md5', secret: SECRET } } },
    frr: ` ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 ${SECRET}`,
    bird: (secret) => `authentication cryptographic; password "${secret}" { id 7; algorithm keyed md5; };`,
    drop: 'digest',
  },
  ...['1', '256', '384', '512'].map((bits) => ({
    name: `sha${bits}`,
    ours: { keys: { 7: { algorithm: `hmac-sha-${bits}`, secret: SECRET } } },
    bird: (secret: string) =>
      `authentication cryptographic; password "${secret}" { id 7; algorithm hmac sha${bits}; };`,
    drop: 'digest',
  })),
];

/** Two keys of the router and BIRD, of which the second takes over. @param at when, in ms since 1970 */
function rollover(at: number) {
  const [before, after] = [at - OVERLAP_MS, at + OVERLAP_MS];
  const ours = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const theirs = (ms: number) => `"${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}"`;
  const password = (n: number, lines: string) =>
    `password "${SECRET}-${n}" { id ${n}; algorithm hmac sha256; ${lines} };`;
  return {
    ours: {
      keys: {
        1: { secret: `${SECRET}-1`, send: { until: ours(at) }, accept: { until: ours(after) } },
        2: { secret: `${SECRET}-2`, send: { from: ours(at) }, accept: { from: ours(before) } },
      },
    },
    bird: `authentication cryptographic;
${password(1, `generate to ${theirs(at)}; accept to ${theirs(after)};`)}
${password(2, `generate from ${theirs(at)}; accept from ${theirs(before)};`)}`,
    over: after,
  };
}

/** The router with FRR, a BIRD of the right secrets, and one of wrong ones. */
async function place(t: Test) {
  const place = await OspfPlace.make(t);
  const peers = { frr: place.peer('frr'), good: place.peer('bird'), wrong: place.peer('bird') };
  const interfaces: Record<string, object> = {};
  const lines = { frr: '', good: '', wrong: '' };
  let links = 0;
  const link = (peer: keyof typeof peers, name: string, ours: object, theirs: string, times = {}) => {
    const net = `10.7.${++links}`;
    NetworkNamespace.join([place.router, name, `${net}.1/24`], [peers[peer], name, `${net}.2/24`]);
    interfaces[name] = { ...POINT_TO_POINT, ...times, authentication: ours };
    lines[peer] += theirs;
  };
  for (const { name, ours, frr, bird } of KINDS) {
    if (frr !== undefined)
      link(
        'frr',
        `${name}-frr`,
        ours,
        frrLink(`${name}-frr`, '0.0.0.0', ` ip ospf network point-to-point\n${frr}`),
      );
    link('good', `${name}-good`, ours, birdLink(`${name}-good`, `type ptp; ${bird(SECRET)}`));
    link('wrong', `${name}-wrong`, ours, birdLink(`${name}-wrong`, `type ptp; ${bird(WRONG)}`));
  }
  const { ours, bird, over } = rollover(Date.now() + ROLLOVER_MS);
  // Only a wrong key would end it: the time of a key is what matters, and not a busy machine's.
  link('good', 'rolling', ours, birdLink('rolling', `type ptp; ${bird}`).replace('dead 4', 'dead 40'), {
    'dead-interval': '40s',
  });
  const areas = (name: 'good' | 'wrong') => `area 0.0.0.0 { ${lines[name]} };`;
  const good = await place.bird(t, peers.good, { routerId: '10.1.0.3', areas: areas('good') });
  const wrong = await place.bird(t, peers.wrong, { routerId: '10.1.0.4', areas: areas('wrong') });
  const frr = await place.frr(t, peers.frr, lines.frr + frrRouter('10.1.0.2', '0.0.0.0'));
  await place.start({
    id: '10.1.0.1',
    ip: { interfaces: Object.fromEntries(Object.keys(interfaces).map((name) => [name, {}])) },
    ospf: { timers: TIMERS, interfaces },
  });
  return { place, good, wrong, frr, over };
}

t.test('with authentication', { skip }, async (t) => {
  const { place: at, good, wrong, frr, over } = await place(t);

  await t.test(
    'of each kind that they have it comes to Full with FRR and BIRD, databases equal',
    async (t) => {
      const full = [
        ...KINDS.map(({ name }) => `${name}-good`),
        ...KINDS.filter((kind) => kind.frr !== undefined).map(({ name }) => `${name}-frr`),
        'rolling',
      ];
      const states = async () => (await at.neighbors()).map((row) => `${row.interface} ${row.state}`).sort();
      const wanted = full.map((name) => `${name} Full`).sort();
      await eventuallyAsync(
        'all are Full',
        PATIENCE,
        async () => (await states()).join() === wanted.join() || undefined,
      ).catch(async (thrown: Error) => {
        throw new Error(`${thrown.message}: ${await states()}\n${at.output.slice(-3000)}`);
      });
      await at.comesToEqual([frr, good]);
      t.strictSame(await states(), wanted, 'and nobody is there with a wrong secret');
    },
  );

  await t.test(
    'a wrong secret is told of on each link, not by each packet, and nothing comes of it',
    async (t) => {
      const packets = 12;
      for (const drop of ['password', 'digest']) await at.comesToDrop(drop, packets);
      for (const { name, drop } of KINDS) {
        const [first = '', ...later] = at.told(`on ${name}-wrong: `);
        t.match(first, new RegExp(`dropped a packet from .*\\(${drop}\\)$`));
        t.ok(later.length < packets / 2, later.join('\n'));
        t.ok(
          later.every((line) => / \(\d+ more since the last line\)$/.test(line)),
          later.join('\n'),
        );
      }
      // One that comes before the router's end of the link is up is for nobody.
      const others = at.told('dropped a packet').filter((line) => !/-wrong: |\(destination\)$/.test(line));
      t.strictSame(others, [], 'and of nobody else');
      t.notMatch(wrong.birdc('show ospf neighbors'), /10\.1\.0\.1/);
    },
  );

  await t.test('a key that takes over from another is not noticed by either', async (t) => {
    const changes = () => at.told('on rolling: ').join('\n');
    const row = async () =>
      ((await at.exec('show ip ospf neighbor')).data as Heard[]).find((each) => each.interface === 'rolling');
    const before = changes();
    await eventuallyAsync('the first key is over', PATIENCE, async () => Date.now() > over || undefined);
    const heard = (await row())?.events.HelloReceived ?? 0;
    await eventuallyAsync(
      'Hellos with the second are taken',
      PATIENCE,
      async () => ((await row())?.events.HelloReceived ?? 0) > heard + 3 || undefined,
    );
    t.equal(changes(), before);
    t.match(await row(), { state: 'Full' });
    t.match(good.birdc('show ospf neighbors'), /Full\/PtP\s.*\srolling\s/);
  });
});

/** A row of `show ip ospf neighbor`. */
interface Heard {
  interface: string;
  state: string;
  events: { HelloReceived?: number };
}
