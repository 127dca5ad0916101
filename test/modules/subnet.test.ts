/** Which subnet of an interface is used, and what is said of the others. */
import t from 'tap';
import { choiceText, chooseSubnet, type Subnet, subnetInUse } from '../../firmware/modules/subnet.ts';
import { linkDown, linkUp } from './fake-context.ts';

/** The address that is used, and the reasons of the others, in the order of the link. */
function chosen(addresses: string[], named?: string): [string | undefined, ...string[]] {
  const { used, unused } = chooseSubnet(linkUp('r0', ...addresses), named);
  return [used?.address, ...unused.map(({ reason }) => reason)];
}

/** The end of a point-to-point link, as drivers/links.ts tells it. */
const PEER: Subnet = { address: '10.0.9.1', prefixLength: 32, peer: '10.0.9.2' };

t.test('the first address that is one of a network is used, wherever it stands', async (t) => {
  t.same(chosen([]), [undefined]);
  t.same(chosen(['10.0.1.1/24']), ['10.0.1.1']);
  t.same(chosen(['10.9.9.9/32', '10.0.1.1/24']), ['10.0.1.1', 'hostPrefix']);
  t.same(chosen(['10.0.1.1/24', '10.0.2.1/24', '10.0.1.9/24']), ['10.0.1.1', 'another', 'another']);
  t.same(chosen(['10.9.9.9/32']), [undefined, 'hostPrefix']);
});

t.test('an address that no router may have is passed over; both of a /31 are good (RFC 3021)', async (t) => {
  t.same(chosen(['10.0.1.0/24', '10.0.1.255/24', '10.0.2.1/24']), [
    '10.0.2.1',
    'networkAddress',
    'broadcastAddress',
  ]);
  t.same(chosen(['10.0.1.0/31']), ['10.0.1.0']);
  t.same(chosen(['10.0.1.1/31']), ['10.0.1.1']);
  t.same(chosen(['10.0.1.3/30']), [undefined, 'broadcastAddress']);
});

t.test('the end of a point-to-point link takes no part, and is not the only one that can', async (t) => {
  const link = linkUp('r0', '10.0.1.1/24');
  link.addresses.unshift(PEER);
  t.match(chooseSubnet(link), { used: { address: '10.0.1.1' }, unused: [{ subnet: PEER, reason: 'peer' }] });
  t.match(chooseSubnet({ addresses: [PEER] }), { used: undefined, unused: [{ reason: 'peer' }] });
});

t.test('the configuration names an address, one with its length, or a network', async (t) => {
  const addresses = ['10.0.1.1/24', '10.0.2.1/24', '10.0.2.2/25'];
  t.same(chosen(addresses, '10.0.2.1'), ['10.0.2.1', 'notNamed', 'notNamed']);
  t.same(chosen(addresses, '10.0.2.0/24'), ['10.0.2.1', 'notNamed', 'notNamed']);
  t.same(chosen(addresses, '10.0.2.0/25'), ['10.0.2.2', 'notNamed', 'notNamed']);
  t.same(chosen(addresses, '10.0.2.1/24'), ['10.0.2.1', 'notNamed', 'notNamed']);
  t.same(chosen(addresses, '10.0.2.1/25'), [undefined, 'notNamed', 'notNamed', 'notNamed']);
  t.same(chosen(addresses, '10.0.3.0/24'), [undefined, 'notNamed', 'notNamed', 'notNamed']);
  t.same(chosen(['10.0.1.1/31'], '10.0.1.0/31'), ['10.0.1.1']);
  t.same(chosen(['10.9.9.9/32', '10.0.1.1/24'], '10.9.9.9'), [undefined, 'hostPrefix', 'notNamed']);
  t.same(chosen(['192.0.2.1/24', '223.255.0.1/16'], '223.255.0.0/16'), ['223.255.0.1', 'notNamed']);
});

t.test('no subnet of a link that is down or unknown is in use', async (t) => {
  t.equal(subnetInUse(undefined), undefined);
  t.equal(subnetInUse({ ...linkDown('r0'), addresses: linkUp('r0', '10.0.1.1/24').addresses }), undefined);
  t.same(subnetInUse(linkUp('r0', '10.0.1.1/24')), { address: '10.0.1.1', prefixLength: 24 });
});

t.test('a choice is told in words, and only where there is one', async (t) => {
  const told = (addresses: string[], named?: string) =>
    choiceText('r0', chooseSubnet(linkUp('r0', ...addresses), named));
  t.equal(told([]), undefined);
  t.equal(told(['10.0.1.1/24']), undefined);
  t.equal(told(['10.0.1.1/24'], '10.0.1.0/24'), undefined);
  t.equal(
    told(['10.9.9.9/32', '10.0.1.1/24', '10.0.2.1/24']),
    'r0: 10.0.1.1/24 is used; 10.9.9.9/32 (its prefix /32 is that of a host and no network), ' +
      '10.0.2.1/24 (another address of the interface is used) take no part',
  );
  t.equal(
    told(['10.0.1.1/24'], '10.0.3.0/24'),
    'r0: no address can be used as 10.0.3.0/24; 10.0.1.1/24 (the configuration names another) takes no part',
  );
  t.equal(
    choiceText('r0', chooseSubnet({ addresses: [PEER] })),
    'r0: no address can be used; 10.0.9.1 peer 10.0.9.2/32 ' +
      '(it has a peer, and point-to-point addresses are not supported yet) takes no part',
  );
});
