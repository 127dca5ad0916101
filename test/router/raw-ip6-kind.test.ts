/** Ports of kind raw-ip6: how a declaration becomes a port, and what is wrong with one in words. */
import t from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import type { RawIp6Options } from '../../drivers/raw-ip6.ts';
import { LinkedPorts } from '../../firmware/router/linked-ports.ts';
import { rawIp6Kind } from '../../firmware/router/raw-ip6-kind.ts';
import type { RawDriver } from '../../firmware/router/raw-kind.ts';

class Driver implements RawDriver {
  readonly done: string[] = [];
  open(): void {
    this.done.push('open');
  }
  close(): void {
    this.done.push('close');
  }
  send(): 'sent' {
    return 'sent';
  }
  regroup(groups: readonly string[]): void {
    this.done.push(`groups ${groups}`);
  }
  relink({ name, up }: LinkState): void {
    this.done.push(`${name} ${up ? 'up' : 'down'}`);
  }
}

function place() {
  const made: { options: RawIp6Options; driver: Driver }[] = [];
  const linked = new LinkedPorts();
  const kind = rawIp6Kind(linked, (options) => {
    const driver = new Driver();
    made.push({ options, driver });
    return driver;
  });
  return { kind, made, linked };
}

t.test('a declaration becomes a port that follows its interface', async (t) => {
  const { kind, made, linked } = place();
  const declaration = {
    kind: 'raw-ip6',
    protocol: 58,
    groups: ['ff02::2'],
    hopLimit: 255,
    icmpTypes: [133],
  };
  const request = { module: 'CHAT', port: 'wire', key: 'a', declaration, settings: { groups: ['ff02::9'] } };
  const port = kind.make(request);
  t.same(made[0]?.options, {
    interface: 'a',
    protocol: 58,
    groups: ['ff02::2', 'ff02::9'],
    hopLimit: 255,
    anySource: false,
    leastHopLimit: 255,
    icmpTypes: [133],
  });
  port.open(() => {});
  linked.relink({ name: 'a', index: 1, up: true, mtu: 1500, mac: '', addresses: [] });
  port.change!({ groups: ['ff02::6', 'ff02::2'] });
  port.change!(undefined);
  port.close();
  linked.relink({ name: 'a', index: 1, up: false, mtu: 1500, mac: '', addresses: [] });
  t.same(made[0]?.driver.done, [
    'a down',
    'open',
    'a up',
    'groups ff02::2,ff02::6',
    'groups ff02::2',
    'close',
  ]);
  kind.make({
    ...request,
    declaration: { kind: 'raw-ip6', protocol: 89, checksum: 12 },
    settings: undefined,
  });
  t.same(
    made[1]?.options,
    { interface: 'a', protocol: 89, groups: [], hopLimit: 1, anySource: false, checksum: 12 },
    'what was forwarded is no matter where the hop limit is not 255',
  );
  t.throws(
    () => kind.make({ ...request, key: 'a-very-long-name' }),
    /"a-very-long-name" is not the name of an interface/,
  );
});

t.test('what is wrong with a declaration or its settings is said in words', async (t) => {
  const check = rawIp6Kind(new LinkedPorts()).check!;
  const good = { kind: 'raw-ip6', protocol: 89 };
  t.equal(
    check({ ...good, groups: ['ff02::5'], hopLimit: 64, checksum: 12 }, { groups: ['FF02::6'] }),
    undefined,
  );
  const rows: [object, unknown, RegExp][] = [
    [{ kind: 'raw-ip6' }, undefined, /^protocol must be a whole number from 1 to 254, not undefined$/],
    [
      { ...good, ttl: 1 },
      undefined,
      /^there is no "ttl"; a port of kind raw-ip6 has protocol, groups, hopLimit, anySource, icmpTypes, checksum$/,
    ],
    [{ ...good, anySource: 1 }, undefined, /^anySource must be true or false, not 1$/],
    [{ ...good, hopLimit: 0 }, undefined, /^hopLimit must be a whole number from 1 to 255, not 0$/],
    [{ ...good, icmpTypes: [133] }, undefined, /^icmpTypes are for protocol 58 alone$/],
    [{ ...good, protocol: 58, icmpTypes: [256] }, undefined, /^icmpTypes must be/],
    [{ ...good, checksum: 13 }, undefined, /^checksum must be an even number/],
    [{ ...good, protocol: 58, checksum: 2 }, undefined, /^checksum is not for protocol 58/],
    [{ ...good, groups: ['224.0.0.5'] }, undefined, /^groups: "224\.0\.0\.5" is no multicast address/],
    [{ ...good, groups: ['ff02::5%eth0'] }, undefined, /is no multicast address \(ff00::\/8\)$/],
    [good, ['ff02::5'], /^settings must be an object such as \{ groups: \['ff02::6'\] \}/],
    [good, { join: [] }, /^there is no setting "join"; there is groups$/],
  ];
  for (const [declaration, settings, says] of rows)
    t.match(check(declaration as typeof good, settings), says);
});
