/** The work of one measuring program, and its record; and the changes of a link, as `ip -batch` is told of them. */

/** The teller of a change. */
export type LinksSide = 'module' | 'host' | 'monitor';

export interface LinksJob {
  side: LinksSide;
  /** How often each kind of change is made. */
  changes: number;
  /** How often a carrier that the kernel is slow to tell of. */
  held: number;
  /** The namespace of the other end. */
  far: string;
}

/** ms, each, by kind. */
export type Times = Record<Kind, number[]>;

export interface LinksRecord {
  /** From a change to its being known. */
  known: Times;
  /** The same without the time for which the kernel worked on questions; undefined where none are asked. */
  ours?: Times;
}

export const KINDS = [
  'comes',
  'goes',
  'is renamed',
  'loses carrier',
  'loses carrier, held back',
  'changes MTU',
  'changes address',
] as const;
export type Kind = (typeof KINDS)[number];

/** A link as a report has it; index 0 where it is gone. */
export interface ToldLink {
  name: string;
  index: number;
  up: boolean;
  mtu: number;
  addresses: readonly { address: string }[];
}

export interface Step {
  /** Measured by it; undefined: it only leads back. */
  kind?: Kind;
  /** The change, as `ip -batch` takes it. */
  line: string;
  /** In the namespace of the other end. */
  far?: true;
  /** Whether this report tells of it. */
  told(link: ToldLink): boolean;
  /** The same of a line of `ip -o monitor link address`. */
  monitor: RegExp;
}

/** A pair, whose carrier is taken by its other end. */
export interface Pair {
  name: string;
  index: string;
  far: string;
  farIndex: string;
}
export const NEAR: Pair = { name: 'wan0', index: '70', far: 'far0', farIndex: '71' };
/**
 * The kernel takes a pair whose ends have the same index for none, as it does a card with a cable: of such links it tells
 * carriers once a second (net/core/link_watch.c).
 */
export const HELD: Pair = { name: 'wan1', index: '77', far: 'far1', farIndex: '77' };
const ADDRESS = '10.0.0.99';

const has = ({ addresses }: ToldLink) => addresses.some(({ address }) => address === ADDRESS);
const isAt = (name: string) => (link: ToldLink) => link.name === name && link.index > 0;
const isGone = (name: string) => (link: ToldLink) => link.name === name && link.index === 0;

function carrier(kind: Kind, { name, far }: Pair): Step[] {
  return [
    {
      kind,
      line: `link set ${far} down`,
      far: true,
      told: (link) => link.name === name && !link.up,
      monitor: new RegExp(`${name}[@:].*NO-CARRIER`),
    },
    {
      line: `link set ${far} up`,
      far: true,
      told: (link) => link.name === name && link.up,
      monitor: new RegExp(`${name}[@:].*LOWER_UP`),
    },
  ];
}

const mtu = (value: number): Step => ({
  kind: 'changes MTU',
  line: `link set wan0 mtu ${value}`,
  told: (link) => link.name === 'wan0' && link.mtu === value,
  monitor: new RegExp(`wan0[@:].* mtu ${value} `),
});

/** All kinds once, at the end of which all is as it was; those of a carrier that is held back apart. */
export const ROUND: readonly Step[] = [
  { kind: 'comes', line: 'link add new0 type bridge', told: isAt('new0'), monitor: /: new0:/ },
  {
    kind: 'is renamed',
    line: 'link set new0 name new1',
    told: isAt('new1'),
    monitor: /: new1:/,
  },
  { kind: 'goes', line: 'link delete new1', told: isGone('new1'), monitor: /Deleted.*: new1:/ },
  ...carrier('loses carrier', NEAR),
  mtu(1400),
  mtu(1500),
  {
    kind: 'changes address',
    line: `address add ${ADDRESS}/32 dev wan0`,
    told: (link) => link.name === 'wan0' && has(link),
    monitor: new RegExp(`wan0 .*${ADDRESS}`),
  },
  {
    kind: 'changes address',
    line: `address delete ${ADDRESS}/32 dev wan0`,
    told: (link) => link.name === 'wan0' && !has(link),
    monitor: new RegExp(`Deleted.*wan0 .*${ADDRESS}`),
  },
];
export const HELD_ROUND: readonly Step[] = carrier('loses carrier, held back', HELD);
