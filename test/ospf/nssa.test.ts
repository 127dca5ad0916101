/**
 * A not-so-stubby area (RFC 3101) with two ways to the backbone, the router and FRR, and BIRD inside, which has a route to the
 * outside: who tells the AS of it, and who tells the area a default route. Then the router is inside, too.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { type Frr, frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import { BIRD_LOOPBACK, birdLink, frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const US = '10.9.0.1';
/** Its router id is the higher one. */
const FRR = '10.9.0.2';
const OUTSIDE = '10.66.1.0';

/** The router has lan0 to the backbone, FRR's eth0, and lan1 to BIRD, which has eth1 to FRR's eth1. */
async function area(t: Test) {
  const place = await OspfPlace.make(t);
  const [border, inside] = [place.peer('frr'), place.peer('bird')];
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [border, 'eth0', '10.9.0.2/24']);
  NetworkNamespace.join([place.router, 'lan1', '10.9.1.1/24'], [inside, 'eth0', '10.9.1.3/24']);
  NetworkNamespace.join([border, 'eth1', '10.9.2.2/24'], [inside, 'eth1', '10.9.2.3/24']);
  NetworkNamespace.join([place.router, 'out', '10.50.0.1/24'], [place.peer('out'), 'eth0']);
  inside.ip('address', 'add', '10.6.0.3/32', 'dev', 'lo');
  const frr = await place.frr(
    t,
    border,
    frrLink('eth0', '0.0.0.0') +
      frrLink('eth1', '0.0.0.1') +
      frrRouter(FRR, '0.0.0.0', ' area 0.0.0.1 nssa\n'),
  );
  const bird = await place.bird(t, inside, {
    routerId: '10.9.0.3',
    areas: `area 0.0.0.1 { nssa; ${birdLink('eth0')}${birdLink('eth1')}${BIRD_LOOPBACK} };`,
    exported: 'where source = RTS_STATIC',
    others: `protocol static { ipv4; route ${OUTSIDE}/24 unreachable; }`,
  });
  await place.start({
    id: US,
    ip: {
      interfaces: { lan0: {}, lan1: {}, out: {} },
      'route-maps': { far: { 10: { action: 'permit', source: 'kernel', 'set-metric': 31, 'set-type': 1 } } },
    },
    ospf: {
      timers: { ...TIMERS, 'min-ls-interval': '100ms', 'min-ls-arrival': '100ms' },
      interfaces: { lan0: POINT_TO_POINT, lan1: { ...POINT_TO_POINT, area: '0.0.0.1' } },
      // Whoever was elected while it was alone goes on for a while (RFC 3101 3.1).
      areas: { '0.0.0.1': { type: 'nssa', translate: 'never' } },
    },
  });
  const session = await ConsoleSession.open(t, place.socket);
  const change = (...lines: string[]) => session.all(...lines, 'commit');
  return { place, frr, bird, change };
}

type Area = Awaited<ReturnType<typeof area>>;

/** Routers whose LSA of a type, as FRR names it, there is for a prefix, sorted. */
function tellersOf({ vtysh }: Frr, type: string, prefix: string): string {
  const text = vtysh(`show ip ospf database ${type} ${prefix}`);
  // Those of MaxAge are on their way out.
  const lsas = text.split(/(?=LS age: )/).filter((lsa) => !lsa.startsWith('LS age: 3600'));
  return lsas
    .flatMap((lsa) => /Advertising Router: (\S+)/.exec(lsa)?.[1] ?? [])
    .sort()
    .join();
}

function comeToTell({ place, frr }: Area, type: string, prefix: string, ...routers: string[]): Promise<void> {
  return place.comesToBe(`${type} ${prefix}`, routers.join(), () => tellersOf(frr, type, prefix));
}

/** Waits until FRR has the router's default route for the area so. */
function comesToDefault({ place, frr }: Area, isPassedOn: boolean, ...lines: string[]): Promise<void> {
  const wanted = [`Options: 0x.*${isPassedOn ? 'N/P' : '\\|-\\|[-E]\\|-'}`, ...lines].join('[\\s\\S]*');
  return place.comesToBe(wanted, 'so', () => {
    const text = frr.vtysh('show ip ospf database nssa-external 0.0.0.0');
    return new RegExp(wanted).test(text) ? 'so' : text;
  });
}

async function translator(_t: Test, area: Area): Promise<void> {
  const { place, frr, bird, change } = area;
  await place.comesToEqual([frr, bird], [bird]);
  await comeToTell(area, 'external', OUTSIDE, FRR);
  const key = 'ospf areas 0.0.0.1 translate';
  await change(`set ${key} always`);
  // FRR 8.4 goes on all the same, with another metric.
  await comeToTell(area, 'external', OUTSIDE, US, FRR);
  await change(`set ${key} never`);
  await comeToTell(area, 'external', OUTSIDE, FRR);
}

async function defaultOfABorder(t: Test, area: Area): Promise<void> {
  const { place, frr, bird, change } = area;
  const key = 'ospf areas 0.0.0.1 default-information';
  t.equal(tellersOf(frr, 'nssa-external', '0.0.0.0'), '');
  await change(`set ${key} metric 6`, `set ${key} type 1`, `set ${key} tag 9`);
  await comesToDefault(area, false, 'Metric Type: 1', 'Metric: 6\\s', 'External Route Tag: 9\\s');
  await place.comesToEqual([frr, bird], [bird]);
  t.equal(tellersOf(frr, 'external', '0.0.0.0'), '', 'the AS is not told');
}

/** The router leaves the backbone. */
async function defaultFromInside(_t: Test, area: Area): Promise<void> {
  const { place, change } = area;
  const { router } = place;
  const key = 'ospf areas 0.0.0.1 default-information';
  const gone = () => comeToTell(area, 'nssa-external', '0.0.0.0');
  await change('delete ospf interfaces lan0');
  await gone();
  router.ip('route', 'add', 'default', 'via', '10.50.0.9', 'metric', '7');
  // The AS is told as well, so there is an address in the area to send to.
  await comesToDefault(area, true, 'Metric Type: 1', 'Metric: 6\\s', 'Forward Address: 10\\.9\\.1\\.1\\s');
  await comeToTell(area, 'external', '0.0.0.0', FRR);
  await change(`set ${key} route-map far`);
  await comesToDefault(area, true, 'Metric Type: 1', 'Metric: 31\\s');
  router.ip('route', 'delete', 'default');
  await gone();
  await comeToTell(area, 'external', '0.0.0.0');
  await change(`set ${key} always true`, `delete ${key} type`);
  await comesToDefault(area, true, 'Metric Type: 2', 'Metric: 6\\s');
}

t.test('an area with two ways to the backbone is told as its keys say:', { skip }, async (t) => {
  const around = await area(t);
  for (const [name, seen] of Object.entries({
    'translate: a border router that always does, beside another, and one that never does': translator,
    'default-information of a border router: for the area alone': defaultOfABorder,
    'default-information from inside: while there is a default route, or always': defaultFromInside,
  }))
    await t.test(name, (t) => seen(t, around));
});
