/** From the last version of IP without routes to one that has them, back, and there again: by commits of a person at the console. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { eventuallyAsync } from './router-lab.ts';
import { OURS, RoutesPlace } from './routes/place.ts';
import { BEFORE, ONE } from './routes/versions.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;
const ROUTES = [
  'set ip routes 10.9.0.0/16 10.2.0.2',
  'set ip routes 10.8.0.0/16 10.2.0.2',
  'set ip routes 10.8.0.0/16 10.3.0.2',
  'set ip routes 10.7.0.0/16 blackhole',
  'set ip routes fd00:9::/48 fd00:2::2',
  // Found routes that nobody claims are swept after this time.
  'set ip keep-routes 2s',
];
const LINES = [
  '10.9.0.0/16 10.2.0.2%wan0*1',
  '10.8.0.0/16 10.2.0.2%wan0*1 10.3.0.2%wan1*1',
  '10.7.0.0/16 blackhole',
  'fd00:9::/48 fd00:2::2%wan0*1',
];
interface RouteRow {
  prefix: string;
  selected: boolean;
  inKernel: string;
}

/** Of our number, and configured by nobody. */
const STRAY = '10.66.0.0/16';

t.test(
  'routes stay as they are over a rollback to a version without them, a commit there, and the return',
  { skip, timeout: 120_000 },
  async (t) => {
    const place = await RoutesPlace.make(t);
    place.write({ version: BEFORE });
    await place.launch();
    const console = await ConsoleSession.open(t, place.socket);
    const version = async () => (await console.data<{ version: string }[]>('show modules'))[0]!.version;
    await console.all(`set router modules IP ip@${ONE}`, ...ROUTES, 'commit');
    t.same(await place.comesTo(LINES), [], 'committed over a version that knows no routes');
    await place.watch();
    await place.startStream();

    await console.all('rollback');
    t.equal(await version(), BEFORE);
    await place.streams(500);
    t.same(await place.comesTo(LINES, 0), []);
    await console.all('set ip lifetime 40m', 'commit');
    t.notMatch(await console.all('show configuration'), /routes/, 'what is in force there has none');
    await place.streams(500);
    t.same(await place.comesTo(LINES, 0), []);

    const [prefix, wan1] = [STRAY, '10.3.0.2'];
    place.router.ip('route', 'add', prefix, 'via', wan1, 'proto', String(OURS), 'metric', '72');
    await console.all(`set router modules IP ip@${ONE}`, ...ROUTES, 'commit');
    t.equal(await version(), ONE);
    await eventuallyAsync('the time for claims is over', PATIENCE, async () => {
      return !(await place.ours()).some((line) => line.startsWith(STRAY)) || undefined;
    });
    t.same(await place.comesTo(LINES), [], 'the kernel has what is configured');
    t.match(
      await place.tally(),
      { removedRoutes: 1, removed: [STRAY], newRoutes: 1, lost: 0 },
      'nothing was withdrawn but what nobody wants, and nothing was put again',
    );
    const { lost, received } = await place.endStream();
    t.same({ lost, duplicates: received.duplicates }, { lost: 0, duplicates: 0 });

    const rib = await console.data<RouteRow[]>('show ip route static');
    t.same(
      rib.map(({ prefix, selected, inKernel }) => [prefix, selected, inKernel]),
      ['10.7.0.0/16', '10.8.0.0/16', '10.9.0.0/16'].map((prefix) => [prefix, true, 'yes']),
    );
    const text = await console.all('show configuration');
    t.match(text, new RegExp(`IP: ip@${ONE}`));
    t.match(text, /lifetime: 40m/, 'what was committed in between');
    t.match(text, /10\.8\.0\.0\/16:\n\s+10\.2\.0\.2: \{\}\n\s+10\.3\.0\.2: \{\}/);
    await console.all('set ip routes 10.6.0.0/16 10.3.0.2', 'delete ip routes 10.7.0.0/16', 'commit');
    const after = [...LINES.filter((line) => !line.startsWith('10.7')), '10.6.0.0/16 10.3.0.2%wan1*1'];
    t.same(await place.comesTo(after), [], 'it goes on from there');
  },
);
