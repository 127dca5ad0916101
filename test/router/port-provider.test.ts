import t from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import { LinkedPorts } from '../../firmware/router/linked-ports.ts';
import { portProvider } from '../../firmware/router/port-provider.ts';
import { rawIpKind } from '../../firmware/router/raw-ip-kind.ts';
import type { RawDriver } from '../../firmware/router/raw-kind.ts';
import type { Port, PortProvider } from '../../runtime/index.ts';

/** As `initial` is given them. */
const SETTINGS = {
  OSPF: { routerId: '1.1.1.1', interfaces: { a: {}, b: {} } },
  VRRP: {
    groups: [
      { interface: 'a', group: 1 },
      { interface: 'a', group: 2 },
    ],
  },
};

/** A driver that writes down what is done to it. */
class Driver implements RawDriver {
  readonly done: string[] = [];
  readonly name: string;
  fails = false;
  failure = '';
  readonly counters = { received: 3 };
  constructor(name: string) {
    this.name = name;
  }
  open(): void {
    if (this.fails) throw new Error('no permission');
    this.done.push('open');
  }
  send(datum: unknown) {
    this.done.push(`send ${datum}`);
    return 'sent' as const;
  }
  close(): void {
    this.done.push('close');
  }
  regroup(groups: readonly string[]): void {
    if (groups.includes('224.0.0.99')) throw new Error('no room');
    this.done.push(`groups ${groups}`);
  }
  relink({ name, up }: LinkState): void {
    this.done.push(`${name} ${up ? 'up' : 'down'}`);
  }
}

function link(name: string, up: boolean): LinkState {
  return { name, index: 1, up, mtu: 1500, mac: '', addresses: [] };
}

function provider() {
  const drivers: Driver[] = [];
  const used: unknown[] = [];
  const linked = new LinkedPorts();
  linked.onUse = (...use) => used.push(use);
  const kind = rawIpKind(linked, (options) => {
    const driver = new Driver(`${options.interface} ${options.protocol}`);
    drivers.push(driver);
    return driver;
  });
  const ports = portProvider({ 'raw-ip': kind });
  return { ports, kind, linked, used, drivers };
}

function portOfVrrp(ports: PortProvider): Port {
  return [...ports('VRRP', 'vrrp', SETTINGS.VRRP)][0]![1];
}

t.test('a module gets a port on each interface that its settings name, and no other', async (t) => {
  const { ports, linked, drivers } = provider();
  t.same(
    [...ports('OSPF', 'ospf', SETTINGS.OSPF)].map(([key]) => key),
    ['a', 'b'],
  );
  t.same(
    [...ports('VRRP', 'vrrp', SETTINGS.VRRP)].map(([key]) => key),
    ['a'],
    'two groups share a port',
  );
  t.same(
    drivers.map(({ name }) => name),
    ['a 89', 'b 89', 'a 112'],
  );
  t.same([...ports('IP', 'icmp', undefined)], [], 'it has no settings');
  t.same([...ports('OSPF', 'vrrp', SETTINGS.VRRP)], []);
  t.same([...ports('CHAT', 'icmp', { interfaces: { a: {} } })], []);
  t.equal(linked.open, 0);
});

t.test('a port knows its link from its opening to its closing, as it is then', async (t) => {
  const { ports, linked, drivers } = provider();
  linked.relink(link('a', true));
  const port = portOfVrrp(ports);
  linked.relink(link('a', false));
  port.open(() => {});
  linked.relink(link('a', true));
  linked.relink(link('b', true));
  t.equal(port.send('x'), 'sent');
  t.equal(linked.open, 1);
  port.close();
  linked.relink(link('a', false));
  t.same(drivers[0]?.done, ['a down', 'open', 'a up', 'b up', 'send x', 'close']);
  t.equal(linked.open, 0);

  const later = portOfVrrp(ports);
  later.open(() => {});
  t.same(drivers[1]?.done, ['a down', 'open'], 'one that is added later starts with what is so by then');
});

t.test('what a driver says of its failures and counts reaches who has the port', async (t) => {
  const { ports, drivers } = provider();
  const port = portOfVrrp(ports);
  t.equal(port.failure, '');
  drivers[0]!.failure = 'Operation not permitted';
  t.equal(port.failure, 'Operation not permitted');
  t.same(port.counters, { received: 3 });
});

t.test('a port that cannot be opened is not followed', async (t) => {
  const { ports, linked, drivers } = provider();
  linked.relink(link('a', true));
  const port = portOfVrrp(ports);
  drivers[0]!.fails = true;
  t.throws(() => port.open(() => {}), /no permission/);
  t.equal(linked.open, 0);
  linked.relink(link('a', false));
  t.same(drivers[0]?.done, ['a up']);
});

t.test('a module joins and leaves further groups beside those that its manifest declares', async (t) => {
  const { kind, drivers, linked, used } = provider();
  const declaration = { kind: 'raw-ip', protocol: 89, groups: ['224.0.0.5'] };
  linked.relink(link('b', true));
  const request = { module: 'CHAT', port: 'wire', key: 'a', declaration, settings: undefined };
  const port = kind.make(request);
  port.open(() => {});
  t.same(used, [['a', "CHAT's port wire", ['b']]]);
  port.change!({ groups: ['224.0.0.6', '224.0.0.5'] });
  port.change!(undefined);
  t.same(drivers[0]?.done.slice(2), ['groups 224.0.0.5,224.0.0.6', 'groups 224.0.0.5']);
  t.throws(() => port.change!({ groups: ['224.0.0.99'] }), /no room/);
  t.throws(
    () => kind.make({ ...request, key: 'a-very-long-name' }),
    /"a-very-long-name" is not the name of an interface/,
  );
});

t.test('what is wrong with a declaration or its settings is said in words', async (t) => {
  const { kind } = provider();
  const good = { kind: 'raw-ip', protocol: 89 };
  t.equal(
    kind.check!({ ...good, groups: ['224.0.0.5'], ttl: { multicast: 1, unicast: 64 } }, { groups: [] }),
    undefined,
  );
  const rows: [object, unknown, RegExp][] = [
    [{ kind: 'raw-ip' }, undefined, /^protocol must be a whole number from 1 to 254, not undefined$/],
    [{ ...good, protocol: 255 }, undefined, /not 255$/],
    [
      { ...good, grups: [] },
      undefined,
      /^there is no "grups"; a port of kind raw-ip has protocol, groups, ttl, icmpTypes$/,
    ],
    [{ ...good, ttl: 0 }, undefined, /^ttl must be/],
    [{ ...good, ttl: { multicast: 1 } }, undefined, /^ttl must be/],
    [{ ...good, icmpTypes: [9] }, undefined, /^icmpTypes are for protocol 1 alone$/],
    [{ ...good, protocol: 1, icmpTypes: [32] }, undefined, /^icmpTypes must be/],
    [{ ...good, groups: ['10.0.0.1'] }, undefined, /^groups: "10\.0\.0\.1" is no multicast address/],
    [{ ...good, groups: '224.0.0.5' }, undefined, /^groups must be a list/],
    [good, ['224.0.0.5'], /^settings must be an object/],
    [good, { join: [] }, /^there is no setting "join"; there is groups$/],
    [good, { groups: [7] }, /^settings\.groups: 7 is no multicast address/],
    [
      good,
      { groups: Array.from({ length: 300 }, () => '224.0.0.5') },
      /^settings\.groups may have 256 addresses, not 300$/,
    ],
  ];
  for (const [declaration, settings, says] of rows)
    t.match(kind.check!(declaration as typeof good, settings), says);
});
