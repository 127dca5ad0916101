/** Addresses whose packets the host does not take: what nf_tables has, by the eyes of `nft`, and what becomes of packets. */
import t from 'tap';
import type { KernelChange } from '../../drivers/kernel-tables.ts';
import { NetworkNamespace } from '../netns.ts';
import type { KernelOrder } from './fixtures/kernel-agent.ts';
import { eventually, kernelPlace, opened } from './fixtures/kernel-place.ts';
import { Remote } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
const OPEN = { options: { neighbors: true, closed: true } };
const FOREIGN = `table inet other {
  set closed4 { type ipv4_addr; elements = { 10.0.0.9 }; }
  chain input { type filter hook input priority 0; policy accept; ip saddr 192.0.2.9 counter drop; }
}
`;
/** Ours as a person would write it. */
const BY_HAND = `table inet hitless {
  set closed4 { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.7 }; }
  set closed6 { type ipv6_addr; elements = { 2001:db8::7 }; }
  set closed6_on { type iface_index . ipv6_addr; elements = { "v0" . fe80::7 }; }
  chain input { type filter hook input priority filter - 10; policy accept;
    iif "lo" accept
    ip daddr @closed4 counter drop
    icmpv6 type nd-neighbor-solicit accept
    icmpv6 type nd-neighbor-advert accept
    ip6 daddr @closed6 counter drop
    iif . ip6 daddr @closed6_on counter drop
  }
}
`;

const closed = (verb: 'replace' | 'remove', index: number, ...addresses: string[]): KernelChange[] =>
  addresses.map((address) => ({ verb, kind: 'closed', wanted: { index, address } }));

const nft = (namespace: NetworkNamespace, ...words: string[]) => namespace.exec(['nft', ...words]);
const load = (namespace: NetworkNamespace, rules: string) =>
  namespace.exec(['nft', '-f', '-'], { input: rules });
const tables = (namespace: NetworkNamespace) => nft(namespace, 'list', 'tables').trim();

type Listed = Record<string, Record<string, unknown>>;

/** All of `nft -j` but its own version and the handles. */
function ruleset(namespace: NetworkNamespace): Listed[] {
  const { nftables } = JSON.parse(nft(namespace, '-j', 'list', 'ruleset')) as { nftables: Listed[] };
  return nftables
    .filter((one) => !('metainfo' in one))
    .map((one) => {
      const [[kind, { handle: _, ...rest }]] = Object.entries(one) as [[string, Record<string, unknown>]];
      if (kind === 'set') (rest.elem as unknown[] | undefined)?.sort();
      return { [kind]: rest };
    });
}

/** Elements of our sets, as texts. */
function elements(namespace: NetworkNamespace): string[] {
  return ruleset(namespace)
    .flatMap(({ set }) => (set?.table === 'hitless' ? ((set.elem as unknown[]) ?? []) : []))
    .map((each) => JSON.stringify(each))
    .sort();
}

/** Without what says whose it is, and with the counters at their beginning. */
const comparable = (listed: Listed[]) =>
  JSON.parse(
    JSON.stringify(listed, (key, value) => (key === 'flags' || key === 'owner' ? undefined : value)),
  ) as unknown;

t.test('nft shows what a person would have written, and the same instructions', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace, index, change } = place;
  await opened(place, OPEN);
  t.equal(tables(namespace), '', 'nothing as long as none is closed');
  const { refusals } = await change([
    ...closed('replace', index, '10.0.0.1', '10.0.0.7', '2001:db8::7', 'fe80::7'),
  ]);
  t.same(refusals, []);
  const text = nft(namespace, 'list', 'ruleset');
  t.match(text, /flags owner/);
  const other = NetworkNamespace.create('byhand');
  t.teardown(() => other.cleanup());
  // The same index has the same name there.
  other.ip('link', 'add', 'v0', 'index', String(index), 'type', 'bridge');
  load(other, BY_HAND);
  t.same(comparable(ruleset(namespace)), comparable(ruleset(other)));
  const instructions = (space: NetworkNamespace) =>
    nft(space, '--debug=netlink', 'list', 'chain', 'inet', 'hitless', 'input')
      .split('\n')
      .filter((line) => /^ {2}\[ /.test(line));
  t.ok(instructions(other).length > 20, 'the control: there are some');
  t.same(instructions(namespace), instructions(other));
});

t.test('elements come and go in place, and other tables are left alone', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace, index, change } = place;
  load(namespace, FOREIGN);
  const foreign = () => nft(namespace, 'list', 'table', 'inet', 'other');
  const before = foreign();
  await opened(place, OPEN);
  await change(closed('replace', index, '10.0.0.1'));
  const handles = () =>
    nft(namespace, '-a', 'list', 'chain', 'inet', 'hitless', 'input').match(/handle \d+/g);
  const were = handles();
  t.same(
    (await change([...closed('replace', index, '10.0.0.7'), ...closed('remove', index, '10.0.0.1')]))
      .refusals,
    [],
  );
  t.same(elements(namespace), ['"10.0.0.7"']);
  const many = Array.from({ length: 250 }, (_, i) => `10.7.0.${i}`);
  t.same((await change(closed('replace', index, ...many))).refusals, []);
  t.equal(elements(namespace).length, 251);
  t.same((await change(closed('replace', index, ...many))).refusals, [], 'the same again');
  t.equal((await place.counters()).closed, 251);
  t.same(handles(), were, 'no rule was made anew');
  await change(closed('remove', index, ...many, '10.0.0.7'));
  t.equal(tables(namespace), 'table inet other', 'the table goes with the last one');
  t.equal(foreign(), before);
  await change(closed('replace', index, '10.0.0.1'));
  t.same(elements(namespace), ['"10.0.0.1"'], 'and comes again');
});

t.test('all of one request are closed, or none is, and each is told why', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace, index, change } = place;
  await opened(place, OPEN);
  const { refusals } = await change([
    ...closed('replace', index, '10.0.0.1', 'nonsense'),
    { verb: 'replace', kind: 'address', wanted: { index, address: '10.0.0.7', prefixLength: 32 } },
    ...closed('replace', index, '10.0.0.7'),
  ]);
  t.match(
    refusals.map(({ at, name }) => `${at} ${name}`),
    ['0 EINVAL', '1 EINVAL'],
  );
  t.match(refusals[0]?.message, /"nonsense" is no IPv4 or IPv6 address/);
  t.same(elements(namespace), ['"10.0.0.7"'], 'what follows is carried out');
});

t.test(
  'one that is closed for two links is open when both have let it go; a link takes its own along',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { namespace, index, change } = place;
    namespace.ip('link', 'add', 'd0', 'index', '900', 'type', 'bridge');
    await opened(place, OPEN);
    await change([
      ...closed('replace', index, '10.0.0.1', 'fe80::1'),
      ...closed('replace', 900, '10.0.0.1', 'fe80::1', '10.0.0.9'),
    ]);
    t.same(elements(namespace), [
      '"10.0.0.1"',
      '"10.0.0.9"',
      '{"concat":["d0","fe80::1"]}',
      '{"concat":["v0","fe80::1"]}',
    ]);
    for (const link of [900, index]) {
      await change(closed('remove', link, '10.0.0.1'));
      t.ok(elements(namespace).includes('"10.0.0.1"'));
      if (link === 900) await change(closed('replace', link, '10.0.0.1'));
    }
    namespace.ip('link', 'delete', 'd0');
    t.ok(
      await eventually(async () => elements(namespace).join() === '{"concat":["v0","fe80::1"]}'),
      'with the link',
    );
  },
);

for (const how of ['kill -9', 'the end of the port', 'a module that does not ask for it'] as const)
  t.test(`nothing is closed after ${how}`, { skip }, async (t) => {
    const place = kernelPlace(t);
    const { namespace, index, change, remote } = place;
    await opened(place, OPEN);
    await change(closed('replace', index, '10.0.0.1'));
    t.equal(tables(namespace), 'table inet hitless');
    if (how === 'kill -9') await remote.kill();
    else if (how === 'the end of the port') await remote.order({ op: 'close' });
    else await remote.order({ op: 'settings', settings: { neighbors: true } });
    t.ok(await eventually(async () => tables(namespace) === ''));
    if (how !== 'a module that does not ask for it') return;
    const { refusals } = await change(closed('replace', index, '10.0.0.1'));
    t.match(refusals, [{ at: 0, name: 'EPERM', message: /the port was opened without `closed`/ }]);
    await remote.order({ op: 'settings', settings: { neighbors: true, closed: true } });
    t.same((await change(closed('replace', index, '10.0.0.1'))).refusals, []);
    t.same(elements(namespace), ['"10.0.0.1"']);
  });

t.test(
  'no other program can change the table, and one of that name is left to who has made it',
  { skip },
  async (t) => {
    const place = kernelPlace(t);
    const { namespace, index, change } = place;
    load(namespace, 'table inet hitless {\n set mine { type ipv4_addr; }\n}\n');
    await opened(place, OPEN);
    const { refusals } = await change(closed('replace', index, '10.0.0.1'));
    t.match(refusals, [
      { at: 0, name: 'EEXIST', message: /^close addresses: add table inet hitless: .*EEXIST/ },
    ]);
    t.match(nft(namespace, 'list', 'ruleset'), /set mine/);
    nft(namespace, 'delete', 'table', 'inet', 'hitless');
    t.same((await change(closed('replace', index, '10.0.0.1'))).refusals, [], 'once it is gone');
    nft(namespace, 'flush', 'ruleset');
    t.throws(() => nft(namespace, 'delete', 'table', 'inet', 'hitless'), /not permitted/);
    t.same(elements(namespace), ['"10.0.0.1"']);
  },
);

t.test('where the kernel lets nobody change filters, that is told with its reason', { skip }, async (t) => {
  const namespace = NetworkNamespace.create('nobody');
  t.teardown(() => namespace.cleanup());
  const remote = new Remote<KernelOrder>({
    namespace,
    agent: 'kernel-agent',
    wrapper: ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'],
  });
  await remote.order({ op: 'open', ...OPEN });
  for (let i = 0; i < 2; i++) {
    const { refusals } = (await remote.order({
      op: 'change',
      changes: closed('replace', 1, '10.0.0.1', '10.0.0.2'),
    })) as {
      refusals: object[];
    };
    const reason = { name: 'EPERM', message: /^close addresses: change nf_tables: .*EPERM/ };
    t.match(refusals, [
      { at: 0, ...reason },
      { at: 1, ...reason },
    ]);
  }
  t.match(await remote.order({ op: 'counters' }), { lost: 0 }, 'it is an answer');
});
