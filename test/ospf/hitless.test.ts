/**
 * Swaps of OSPF beside FRR and BIRD: their neighbour's state never changes, no LSA is made anew, no route is touched, and a
 * stream loses nothing. What is not hitless is caught: a restart, and versions that forget what they sent.
 */
import t from 'tap';
import { pause } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { releasesOf } from '../newest-release.ts';
import { frrUnavailable } from '../router/frr.ts';
import { Dice } from '../router/live/dice.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { type During, HitlessScene } from './hitless/scene.ts';
import { FORGETS_LSAS, FORGETS_SEQUENCES, MIGRATED, ONE, OTHER } from './hitless/versions.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

/** `HITLESS_OSPF_SWAPS=1000`: so many swaps of OSPF, and a fifth of it of IP with OSPF, and of live configurations. */
const SWAPS = Number(process.env.HITLESS_OSPF_SWAPS ?? 40);
const SEED = Number(process.env.HITLESS_OSPF_SEED ?? 1);
const PATIENCE = 60_000;
/** In ms. */
const LONGEST_PAUSE = 200;
const VERSIONS = [ONE, OTHER, MIGRATED, ...releasesOf('ospf').filter((version) => Number(version[0]) >= 3)];
const IP = releasesOf('ip').slice(-2) as [string, string];

/** One of these at least is met in each run, and all of them in the whole one. */
const UNSETTLED = ['Waiting', 'ExStart', 'Exchange', 'Loading', 'flooding', 'SPF between turns'];

/** Swaps with pauses between them, of which each fifth is followed by one of IP with OSPF, and a live configuration. */
async function swaps(scene: HitlessScene, dice: Dice, count: number): Promise<void> {
  const other = <T>(all: readonly T[], one: T) => dice.pick(all.filter((each) => each !== one));
  for (let n = 0; n < count; n++) {
    await pause(dice.int(LONGEST_PAUSE));
    await scene.swap(other(VERSIONS, scene.versions.ospf));
    if (n % 5 !== 4) continue;
    await scene.swap(other(VERSIONS, scene.versions.ospf), other(IP, scene.versions.ip));
    const [retransmit, delay] = [dice.pick(['2s', '3s']), dice.pick(['1s', '2s'])];
    await scene.configure({
      retransmit,
      delay,
      paths: dice.pick([32, 64]),
      hold: dice.pick(['50ms', '100ms']),
    });
  }
}

t.test(
  `${SWAPS} swaps, a fifth of it with IP, and as many configurations: no neighbour, LSA, route or packet is concerned`,
  { skip, timeout: 300_000 + 5_000 * SWAPS },
  async (t) => {
    const scene = await HitlessScene.make(t, [ONE, OTHER, MIGRATED, FORGETS_LSAS, FORGETS_SEQUENCES], IP[1]);
    const dice = new Dice(SEED);
    const at = scene.look();
    t.match(at.lsas.join('\n'), /^as 10\.66\.0\.0 /m);
    const tell = (name: string, { flow, tally, met }: During) =>
      t.comment(name, JSON.stringify({ ...flow, tally, met }));

    const control = await scene.during(() => scene.goesOn(5_000));
    tell('control', control);
    const calm = await scene.during(() => swaps(scene, dice, Math.floor(SWAPS / 2)));
    tell('calm', calm);
    t.same(scene.look(), at, 'at rest: neighbours and LSAs are as they were');
    t.match(calm.tally, { newRoutes: 0, removedRoutes: 0, removedAddresses: 0, lost: 0 }, 'and routes');
    t.ok(calm.flow.lost <= control.flow.lost, `${calm.flow.lost} of ${calm.flow.sent.sent} packets are lost`);

    let swapping = true;
    const unsettled = await scene.during(async () => {
      const disturbing = (async () => {
        while (swapping) await scene.disturb(dice);
      })();
      await swaps(scene, dice, Math.ceil(SWAPS / 2));
      swapping = false;
      await disturbing;
    });
    tell('unsettled', unsettled);
    t.ok(
      unsettled.flow.lost <= control.flow.lost,
      `${unsettled.flow.lost} of ${unsettled.flow.sent.sent} packets are lost`,
    );
    t.equal(unsettled.tally.lost, 0, 'the monitor of routes missed nothing');
    await scene.comesToRest();
    t.same(scene.look(), at, 'while another comes and goes, neighbours and LSAs are as they were');
    const found = UNSETTLED.filter((name) => (unsettled.met[name] ?? 0) > 0);
    t.ok(found.length >= (SWAPS >= 1000 ? UNSETTLED.length : 1), `swaps met ${found.join(', ')}`);
    const modules = (await scene.place.exec('show modules')).data as object[];
    for (const module of modules) t.match(module, { errors: 0, interrupted: 0 }, 'no handler failed');

    const killed = await scene.during(async () => {
      await scene.place.kill('SIGKILL');
      await scene.place.launch();
      await scene.comesToRest();
    });
    tell('killed', killed);
    const after = scene.look();
    t.ok(
      after.adjacency.frr > at.adjacency.frr && after.adjacency.bird > at.adjacency.bird,
      'a restart is noticed',
    );

    await scene.swap(FORGETS_LSAS);
    await eventuallyAsync('that it has forgotten its LSAs is noticed', PATIENCE, async () => {
      return scene.look().lsas.join() !== after.lsas.join() || undefined;
    });
    await scene.swap(FORGETS_SEQUENCES);
    await eventuallyAsync('that it has forgotten its sequence numbers is noticed', PATIENCE, async () => {
      return scene.look().adjacency.frr > after.adjacency.frr || undefined;
    });
  },
);
