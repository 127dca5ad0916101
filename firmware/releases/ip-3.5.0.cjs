// ip@3.5.0, a module bundle of hitless. Released: it never changes.
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// ip/module.ts
var module_exports = {};
__export(module_exports, {
  default: () => Ip,
  manifest: () => manifest
});
module.exports = __toCommonJS(module_exports);
var import_runtime4 = require("hitless/runtime");

// handler-time.ts
var MAX_HANDLER_MS = 500;

// agenda.ts
var MOST_CONSEQUENCES = 1e5;
var SLICE = 64;
var Agenda = class {
  #order;
  #queues;
  /** @param order the nouns in the order of their turns; those of one list have theirs together */
  constructor(order) {
    this.#order = order;
    this.#queues = order.map(() => []);
  }
  push(item) {
    const rank = this.#order.findIndex((nouns) => nouns.includes(item.on));
    this.#queues[rank].push(item);
  }
  /** Takes the next one: nothing while there is one for an earlier noun, and for each noun first come first served. */
  next() {
    for (const queue of this.#queues) if (queue.length > 0) return queue.shift();
    return void 0;
  }
};
function* workOff(agenda, work2) {
  for (let done2 = 0; done2 < MOST_CONSEQUENCES; done2++) {
    const item = agenda.next();
    if (item === void 0) return;
    work2(item);
    if (done2 % SLICE === SLICE - 1) yield "slice";
  }
  throw new Error(
    `one input has more than ${MOST_CONSEQUENCES} consequences: some of them set each other off`
  );
}
function workOffAtOnce(agenda, work2) {
  for (const _ of workOff(agenda, work2)) ;
}
function settling(work2) {
  const of = (item) => work2[item.on];
  return {
    /** In slices, as handlers do it. */
    settle: (state, agenda, ctx) => workOff(agenda, (item) => of(item)(state, item, agenda, ctx)),
    /** At once, for hooks that cannot give way: each has its own limit of time. */
    settleAtOnce: (state, agenda, ctx) => workOffAtOnce(agenda, (item) => of(item)(state, item, agenda, ctx))
  };
}

// ip/agenda.ts
var ORDER = [
  ["settingsAnswered", "linkChanged", "listed", "wantedChanged", "virtualChanged"],
  ["linkSettings", "device"],
  ["hopChanged", "selected", "heldBack"],
  ["mayKnow", "withdraw", "advertise", "advertised", "ceased"],
  ["asked6", "advertise6", "advertised6", "farewell6"]
];
var IpAgenda = class extends Agenda {
  /** Links whose change is still to be worked off. */
  #changed = /* @__PURE__ */ new Set();
  constructor() {
    super(ORDER);
  }
  next() {
    const item = super.next();
    if (item?.on === "linkChanged") this.#changed.delete(changeOf(item));
    return item;
  }
  /** Hosts may know these addresses, though this version did not tell them. */
  mayKnow(iface, addresses) {
    this.push({ on: "mayKnow", iface, addresses });
  }
  withdraw(iface, all = false) {
    this.push({ on: "withdraw", iface, all });
  }
  advertise(iface, to, regular = false) {
    this.push({ on: "advertise", iface, to, regular });
  }
  advertised(iface) {
    this.push({ on: "advertised", iface });
  }
  ceased(iface) {
    this.push({ on: "ceased", iface });
  }
  settingsAnswered(request, refusals, was) {
    this.push({ on: "settingsAnswered", request, refusals, was });
  }
  listed() {
    this.push({ on: "listed" });
  }
  wantedChanged(names) {
    this.push({ on: "wantedChanged", names });
  }
  virtualChanged(names) {
    this.push({ on: "virtualChanged", names });
  }
  linkSettings(index) {
    this.push({ on: "linkSettings", index });
  }
  device(name) {
    this.push({ on: "device", name });
  }
  advertise6(iface) {
    this.push({ on: "advertise6", iface });
  }
  /** @param sent it has left */
  advertised6(iface, sent) {
    this.push({ on: "advertised6", iface, sent });
  }
  asked6(iface) {
    this.push({ on: "asked6", iface });
  }
  /** @param source the address that it was sent from */
  farewell6(iface, offer2, source) {
    this.push({ on: "farewell6", iface, offer: offer2, source });
  }
  /** Once for all rows of a datum: a link may have a thousand addresses. */
  linkChanged(index, name) {
    const change = changeOf({ index, name });
    if (this.#changed.has(change)) return;
    this.#changed.add(change);
    this.push({ on: "linkChanged", index, name });
  }
  /** @param prefix its key in the RIB */
  selected(prefix) {
    this.push({ on: "selected", prefix });
  }
  /** @param prefix its key in the RIB @param source of ours */
  heldBack(prefix, source) {
    this.push({ on: "heldBack", prefix, source });
  }
  /** @param hop its key among the next hops */
  hopChanged(hop) {
    this.push({ on: "hopChanged", hop });
  }
};
function changeOf({ index, name }) {
  return `${index} ${name}`;
}

// limited-log.ts
var MOST_LINES_AT_ONCE = 16;
var LINE_EVERY_MS = 3e4;
var MOST_SOURCES = 64;
var FIRST_WAIT_MS = 1e4;
var LONGEST_WAIT_MS = 36e5;
function lineDue(log, kind, source, now, atOnce = 1) {
  const record = kindOf(log, kind, now);
  const told2 = record.told.get(source);
  if (record.spare >= 1 && (told2 === void 0 || beginsAnew(told2, now))) {
    record.spare--;
    return tell(record, source, { at: now, wait: FIRST_WAIT_MS, atOnce: atOnce - 1, leftOut: 0 });
  }
  if (told2 === void 0) {
    record.leftOut++;
    return void 0;
  }
  delete told2.well;
  if (told2.atOnce > 0) return tell(record, source, { ...told2, at: now, atOnce: told2.atOnce - 1, leftOut: 0 });
  if (now - told2.at < told2.wait) {
    told2.leftOut++;
    return void 0;
  }
  const wait2 = Math.min(2 * told2.wait, LONGEST_WAIT_MS);
  return tell(record, source, { at: now, wait: wait2, atOnce: 0, leftOut: 0 });
}
function noteWell(log, kind, source, now) {
  const told2 = log.get(kind)?.told.get(source);
  if (told2 !== void 0) told2.well ??= now;
}
function forgetSources(log, name) {
  for (const { told: told2 } of log.values())
    for (const source of told2.keys())
      if (source === name || source.startsWith(`${name} `)) told2.delete(source);
}
function leftOutText({ again: again2, others }) {
  const parts2 = [
    ...again2 > 0 ? [`${again2} more since the last line`] : [],
    ...others > 0 ? [`${others} of other sources left out`] : []
  ];
  return parts2.length > 0 ? ` (${parts2.join(", ")})` : "";
}
function kindOf(log, kind, now) {
  let record = log.get(kind);
  if (record === void 0) {
    record = { told: /* @__PURE__ */ new Map(), spare: MOST_LINES_AT_ONCE, at: now, leftOut: 0 };
    log.set(kind, record);
  }
  const passed = Math.max(0, now - record.at);
  record.spare = Math.min(MOST_LINES_AT_ONCE, record.spare + passed / LINE_EVERY_MS);
  record.at = now;
  return record;
}
function beginsAnew({ at, wait: wait2, well }, now) {
  return now < at || well !== void 0 && now - well >= wait2;
}
function tell(record, source, told2) {
  const due = { again: record.told.get(source)?.leftOut ?? 0, others: record.leftOut };
  record.leftOut = 0;
  record.told.delete(source);
  record.told.set(source, told2);
  if (record.told.size > MOST_SOURCES) {
    const [longestAgo = ""] = record.told.keys();
    record.told.delete(longestAgo);
  }
  return due;
}

// pulse.ts
function begin(ctx, timer, key, interval) {
  if (ctx.timerDue(timer, key) === void 0) beat(ctx, timer, key, interval);
}
function beat(ctx, timer, key, interval, after = interval) {
  ctx.setTimer(timer, key, Math.max(0, after), { every: interval });
}
function retime(ctx, timer, key, interval) {
  const due = ctx.timerDue(timer, key) ?? interval;
  beat(ctx, timer, key, interval, Math.min(due, interval));
}
function followTick(ctx, timer, key, { tick, period }, interval, next2 = interval) {
  if (interval % period !== 0 || tick % (interval / period) !== 0) return false;
  beat(ctx, timer, key, next2, next2 + period / 2);
  return true;
}

// ip/state.ts
var import_runtime2 = require("hitless/runtime");

// ip/exchange/exchange-record.ts
var import_runtime = require("hitless/runtime");
var QUESTION_MS = 3e4;
var MOST_UNANSWERED = 3;
function emptyExchange() {
  return {
    sources: new import_runtime.Table(),
    allPrefixes: new import_runtime.Table(),
    subscriptions: new import_runtime.Table(),
    redistributed: new import_runtime.Table(),
    toRedistribute: new import_runtime.Table(),
    tracks: new import_runtime.Table(),
    prefixTrackers: new import_runtime.Table(),
    toTrack: new import_runtime.Table(),
    linksTold: new import_runtime.Table()
  };
}
var EXCHANGE_TABLES = {
  sources: {},
  allPrefixes: {},
  subscriptions: {},
  redistributed: {},
  toRedistribute: {},
  tracks: {},
  prefixTrackers: {},
  toTrack: {},
  linksTold: {}
};

// ip/interfaces/interface-record.ts
function newSettings() {
  return { ours: /* @__PURE__ */ new Map(), devices: /* @__PURE__ */ new Map(), underWay: /* @__PURE__ */ new Map(), waiting: /* @__PURE__ */ new Set() };
}
function withoutRequests({ ours, underWay }) {
  const settings2 = newSettings();
  for (const [index, owned] of ours) settings2.ours.set(index, { ...owned, kept: new Map(owned.kept) });
  for (const about of underWay.values()) {
    if ("device" in about) continue;
    const kept = settings2.ours.get(about.index)?.kept;
    for (const { aspect } of about.asked) {
      const value = kept?.get(aspect);
      if (value !== void 0 && "now" in value) kept?.set(aspect, { ...value, unsure: true });
    }
  }
  return settings2;
}

// ip/rib/queue.ts
var MOST_IN_A_ROW = 64;
function newQueue() {
  return { first: 0, taken: 0, next: 0, closed: 0 };
}
function enqueue(rows, queue, key, now) {
  const last = queue.next - 1;
  const isOpen = last >= queue.first && last >= queue.closed;
  if (isOpen && (rows.get(last)?.keys.length ?? MOST_IN_A_ROW) < MOST_IN_A_ROW)
    rows.update(last, ({ keys }) => {
      keys.push(key);
    });
  else rows.set(queue.next++, { since: now, keys: [key] });
}
function dequeue(rows, queue) {
  const row = rows.get(queue.first);
  const key = row?.keys[queue.taken];
  if (row === void 0 || key === void 0) return void 0;
  queue.taken++;
  if (queue.taken < row.keys.length) return key;
  rows.delete(queue.first);
  queue.first++;
  queue.taken = 0;
  return key;
}
function close(queue) {
  queue.closed = queue.next;
}
function isClosed({ first, closed }) {
  return first < closed;
}
function waitsSince(rows, { first }) {
  return rows.get(first)?.since;
}

// ip/rib/route-record.ts
var OWN_PROTOCOL = 72;
var OWN_METRIC = 72;
function candidateKey({ source, id }) {
  return id === "" ? source : `${source} ${id}`;
}
function hopsLeft(hops, { family, hops: gone }) {
  if (family !== 6 || gone.length >= hops.length) return [];
  const left = hops.filter((hop) => !isAmong(hop, gone));
  return left.length < hops.length ? left : [];
}
function isWithout(hops, { hops: gone }) {
  if (hops.length === 0 || gone.length === 0) return false;
  return !hops.some((hop) => isAmong(hop, gone));
}
function isAmong({ gateway, interface: index }, gone) {
  return gone.some((other) => other.gateway === gateway && other.interface === index);
}
function sameHops(one, other) {
  if (one === other) return true;
  return one.length === other.length && one.every((hop, i) => sameHop(hop, other[i]));
}
function sameHop(one, other) {
  return one.gateway === other.gateway && one.interface === other.interface && one.weight === other.weight && one.ups === other.ups && one.onLink === other.onLink;
}
function sameRoute(one, other) {
  if (one === void 0 || other === void 0) return one === other;
  return one.type === other.type && sameHops(one.hops, other.hops);
}

// ip/state.ts
var NOWHERE = ["blackhole", "unreachable"];
function emptyTables() {
  return {
    kernel: {
      session: "",
      number: 0,
      lists: 0,
      whole: 0,
      listed: false,
      forgetting: false,
      bucket: 0,
      leftOut: 0,
      request: 0
    },
    links: new import_runtime2.Table(),
    names: new import_runtime2.Table(),
    addresses: new import_runtime2.Table(),
    owned: new import_runtime2.Table(),
    linkRoutes: new import_runtime2.Table(),
    forwarding6: {},
    neighbors: new import_runtime2.Table(),
    seen: new import_runtime2.Table(),
    requests: new import_runtime2.Table(),
    rib: new import_runtime2.Table(),
    lengths: {},
    nextHops: new import_runtime2.Table(),
    hopId: 0,
    waiters: new import_runtime2.Table(),
    waits: new import_runtime2.Table(),
    users: new import_runtime2.Table(),
    sweeps: new import_runtime2.Table(),
    settings: newSettings(),
    statics: new import_runtime2.Table(),
    queues: { dirty: newQueue(), leaving: newQueue() },
    dirty: new import_runtime2.Table(),
    leaving: new import_runtime2.Table(),
    waking: new import_runtime2.Table(),
    dirtyHops: new import_runtime2.Table(),
    spreading: new import_runtime2.Table(),
    held: new import_runtime2.Table(),
    refused: new import_runtime2.Table(),
    unclaimed: 0,
    ...emptyExchange()
  };
}
var TABLES = {
  links: {},
  names: {},
  addresses: {},
  owned: {},
  linkRoutes: {},
  neighbors: {},
  seen: {},
  requests: {},
  rib: {},
  nextHops: {},
  waiters: {},
  waits: {},
  users: {},
  sweeps: {},
  statics: {},
  dirty: {},
  leaving: {},
  waking: {},
  dirtyHops: {},
  spreading: {},
  held: {},
  refused: {},
  ...EXCHANGE_TABLES
};
function initialState(config) {
  const interfaces3 = Object.keys(config.interfaces).map((name) => [name, newInterface(name)]);
  return { config, relay: 1, interfaces: new Map(interfaces3), counters: {}, ...emptyTables() };
}
function newInterface(name) {
  return { name, advertised: [], initial: 0, counters: {} };
}
function configOf({ config }, { name }) {
  return config.interfaces[name];
}
function isDiscovered({ interfaces: interfaces3 }, name) {
  return interfaces3[name]?.discovery !== false;
}
var ALL_INTERFACES = -1;
var MAIN_TABLE = 254;
function prefixKey(table2, prefix) {
  return `${table2} ${prefix}`;
}
function hopKey(table2, { gateway = "", interface: name, onLink }) {
  return `${table2} ${gateway}${name === void 0 ? "" : `%${name}`}${onLink ? " onlink" : ""}`;
}
function addressKey({ index, address, prefixLength, peer = "" }) {
  return `${index} ${address}/${prefixLength} ${peer}`;
}
function neighborKey({ index, address }) {
  return `${index} ${address}`;
}
function newPrefix() {
  return {
    candidates: [],
    best: void 0,
    hops: [],
    depth: 0,
    fib: void 0,
    seen: 0,
    asked: void 0,
    refused: void 0,
    putBack: void 0,
    dirty: void 0,
    leaving: false
  };
}
function tableOfKey(key) {
  return Number.parseInt(key, 10);
}
function prefixOfKey(key) {
  return key.slice(key.indexOf(" ") + 1);
}

// address.ts
function toNumber(address) {
  return address.split(".").reduce((number, octet) => number << 8 | Number(octet) & 255, 0) >>> 0;
}
function toAddress(number) {
  return [number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255].join(".");
}
function maskOf(prefixLength) {
  return prefixLength === 0 ? 0 : -1 << 32 - prefixLength >>> 0;
}
function sameNetwork(one, other, prefixLength) {
  return ((toNumber(one) ^ toNumber(other)) & maskOf(prefixLength)) === 0;
}

// subnet.ts
var UNUSED_REASONS = {
  notNamed: "the configuration names another",
  peer: "it has a peer, and point-to-point addresses are not supported yet",
  hostPrefix: "its prefix /32 is that of a host and no network",
  networkAddress: "it is its network's own address, which no router may have",
  broadcastAddress: "it is its network's broadcast address, which no router may have",
  another: "another address of the interface is used"
};
function chooseSubnet(link, named3) {
  const choice = { used: void 0, unused: [], ...named3 !== void 0 && { named: named3 } };
  for (const subnet of link?.addresses ?? []) {
    const reason = whyUnused(subnet, named3);
    if (reason !== void 0) choice.unused.push({ subnet, reason });
    else if (choice.used !== void 0) choice.unused.push({ subnet, reason: "another" });
    else choice.used = subnet;
  }
  return choice;
}
function textOf({ address, prefixLength, peer }) {
  return `${address}${peer === void 0 ? "" : ` peer ${peer}`}/${prefixLength}`;
}
function whyUnused(subnet, named3) {
  const { address, prefixLength, peer } = subnet;
  if (named3 !== void 0 && !isNamed(subnet, named3)) return "notNamed";
  if (peer !== void 0) return "peer";
  if (prefixLength >= 32) return "hostPrefix";
  const reserved = reservedAs(address, prefixLength);
  return reserved && (reserved === "own" ? "networkAddress" : "broadcastAddress");
}
function reservedAs(address, prefixLength) {
  if (prefixLength >= 31) return void 0;
  const host = (toNumber(address) & ~maskOf(prefixLength)) >>> 0;
  if (host === 0) return "own";
  return host === ~maskOf(prefixLength) >>> 0 ? "broadcast" : void 0;
}
function isNamed({ address, prefixLength }, named3) {
  const [given = "", length] = named3.split("/");
  if (length === void 0) return address === given;
  if (Number(length) !== prefixLength) return false;
  const network = (toNumber(given) & ~maskOf(prefixLength)) === 0;
  return network ? ((toNumber(address) ^ toNumber(given)) & maskOf(prefixLength)) === 0 : address === given;
}

// ip/discovery/eligibility.ts
var MOST_NAMED = 8;
function eligibleOf(link) {
  if (!link?.up || link.forwarding === false) return [];
  return offered(link);
}
function remarksOn(link) {
  return [...remarkOnForwarding(link), ...remarkOnAddresses(link)];
}
function remarkOnForwarding({ name, forwarding }) {
  if (forwarding !== false) return [];
  return [
    `${name} is not offered to hosts as a default router: net.ipv4.conf.${name}.forwarding is 0, so the kernel forwards nothing that comes in there; net.ipv4.ip_forward=1 turns it on for all`
  ];
}
function remarkOnAddresses(link) {
  const strays = chooseSubnet(link).unused.filter(({ reason }) => reason !== "another");
  if (strays.length === 0) return [];
  const used = offered(link);
  const idle = strays.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const verb = idle.length === 1 ? "takes" : "take";
  return [
    `${link.name} is offered to hosts as ${used.length > 0 ? some(used) : "no router"}; ${some(idle)} ${verb} no part`
  ];
}
function offered(link) {
  const { used, unused } = chooseSubnet(link);
  const others = unused.filter(({ reason }) => reason === "another").map(({ subnet }) => subnet.address);
  return used === void 0 ? [] : [used.address, ...others];
}
function some(texts) {
  const more = texts.length - MOST_NAMED;
  return [...texts.slice(0, MOST_NAMED), ...more > 0 ? [`${more} more`] : []].join(", ");
}

// checksum.ts
function sumOf(bytes, start = 0) {
  let sum = start;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  if (even < bytes.length) sum += bytes[even] << 8;
  while (sum > 65535) sum = (sum & 65535) + Math.floor(sum / 65536);
  return sum;
}
function checksumOf(bytes, start = 0) {
  return ~sumOf(bytes, start) & 65535;
}

// ip/discovery/packet.ts
var TYPE_ADVERTISEMENT = 9;
var TYPE_SOLICITATION = 10;
var ICMP_TYPES = [TYPE_ADVERTISEMENT, TYPE_SOLICITATION];
var HEADER = 8;
var ENTRY_WORDS = 2;
var ALL_SYSTEMS = "224.0.0.1";
var ALL_ROUTERS = "224.0.0.2";
function encode({ lifetime, addresses }) {
  const bytes = new Uint8Array(HEADER + addresses.length * ENTRY_WORDS * 4);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPE_ADVERTISEMENT;
  bytes[4] = addresses.length;
  bytes[5] = ENTRY_WORDS;
  view.setUint16(6, lifetime);
  addresses.forEach(({ address, preference }, i) => {
    view.setUint32(HEADER + i * 8, toNumber(address));
    view.setInt32(HEADER + i * 8 + 4, preference);
  });
  view.setUint16(2, checksumOf(bytes));
  return bytes;
}
function addressesThatFit(mtu) {
  const IP_HEADER = 20;
  const MOST = 255;
  return Math.min(MOST, Math.max(1, Math.floor((mtu - IP_HEADER - HEADER) / (ENTRY_WORDS * 4))));
}
function decode(bytes) {
  if (bytes.length < HEADER) return { error: "truncated" };
  if (bytes[0] !== TYPE_ADVERTISEMENT && bytes[0] !== TYPE_SOLICITATION) return { error: "foreign" };
  if (checksumOf(bytes) !== 0) return { error: "checksum" };
  if (bytes[1] !== 0) return { error: "code" };
  if (bytes[0] === TYPE_SOLICITATION) return { type: "solicitation" };
  const count2 = bytes[4];
  const entry = bytes[5] * 4;
  if (count2 < 1) return { error: "addressCount" };
  if (entry < 8) return { error: "entrySize" };
  if (bytes.length < HEADER + count2 * entry) return { error: "length" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const addresses = Array.from({ length: count2 }, (_, i) => ({
    address: toAddress(view.getUint32(HEADER + i * entry)),
    preference: view.getInt32(HEADER + i * entry + 4)
  }));
  return { type: "advertisement", lifetime: view.getUint16(6), addresses };
}

// ip/discovery/interface.ts
var MAX_INITIAL_ADVERTISEMENTS = 3;
var MAX_INITIAL_ADVERT_INTERVAL = 16e3;
function linkChanged(state, iface, link, agenda, ctx) {
  const was = iface.link;
  iface.link = link;
  if (!isDiscovered(state.config, iface.name)) return;
  if (eligibleOf(was).length === 0 && eligibleOf(link).length > 0) {
    iface.initial = MAX_INITIAL_ADVERTISEMENTS;
    beat(ctx, "advertise", iface.name, intervalOf(state, iface));
  }
  if (link.forwarding === false) {
    const told2 = was?.forwarding === false ? was.addresses.map(({ address }) => address) : [];
    const own = link.addresses.map(({ address }) => address).filter((address) => !told2.includes(address));
    agenda.mayKnow(iface, own);
  }
  sayRemarks(state, iface, ctx);
  agenda.withdraw(iface);
}
function advertiseOnTick(state, broadcast, agenda, ctx) {
  for (const iface of state.interfaces.values()) {
    if (!isDiscovered(state.config, iface.name)) continue;
    const { interval } = configOf(state, iface);
    if (followTick(ctx, "advertise", iface.name, broadcast, intervalOf(state, iface), interval))
      advertiseNow(state, iface, agenda, ctx);
  }
}
function advertiseNow(state, iface, agenda, ctx) {
  sayRemarks(state, iface, ctx);
  agenda.withdraw(iface);
  agenda.advertise(iface, ALL_SYSTEMS, true);
}
function startAdvertising(state, iface, ctx) {
  if (!isDiscovered(state.config, iface.name)) {
    ctx.cancelTimer("advertise", iface.name);
    return;
  }
  ctx.openPort("icmp", iface.name);
  begin(ctx, "advertise", iface.name, intervalOf(state, iface));
}
function retimeAdvertising(state, iface, ctx) {
  retime(ctx, "advertise", iface.name, intervalOf(state, iface));
}
function goOn(state, iface, due, ctx) {
  const interval = intervalOf(state, iface);
  beat(ctx, "advertise", iface.name, interval, due + interval - ctx.now());
}
function advertised(iface) {
  if (iface.initial > 0) iface.initial--;
}
function cease(iface, agenda, ctx) {
  ctx.cancelTimer("advertise", iface.name);
  iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  agenda.ceased(iface);
  agenda.withdraw(iface, true);
}
function intervalOf(state, iface) {
  const { interval } = configOf(state, iface);
  return iface.initial > 0 ? Math.min(interval, MAX_INITIAL_ADVERT_INTERVAL) : interval;
}
function sayRemarks(state, iface, ctx) {
  const { link, said = [] } = iface;
  if (link === void 0) return;
  const isSet = configOf(state, iface).settings?.forwarding === true;
  const remarks = remarksOn(isSet ? { ...link, forwarding: true } : link);
  for (const remark of remarks) if (!said.includes(remark)) ctx.log("warn", remark);
  const mended = said.includes(remarkOnForwarding({ ...link, forwarding: false })[0] ?? "");
  if (link.forwarding === true && mended)
    ctx.log("info", `${link.name} forwards now: it is offered to hosts`);
  if (remarks.length > 0) iface.said = remarks;
  else delete iface.said;
}

// difference.ts
function differenceOf(before, after) {
  const has = (config, name) => Object.hasOwn(config, name);
  const names = Object.keys(after);
  const stayed = names.filter((name) => has(before, name));
  return {
    added: names.filter((name) => !has(before, name)),
    stayed,
    changed: stayed.filter((name) => !isSame(before[name], after[name])),
    removed: Object.keys(before).filter((name) => !has(after, name))
  };
}
function isSame(one, other) {
  if (!isCompound(one) || !isCompound(other) || Array.isArray(one) !== Array.isArray(other))
    return Object.is(one, other);
  const names = /* @__PURE__ */ new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}
function isCompound(value) {
  return typeof value === "object" && value !== null;
}

// messages/redistribute.ts
var MOST_SOURCES_ASKED = 16;
var MOST_REDISTRIBUTED = 128;
var MOST_AHEAD = 64;

// prefix.ts
var DOT = 46;
var SLASH = 47;
var ZERO = 48;
var GROUP = /^[0-9a-f]{1,4}$/i;
var GROUPS = 8;
function parseAddress(text) {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}
function parsePrefix(text) {
  const slash = text.indexOf("/");
  const length = slash < 0 ? void 0 : parseLength(text, slash + 1);
  if (length === void 0) return void 0;
  const words = text.includes(":") ? parseIpv6(text.slice(0, slash)) : parseIpv4(text, slash);
  return words !== void 0 && length <= 32 * words.length ? { words, length } : void 0;
}
function textOf2(text, { words, length }) {
  return words.length === 1 ? text : prefixText(words, length);
}
function addressText(words) {
  return words.length === 1 ? ipv4Text(words[0]) : ipv6Text(words);
}
function prefixText(words, length) {
  return `${addressText(networkOf(words, length))}/${length}`;
}
function canonicalAddress(text) {
  const words = parseAddress(text);
  return words && addressText(words);
}
function canonicalPrefix(text) {
  const prefix = parsePrefix(text);
  return prefix && prefixText(prefix.words, prefix.length);
}
function hasHostBits({ words, length }) {
  if (words.length === 1) return (words[0] & ~maskOfWord(length)) !== 0;
  return networkOf(words, length).some((word, i) => word !== words[i]);
}
function networkOf(words, length) {
  if (words.length === 1) return [(words[0] & maskOfWord(length)) >>> 0];
  return words.map((word, i) => (word & maskOfWord(length - 32 * i)) >>> 0);
}
function covers({ words, length }, address) {
  if (words.length !== address.length) return false;
  for (let i = 0; 32 * i < length; i++)
    if (((words[i] ^ address[i]) & maskOfWord(length - 32 * i)) !== 0) return false;
  return true;
}
function coversPrefix(prefix, other) {
  return other.length >= prefix.length && covers(prefix, other.words);
}
function familyOf(text) {
  return text.includes(":") ? 6 : 4;
}
function isLinkLocal(words) {
  return words.length === 4 && words[0] >>> 22 === 65152 >>> 6;
}
function isMulticast(words) {
  return words.length === 1 ? words[0] >>> 28 === 14 : words[0] >>> 24 === 255;
}
function lengthOf(prefix) {
  let length = 0;
  let unit = 1;
  for (let at = prefix.length - 1; at >= 0; at--) {
    const code = prefix.charCodeAt(at);
    if (code === SLASH) break;
    length += unit * (code - ZERO);
    unit *= 10;
  }
  return length;
}
function parseLength(text, from) {
  const digits = text.length - from;
  if (digits < 1 || digits > 3) return void 0;
  let length = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9 || digit === 0 && length === 0 && digits > 1) return void 0;
    length = 10 * length + digit;
  }
  return length;
}
function maskOfWord(bits) {
  if (bits <= 0) return 0;
  return bits >= 32 ? 4294967295 : -1 << 32 - bits;
}
function parseIpv4(text, end2 = text.length) {
  let word = 0;
  let dots = 0;
  let octet;
  for (let i = 0; i < end2; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet === void 0 || ++dots > 3) return void 0;
      word = word << 8 | octet;
      octet = void 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || octet === 0) return void 0;
    octet = 10 * (octet ?? 0) + digit;
    if (octet > 255) return void 0;
  }
  return dots === 3 && octet !== void 0 ? [(word << 8 | octet) >>> 0] : void 0;
}
function parseIpv6(text) {
  const halves = withoutDots(text)?.split("::");
  if (halves === void 0 || halves.length > 2) return void 0;
  const [before, after] = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = [...before, ...after ?? []];
  const missing = GROUPS - given.length;
  if (after === void 0 ? missing !== 0 : missing < 1) return void 0;
  if (!given.every((group) => GROUP.test(group))) return void 0;
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...after ?? []];
  const values = groups.map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => (values[i] << 16 | values[i + 1]) >>> 0);
}
function withoutDots(text) {
  if (!text.includes(".")) return text;
  const from = text.lastIndexOf(":") + 1;
  const word = parseIpv4(text.slice(from))?.[0];
  if (word === void 0) return void 0;
  return `${text.slice(0, from)}${(word >>> 16).toString(16)}:${(word & 65535).toString(16)}`;
}
function ipv4Text(word) {
  return `${word >>> 24}.${word >>> 16 & 255}.${word >>> 8 & 255}.${word & 255}`;
}
function ipv6Text(words) {
  const [a, b, c, d] = words;
  if (a === 0 && b === 0 && c === 65535) return `::ffff:${ipv4Text(d)}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 65535]);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}
function longestZeros(groups) {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

// ip/rib/rib.ts
var MOST_HOPS = 64;
var MOST_PREFIXES = 1e6;
var MOST_NEXT_HOPS = 16384;
var BUCKETS = 256;
var MOST_TOGETHER = 64;
var EMPTY = 1 / 4;
var PREFIX_BUCKETS = 4096;
var WAITER_BUCKETS = 64;
var NO_CANDIDATES = [];
var NO_HOPS = [];
function offer(state, key, offered2, ctx, lastSet = 0) {
  const row = state.rib.get(key);
  const at = row === void 0 ? -1 : placeOf(row, offered2.source, offered2.id);
  const before = row?.candidates[at];
  if (before !== void 0 && isSameCandidate(before, offered2)) {
    if (before.lastSet !== lastSet)
      state.rib.update(key, ({ candidates: candidates2 }) => {
        candidates2[at].lastSet = lastSet;
      });
    return void 0;
  }
  if (row === void 0 && state.rib.size >= MOST_PREFIXES) return "too many prefixes";
  if (state.nextHops.size >= MOST_NEXT_HOPS && offered2.hops.some((hop) => !state.nextHops.has(hop.key)))
    return "too many next hops";
  const now = ctx.now();
  const candidate = candidateOf(offered2, now, lastSet);
  if (row === void 0) {
    begin2(state, key, now, [candidate]);
    changeUsers(state, key, NO_HOPS, candidate.hops, NO_CANDIDATES, now);
    return void 0;
  }
  const { candidates } = row;
  const others = candidates.filter((other) => other !== before);
  changeUsers(state, key, before?.hops ?? NO_HOPS, candidate.hops, others, now);
  replaceCandidates(state, key, others.concat(candidate), now);
  return void 0;
}
function placeOf({ candidates }, source, id) {
  for (let at = 0; at < candidates.length; at++)
    if (candidates[at].source === source && candidates[at].id === id) return at;
  return -1;
}
function candidateOf(offered2, since, lastSet) {
  const { source, id, distance, metric, tag, type, hops, direct } = offered2;
  const candidate = { source, id, distance, metric, type, hops, since, lastSet };
  if (tag !== void 0) candidate.tag = tag;
  if (direct !== void 0) candidate.direct = direct;
  return candidate;
}
function withdraw(state, key, source, id, ctx) {
  const row = state.rib.get(key);
  const gone = row?.candidates[placeOf(row, source, id)];
  if (row === void 0 || gone === void 0) return false;
  const now = ctx.now();
  const left = row.candidates.filter((candidate) => candidate !== gone);
  changeUsers(state, key, gone.hops, NO_HOPS, left, now);
  replaceCandidates(state, key, left, now);
  return true;
}
function sweepSource({ sweeps }, source, before) {
  sweeps.set(source, { before, bucket: 0 });
}
function sweepSome(state, source, most, ctx) {
  const { before, bucket } = state.sweeps.get(source);
  const { next: next2, done: done2 } = walk(state, bucket, most, (key, row) => {
    const last = row.candidates[placeOf(row, source, "")]?.lastSet;
    if (last !== void 0 && last < before) withdraw(state, key, source, "", ctx);
  });
  if (next2 === PREFIX_BUCKETS) state.sweeps.delete(source);
  else state.sweeps.set(source, { before, bucket: next2 });
  return done2;
}
function walk(state, from, most, look) {
  let next2 = from;
  let done2 = 1;
  for (; next2 < PREFIX_BUCKETS && done2 < most; next2++) {
    done2 += EMPTY;
    for (const key of state.allPrefixes.get(next2) ?? []) {
      done2++;
      const row = state.rib.get(key);
      if (row !== void 0) look(key, row);
    }
  }
  return { next: next2, done: done2 };
}
function inOrder(hops) {
  if (hops.length < 2) return hops;
  return hops.toSorted((one, other) => orderOf(one) < orderOf(other) ? -1 : 1);
}
function orderOf({ gateway = "", interface: index }) {
  return `${gateway} ${index}`;
}
function namedHops(state, hops) {
  return hops.flatMap(({ gateway, interface: index }) => {
    const name = state.links.get(index)?.link.name;
    return name === void 0 ? [] : [{ ...gateway !== void 0 && { gateway }, interface: name }];
  });
}
function bestOf(row) {
  return row?.best === void 0 ? void 0 : row.candidates.find((candidate) => candidateKey(candidate) === row.best);
}
function* keysOver(state, table2, address) {
  const lengths = state.lengths[familyKey(table2, address.length === 1 ? 4 : 6)] ?? {};
  for (const length of Object.keys(lengths).map(Number).reverse())
    yield prefixKey(table2, prefixText(address, length));
}
function longestMatch(state, table2, address, least = 0) {
  for (const key of keysOver(state, table2, address)) {
    if (lengthOf(key) < least) return void 0;
    const row = state.rib.get(key);
    if (row?.best !== void 0) return { key, row };
  }
  return void 0;
}
function makeDirty(state, key, now) {
  const row = state.rib.get(key);
  if (row === void 0 || row.dirty !== void 0) return;
  state.rib.update(key, (draft) => {
    draft.dirty = now;
  });
  enqueue(state.dirty, state.queues.dirty, key, now);
}
function wake({ waiters, waking }, waiter) {
  if (waiters.has(waiter)) waking.set(waiter, 0);
}
function wakeSome(state, now) {
  for (const [waiter, bucket] of state.waking) {
    if (bucket + 1 < WAITER_BUCKETS) state.waking.set(waiter, bucket + 1);
    else state.waking.delete(waiter);
    const hops = state.waits.get(waitsKey(waiter, bucket));
    if (hops === void 0) return EMPTY;
    for (const hop of hops) if (!state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
    return hops.size;
  }
  return 0;
}
function waitsKey(waiter, bucket) {
  return `${waiter} ${bucket}`;
}
function lengthsOf(table2, family) {
  return `/${familyKey(table2, family)}`;
}
function forgetEmpty(state, key) {
  const row = state.rib.get(key);
  if (row === void 0 || row.candidates.length > 0 || row.fib !== void 0 || row.asked !== void 0)
    return false;
  state.rib.delete(key);
  removeFrom(state.allPrefixes, bucketOf(key, PREFIX_BUCKETS), key);
  const lengths = state.lengths[familyKeyOf(key)];
  const length = lengthOf(key);
  if (lengths !== void 0) lengths[length] = (lengths[length] ?? 1) - 1;
  return true;
}
function begin2(state, key, now, candidates = NO_CANDIDATES) {
  const row = newPrefix();
  row.candidates = candidates;
  row.dirty = now;
  state.rib.set(key, row);
  enqueue(state.dirty, state.queues.dirty, key, now);
  addTo(state.allPrefixes, bucketOf(key, PREFIX_BUCKETS), key);
  const family = familyKeyOf(key);
  state.lengths[family] ??= {};
  const lengths = state.lengths[family];
  const length = lengthOf(key);
  if (lengths[length] === void 0) wake(state, `/${family}`);
  lengths[length] = (lengths[length] ?? 0) + 1;
}
function bucketOf(key, buckets = BUCKETS) {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash, 31) + key.charCodeAt(i) | 0;
  return (hash ^ hash >>> 8 ^ hash >>> 16) & buckets - 1;
}
function bucketKey(id, bucket) {
  return id * BUCKETS + bucket;
}
function beginHop(state, table2, hop, now) {
  const key = hopKey(table2, hop);
  if (state.nextHops.has(key)) return key;
  const { gateway, interface: name, onLink } = hop;
  state.hopId += 1;
  state.nextHops.set(key, {
    id: state.hopId,
    table: table2,
    ...gateway !== void 0 && { gateway },
    ...name !== void 0 && { interface: name },
    ...onLink && { onLink },
    users: 0,
    wide: false,
    trackers: [],
    resolved: [],
    depth: 0,
    waitsFor: [],
    since: now
  });
  state.dirtyHops.set(key, now);
  return key;
}
function replaceCandidates(state, key, candidates, now) {
  let isNew = false;
  state.rib.update(key, (row) => {
    row.candidates = candidates;
    isNew = row.dirty === void 0;
    row.dirty ??= now;
  });
  if (isNew) enqueue(state.dirty, state.queues.dirty, key, now);
}
function changeUsers(state, key, before, after, others, now) {
  const isOfOthers = (hop) => others.some(({ hops }) => isAmong2(hops, hop));
  for (let at = 0; at < after.length; at++) {
    const hop = after[at];
    if (isAmong2(before, hop) || isOfOthers(hop) || isAmong2(after, hop, at)) continue;
    join(state, key, hop, now);
  }
  for (let at = 0; at < before.length; at++) {
    const hop = before[at];
    if (!isAmong2(after, hop) && !isOfOthers(hop) && !isAmong2(before, hop, at))
      leave(state, key, hop.key, now);
  }
}
function isAmong2(hops, { key }, end2 = hops.length) {
  for (let at = 0; at < end2; at++) if (hops[at].key === key) return true;
  return false;
}
function join(state, key, hop, now) {
  beginHop(state, tableOfKey(key), hop, now);
  let id = 0;
  let isWide = false;
  let widens = false;
  state.nextHops.update(hop.key, (row) => {
    row.users += 1;
    id = row.id;
    widens = !row.wide && row.users > MOST_TOGETHER;
    row.wide ||= widens;
    isWide = row.wide;
  });
  if (widens) widen(state, id);
  addTo(state.users, bucketKey(id, isWide ? bucketOf(key) : 0), key);
}
function widen({ users }, id) {
  const first = bucketKey(id, 0);
  const keys = users.get(first) ?? [];
  users.delete(first);
  for (const key of keys) addTo(users, bucketKey(id, bucketOf(key)), key);
}
function leave(state, key, hop, now) {
  let id = 0;
  let isUsed = true;
  let isWide = false;
  state.nextHops.update(hop, (row) => {
    row.users -= 1;
    id = row.id;
    isWide = row.wide;
    isUsed = row.users > 0;
  });
  removeFrom(state.users, bucketKey(id, isWide ? bucketOf(key) : 0), key);
  if (!isUsed && !state.dirtyHops.has(hop)) state.dirtyHops.set(hop, now);
}
function addTo(sets, bucket, key) {
  const isThere2 = sets.update(bucket, (keys) => {
    keys.add(key);
  });
  if (!isThere2) sets.set(bucket, /* @__PURE__ */ new Set([key]));
}
function removeFrom(sets, bucket, key) {
  const keys = sets.get(bucket);
  if (keys?.size === 1 && keys.has(key)) sets.delete(bucket);
  else
    sets.update(bucket, (some3) => {
      some3.delete(key);
    });
}
function isSameCandidate(one, other) {
  return one.type === other.type && one.distance === other.distance && one.metric === other.metric && one.tag === other.tag && sameHops(one.direct ?? [], other.direct ?? []) && one.direct === void 0 === (other.direct === void 0) && (one.hops === other.hops || one.hops.length === other.hops.length && one.hops.every((hop, i) => isSameHop(hop, other.hops[i])));
}
function isSameHop(one, other) {
  return one.key === other.key && (one.weight ?? 1) === (other.weight ?? 1);
}
function familyKey(table2, family) {
  return `${table2} ${family}`;
}
function familyKeyOf(key) {
  return familyKey(tableOfKey(key), familyOf(key));
}

// ip/exchange/complaint.ts
function complain(state, kind, cause, text, ctx) {
  state.lines ??= /* @__PURE__ */ new Map();
  const due = lineDue(state.lines, kind, cause, ctx.now());
  if (due !== void 0) ctx.log("warn", `${text}${leftOutText(due)}`);
}

// ip/exchange/prefix-list.ts
function listPermits(rules, prefix) {
  return rules?.find((rule) => hasPrefix(rule, prefix))?.action === "permit";
}
function hasPrefix({ within, least, most }, prefix) {
  if (prefix.length < least || prefix.length > most) return false;
  return within === void 0 || covers(within, prefix.words);
}

// ip/exchange/route-map.ts
function applyRouteMap(filters, name, route) {
  const entry = named(filters.routeMaps, name)?.find((each2) => matches(filters, each2, route));
  if (entry?.action !== "permit") return void 0;
  const { setMetric: metric = route.metric, setTag: tag = route.tag, setType: type } = entry;
  return { metric, ...tag !== void 0 && { tag }, ...type !== void 0 && { type } };
}
function listsOf({ routeMaps }, map) {
  return (named(routeMaps, map) ?? []).flatMap(
    ({ prefixList }) => prefixList === void 0 ? [] : [prefixList]
  );
}
function matches({ prefixLists }, { prefixList, tag, source }, route) {
  if (source !== void 0 && source !== route.source) return false;
  if (tag !== void 0 && tag !== route.tag) return false;
  return prefixList === void 0 || listPermits(named(prefixLists, prefixList), route.prefix);
}
function named(filters, name) {
  return Object.hasOwn(filters, name) ? filters[name] : void 0;
}

// ip/exchange/route-filter.ts
function pass(filters, { prefixList, routeMap }, route) {
  const list2 = prefixList === void 0 ? void 0 : named(filters.prefixLists, prefixList);
  if (prefixList !== void 0 && !listPermits(list2, route.prefix)) return void 0;
  if (routeMap !== void 0) return applyRouteMap(filters, routeMap, route);
  return { metric: route.metric, ...route.tag !== void 0 && { tag: route.tag } };
}
function isOtherwise({ prefixList, routeMap }, before, after) {
  const lists = [
    ...prefixList === void 0 ? [] : [prefixList],
    ...routeMap === void 0 ? [] : [...listsOf(before, routeMap), ...listsOf(after, routeMap)]
  ];
  const isOther = (was, is, name) => !isSame(named(was, name), named(is, name));
  return routeMap !== void 0 && isOther(before.routeMaps, after.routeMaps, routeMap) || lists.some((name) => isOther(before.prefixLists, after.prefixLists, name));
}

// messages/routes.ts
var MOST_ROUTE_CHANGES = 128;
var MOST_MESSAGE_HOPS = 512;

// ip/exchange/route-message.ts
var SOURCE = /^[a-z][a-z0-9-]{0,14}$/;
var OURS = ["connected", "static", "kernel"];
var WHOLE = [void 0, "begin", "more", "end", "all"];
var TYPES = ["unicast", "blackhole", "unreachable", "prohibit"];
var LONGEST_SESSION = 64;
var LONGEST_INTERFACE = 15;
var LONGEST_FILTER = 63;
var DEFAULT_DISTANCE = 110;
var MOST_DISTANCE = 254;
var MOST_NUMBER = 4294967295;
var MOST_WEIGHT = 256;
var MOST_ROUTE_HOPS = 64;
function isName(name) {
  return typeof name === "string" && SOURCE.test(name);
}
function isFilterName(name) {
  return name === void 0 || typeof name === "string" && name.length <= LONGEST_FILTER;
}
function isWhole(value, least, most = MOST_NUMBER) {
  return Number.isInteger(value) && value >= least && value <= most;
}
function isRecord(value) {
  return typeof value === "object" && value !== null;
}
function isTable({ config }, table2) {
  return table2 === MAIN_TABLE || Object.values(config.tables).some(({ number }) => number === table2);
}
function readRoutes(body) {
  if (!isRecord(body)) return { wrong: "it has no body" };
  const { source, session, number, whole, filter, changes } = body;
  if (!isName(source) || OURS.includes(source)) return { wrong: "its source is no name of a protocol" };
  if (typeof session !== "string" || session.length > LONGEST_SESSION)
    return { wrong: `its session is no text of at most ${LONGEST_SESSION} characters` };
  if (!isWhole(number, 0, Number.MAX_SAFE_INTEGER)) return { wrong: "its number is no whole number" };
  if (!WHOLE.includes(whole)) return { wrong: "its `whole` is none of begin, more, end, all" };
  if (filter !== void 0 && !isFilter(filter)) return { wrong: "its filter is none" };
  if (!Array.isArray(changes)) return { wrong: "its changes are no list" };
  return body;
}
function isFilter(filter) {
  return isRecord(filter) && isFilterName(filter.prefixList) && isFilterName(filter.routeMap);
}
function wrongLength({ changes }) {
  if (changes.length > MOST_ROUTE_CHANGES)
    return `it has ${changes.length} changes, and ${MOST_ROUTE_CHANGES} are the most`;
  let hops = 0;
  for (const change of changes)
    if (isRecord(change) && Array.isArray(change.hops)) hops += change.hops.length;
  return hops <= MOST_MESSAGE_HOPS ? void 0 : `it has ${hops} next hops, and ${MOST_MESSAGE_HOPS} are the most`;
}
function readChange(state, source, change, before = { table: 0, family: 4, list: [] }) {
  if (!isRecord(change)) return { wrong: "a change that is none" };
  const { prefix, table: table2 = MAIN_TABLE, remove: remove2, type = "unicast" } = change;
  const value = typeof prefix === "string" ? parsePrefix(prefix) : void 0;
  if (value === void 0) return { wrong: "a prefix that is none" };
  if (!isWhole(table2, 1)) return { wrong: "a table that is no number" };
  if (hasHostBits(value))
    return remove2 === true ? { key: prefixKey(table2, prefixText(value.words, value.length)), remove: remove2 } : { wrong: "a prefix with bits beyond its length" };
  const key = prefixKey(table2, textOf2(prefix, value));
  if (remove2 === true) return { key, remove: remove2 };
  if (isMulticast(value.words)) return { key, wrong: "a prefix of multicast" };
  if (!isTable(state, table2)) return { key, wrong: `table ${table2}, which is not in the configuration` };
  if (!TYPES.includes(type))
    return { key, wrong: "a type that is none of unicast, blackhole, unreachable, prohibit" };
  const family = value.words.length === 1 ? 4 : 6;
  if (before.table !== table2 || before.family !== family) Object.assign(before, { table: table2, family, list: [] });
  return readValues(change, source, key, type, before);
}
function readValues({ distance = DEFAULT_DISTANCE, metric = 0, tag, hops = [] }, source, key, type, before) {
  if (!isWhole(distance, 1, MOST_DISTANCE))
    return { key, wrong: `a distance that is not from 1 to ${MOST_DISTANCE}` };
  if (!isWhole(metric, 0)) return { key, wrong: "a metric that is no number" };
  if (tag !== void 0 && !isWhole(tag, 0)) return { key, wrong: "a tag that is no number" };
  const count2 = Array.isArray(hops) ? hops.length : -1;
  const isCount = type === "unicast" ? count2 >= 1 && count2 <= MOST_ROUTE_HOPS : count2 === 0;
  if (!isCount)
    return { key, wrong: `next hops that are not 1 to ${MOST_ROUTE_HOPS}, or where there are to be none` };
  const read = readHops(hops, before);
  if ("wrong" in read) return { key, wrong: read.wrong };
  const offered2 = { source, id: "", distance, metric, type, hops: read };
  if (tag !== void 0) offered2.tag = tag;
  return { key, offered: offered2 };
}
function readHops(hops, before) {
  const { table: table2, family, list: last } = before;
  if (hops.length === last.length && hops.every((hop, at) => isAs(hop, last[at]))) return last;
  const read = hops.map((hop) => readHop(hop, table2, family));
  for (const hop of read) if ("wrong" in hop) return hop;
  before.list = read;
  return before.list;
}
function isAs(hop, { gateway, interface: name, weight = 1, onLink }) {
  if (!isRecord(hop)) return false;
  const given = hop.weight === void 0 ? 1 : hop.weight;
  return hop.gateway === gateway && hop.interface === name && given === weight && hop.onLink === true === (onLink === true);
}
function readHop(hop, table2, family) {
  if (!isRecord(hop)) return { wrong: "a next hop that is none" };
  const { gateway, interface: name, weight, onLink } = hop;
  if (name !== void 0 && !isInterface(name)) return { wrong: "an interface that has no name" };
  if (weight !== void 0 && !isWhole(weight, 1, MOST_WEIGHT))
    return { wrong: `a weight that is not from 1 to ${MOST_WEIGHT}` };
  if (gateway === void 0 && name === void 0)
    return { wrong: "a next hop without gateway and interface" };
  const read = { key: "" };
  if (gateway !== void 0) {
    const wrong = wrongGateway(gateway, name, onLink, family);
    if (wrong !== void 0) return { wrong };
    read.gateway = canonicalAddress(gateway);
  }
  if (name !== void 0) read.interface = name;
  if (weight !== void 0 && weight !== 1) read.weight = weight;
  if (gateway !== void 0 && onLink === true) read.onLink = onLink;
  read.key = hopKey(table2, read);
  return read;
}
function wrongGateway(gateway, name, onLink, family) {
  const words = typeof gateway === "string" ? parseAddress(gateway) : void 0;
  if (words === void 0 || isMulticast(words)) return "a gateway that is no address of a host";
  if (familyOf(gateway) !== family) return "a gateway of the other family";
  if (name === void 0 && (isLinkLocal(words) || onLink === true))
    return "a gateway that needs an interface";
  return void 0;
}
function isInterface(name) {
  return typeof name === "string" && name.length > 0 && name.length <= LONGEST_INTERFACE;
}

// ip/exchange/redistribution.ts
var MOST_SUBSCRIPTIONS = 16;
var MOST_BUCKETS = 256;
var AHEAD = MOST_AHEAD / 2;
function takeRedistribute(state, module2, body, ctx) {
  const read = readRedistribute(state, module2, body);
  if ("wrong" in read) {
    complain(state, "redistribute", module2, `redistribution to ${module2} is refused: ${read.wrong}`, ctx);
    return;
  }
  const { to, sources, table: table2 = MAIN_TABLE, family } = read;
  const known4 = state.subscriptions.get(to);
  if (known4 === void 0 && sources.length === 0) return;
  const number = known4?.number ?? 0;
  state.subscriptions.set(to, {
    module: module2,
    sources,
    table: table2,
    ...family !== void 0 && { family },
    session: known4?.session ?? String(ctx.now()),
    number,
    taken: number,
    unanswered: 0,
    walk: { bucket: 0, tells: sources.length === 0 ? "nothing" : "whole", begun: false }
  });
}
function redistributionTaken(state, module2, body, ctx) {
  const { to, session, number } = isRecord(body) ? body : {};
  const row = typeof to === "string" ? state.subscriptions.get(to) : void 0;
  if (row === void 0) return;
  if (row.module !== module2) {
    const why = `${to} is ${row.module}'s subscription`;
    complain(state, "redistribute", module2, `what ${module2} has taken is passed over: ${why}`, ctx);
    return;
  }
  const isOfOurs = session === row.session && isWhole(number, row.taken, row.number);
  state.subscriptions.set(to, { ...row, unanswered: 0, taken: isOfOurs ? number : row.taken });
}
function missSubscribers(state, ctx) {
  for (const [to, row] of state.subscriptions) {
    if (row.sources.length === 0) continue;
    if (row.unanswered < MOST_UNANSWERED) {
      state.subscriptions.set(to, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    state.subscriptions.set(to, { ...row, sources: [], walk: { bucket: 0, tells: "nothing", begun: false } });
    ctx.log(
      "warn",
      `${row.module} has not answered for ${MOST_UNANSWERED * QUESTION_MS / 1e3} s: nothing is redistributed to ${to} until it asks again`
    );
  }
}
function prefixChanged(state, key, ctx) {
  if (state.subscriptions.size > 0 && !state.toRedistribute.has(key))
    state.toRedistribute.set(key, ctx.now());
}
function filtersChanged(state, before) {
  for (const [to, row] of state.subscriptions) {
    if (!row.sources.some((source) => isOtherwise(source, before, state.config.filters))) continue;
    const tells = row.walk?.tells ?? "changes";
    state.subscriptions.set(to, { ...row, walk: { bucket: 0, tells, begun: false } });
  }
}
function hasRoom({ number, taken }) {
  return number - taken < AHEAD;
}
function canGoOn(row) {
  return row.walk !== void 0 && (row.walk.tells === "nothing" || hasRoom(row));
}
function hasToRedistribute({ kernel, toRedistribute, subscriptions }) {
  if (kernel.whole === 0) return false;
  return toRedistribute.size > 0 || [...subscriptions.values()].some(canGoOn);
}
function redistributeSome(state, most, ctx) {
  if (state.kernel.whole === 0) return 0;
  if (state.toRedistribute.size > 0) return tellChanged(state, most, ctx);
  for (const [to, row] of state.subscriptions) {
    if (canGoOn(row)) return goOn2(state, to, row, row.walk, most, ctx);
  }
  return 0;
}
function tellChanged(state, most, ctx) {
  const changes = /* @__PURE__ */ new Map();
  let done2 = 0;
  for (const key of state.toRedistribute.keys()) {
    if (done2 === most) break;
    done2++;
    state.toRedistribute.delete(key);
    for (const [to, row] of state.subscriptions) {
      const change = hasRoom(row) ? changeOf2(state, to, row, key) : fallBehind(state, to, row, key);
      if (change === void 0) continue;
      const some3 = changes.get(to);
      if (some3 === void 0) changes.set(to, [change]);
      else some3.push(change);
    }
  }
  for (const [to, some3] of changes) publish(state, to, some3, void 0, ctx);
  return done2;
}
function fallBehind(state, to, row, key) {
  const { walk: walk2 } = row;
  if (walk2?.behind || isSame(toldOf(state, to, key), routeFor(state, row, key))) return;
  const next2 = walk2 === void 0 ? { bucket: 0, tells: "changes", begun: false } : { ...walk2, behind: true };
  state.subscriptions.set(to, { ...row, walk: next2 });
}
function goOn2(state, to, row, walk2, most, ctx) {
  const changes = [];
  const end2 = Math.min(walk2.bucket + MOST_BUCKETS, PREFIX_BUCKETS);
  let { bucket } = walk2;
  let done2 = 1;
  for (; bucket < end2 && done2 < most; bucket++) {
    const told2 = state.redistributed.get(bucketOfTold(to, bucket))?.keys() ?? [];
    for (const key of /* @__PURE__ */ new Set([...state.allPrefixes.get(bucket) ?? [], ...told2])) {
      done2++;
      const change = changeOf2(state, to, row, key, walk2.tells === "whole");
      if (change !== void 0) changes.push(change);
    }
  }
  const ends = bucket === PREFIX_BUCKETS;
  if (walk2.tells === "nothing") forget(state, to, row, { ...walk2, bucket }, ends, ctx);
  else {
    const { walk: _, ...rest } = row;
    const again2 = { bucket: 0, tells: "changes", begun: false };
    if (!ends) state.subscriptions.set(to, { ...row, walk: { ...walk2, bucket, begun: true } });
    else state.subscriptions.set(to, walk2.behind ? { ...rest, walk: again2 } : rest);
    publish(state, to, changes, walk2.tells === "whole" ? { begins: !walk2.begun, ends } : void 0, ctx);
  }
  return done2;
}
function forget(state, to, row, walk2, ends, ctx) {
  if (!ends) {
    state.subscriptions.set(to, { ...row, walk: walk2 });
    return;
  }
  state.subscriptions.delete(to);
  const { session, number } = row;
  ctx.publish(
    "redistributed",
    { to, session, number: number + 1, whole: "all", changes: [] },
    { withdraw: to }
  );
}
function changeOf2(state, to, row, key, whole = false) {
  const told2 = toldOf(state, to, key);
  const route = routeFor(state, row, key);
  if (route === void 0) {
    if (told2 === void 0) return void 0;
    noteTold(state, to, key, void 0);
    if (whole || tableOfKey(key) !== row.table) return void 0;
    return { prefix: prefixOfKey(key), remove: true };
  }
  if (isSame(told2, route)) return whole ? route : void 0;
  noteTold(state, to, key, route);
  return route;
}
function bucketOfTold(to, bucket) {
  return `${to} ${bucket}`;
}
function toldOf(state, to, key) {
  return state.redistributed.get(bucketOfTold(to, bucketOf(key, PREFIX_BUCKETS)))?.get(key);
}
function noteTold(state, to, key, route) {
  const bucket = bucketOfTold(to, bucketOf(key, PREFIX_BUCKETS));
  const told2 = state.redistributed.get(bucket);
  if (told2 === void 0) {
    if (route !== void 0) state.redistributed.set(bucket, /* @__PURE__ */ new Map([[key, route]]));
  } else if (route === void 0 && told2.size === 1 && told2.has(key)) state.redistributed.delete(bucket);
  else
    state.redistributed.update(bucket, (routes) => {
      if (route === void 0) routes.delete(key);
      else routes.set(key, route);
    });
}
function routeFor(state, { sources, table: table2, family }, key) {
  if (sources.length === 0 || tableOfKey(key) !== table2) return void 0;
  const row = state.rib.get(key);
  const best = bestOf(row);
  if (row === void 0 || best === void 0) return void 0;
  const asked = sources.find(({ source: source2 }) => source2 === best.source);
  const text = prefixOfKey(key);
  const prefix = parsePrefix(text);
  if (asked === void 0 || prefix === void 0 || isLinkLocal(prefix.words)) return void 0;
  if (family !== void 0 && family !== (prefix.words.length === 1 ? 4 : 6)) return void 0;
  const { source, metric, tag } = best;
  const route = { prefix, source, metric, ...tag !== void 0 && { tag } };
  if (asked.tag !== void 0 && asked.tag !== tag) return void 0;
  const passed = pass(state.config.filters, asked, route);
  return passed && { prefix: text, source, ...passed, hops: namedHops(state, row.hops) };
}
function publish(state, to, changes, whole, ctx) {
  const row = state.subscriptions.get(to);
  if (row === void 0 || row.sources.length === 0) return;
  const isNeeded = changes.length > 0 || whole !== void 0 && (whole.begins || whole.ends);
  if (!isNeeded) return;
  let { number } = row;
  const events = Math.max(1, Math.ceil(changes.length / MOST_REDISTRIBUTED));
  for (let i = 0; i < events; i++) {
    const part = whole && partOf(whole.begins && i === 0, whole.ends && i === events - 1);
    const body = {
      to,
      session: row.session,
      number: ++number,
      ...part !== void 0 && { whole: part },
      changes: changes.slice(i * MOST_REDISTRIBUTED, (i + 1) * MOST_REDISTRIBUTED)
    };
    ctx.publish("redistributed", body, { retain: to });
  }
  state.subscriptions.set(to, { ...row, number });
}
function partOf(begins, ends) {
  if (begins) return ends ? "all" : "begin";
  return ends ? "end" : "more";
}
function readRedistribute(state, module2, body) {
  if (!isRecord(body)) return { wrong: "it has no body" };
  const { to, sources, table: table2 = MAIN_TABLE, family } = body;
  if (!isName(to)) return { wrong: "`to` is no name" };
  const known4 = state.subscriptions.get(to);
  if (known4 !== void 0 && known4.module !== module2)
    return { wrong: `${to} is ${known4.module}'s subscription` };
  if (known4 === void 0 && state.subscriptions.size >= MOST_SUBSCRIPTIONS)
    return { wrong: `there are ${MOST_SUBSCRIPTIONS} subscriptions, which is the most` };
  if (!isTable(state, table2)) return { wrong: `there is no table ${String(table2)} in the configuration` };
  if (family !== void 0 && family !== 4 && family !== 6) return { wrong: "its family is not 4 or 6" };
  if (!Array.isArray(sources) || sources.length > MOST_SOURCES_ASKED)
    return { wrong: `its sources are no list of at most ${MOST_SOURCES_ASKED}` };
  if (!sources.every(isSourceAsked)) return { wrong: "one of its sources is none" };
  return body;
}
function isSourceAsked(asked) {
  if (!isRecord(asked) || !isName(asked.source)) return false;
  const { prefixList, routeMap, tag } = asked;
  return isFilterName(prefixList) && isFilterName(routeMap) && (tag === void 0 || isWhole(tag, 0));
}

// ip/exchange/route-source.ts
var MOST_ROUTE_SOURCES = 32;
var ASK_AGAIN_MS = 1e3;
function takeRoutes(state, module2, body, ctx) {
  const message = readRoutes(body);
  if ("wrong" in message) {
    complain(state, "routes", module2, `routes from ${module2} are refused: ${message.wrong}`, ctx);
    return;
  }
  const known4 = state.sources.get(message.source);
  const wrong = wrongSender(state, known4, module2, message);
  if (wrong !== void 0) {
    complain(state, "routes", module2, `routes from ${module2} are refused: ${wrong}`, ctx);
    return;
  }
  const tooLong = wrongLength(message);
  if (tooLong !== void 0) {
    complain(state, "routes", module2, `routes of ${message.source} are refused: ${tooLong}`, ctx);
    state.sources.set(message.source, { ...nextOf(known4, module2, message), state: "wanted" });
    ctx.setTimer("exchange", message.source, ASK_AGAIN_MS);
    return;
  }
  const row = nextOf(known4, module2, message);
  const isAsked = row.state === "wanted" && known4?.state !== "wanted";
  const refused3 = row.state === "wanted" ? 0 : carryOut(state, message, row, ctx);
  const ends = row.state === "telling" && (message.whole === "end" || message.whole === "all");
  if (ends && row.set > 1) sweepSource(state, message.source, row.set);
  state.sources.set(message.source, {
    ...row,
    state: ends ? "whole" : row.state,
    refused: row.refused + refused3
  });
  if (isAsked) ask(message.source, ctx);
}
function askAgain(state, source, ctx) {
  if (state.sources.get(source)?.state === "wanted") ask(source, ctx);
}
function askAll(state, ctx) {
  const has = {};
  for (const [source, { state: how, session, number }] of state.sources)
    if (how !== "wanted") has[source] = { session, number };
  return ctx.publish("routesWanted", { filters: true, has }, { retain: "all" });
}
function missAnswers(state, ctx) {
  for (const [source, row] of state.sources) {
    const unanswered2 = row.unanswered + 1;
    if (unanswered2 === MOST_UNANSWERED + 1) end(state, source, row, unanswered2, ctx);
    else if (unanswered2 > MOST_UNANSWERED + 1 && !state.sweeps.has(source)) state.sources.delete(source);
    else state.sources.set(source, { ...row, unanswered: unanswered2 });
  }
}
function wantAll(state, ctx) {
  for (const [source, row] of state.sources) {
    state.sources.set(source, { ...row, state: "wanted" });
    ask(source, ctx);
  }
}
function sourceFiltersChanged(state, before, ctx) {
  for (const [source, row] of state.sources) {
    if (row.filter === void 0 || !isOtherwise(row.filter, before, state.config.filters)) continue;
    state.sources.set(source, { ...row, state: "wanted" });
    ask(source, ctx);
  }
}
function ask(source, ctx) {
  ctx.publish("routesWanted", { source, has: {} });
  ctx.setTimer("exchange", source, ASK_AGAIN_MS);
}
function wrongSender({ sources }, known4, module2, { source }) {
  if (known4 !== void 0 && known4.module !== module2) return `${source} is ${known4.module}'s source`;
  if (known4 === void 0 && sources.size >= MOST_ROUTE_SOURCES)
    return `there are ${MOST_ROUTE_SOURCES} sources, which is the most`;
  return void 0;
}
function nextOf(known4, module2, { session, number, whole, filter: ofSet }) {
  const { set = 0, refused: refused3 = 0 } = known4 ?? {};
  const begins = whole === "begin" || whole === "all";
  const filter = begins ? ofSet : known4?.filter;
  const row = { module: module2, session, number, set, refused: refused3, unanswered: 0, ...filter && { filter } };
  if (begins) return { ...row, set: set + 1, refused: 0, state: "telling" };
  const isNext2 = known4 !== void 0 && known4.session === session && known4.number + 1 === number;
  return { ...row, state: isNext2 ? known4.state : "wanted" };
}
function carryOut(state, { source, changes }, row, ctx) {
  let refused3 = 0;
  const before = { table: 0, family: 4, list: [] };
  for (const change of changes) {
    const wrong = carryOutOne(state, source, change, row, before, ctx);
    if (wrong === void 0) continue;
    refused3++;
    complain(state, "routes", `${source} ${wrong}`, `a route of ${source} is refused: ${wrong}`, ctx);
  }
  return refused3;
}
function carryOutOne(state, source, change, { set, filter }, before, ctx) {
  const read = readChange(state, source, change, before);
  let wrong = "wrong" in read ? read.wrong : void 0;
  if ("offered" in read) {
    const passed = filter === void 0 ? read.offered : filtered(state, read.key, read.offered, filter);
    wrong = passed && offer(state, read.key, passed, ctx, set);
    if (passed !== void 0 && wrong === void 0) return void 0;
  }
  if (read.key !== void 0) withdraw(state, read.key, source, "", ctx);
  return wrong;
}
function filtered({ config }, key, offered2, filter) {
  const { source, metric, tag, ...rest } = offered2;
  const prefix = parsePrefix(prefixOfKey(key));
  const passed = pass(config.filters, filter, { prefix, source, metric, ...tag !== void 0 && { tag } });
  if (passed === void 0) return void 0;
  const { type: _type, ...values } = passed;
  return { ...rest, source, ...values };
}
function end(state, source, row, unanswered2, ctx) {
  const set = row.set + 1;
  state.sources.set(source, { ...row, unanswered: unanswered2, set, session: "", state: "wanted" });
  sweepSource(state, source, set);
  const silent = MOST_UNANSWERED * QUESTION_MS / 1e3;
  ctx.log(
    "warn",
    `${source} has not answered for ${silent} s: its routes are withdrawn, until ${row.module} sends them again`
  );
}

// ip/request.ts
var MOST_CHANGES = 256;
var MOST_UNDER_WAY = { fib: 4, settings: 3 };
var OVERDUE_MS = 6e4;
function hasRoom2({ requests }, by) {
  let underWay = 0;
  for (const request of requests.values()) if (request.by === by) underWay++;
  return underWay < MOST_UNDER_WAY[by];
}
function sendRequest(state, by, keys, changes, ctx, request = nextRequest(state, ctx)) {
  const out = { do: "change", request, changes };
  if (ctx.transmit("kernel", "", out) !== "sent") return void 0;
  state.requests.set(request, { by, keys, at: ctx.now() });
  return request;
}
function withdrawAll(state, after, ctx) {
  const out = { do: "withdraw", request: nextRequest(state, ctx), after };
  ctx.transmit("kernel", "", out);
}
function sendLast(state, changes, after, ctx) {
  for (let at = 0; at < changes.length; at += MOST_CHANGES) {
    const some3 = changes.slice(at, at + MOST_CHANGES);
    const request = nextRequest(state, ctx);
    const out = { do: "change", request, changes: some3, leaving: true, after };
    ctx.transmit("kernel", "", out);
  }
}
function askForList(ctx) {
  const out = { do: "list" };
  ctx.transmit("kernel", "", out);
}
function acknowledge(number, ctx) {
  const out = { do: "taken", number };
  ctx.transmit("kernel", "", out);
}
function isOverdue({ requests }, now) {
  for (const { at } of requests.values()) return now - at >= OVERDUE_MS;
  return false;
}
function forgetRequest({ requests }, number) {
  requests.delete(number);
}
function takeRequests(state) {
  const lost = [...state.requests.values()];
  state.requests.clear();
  return lost;
}
function nextRequest({ kernel }, ctx) {
  kernel.request = Math.max(kernel.request + 1, Math.floor(ctx.now() * 1e3));
  return kernel.request;
}

// ip/interfaces/closed-address.ts
var CLOSED = "closed ";
function isClosed2(aspect) {
  return aspect.startsWith(CLOSED);
}
function doubt({ kept }) {
  for (const [aspect, value] of kept) if (isClosed2(aspect) && "now" in value) value.unsure = true;
}
function forgetRefusals({ refusals }, addresses) {
  for (const aspect of refusals.keys())
    if (isClosed2(aspect) && !addresses.includes(aspect.slice(CLOSED.length))) refusals.delete(aspect);
}
function refusalsOf({ ours }) {
  return [...ours.values()].flatMap(
    ({ refusals }) => [...refusals].flatMap(([aspect, { message }]) => isClosed2(aspect) ? [message] : [])
  );
}
function areClosed({ ours, underWay }, index, addresses) {
  const aspects = addresses.map((address) => `${CLOSED}${address}`);
  const values = aspects.map((aspect) => ours.get(index)?.kept.get(aspect));
  if (values.includes(void 0)) return false;
  if (values.some((value) => "now" in value && value.unsure === true)) return void 0;
  for (const about of underWay.values()) {
    if (!("index" in about) || about.index !== index) continue;
    if (about.asked.some(({ aspect }) => aspects.includes(aspect))) return void 0;
  }
  return true;
}

// ip/interfaces/device.ts
var OWN_GROUP = 1751741548;
var VIRTUAL_GROUP = 1751741558;
var KINDS = ["macvlan", "vlan", "bridge", "vrf"];
var VEPA = 2;
function isOwnDevice({ kind, group }) {
  return KINDS.includes(kind) && group === groupOf(kind);
}
function groupOf(kind) {
  return kind === "macvlan" ? VIRTUAL_GROUP : OWN_GROUP;
}
function ownDevices(links) {
  const rank = ({ kind }) => KINDS.indexOf(kind);
  return [...links].filter(isOwnDevice).sort((one, other) => rank(one) - rank(other));
}
function isDevice(link, device, parent) {
  if (link.kind !== device.kind) return false;
  if (device.kind === "macvlan")
    return parent !== void 0 && link.parent === parent.index && link.mac === device.mac;
  if (device.kind === "vlan")
    return parent !== void 0 && link.parent === parent.index && (link.vlan ?? device.id) === device.id;
  return device.kind === "bridge" || (link.table ?? device.table) === device.table;
}
function makeDevice(name, device, parent) {
  const common = { name, kind: device.kind, group: groupOf(device.kind) };
  switch (device.kind) {
    case "macvlan": {
      if (parent === void 0) return void 0;
      const { mac } = device;
      return {
        verb: "add",
        kind: "link",
        wanted: { ...common, parent: parent.index, mac, macvlanMode: VEPA }
      };
    }
    case "vlan":
      if (parent === void 0) return void 0;
      return { verb: "add", kind: "link", wanted: { ...common, parent: parent.index, vlanId: device.id } };
    case "vrf":
      return { verb: "add", kind: "link", wanted: { ...common, table: device.table } };
    case "bridge":
      return { verb: "add", kind: "link", wanted: common };
  }
}
function removeDevice({ index, name }) {
  return { verb: "remove", kind: "link", wanted: { index, name } };
}
function deviceText(device) {
  switch (device.kind) {
    case "macvlan":
      return `a macvlan of ${device.parent} with MAC ${device.mac}`;
    case "vlan":
      return `VLAN ${device.id} of ${device.parent}`;
    case "vrf":
      return `the VRF of table ${device.table}`;
    case "bridge":
      return "a bridge";
  }
}
function notThisText(name, device) {
  return `${name} is there already and is not ${deviceText(device)}: it is left as it is, and its settings are not applied`;
}

// ip/interfaces/interface-address.ts
function readAddress(text) {
  const read = parsePrefix(text);
  if (read === void 0 || read.length === 0) return void 0;
  const { words, length } = read;
  return { family: words.length === 1 ? 4 : 6, address: addressText(words), prefixLength: length };
}
function textOf3({ address, prefixLength }) {
  return `${address}/${prefixLength}`;
}
function broadcastOf(address) {
  const { family, prefixLength } = address;
  if (family === 6 || prefixLength > 30) return void 0;
  return addressText([(wordsOf(address)[0] | hostMask(prefixLength)) >>> 0]);
}
function isLinkLocal2(address) {
  return isLinkLocal(wordsOf(address));
}
function whyNotOfInterface(address, loopback) {
  const { family, prefixLength } = address;
  const words = wordsOf(address);
  const reserved = family === 6 ? reserved6(words) : reserved4(words[0], loopback);
  if (reserved !== void 0) return reserved;
  if (prefixLength >= (family === 6 ? 127 : 31)) return void 0;
  if (!hasHostBits({ words, length: prefixLength }))
    return family === 6 ? "the network's anycast address (RFC 4291 2.6.1)" : "the network's own address";
  return address.address === broadcastOf(address) ? "the network's broadcast address" : void 0;
}
function reserved4(word, loopback) {
  const first = word >>> 24;
  if (first === 0) return 'of 0.0.0.0/8, "this network"';
  if (first === 127 && !loopback) return "of 127.0.0.0/8, which is for the loopback";
  return first >= 224 ? "a multicast or reserved address" : void 0;
}
function reserved6(words) {
  if (isMulticast(words)) return "a multicast address";
  const [a, b, c, d] = words;
  if (a !== 0 || b !== 0) return void 0;
  if (c === 0 && d <= 1) return d === 0 ? "the unspecified address" : "the loopback's own address";
  return c === 65535 ? "an IPv4 address in IPv6 form" : void 0;
}
function wordsOf(address) {
  return parsePrefix(textOf3(address)).words;
}
function hostMask(length) {
  return 2 ** (32 - length) - 1;
}

// ip/interfaces/sysctl.ts
var FORWARDING6 = "ipv6/forwarding";
var FORCE = "ipv6/force_forwarding";
var FORWARD_ALL = "all/ipv6/forwarding";
function sysctlsOf({
  forwarding,
  forwardAll,
  addresses,
  variables = {}
}) {
  const values = new Map(Object.entries(variables));
  const has = (family) => addresses.some((address) => address.family === family);
  if (has(4)) values.set("ipv4/promote_secondaries", "1");
  if (has(6)) values.set("ipv6/keep_addr_on_down", "1");
  if (forwarding !== void 0) {
    values.set("ipv4/forwarding", forwarding ? "1" : "0");
    values.set(FORWARDING6, forwarding ? "1" : "0");
    values.set(FORCE, forwarding ? "1" : "0");
  }
  if (forwardAll === true) values.set(FORWARD_ALL, "1");
  return values;
}
function sysctlPath(name, variable) {
  if (variable === FORWARD_ALL) return "net/ipv6/conf/all/forwarding";
  return `net/${variable.replace("/", `/conf/${name}/`)}`;
}

// ip/interfaces/interface-settings.ts
var RANKS = [
  "close",
  "variable",
  "hush",
  "hushed",
  "link",
  "up",
  "clash",
  "give",
  "announce",
  "take",
  "open",
  "outlives",
  "variable back",
  "down"
];
var NO_DAD = 2;
function stepsTo(wanted, link, owned, view, now) {
  const wants = wanted ?? { addresses: [] };
  const steps = [
    ...closedSteps(wants, link, owned),
    ...sysctlSteps(wants, link, owned),
    ...linkSteps(wants, link, owned, view),
    ...hushSteps(wants, link, owned),
    ...addressSteps(wants, link, owned, view, now)
  ];
  return steps.filter(({ aspect }) => owned.refusals.get(aspect)?.again !== void 0 || !owned.refusals.has(aspect)).sort((one, other) => one.rank - other.rank);
}
function closedSteps({ closed = [] }, { index }, { kept }) {
  const change = (verb, address) => {
    return { verb, kind: "closed", wanted: { index, address } };
  };
  const closing = closed.flatMap((address) => {
    const aspect = `closed ${address}`;
    const own = kept.get(aspect);
    if (own !== void 0 && own.unsure === void 0) return [];
    return [stepOf(aspect, "close", change("replace", address), void 0, { now: true })];
  });
  const opening = keptOf(kept, "closed").filter((address) => !closed.includes(address));
  return [
    ...closing,
    ...opening.map((address) => {
      const aspect = `closed ${address}`;
      return stepOf(aspect, "open", change("remove", address), kept.get(aspect), void 0);
    })
  ];
}
function sysctlSteps(wanted, { name }, { kept }) {
  const values = sysctlsOf(wanted);
  const variables = [...values.keys(), ...keptOf(kept, "sysctl").filter((variable) => !values.has(variable))];
  return variables.flatMap((variable) => {
    const aspect = `sysctl ${variable}`;
    const own = kept.get(aspect);
    const set = (value) => {
      const path = sysctlPath(name, variable);
      const joined = variable === FORWARDING6 && wanted.hushed !== void 0;
      return { verb: "set", kind: "sysctl", path, value, ...joined && { joined } };
    };
    return valueStep(aspect, own, values.get(variable), void 0, set, ["variable", "variable back"]);
  });
}
function hushSteps({ hushed }, { name }, { kept }) {
  const path = sysctlPath(name, "ipv6/disable_ipv6");
  const step = (aspect, value) => {
    const own = kept.get(aspect);
    if (hushed === void 0)
      return own === void 0 ? [] : [stepOf(aspect, aspect, void 0, own, void 0)];
    if (own !== void 0 && own.unsure === void 0) return [];
    return [stepOf(aspect, aspect, { verb: "set", kind: "sysctl", path, value }, own, { now: true })];
  };
  return [...step("hush", "1"), ...step("hushed", "0")];
}
function linkSteps(wanted, link, { kept }, view) {
  const set = (settings2) => {
    return { verb: "set", kind: "link", wanted: { index: link.index, ...settings2 } };
  };
  const step = (aspect, value, is, change, ranks = ["link", "link"]) => valueStep(aspect, kept.get(aspect), value, is, change, ranks);
  return [
    ...step(
      "master",
      masterOf(wanted, view),
      link.master,
      (master) => (
        // One that it was in before may be gone.
        set({ master: master === 0 || view.links.has(master) ? master : 0 })
      )
    ),
    ...step("mtu", wanted.mtu, link.mtu, (mtu) => set({ mtu })),
    ...step("alias", wanted.alias, link.alias, (alias) => set({ alias })),
    ...step("up", wanted.up, link.up, (up) => set({ up }), [wanted.up === false ? "down" : "up", "down"]),
    // With arp_notify and ndisc_notify the kernel announces all addresses when a link is given the MAC that it has.
    ...valueStep(
      "announced",
      kept.get("announced"),
      wanted.announced,
      void 0,
      () => set({ mac: link.mac }),
      ["announce", "announce"]
    ),
    ...valueStep(
      "outlives",
      kept.get("outlives"),
      wanted.outlives,
      void 0,
      (outlives) => set({ outlives }),
      ["outlives", "outlives"]
    )
  ];
}
function masterOf({ master }, { names }) {
  return master === void 0 ? void 0 : names.get(master);
}
function linkNamed({ links, names }, name) {
  const index = names.get(name);
  return index === void 0 ? void 0 : links.get(index)?.link;
}
function valueStep(aspect, own, value, is, change, [doing, undoing]) {
  const before = own;
  if (value !== void 0) {
    if (own?.now === value && own.unsure === void 0) return [];
    const was = own === void 0 ? is : own.was;
    const after = { ...was !== void 0 && { was }, now: value };
    return [stepOf(aspect, doing, value === is ? void 0 : change(value), before, after)];
  }
  if (own === void 0) return [];
  const back = own.was !== void 0 && own.was !== own.now && (is === void 0 || is === own.now);
  return [stepOf(aspect, undoing, back ? change(own.was) : void 0, before, void 0)];
}
function addressSteps(wanted, link, owned, view, now) {
  const texts = new Set(wanted.addresses.map(textOf3));
  const going = keptOf(owned.kept, "address").filter((text) => !texts.has(text));
  const clashes = (text) => wanted.addresses.some(({ family, address }) => family === 6 && text.startsWith(`${address}/`));
  const taken = going.map((text) => {
    const aspect = `address ${text}`;
    const before = owned.kept.get(aspect);
    const there = before.lost === void 0;
    const change = there ? addressChange("remove", link, readAddress(text)) : void 0;
    return stepOf(aspect, clashes(text) ? "clash" : "take", change, before, void 0);
  });
  const given = wanted.addresses.flatMap((address) => {
    const aspect = `address ${textOf3(address)}`;
    if (owned.kept.has(aspect)) return [];
    const row = view.addresses.get(keyOf(link, textOf3(address)));
    const after = { at: now, back: 0, ...row !== void 0 && { told: true } };
    if (row === void 0)
      return [stepOf(aspect, "give", addressChange("replace", link, address), void 0, after)];
    return row.protocol === OWN_PROTOCOL ? [stepOf(aspect, "give", void 0, void 0, after)] : [];
  });
  return [...taken, ...given];
}
function addressChange(verb, { index }, address) {
  const broadcast = broadcastOf(address);
  const wanted = {
    index,
    address: address.address,
    prefixLength: address.prefixLength,
    ...verb === "replace" && {
      protocol: OWN_PROTOCOL,
      ...broadcast !== void 0 && { broadcast },
      ...address.noDad === true && { flags: NO_DAD }
    }
  };
  return { verb, kind: "address", wanted };
}
function keyOf({ index }, text) {
  return `${index} ${text} `;
}
function keptOf(kept, about) {
  return [...kept.keys()].flatMap((aspect) => {
    return aspect.startsWith(`${about} `) ? [aspect.slice(about.length + 1)] : [];
  });
}
function stepOf(aspect, rank, change, before, after) {
  return {
    aspect,
    rank: RANKS.indexOf(rank),
    ...change !== void 0 && { change },
    ...before !== void 0 && { before },
    ...after !== void 0 && { after }
  };
}

// ip/interfaces/given-address.ts
var GIVE_BACK_MS = 100;
var GIVE_BACK_MOST_MS = 6e5;
var HELD_MS = 6e4;
var IFA_F_DADFAILED = 8;
function lookAtAddresses(addresses, index, owned, all, ctx) {
  for (const [aspect, kept] of owned.kept) {
    const text = addressIn(aspect);
    if (text === void 0) continue;
    const given = kept;
    const row = addresses.get(keyOf({ index }, text));
    if (row !== void 0) {
      given.told = true;
      delete given.lost;
      delete given.down;
      noteDuplicate(given, owned.name, text, (row.flags & IFA_F_DADFAILED) !== 0, ctx);
    } else if (given.told || all) {
      delete given.told;
      noteLost(given, ctx.now());
      lookLater(index, GIVE_BACK_MS, ctx);
    }
  }
}
function noteDuplicate(given, name, text, duplicate, ctx) {
  if (duplicate && given.duplicate === void 0) {
    given.duplicate = true;
    ctx.log(
      "warn",
      `${name}: ${text} is not used: another host has it (duplicate address detection, RFC 4862). Take it away there; the kernel tries again when the link comes up`
    );
  } else if (!duplicate && given.duplicate) {
    delete given.duplicate;
    ctx.log("info", `${name}: ${text} is used now`);
  }
}
function stepsBack(wanted, link, owned, ctx) {
  return (wanted?.addresses ?? []).flatMap((address) => {
    const aspect = `address ${textOf3(address)}`;
    const given = owned.kept.get(aspect);
    if (given?.lost === void 0) return [];
    if (address.family === 6 && !link.up) {
      given.down = true;
      return [];
    }
    const wait2 = Math.min(given.lost - ctx.now(), GIVE_BACK_MOST_MS);
    if (wait2 > 0) {
      lookLater(link.index, wait2, ctx);
      return [];
    }
    const back = given.down === true ? given.back : given.back + 1;
    if (given.down === void 0)
      ctx.log(
        "warn",
        `${link.name}: another program took ${textOf3(address)} away, which the configuration gives it: it is given back; should it go again, in ${waitOf(back) / 1e3} s`
      );
    const after = { at: ctx.now(), back };
    return [{ aspect, rank: 0, change: addressChange("replace", link, address), after }];
  });
}
function noteLost(given, now) {
  if (given.lost !== void 0) return;
  if (now < given.at || now - given.at >= HELD_MS) given.back = 0;
  given.lost = now + waitOf(given.back);
}
function waitOf(back) {
  return Math.min(GIVE_BACK_MS * 4 ** back, GIVE_BACK_MOST_MS);
}
function lookLater(index, wait2, ctx) {
  const due = ctx.timerDue("settings", `link ${index}`);
  if (due === void 0 || due > wait2) ctx.setTimer("settings", `link ${index}`, wait2);
}
function addressIn(aspect) {
  return aspect.startsWith("address ") ? aspect.slice("address ".length) : void 0;
}

// messages/virtual-routers.ts
var MOST_VIRTUAL_ROUTERS = 1024;
var MOST_TAKEOVER_MS = 3e5;

// ip/interfaces/lingering.ts
function linger(settings2, name, ms, now) {
  settings2.lingering ??= /* @__PURE__ */ new Map();
  for (const [each2] of settings2.lingering)
    if (lingeringOf(settings2, each2, now) === void 0) settings2.lingering.delete(each2);
  settings2.lingering.set(name, { ms, until: now + ms });
}
function endLinger({ lingering }, name) {
  lingering?.delete(name);
}
function lingeringOf({ lingering }, name, now) {
  const one = lingering?.get(name);
  const left = one === void 0 ? 0 : one.until - now;
  return left > 0 && left <= MOST_TAKEOVER_MS ? one : void 0;
}
function lingersFor(settings2, now) {
  let longest = 0;
  for (const name of settings2.lingering?.keys() ?? [])
    longest = Math.max(longest, (lingeringOf(settings2, name, now)?.until ?? now) - now);
  return longest;
}

// ip/interfaces/wanted.ts
var LOOPBACK = "lo";
function wantedNamed({ config, virtual }, name) {
  const configured2 = wantedOf(config).byName.get(name);
  const besides = virtual?.wanted.get(name);
  if (configured2 === void 0 || besides === void 0) return configured2 ?? besides;
  return {
    ...besides,
    ...configured2,
    addresses: [...configured2.addresses, ...besides.addresses],
    ...besides.variables !== void 0 && { variables: besides.variables }
  };
}
function namesWanted({ config, virtual }) {
  return /* @__PURE__ */ new Set([...wantedOf(config).byName.keys(), ...virtual?.wanted.keys() ?? []]);
}
function dependentsOf({ config, virtual }, name) {
  return [...wantedOf(config).dependents.get(name) ?? [], ...virtual?.devicesOn.get(name) ?? []];
}
var known = /* @__PURE__ */ new WeakMap();
function wantedOf(config) {
  let wanted = known.get(config);
  if (wanted === void 0) {
    const byName = wantedIn(config);
    wanted = { byName, dependents: dependentsIn(byName) };
    known.set(config, wanted);
  }
  return wanted;
}
function differingIn(before, after) {
  const [was, will] = [wantedOf(before).byName, wantedOf(after).byName];
  const names = /* @__PURE__ */ new Set([...was.keys(), ...will.keys()]);
  return [...names].filter((name) => !isSame(was.get(name), will.get(name)));
}
function dependentsIn(byName) {
  const dependents = /* @__PURE__ */ new Map();
  for (const [name, { device, master }] of byName)
    for (const other of [device?.kind === "vlan" ? device.parent : void 0, master])
      if (other !== void 0) dependents.set(other, [...dependents.get(other) ?? [], name]);
  return dependents;
}
function wantedIn({ interfaces: interfaces3, tables = {} }) {
  const wanted = /* @__PURE__ */ new Map();
  const needed = (name) => {
    const one = wanted.get(name) ?? { addresses: [] };
    wanted.set(name, one);
    one.up ??= true;
    return one;
  };
  for (const [name, { settings: settings2 }] of Object.entries(interfaces3))
    if (settings2 !== void 0) wanted.set(name, ownOf(settings2));
  for (const [name, { settings: settings2 }] of Object.entries(interfaces3)) {
    const { vlan, bridge = [], vrf } = settings2 ?? {};
    if (vlan !== void 0) needed(vlan.parent);
    for (const member of bridge) needed(member).master = name;
    const table2 = vrf === void 0 ? void 0 : tables[vrf];
    if (vrf === void 0 || table2 === void 0) continue;
    needed(vrf).device = { kind: "vrf", table: table2.number };
    wanted.get(name).master = vrf;
  }
  if (Object.values(interfaces3).some(({ settings: settings2 }) => settings2?.forwarding === true))
    wanted.set(LOOPBACK, { ...wanted.get(LOOPBACK) ?? { addresses: [] }, forwardAll: true });
  return wanted;
}
function ownOf({ addresses, up, mtu, description, forwarding, vlan, bridge }) {
  const device = vlan !== void 0 ? { kind: "vlan", ...vlan } : bridge !== void 0 ? { kind: "bridge" } : void 0;
  const serves = addresses.length > 0 || device !== void 0;
  return {
    ...device !== void 0 && { device },
    ...(up !== void 0 || serves) && { up: up ?? true },
    ...mtu !== void 0 && { mtu },
    ...description !== void 0 && { alias: description },
    ...forwarding !== void 0 && { forwarding },
    addresses: addresses.flatMap((text) => readAddress(text) ?? [])
  };
}

// ip/interfaces/settings.ts
var MOST_AT_ONCE = 8;
var ENOENT = 2;
var EEXIST = 17;
var ENODEV = 19;
var EADDRNOTAVAIL = 99;
var ETIMEDOUT = 110;
function compareAll(state, agenda, ctx) {
  const { links, names, addresses, settings: settings2 } = state;
  for (const [number, about] of settings2.underWay)
    if (!state.requests.has(number)) forgetAnswer(state, number, about);
  for (const index of [...settings2.ours.keys()]) if (!links.has(index)) forget2(state, index, ctx);
  for (const row of addresses.values()) adopt(state, row, ctx);
  for (const owned of settings2.ours.values()) doubt(owned);
  const busy = new Set([...settings2.underWay.values()].map((about) => "index" in about ? about.index : 0));
  for (const [index, owned] of settings2.ours) lookAtAddresses(addresses, index, owned, !busy.has(index), ctx);
  settings2.waiting.clear();
  const indexes = new Set(settings2.ours.keys());
  for (const { link } of links.values()) if (isOwnDevice(link)) indexes.add(link.index);
  for (const name of namesWanted(state)) {
    const index = names.get(name);
    if (index !== void 0) indexes.add(index);
    else if (wantedNamed(state, name)?.device !== void 0 && settings2.devices.get(name)?.refused === void 0) {
      settings2.devices.delete(name);
      agenda.device(name);
    }
  }
  for (const index of indexes) agenda.linkSettings(index);
}
function compareNamed({ names, settings: settings2 }, changed, agenda) {
  for (const name of changed) {
    settings2.devices.delete(name);
    const index = names.get(name);
    if (index === void 0) agenda.device(name);
    else {
      tryAgain(settings2.ours.get(index));
      agenda.linkSettings(index);
    }
  }
}
function linkSettingsChanged(state, index, name, agenda, ctx) {
  const link = state.links.get(index)?.link;
  const owned = state.settings.ours.get(index);
  if (link === void 0) forget2(state, index, ctx);
  else {
    if (owned !== void 0) lookAtAddresses(state.addresses, index, owned, false, ctx);
    const condition = conditionOf(link);
    if (owned !== void 0 && owned.condition !== condition) tryAgain(owned);
    if (owned !== void 0) owned.condition = condition;
    agenda.linkSettings(index);
  }
  for (const each2 of /* @__PURE__ */ new Set([name, owned?.name ?? name, link?.name ?? name])) {
    if (!state.names.has(each2)) agenda.device(each2);
    dependentsTold(state, each2, agenda);
  }
  if (owned !== void 0 && link !== void 0) owned.name = link.name;
}
function dependentsTold(state, name, agenda) {
  const { names, settings: settings2 } = state;
  for (const dependent of dependentsOf(state, name)) {
    const device = settings2.devices.get(dependent);
    if (device?.refused !== void 0) device.refused.again = true;
    const index = names.get(dependent);
    if (index === void 0) agenda.device(dependent);
    else agenda.linkSettings(index);
  }
}
function settleLink(state, index, ask4, ctx) {
  const { links, settings: settings2 } = state;
  const link = links.get(index)?.link;
  if (link === void 0) return;
  const lingering = isOwnDevice(link) ? lingeringOf(settings2, link.name, ctx.now()) : void 0;
  if (lingering !== void 0) {
    leaveAsIs(state, link, lingering, ask4, ctx);
    return;
  }
  const wanted = withoutNeedless(state, index, wantedNamed(state, link.name));
  if (!isAsWanted(state, link, wanted, ask4, ctx)) return;
  if (wanted === void 0 && !settings2.ours.has(index)) return;
  const owned = ownedOf(state, link);
  forgetRefusals(owned, wanted?.closed ?? []);
  const steps = [...stepsTo(wanted, link, owned, state, ctx.now()), ...stepsBack(wanted, link, owned, ctx)];
  for (let at = 0; at < steps.length; at += MOST_CHANGES)
    if (!take(state, index, steps.slice(at, at + MOST_CHANGES), ask4)) {
      settings2.waiting.add(`link ${index}`);
      break;
    }
  if (wanted === void 0 && owned.kept.size === 0) settings2.ours.delete(index);
}
function leaveAsIs(state, link, { ms, until }, ask4, ctx) {
  const now = ctx.now();
  lookLater(link.index, until - now, ctx);
  const { closed = [] } = wantedNamed(state, link.name) ?? {};
  const steps = stepsTo({ addresses: [], outlives: ms, closed }, link, ownedOf(state, link), state, now);
  const marks = steps.filter(
    ({ aspect, change }) => aspect === "outlives" || isClosed2(aspect) && change?.verb === "replace"
  );
  if (!take(state, link.index, marks, ask4)) state.settings.waiting.add(`link ${link.index}`);
}
function withoutNeedless({ settings: { ours } }, index, wanted) {
  if (wanted?.forwardAll === void 0 || ours.get(index)?.kept.has(`sysctl ${FORWARD_ALL}`)) return wanted;
  for (const { refusals } of ours.values()) if (refusals.has(`sysctl ${FORCE}`)) return wanted;
  const { forwardAll: _, ...others } = wanted;
  return others;
}
function isAsWanted(state, link, wanted, ask4, ctx) {
  const { index, name } = link;
  const { settings: settings2 } = state;
  const device = wanted?.device;
  if (device !== void 0 && isDevice(link, device, parentOf(state, device))) {
    settings2.devices.delete(name);
    return true;
  }
  if (isOwnDevice(link)) {
    if (ask4([removeDevice(link)], [name]) === void 0) settings2.waiting.add(`link ${index}`);
    return false;
  }
  if (device === void 0) return true;
  refuseDevice(state, name, notThisText(name, device), ctx);
  return false;
}
function take({ settings: settings2 }, index, steps, ask4) {
  const owned = settings2.ours.get(index);
  const changes = steps.flatMap(({ change }) => change ?? []);
  if (changes.length > 0) {
    const changing = steps.filter(({ change }) => change !== void 0);
    const number = ask4(
      changes,
      changing.map(({ aspect }) => aspect)
    );
    if (number === void 0) return false;
    const asked = changing.map(
      ({ aspect, before }) => ({ aspect, ...before !== void 0 && { before } })
    );
    settings2.underWay.set(number, { index, asked });
  }
  for (const { aspect, after } of steps) {
    keep(owned, aspect, after);
    delete owned.refusals.get(aspect)?.again;
  }
  return true;
}
function settleDevice(state, name, ask4) {
  const { names, settings: settings2 } = state;
  const device = wantedNamed(state, name)?.device;
  if (device === void 0) settings2.devices.delete(name);
  if (device === void 0 || names.has(name)) return;
  const asked = settings2.devices.get(name);
  if (asked !== void 0 && asked.refused?.again === void 0) return;
  const change = makeDevice(name, device, parentOf(state, device));
  if (change === void 0) return;
  const number = ask4([change], [name]);
  if (number === void 0) {
    settings2.waiting.add(`device ${name}`);
    return;
  }
  settings2.underWay.set(number, { device: name });
  if (asked?.refused !== void 0) delete asked.refused.again;
  else settings2.devices.set(name, {});
}
function settingsAnswered(state, number, refusals, was, agenda, ctx) {
  const { settings: settings2 } = state;
  const about = settings2.underWay.get(number);
  settings2.underWay.delete(number);
  if (about !== void 0 && "device" in about) deviceAnswered(state, about.device, refusals[0], ctx);
  else if (about !== void 0) linkAnswered(state, about, refusals, was, agenda, ctx);
  for (const key of [...settings2.waiting].slice(0, MOST_AT_ONCE)) {
    settings2.waiting.delete(key);
    lookAgain(key, agenda);
  }
}
function linkAnswered(state, { index, asked }, refusals, was, agenda, ctx) {
  const link = state.links.get(index)?.link;
  const owned = state.settings.ours.get(index);
  if (link === void 0 || owned === void 0) return;
  const byPlace = new Map(refusals.map((refusal) => [refusal.at, refusal]));
  for (const [at, one] of asked.entries()) {
    const refusal = byPlace.get(at);
    if (refusal !== void 0) {
      refused(state, link, owned, one, refusal, ctx);
      if (one.aspect === `sysctl ${FORCE}`)
        for (const each2 of [index, state.names.get(LOOPBACK) ?? index]) agenda.linkSettings(each2);
      continue;
    }
    const value = was[at];
    const kept = owned.kept.get(one.aspect);
    if (value !== void 0 && kept !== void 0 && kept.was === void 0) kept.was = value;
    if (owned.refusals.delete(one.aspect))
      ctx.log("info", `${link.name}: ${one.aspect} is as the configuration says now`);
  }
}
function refused(state, link, owned, { aspect, before }, { errno, message }, ctx) {
  const kept = owned.kept.get(aspect);
  if (errno === ETIMEDOUT) {
    if (kept !== void 0 && "now" in kept) kept.unsure = true;
    return;
  }
  if (kept === void 0 && errno === EADDRNOTAVAIL || errno === ENODEV) return;
  keep(owned, aspect, before);
  const told2 = isClosed2(aspect) ? refusalsOf(state.settings).find((each2) => each2 === message) : owned.refusals.get(aspect)?.message;
  owned.refusals.set(aspect, { message });
  const addresses = wantedNamed(state, link.name)?.addresses ?? [];
  const needless = errno === ENOENT && (aspect === `sysctl ${FORCE}` || /^sysctl (all\/)?ipv6\//.test(aspect) && addresses.every(({ family }) => family === 4));
  if (message !== told2 && !needless)
    ctx.log("warn", `${link.name}: the kernel refused: ${message}. It is tried again when the link changes`);
}
function deviceAnswered(state, name, refusal, ctx) {
  const device = wantedNamed(state, name)?.device;
  if (refusal === void 0 || refusal.errno === EEXIST || device === void 0)
    state.settings.devices.delete(name);
  else refuseDevice(state, name, `${name} is not made as ${deviceText(device)}: ${refusal.message}`, ctx);
}
function refuseDevice({ settings: settings2 }, name, message, ctx) {
  if (settings2.devices.get(name)?.refused?.message !== message) ctx.log("warn", message);
  settings2.devices.set(name, { refused: { message } });
}
function forgetAnswer({ settings: settings2 }, number, about) {
  settings2.underWay.delete(number);
  if ("device" in about) settings2.devices.delete(about.device);
  else
    for (const { aspect } of about.asked) {
      const kept = settings2.ours.get(about.index)?.kept.get(aspect);
      if (kept !== void 0 && "now" in kept) kept.unsure = true;
    }
}
function takeBackAll(state, now) {
  const { links, settings: settings2 } = state;
  const changes = [];
  for (const [index, owned] of settings2.ours) {
    const link = links.get(index)?.link;
    if (link === void 0 || isOwnDevice(link)) continue;
    owned.refusals.clear();
    for (const { change } of stepsTo(void 0, link, owned, state, now))
      if (change !== void 0) changes.push(change);
  }
  for (const part of Object.values(settings2)) part?.clear();
  return [...changes, ...ownDevices([...links.values()].map(({ link }) => link)).map(removeDevice)];
}
function keep({ kept }, aspect, value) {
  if (value === void 0) kept.delete(aspect);
  else kept.set(aspect, value);
}
function tryAgain(owned) {
  for (const refused3 of owned?.refusals.values() ?? []) refused3.again = true;
}
function adopt(state, row, ctx) {
  const link = state.links.get(row.index)?.link;
  if (link === void 0) return;
  const isOurs = link.kind === "macvlan" ? isOwnDevice(link) : row.protocol === OWN_PROTOCOL;
  if (!isOurs) return;
  const { kept } = ownedOf(state, link);
  const aspect = `address ${row.address}/${row.prefixLength}`;
  if (!kept.has(aspect)) kept.set(aspect, { at: ctx.now(), back: 0, told: true });
}
function ownedOf({ settings: settings2 }, link) {
  const owned = settings2.ours.get(link.index) ?? {
    name: link.name,
    condition: conditionOf(link),
    kept: /* @__PURE__ */ new Map(),
    refusals: /* @__PURE__ */ new Map()
  };
  settings2.ours.set(link.index, owned);
  return owned;
}
function conditionOf({ name, up, carrier, mtu, mac, master, parent }) {
  return JSON.stringify([name, up, carrier, mtu, mac, master, parent]);
}
function forget2({ settings: settings2 }, index, ctx) {
  settings2.ours.delete(index);
  ctx.cancelTimer("settings", `link ${index}`);
}
function lookAgain(key, agenda) {
  const [about, which = ""] = key.split(" ");
  if (about === "link") agenda.linkSettings(Number(which));
  else agenda.device(which);
}
function parentOf(view, device) {
  return "parent" in device ? linkNamed(view, device.parent) : void 0;
}

// ip/nd/advertising-record.ts
function newAdvertising() {
  return { soon: 0, asked: false, draws: 0, remarks: [], known: {}, unsent: 0, disputes: {}, counters: {} };
}

// duration.ts
var UNITS = { h: 36e5, m: 6e4, s: 1e3 };
function formatDuration(ms) {
  for (const [unit, size] of Object.entries(UNITS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms < 1e3 ? `${ms}ms` : `${ms / 1e3}s`;
}

// ip/nd/config.ts
var PREFIX_PATTERN = "^[0-9a-fA-F.]*:[0-9a-fA-F:.]*/[0-9]{1,3}$";
var ADDRESS_PATTERN = "^[0-9a-fA-F.]*:[0-9a-fA-F:.]*$";
var NAME_PATTERN = "^[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*$";
var LONGEST_NAME = 253;
var MOST_PREFIXES2 = 64;
var MOST_ROUTES = 17;
var MOST_SERVERS = 8;
var MOST_NAMES = 16;
var THIRD_FROM = 9e3;
var PREFERENCE = { type: "string", enum: ["low", "medium", "high"], default: "medium" };
var LONGEST = "87600h";
var PREFIX = {
  type: "object",
  additionalProperties: false,
  properties: {
    valid: {
      duration: { least: "0s", most: LONGEST, step: "1s" },
      default: "720h",
      description: "how long it is valid (AdvValidLifetime)"
    },
    preferred: {
      duration: { least: "0s", most: LONGEST, step: "1s" },
      unset: "seven days, or `valid` where that is less",
      description: "how long addresses of it are preferred (AdvPreferredLifetime); not above `valid`"
    },
    "on-link": {
      type: "boolean",
      default: true,
      description: "hosts of it are on the link (AdvOnLinkFlag)"
    },
    autonomous: {
      type: "boolean",
      unset: "true for a /64",
      description: "hosts give themselves addresses of it (AdvAutonomousFlag)"
    }
  }
};
var ROUTE = {
  type: "object",
  additionalProperties: false,
  properties: {
    lifetime: {
      duration: { least: "0s", most: LONGEST, step: "1s" },
      unset: "three times `interval`",
      description: "how long hosts believe it"
    },
    preference: { ...PREFERENCE, description: "over the same route by another router" }
  }
};
var DNS = {
  type: "object",
  additionalProperties: false,
  properties: {
    servers: {
      type: "array",
      maxItems: MOST_SERVERS,
      uniqueItems: true,
      items: { type: "string", pattern: ADDRESS_PATTERN, allowed: "an IPv6 address, such as fd00:1::53" },
      allowed: `a list of at most ${MOST_SERVERS} IPv6 addresses, such as ['fd00:1::53']`,
      unset: "none",
      description: "recursive DNS servers (RDNSS)"
    },
    search: {
      type: "array",
      maxItems: MOST_NAMES,
      uniqueItems: true,
      items: {
        type: "string",
        pattern: NAME_PATTERN,
        maxBytes: LONGEST_NAME,
        allowed: "a domain name, such as lab.example"
      },
      allowed: `a list of at most ${MOST_NAMES} domain names, such as [lab.example]`,
      unset: "none",
      description: "domains in which hosts look for names (DNSSL)"
    },
    lifetime: {
      duration: { least: "0s", most: LONGEST, step: "1s" },
      unset: "three times `interval`",
      description: "how long hosts believe both"
    }
  }
};
var ADVERTISEMENTS = {
  type: "object",
  additionalProperties: false,
  unset: "none",
  description: "router advertisements of IPv6 (RFC 4861). Where the kernel does not forward IPv6, hosts hear of prefixes and no default router",
  properties: {
    // MaxRtrAdvInterval is 4 to 1,800 seconds; less only makes sense in a lab, and for mobile hosts (RFC 6275 7.5).
    interval: {
      duration: { least: "30ms", most: "30m" },
      default: "10m",
      allowed: "a time from 30ms to 30m (less than 4s, RFC 4861's least, is for a lab)",
      description: "the longest time between two advertisements (MaxRtrAdvInterval)"
    },
    "min-interval": {
      duration: { least: "30ms", most: "30m" },
      unset: "a third of `interval`; `interval` itself below 9s",
      description: "the shortest time between two that nobody asked for (MinRtrAdvInterval); at most three quarters of `interval`"
    },
    lifetime: {
      duration: { least: "0s", most: "9000s", step: "1s" },
      unset: "three times `interval`",
      description: "how long hosts believe in the default router (AdvDefaultLifetime); 0s: it is none"
    },
    "hop-limit": {
      type: "integer",
      minimum: 0,
      maximum: 255,
      default: 64,
      description: "for what hosts send (AdvCurHopLimit); 0: no word of it"
    },
    mtu: {
      type: ["boolean", "integer"],
      minimum: 1280,
      maximum: 65535,
      default: false,
      allowed: "true for the MTU of the interface, false, or a number of bytes from 1280 to 65535",
      description: "the MTU for hosts (AdvLinkMTU)"
    },
    managed: {
      type: "boolean",
      default: false,
      description: "addresses are to be had by DHCPv6 (AdvManagedFlag)"
    },
    other: {
      type: "boolean",
      default: false,
      description: "other settings are to be had by DHCPv6 (AdvOtherConfigFlag)"
    },
    "reachable-time": {
      duration: { least: "0ms", most: "1h" },
      default: "0ms",
      description: "how long a neighbour counts as reachable (AdvReachableTime); 0ms: no word of it"
    },
    "retransmit-timer": {
      duration: { least: "0ms", most: "1h" },
      default: "0ms",
      description: "the time between two neighbour solicitations (AdvRetransTimer); 0ms: no word of it"
    },
    preference: { ...PREFERENCE, description: "over other default routers (RFC 4191)" },
    prefixes: {
      type: "object",
      maxProperties: MOST_PREFIXES2,
      propertyNames: { pattern: PREFIX_PATTERN },
      additionalProperties: PREFIX,
      allowed: "a mapping of IPv6 prefixes to their settings, such as 'fd00:1::/64': {}",
      unset: "every /64 of which the interface has an address, unless that has a lifetime",
      description: "prefixes of the link (AdvPrefixList)"
    },
    routes: {
      type: "object",
      maxProperties: MOST_ROUTES,
      propertyNames: { pattern: PREFIX_PATTERN },
      additionalProperties: ROUTE,
      allowed: `a mapping of at most ${MOST_ROUTES} IPv6 prefixes to their settings, such as 'fd00:9::/48': {}`,
      unset: "none",
      description: "routes by this router (RFC 4191)"
    },
    dns: { ...DNS, unset: "none", description: "name servers and search list (RFC 8106)" }
  }
};
function* checkAdvertisements(path, { interval, prefixes = {}, routes = {}, dns = {}, ...keys }) {
  const { lifetime, "min-interval": least } = keys;
  if (interval !== void 0 && least !== void 0 && least > 0.75 * interval)
    yield {
      path: [...path, "min-interval"],
      text: `at most three quarters of interval, which is ${formatDuration(interval)} (RFC 4861 6.2.1)`
    };
  if (interval !== void 0 && lifetime !== void 0 && lifetime !== 0 && lifetime < interval)
    yield {
      path: [...path, "lifetime"],
      text: `0s, or at least interval, which is ${formatDuration(interval)} (RFC 4861 6.2.1)`
    };
  yield* prefixesAreGood([...path, "prefixes"], prefixes);
  yield* prefixesAreGood([...path, "routes"], routes);
  for (const [text, prefix] of Object.entries(prefixes))
    yield* lifetimesFit([...path, "prefixes", text], text, prefix);
  for (const [i, text] of (dns.servers ?? []).entries()) {
    const words = text === void 0 ? void 0 : parseAddress(text);
    if (text !== void 0 && (words === void 0 || isMulticast(words)))
      yield { path: [...path, "dns", "servers", i], text: "an IPv6 address of a host, such as fd00:1::53" };
  }
}
function* prefixesAreGood(path, prefixes) {
  const seen = /* @__PURE__ */ new Map();
  for (const text of Object.keys(prefixes)) {
    const wrong = wrongPrefix(text);
    const canonical = canonicalPrefix(text) ?? text;
    const other = seen.get(canonical);
    if (wrong !== void 0) yield { path: [...path, text], text: wrong };
    else if (other !== void 0)
      yield { path: [...path, text], text: `a prefix once: ${other} is the same` };
    seen.set(canonical, text);
  }
}
function wrongPrefix(text) {
  const prefix = parsePrefix(text);
  if (prefix === void 0) return "an IPv6 prefix, such as fd00:1::/64";
  const { words, length } = prefix;
  if (hasHostBits(prefix)) return `a prefix without bits behind its length: ${prefixText(words, length)}`;
  if (length > 0 && (isMulticast(words) || isLinkLocal(words)))
    return "a prefix of global or local unicast addresses (RFC 4861 4.6.2)";
  return void 0;
}
function* lifetimesFit(path, text, { valid, preferred, autonomous } = {}) {
  if (valid !== void 0 && preferred !== void 0 && preferred > valid)
    yield {
      path: [...path, "preferred"],
      text: `at most valid, which is ${formatDuration(valid)} (RFC 4861 6.2.1)`
    };
  if (autonomous === true && parsePrefix(text)?.length !== 64)
    yield { path: [...path, "autonomous"], text: "false, as hosts make addresses of a /64 alone (RFC 4862)" };
}
var SEVEN_DAYS = 604800;
var OWN_PREFIX = {
  valid: 2592e3,
  preferred: SEVEN_DAYS,
  onLink: true,
  autonomous: true
};
function advertisingOf({
  interval,
  prefixes,
  routes = {},
  dns,
  ...keys
}) {
  const thrice = Math.ceil(3 * interval / 1e3);
  return {
    interval,
    minInterval: keys["min-interval"] ?? (interval >= THIRD_FROM ? Math.round(interval / 3) : interval),
    lifetime: secondsOf(keys.lifetime) ?? Math.min(thrice, 9e3),
    hopLimit: keys["hop-limit"],
    mtu: keys.mtu,
    managed: keys.managed,
    other: keys.other,
    reachableTime: keys["reachable-time"],
    retransmitTimer: keys["retransmit-timer"],
    preference: keys.preference,
    ...prefixes !== void 0 && { prefixes: byPrefix(prefixes, prefixOf) },
    routes: byPrefix(routes, ({ lifetime, preference }) => ({
      lifetime: secondsOf(lifetime) ?? thrice,
      preference
    })),
    servers: (dns?.servers ?? []).map((text) => canonicalAddress(text) ?? text),
    search: dns?.search ?? [],
    dnsLifetime: secondsOf(dns?.lifetime) ?? thrice
  };
}
function prefixOf({ valid, preferred, autonomous, ...keys }, text) {
  const lifetime = valid / 1e3;
  return {
    valid: lifetime,
    preferred: secondsOf(preferred) ?? Math.min(SEVEN_DAYS, lifetime),
    onLink: keys["on-link"],
    autonomous: autonomous ?? parsePrefix(text)?.length === 64
  };
}
function byPrefix(given, make) {
  return Object.fromEntries(
    Object.entries(given).map(([text, keys]) => [canonicalPrefix(text) ?? text, make(keys, text)])
  );
}
function secondsOf(ms) {
  return ms === void 0 ? void 0 : ms / 1e3;
}

// ip/nd/eligibility.ts
var TENTATIVE = 64;
var DUPLICATE = 8;
var PERMANENT = 128;
var MOST_OWN_PREFIXES = 64;
var ETHERNET_ADDRESS = "xx:xx:xx:xx:xx:xx".length;
function factsOf(state, name) {
  const index = state.names.get(name);
  const row = index === void 0 ? void 0 : state.links.get(index);
  if (index === void 0 || row === void 0) return void 0;
  const addresses = row.addresses.flatMap((key) => state.addresses.get(key) ?? []);
  return {
    link: row.link,
    addresses: addresses.filter(({ family }) => family === 6),
    unforwarded: unforwardedOf(state, index)
  };
}
function unforwardedOf({ forwarding6: forwarding62, settings: settings2 }, index) {
  if (forwarding62[index] === false) return "host";
  if (forwarding62[ALL_INTERFACES] !== false) return void 0;
  const forced = settings2.ours.get(index)?.kept.get(`sysctl ${FORCE}`);
  return forced?.now === "1" ? void 0 : "all";
}
function sourceOf({ link, addresses }, before) {
  if (!link.up || !link.carrier) return void 0;
  const usable = addresses.filter(({ flags }) => (flags & (TENTATIVE | DUPLICATE)) === 0).map(({ address }) => address).filter(isLocal);
  return before !== void 0 && usable.includes(before) ? before : usable[0];
}
function sendersOf({ virtual }, name) {
  const all = [...virtual?.routers.values() ?? []].filter(
    (router) => router.interface === name && router.family === 6
  );
  if (all.length === 0) return void 0;
  return all.flatMap(({ active, addresses, mac }) => {
    const from = active ? addresses.find(isLocal) : void 0;
    return from === void 0 ? [] : [{ from, ...mac !== void 0 && { mac } }];
  });
}
function offerOf(config, facts) {
  const { link } = facts;
  const forwards = facts.unforwarded === void 0;
  const mtu = config.mtu === true ? link.mtu : config.mtu;
  const { servers, search, dnsLifetime: lifetime } = config;
  return {
    type: "advertisement",
    hopLimit: config.hopLimit,
    managed: config.managed,
    other: config.other,
    preference: config.preference,
    lifetime: forwards ? config.lifetime : 0,
    reachableTime: config.reachableTime,
    retransmitTimer: config.retransmitTimer,
    ...link.mac.length === ETHERNET_ADDRESS && { mac: link.mac },
    ...typeof mtu === "number" && { mtu },
    prefixes: prefixesOf(config, facts),
    routes: Object.entries(config.routes).map(([prefix, route]) => ({
      prefix,
      preference: route.preference,
      lifetime: forwards ? route.lifetime : 0
    })),
    servers: servers.length > 0 ? [{ addresses: [...servers], lifetime }] : [],
    search: search.length > 0 ? [{ names: [...search], lifetime }] : []
  };
}
function prefixesOf({ prefixes }, { addresses }) {
  if (prefixes !== void 0)
    return Object.entries(prefixes).map(([prefix, settings2]) => ({ prefix, ...settings2 }));
  const own = addresses.filter(
    ({ address, prefixLength, flags }) => prefixLength === 64 && (flags & PERMANENT) !== 0 && (flags & DUPLICATE) === 0 && !isLocal(address)
  );
  const texts = own.map(({ address }) => prefixText(parseAddress(address), 64));
  return [...new Set(texts)].sort().slice(0, MOST_OWN_PREFIXES).map((prefix) => ({ prefix, ...OWN_PREFIX }));
}
function isLocal(address) {
  const words = parseAddress(address);
  return words !== void 0 && isLinkLocal(words);
}
function remarksOn6(name, config, { unforwarded }) {
  if (unforwarded === void 0 || config.lifetime === 0) return [];
  const which = unforwarded === "host" ? name : "all";
  return [
    `${name} is not offered to hosts as a default router of IPv6: net.ipv6.conf.${which}.forwarding is 0, so the kernel forwards nothing that comes in there; they hear of prefixes, and of router lifetime 0. \`forwarding: true\` of the interface sets what is needed`
  ];
}

// ip/nd/advertising.ts
var MAX_INITIAL_RTR_ADVERTISEMENTS = 3;
var MAX_INITIAL_RTR_ADVERT_INTERVAL = 16e3;
var MAX_RA_DELAY_TIME = 500;
var MIN_DELAY_BETWEEN_RAS = 3e3;
function forwards6(state, index, forwarding) {
  if (forwarding === void 0) delete state.forwarding6[index];
  else state.forwarding6[index] = forwarding;
}
function follow6(state, iface, ctx) {
  const config = state.config.interfaces[iface.name]?.advertising;
  if (config === void 0) return void 0;
  iface.advertising ??= newAdvertising();
  const own = iface.advertising;
  const facts = factsOf(state, iface.name);
  if (facts !== void 0) sayRemarks2(iface.name, own, config, facts, ctx);
  const senders = sendersOf(state, iface.name);
  const address = facts && sourceOf(facts, own.source);
  const source = address && (senders?.[0]?.from ?? address);
  const { offer: before, source: from } = own;
  const isOver = senders !== void 0 && own.senders === void 0 && before !== void 0;
  const farewell = isOver && from !== void 0 ? { offer: before, source: from } : void 0;
  if (facts === void 0 || source === void 0 || senders?.length === 0) {
    pause6(iface, ctx);
    return farewell;
  }
  const offer2 = offerOf(config, facts);
  const isAsBefore = own.source === source && isSame(own.senders, senders);
  if (isAsBefore && own.offer !== void 0 && isSame(own.offer, offer2)) return void 0;
  own.offer = offer2;
  own.source = source;
  delete own.senders;
  if (senders !== void 0) own.senders = senders;
  own.soon = MAX_INITIAL_RTR_ADVERTISEMENTS;
  draw(state, iface, own, ctx);
  return farewell;
}
function pause6({ name, advertising }, ctx) {
  if (advertising === void 0) return;
  delete advertising.offer;
  delete advertising.source;
  delete advertising.senders;
  advertising.asked = false;
  ctx.cancelTimer("ra6", name);
}
function resume6(state, iface, ctx) {
  const own = iface.advertising;
  if (own?.offer !== void 0 && ctx.timerDue("ra6", iface.name) === void 0) draw(state, iface, own, ctx);
}
function asked6(state, iface, ctx) {
  const own = iface.advertising;
  if (own?.offer === void 0) return;
  own.asked = true;
  draw(state, iface, own, ctx);
}
function retime6(state, iface, ctx) {
  const own = iface.advertising;
  const config = state.config.interfaces[iface.name]?.advertising;
  if (own?.offer === void 0 || config === void 0) return;
  const due = ctx.timerDue("ra6", iface.name);
  const after = intervalOf2(own, iface.name, config);
  if (due === void 0 || due > after) ctx.setTimer("ra6", iface.name, after);
}
function due6(iface, agenda) {
  if (iface.advertising?.offer !== void 0) agenda.advertise6(iface);
}
function advertised6(state, iface, sent, ctx) {
  const own = iface.advertising;
  const config = state.config.interfaces[iface.name]?.advertising;
  if (own === void 0 || config === void 0) return;
  const interval = intervalOf2(own, iface.name, config);
  if (sent) {
    own.asked = false;
    own.lastAt = ctx.now();
    if (own.soon > 0) own.soon--;
  }
  const near = own.soon > 0 || !sent;
  ctx.setTimer("ra6", iface.name, near ? Math.min(interval, MAX_INITIAL_RTR_ADVERT_INTERVAL) : interval);
}
function cease6(iface, agenda, ctx) {
  const own = iface.advertising;
  if (own === void 0) return;
  ctx.cancelTimer("ra6", iface.name);
  own.asked = false;
  const isVirtual = own.senders !== void 0;
  if (own.offer !== void 0 && !isVirtual) agenda.farewell6(iface, own.offer, own.source ?? "");
  delete own.offer;
  delete own.source;
  delete own.senders;
}
function forget6(iface) {
  delete iface.advertising;
}
function draw(state, { name }, own, ctx) {
  const { minInterval } = state.config.interfaces[name].advertising;
  const apart = Math.min(MIN_DELAY_BETWEEN_RAS, minInterval);
  const now = ctx.now();
  const last = own.lastAt !== void 0 && own.lastAt <= now ? own.lastAt : Number.NEGATIVE_INFINITY;
  const after = Math.max(0, last + apart - now) + randomOf(own, name) * MAX_RA_DELAY_TIME;
  const due = ctx.timerDue("ra6", name);
  if (due === void 0 || due > after) ctx.setTimer("ra6", name, after);
}
function intervalOf2(own, name, { interval, minInterval }) {
  return minInterval + randomOf(own, name) * (interval - minInterval);
}
function randomOf(own, name) {
  own.draws++;
  let hash = 2166136261 ^ own.draws;
  for (const character of `${own.source ?? ""} ${name}`)
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  for (const [shift, factor] of [
    [16, 2246822507],
    [13, 3266489909]
  ])
    hash = Math.imul(hash ^ hash >>> shift, factor);
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32;
}
function sayRemarks2(name, own, config, facts, ctx) {
  const remarks = remarksOn6(name, config, facts);
  for (const remark of remarks) if (!own.remarks.includes(remark)) ctx.log("warn", remark);
  if (remarks.length === 0 && own.remarks.length > 0 && facts.unforwarded === void 0)
    ctx.log("info", `${name} forwards IPv6 now: it is offered to hosts`);
  own.remarks = remarks;
}

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function addTo2(total, counters) {
  for (const name of Object.keys(counters)) count(total, name, counters[name] ?? 0);
}
function isMilestone(counted) {
  return /^10*$/.test(String(counted));
}

// ip/rib/seen.ts
function saw({ seen, kernel }, kind, key) {
  const id = `${kind} ${key}`;
  if (seen.get(id) === kernel.lists) return;
  seen.delete(id);
  seen.set(id, kernel.lists);
}
function unsee({ seen }, kind, key) {
  seen.delete(`${kind} ${key}`);
}
function* unseen({ seen, kernel }) {
  for (const [id, list2] of seen) {
    if (list2 >= kernel.whole) return;
    const space = id.indexOf(" ");
    yield [id.slice(0, space), id.slice(space + 1)];
  }
}

// ip/rib/connected.ts
var NO_PREFIX_ROUTE = 512;
var HOST_NETWORKS = ["127.0.0.0/8", "::1/128"];
var KERNEL = 2;
var MOST_LINK_ROUTES = 256;
function toldLink(state, link, agenda, ctx) {
  const before = state.links.get(link.index);
  saw(state, "link", link.index);
  if (before !== void 0 && isSame(before.link, link)) return;
  const comesUp = isUsable(link) && before !== void 0 && !isUsable(before.link);
  const ups = (before?.ups ?? 0) + (comesUp ? 1 : 0);
  const { addresses = [], networks = [] } = before ?? {};
  const row = { link, ups, table: tableOf(state, link), addresses, networks };
  state.links.set(link.index, row);
  if (before !== void 0 && before.link.name !== link.name) {
    forgetName(state, before.link);
    agenda.linkChanged(link.index, before.link.name);
  }
  state.names.set(link.name, link.index);
  const isOther = before === void 0 || before.table !== row.table || before.ups !== ups || isUsable(before.link) !== isUsable(link);
  if (isOther) reconnect(state, before, row, ctx);
  if (before !== void 0 && before.table !== row.table) wakeOwn(state, row);
  wake(state, `%${link.name}`);
  if (link.kind === "vrf") retableAll(state, agenda, ctx);
  agenda.linkChanged(link.index, link.name);
}
function goneLink(state, index, agenda, ctx) {
  const row = state.links.get(index);
  unsee(state, "link", index);
  if (row === void 0) return;
  reconnect(state, row, void 0, ctx);
  state.linkRoutes.delete(index);
  for (const key of row.addresses) forgetAddress(state, key);
  state.links.delete(index);
  forgetName(state, row.link);
  if (row.link.kind === "vrf") retableAll(state, agenda, ctx);
  agenda.linkChanged(index, row.link.name);
}
function toldAddress(state, address, agenda, ctx) {
  const key = addressKey(address);
  const before = state.addresses.get(key);
  saw(state, "address", key);
  if (before !== void 0 && isSame(before, address)) return;
  const row = state.links.get(address.index);
  if (row === void 0) return;
  state.addresses.set(key, address);
  if (before === void 0) {
    const indexes = state.owned.get(address.address) ?? [];
    state.owned.set(address.address, [...indexes, address.index]);
  }
  const network = networkOf2(address);
  const now = withAddress(row, key, network);
  if (now !== row) state.links.set(address.index, now);
  const lost = row.networks[row.addresses.indexOf(key)];
  if (!now.networks.includes(lost) && !hasRoute(state, row, lost)) disconnect(state, row, lost, ctx);
  connect(state, row, network, ctx);
  addressChanged(state, row, address.address, agenda);
}
function goneAddress(state, key, agenda, ctx) {
  const address = state.addresses.get(key);
  unsee(state, "address", key);
  if (address === void 0) return;
  const row = state.links.get(address.index);
  forgetAddress(state, key);
  if (row === void 0) return;
  const at = row.addresses.indexOf(key);
  if (at < 0) return;
  const network = row.networks[at];
  const now = { ...row, addresses: row.addresses.toSpliced(at, 1), networks: row.networks.toSpliced(at, 1) };
  state.links.set(address.index, now);
  if (!now.networks.includes(network) && !hasRoute(state, row, network)) disconnect(state, row, network, ctx);
  addressChanged(state, row, address.address, agenda);
}
function isLinkRoute({ protocol, type, prefixLength, hops: [hop, ...others] }) {
  if (protocol !== KERNEL || type !== "unicast" || prefixLength === 0) return false;
  return hop !== void 0 && hop.gateway === void 0 && others.length === 0;
}
function toldLinkRoute(state, key, { metric, hops }, ctx) {
  const index = hops[0].interface;
  const row = state.links.get(index);
  if (row === void 0 || HOST_NETWORKS.includes(prefixOfKey(key))) return;
  const known4 = state.linkRoutes.get(index);
  const metrics = known4?.get(key) ?? [];
  if (metrics.length === 0 && (known4?.size ?? 0) >= MOST_LINK_ROUTES) {
    leaveOut(state, row, key, ctx);
    return;
  }
  saw(state, "linkRoute", linkRouteId(index, metric, key));
  if (metrics.includes(metric)) return;
  const all = [...metrics, metric];
  if (known4 === void 0) state.linkRoutes.set(index, /* @__PURE__ */ new Map([[key, all]]));
  else
    state.linkRoutes.update(index, (routes) => {
      routes.set(key, all);
    });
  if (isUsable(row.link)) connectTo(state, key, row, ctx);
}
function goneLinkRoute(state, key, { metric, hops }, ctx) {
  forgetLinkRoute(state, linkRouteId(hops[0].interface, metric, key), ctx);
}
function forgetLinkRoute(state, id, ctx) {
  unsee(state, "linkRoute", id);
  const [index = 0, metric = 0] = id.split(" ", 2).map(Number);
  const key = id.slice(linkRouteId(index, metric, "").length);
  const metrics = state.linkRoutes.get(index)?.get(key) ?? [];
  if (!metrics.includes(metric)) return;
  const left = metrics.filter((other) => other !== metric);
  state.linkRoutes.update(index, (routes) => {
    if (left.length > 0) routes.set(key, left);
    else routes.delete(key);
  });
  const row = state.links.get(index);
  if (left.length === 0 && !(row && isOfAddress(row, key)))
    withdraw(state, key, "connected", String(index), ctx);
}
function linkRouteId(index, metric, key) {
  return `${index} ${metric} ${key}`;
}
function leaveOut(state, row, key, ctx) {
  if (isOfAddress(row, key)) return;
  const left = count(state.counters, "foreignLeftOut");
  if (isMilestone(left))
    ctx.log(
      "warn",
      `${left} routes of other programs are left out: ${row.link.name} has ${MOST_LINK_ROUTES} networks, which is the most`
    );
}
function isOfAddress({ table: table2, networks }, key) {
  return table2 === tableOfKey(key) && networks.includes(prefixOfKey(key));
}
function hasRoute(state, { link, table: table2 }, prefix) {
  if (prefix === void 0 || !isUsable(link)) return false;
  return state.linkRoutes.get(link.index)?.has(prefixKey(table2, prefix)) === true;
}
function withAddress(row, key, network) {
  const at = row.addresses.indexOf(key);
  if (at < 0) return { ...row, addresses: [...row.addresses, key], networks: [...row.networks, network] };
  return row.networks[at] === network ? row : { ...row, networks: row.networks.with(at, network) };
}
function isUsable({ up, carrier }) {
  return up && carrier;
}
function tableOf(state, { master, kind }) {
  const device = state.links.get(master)?.link;
  if (kind === "vrf" || device?.kind !== "vrf") return MAIN_TABLE;
  return state.config.tables[device.name]?.number ?? 0;
}
function retableAll(state, agenda, ctx) {
  for (const [index, row] of state.links) {
    const table2 = tableOf(state, row.link);
    if (table2 === row.table) continue;
    const now = { ...row, table: table2 };
    state.links.set(index, now);
    reconnect(state, row, now, ctx);
    wakeOwn(state, now);
    agenda.linkChanged(index, row.link.name);
  }
}
function wakeOwn(state, { addresses }) {
  for (const key of addresses) wake(state, `@${state.addresses.get(key)?.address}`);
}
function forgetName(state, { name, index }) {
  if (state.names.get(name) === index) state.names.delete(name);
  wake(state, `%${name}`);
}
function reconnect(state, before, after, ctx) {
  for (const prefix of new Set((after ?? before).networks)) {
    const stays = after !== void 0 && isUsable(after.link) && after.table === before?.table;
    if (before !== void 0 && !stays) disconnect(state, before, prefix, ctx);
    if (after !== void 0) connect(state, after, prefix, ctx);
  }
  const { index } = (after ?? before).link;
  for (const key of state.linkRoutes.get(index)?.keys() ?? []) {
    if (after !== void 0 && isUsable(after.link)) connectTo(state, key, after, ctx);
    else withdraw(state, key, "connected", String(index), ctx);
  }
}
function connect(state, row, prefix, ctx) {
  if (prefix === void 0 || row.table === 0 || !isUsable(row.link)) return;
  connectTo(state, prefixKey(row.table, prefix), row, ctx);
}
function connectTo(state, key, { link, ups }, ctx) {
  const direct = [{ interface: link.index, weight: 1, ups }];
  offer(
    state,
    key,
    {
      source: "connected",
      id: String(link.index),
      distance: 0,
      metric: 0,
      type: "unicast",
      hops: [],
      direct
    },
    ctx
  );
}
function disconnect(state, { link, table: table2 }, prefix, ctx) {
  if (prefix !== void 0) withdraw(state, prefixKey(table2, prefix), "connected", String(link.index), ctx);
}
function forgetAddress(state, key) {
  const address = state.addresses.get(key);
  unsee(state, "address", key);
  if (address === void 0) return;
  state.addresses.delete(key);
  const indexes = [...state.owned.get(address.address) ?? []];
  indexes.splice(indexes.indexOf(address.index), 1);
  if (indexes.length > 0) state.owned.set(address.address, indexes);
  else state.owned.delete(address.address);
  wake(state, `@${address.address}`);
}
function addressChanged(state, { link }, address, agenda) {
  wake(state, `@${address}`);
  wake(state, `%${link.name}`);
  agenda.linkChanged(link.index, link.name);
}
function networkOf2(address) {
  if ((address.flags & NO_PREFIX_ROUTE) !== 0) return void 0;
  const prefix = canonicalPrefix(`${address.peer ?? address.address}/${address.prefixLength}`);
  return HOST_NETWORKS.includes(prefix) ? void 0 : prefix;
}

// ip/rib/static-route.ts
var MOST_AT_ONCE2 = 16;
function staticDifference(before, after) {
  const was = staticRoutes(before);
  const is = staticRoutes(after);
  const gone = [...was.keys()].filter((key) => !is.has(key));
  const other = [...is].flatMap(([key, hops]) => isSame(was.get(key), hops) ? [] : [key]);
  return [...gone, ...other];
}
function changeStatic({ statics }, keys) {
  let row = 0;
  for (const last of statics.keys()) row = last;
  for (let at = 0; at < keys.length; at += MOST_AT_ONCE2)
    statics.set(++row, keys.slice(at, at + MOST_AT_ONCE2));
}
function offerStatic(state) {
  changeStatic(state, [...staticRoutes(state.config).keys()]);
}
function offerSome(state, ctx) {
  for (const [row, keys] of state.statics) {
    state.statics.delete(row);
    for (const key of keys) offerOne(state, key, ctx);
    return keys.length;
  }
  return 0;
}
function offerOne(state, key, ctx) {
  const candidates = candidatesOf(tableOfKey(key), configured(state.config, key) ?? {});
  keepOnly(state, key, candidates, ctx);
  for (const candidate of candidates) offer(state, key, candidate, ctx);
}
function configured({ routes, tables }, key) {
  const table2 = tableOfKey(key);
  const prefix = prefixOfKey(key);
  if (table2 === MAIN_TABLE) return routes[prefix];
  return Object.values(tables).find(({ number }) => number === table2)?.routes[prefix];
}
function candidatesOf(table2, hops) {
  const candidates = /* @__PURE__ */ new Map();
  for (const [name, { distance, tag, weight, interface: on }] of Object.entries(hops)) {
    const type = NOWHERE.includes(name) ? name : "unicast";
    const id = tag === void 0 ? `${distance}` : `${distance} tag ${tag}`;
    const hop = type === "unicast" ? [hopOf(table2, name, on, weight)] : [];
    const before = candidates.get(id);
    candidates.set(id, {
      source: "static",
      id,
      distance,
      metric: 0,
      ...tag !== void 0 && { tag },
      type,
      hops: [...before?.hops ?? [], ...hop]
    });
  }
  return [...candidates.values()];
}
function hopOf(table2, name, on, weight) {
  const weighted = weight === 1 ? {} : { weight };
  const hop = parseAddress(name) === void 0 ? { interface: name } : { gateway: name, ...on !== void 0 && { interface: on } };
  return { key: hopKey(table2, hop), ...hop, ...weighted };
}
function keepOnly(state, key, candidates, ctx) {
  const ids = candidates.map(({ id }) => id);
  for (const { source, id } of state.rib.get(key)?.candidates ?? [])
    if (source === "static" && !ids.includes(id)) withdraw(state, key, source, id, ctx);
}
function staticRoutes({ routes, tables }) {
  const all = [{ number: MAIN_TABLE, routes }, ...Object.values(tables)];
  return new Map(
    all.flatMap(
      ({ number, routes: some3 }) => Object.entries(some3).map(([prefix, hops]) => [prefixKey(number, prefix), hops])
    )
  );
}

// ip/apply.ts
function ceaseRemoved(state, { removed: removed2, quieted, advertising }, agenda, ctx) {
  for (const name of [...removed2, ...quieted]) cease(state.interfaces.get(name), agenda, ctx);
  for (const name of [...removed2, ...advertising.end]) cease6(state.interfaces.get(name), agenda, ctx);
}
function apply(state, {
  config,
  added,
  removed: removed2,
  otherwise,
  retimed,
  discovered,
  quieted,
  retold,
  resettled,
  advertising,
  statics,
  retabled
}, agenda, ctx) {
  for (const name of removed2) {
    if (state.interfaces.get(name)?.advertising !== void 0) ctx.closePort("icmp6", name);
    state.interfaces.delete(name);
    if (state.lines !== void 0) forgetSources(state.lines, name);
    ctx.closePort("icmp", name);
  }
  for (const name of quieted) ctx.closePort("icmp", name);
  for (const name of advertising.end) {
    forget6(state.interfaces.get(name));
    ctx.closePort("icmp6", name);
  }
  const { filters } = state.config;
  state.config = config;
  filtersChanged(state, filters);
  sourceFiltersChanged(state, filters, ctx);
  for (const name of retimed) retimeAdvertising(state, state.interfaces.get(name), ctx);
  for (const name of otherwise) agenda.advertise(state.interfaces.get(name), ALL_SYSTEMS);
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    startAdvertising(state, iface, ctx);
  }
  for (const name of discovered) startAdvertising(state, state.interfaces.get(name), ctx);
  for (const name of retold) {
    const index = state.names.get(name);
    if (index !== void 0) agenda.linkChanged(index, name);
  }
  compareNamed(state, resettled, agenda);
  applyAdvertising(state, [...added, ...advertising.begin], advertising.change, ctx);
  changeStatic(state, statics);
  if (!retabled) return;
  retableAll(state, agenda, ctx);
  wantAll(state, ctx);
  askForList(ctx);
}
function applyAdvertising(state, begin3, change, ctx) {
  for (const name of begin3) openAdvertising(state, state.interfaces.get(name), ctx);
  for (const name of change) {
    const iface = state.interfaces.get(name);
    follow6(state, iface, ctx);
    retime6(state, iface, ctx);
  }
}
function openAdvertising(state, iface, ctx) {
  if (configOf(state, iface).advertising === void 0) return;
  ctx.openPort("icmp6", iface.name);
  follow6(state, iface, ctx);
}

// per-interface.ts
function perInterface(description, properties) {
  return {
    type: "object",
    minProperties: 1,
    propertyNames: { format: "interface-name" },
    additionalProperties: { type: "object", additionalProperties: false, properties },
    allowed: "a mapping of interface name to its settings, with at least one interface, such as lan0: {}",
    description
  };
}

// ip/exchange/filter-config.ts
var MOST_FILTERS = 256;
var MOST_RULES = 1e3;
var SEQUENCE = "^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$";
var NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$";
var MOST_NUMBER2 = 4294967295;
var LONGEST2 = 128;
var RULE = "permit or deny, then any or a prefix with ge and le, such as permit 10.0.0.0/8 le 24";
var NAMES = {
  pattern: NAME,
  allowed: "a name of 1 to 63 letters, digits, dots, - and _"
};
var SEQUENCES = { pattern: SEQUENCE, allowed: "a sequence number from 1 to 65535" };
var NUMBER = { type: "integer", minimum: 0, maximum: MOST_NUMBER2 };
var ENTRY = {
  type: "object",
  additionalProperties: false,
  required: ["action"],
  properties: {
    action: {
      enum: ["permit", "deny"],
      description: "what becomes of a route that matches all of the entry"
    },
    "prefix-list": {
      type: "string",
      unset: "any prefix",
      description: "a list of `prefix-lists` that permits the prefix"
    },
    tag: { ...NUMBER, unset: "any tag, or none", description: "the tag that the route has" },
    source: {
      type: "string",
      pattern: "^[a-z][a-z0-9-]{0,14}$",
      allowed: "connected, static, kernel or a protocol, such as ospf",
      unset: "any source",
      description: "where the route is from"
    },
    "set-metric": { ...NUMBER, unset: "left as it is", description: "the metric from then on" },
    "set-tag": { ...NUMBER, unset: "left as it is", description: "the tag from then on" },
    "set-type": {
      enum: [1, 2],
      unset: "left to the protocol",
      description: "OSPF's type of an external metric (RFC 2328 2.3)"
    }
  }
};
var FILTER_KEYS = {
  "prefix-lists": {
    type: "object",
    maxProperties: MOST_FILTERS,
    propertyNames: NAMES,
    additionalProperties: {
      type: "object",
      minProperties: 1,
      maxProperties: MOST_RULES,
      propertyNames: SEQUENCES,
      additionalProperties: {
        type: "string",
        pattern: "^ *(permit|deny) +[^ ]+( +(ge|le) +[0-9]{1,3})* *$",
        allowed: RULE
      },
      allowed: `a mapping of sequence numbers to rules, such as 10: permit 10.0.0.0/8 le 24; at most ${MOST_RULES}`
    },
    unset: "none",
    description: "lists of prefixes by name. The first rule that has a prefix decides; what no rule has is denied. Without ge and le a rule has one length; ge alone goes up to the longest"
  },
  "route-maps": {
    type: "object",
    maxProperties: MOST_FILTERS,
    propertyNames: NAMES,
    additionalProperties: {
      type: "object",
      minProperties: 1,
      maxProperties: MOST_RULES,
      propertyNames: SEQUENCES,
      additionalProperties: ENTRY,
      allowed: `a mapping of sequence numbers to entries, such as 10: { action: permit }; at most ${MOST_RULES}`
    },
    unset: "none",
    description: "filters of routes by name, for redistribution, and for what a protocol learns. The first entry that a route matches decides; what no entry matches is denied"
  }
};
function checkFilters(keys) {
  return [...wrongRules(keys), ...unknownLists(keys)];
}
function* wrongRules({ "prefix-lists": lists = {} }) {
  for (const [name, rules = {}] of Object.entries(lists)) {
    for (const [sequence, text] of Object.entries(rules)) {
      const rule = text === void 0 ? void 0 : readRule(Number(sequence), text);
      if (rule !== void 0 && "wrong" in rule)
        yield { path: ["ip", "prefix-lists", name, sequence], text: rule.wrong };
    }
  }
}
function* unknownLists({
  "prefix-lists": lists = {},
  "route-maps": maps = {}
}) {
  const known4 = Object.keys(lists);
  for (const [name, entries = {}] of Object.entries(maps)) {
    for (const [sequence, entry] of Object.entries(entries)) {
      const list2 = entry?.["prefix-list"];
      if (list2 === void 0 || known4.includes(list2)) continue;
      const text = known4.length === 0 ? "a list of ip.prefix-lists, which there are none of" : known4.join(", ");
      yield { path: ["ip", "route-maps", name, sequence, "prefix-list"], text };
    }
  }
}
function filtersOf({ "prefix-lists": lists = {}, "route-maps": maps = {} }) {
  return {
    prefixLists: mapped(
      lists,
      (rules = {}) => inSequence(rules, (sequence, text) => {
        const rule = readRule(sequence, text);
        return "wrong" in rule ? [] : [rule];
      })
    ),
    routeMaps: mapped(
      maps,
      (entries = {}) => inSequence(entries, (sequence, entry) => [entryOf(sequence, entry)])
    )
  };
}
function readFilters(given) {
  const { prefixLists = {}, routeMaps = {} } = given ?? {};
  return { prefixLists, routeMaps };
}
function readRule(sequence, text) {
  const [action, prefix = "", ...bounds] = text.trim().split(/ +/);
  if (action !== "permit" && action !== "deny") return { wrong: RULE };
  const named3 = boundsOf(bounds);
  if (named3 === void 0) return { wrong: RULE };
  if (prefix === "any") {
    const isBounded = named3.ge !== void 0 || named3.le !== void 0;
    return isBounded ? { wrong: "any without ge and le, or a prefix with them, such as 0.0.0.0/0 le 24" } : { sequence, action, least: 0, most: LONGEST2 };
  }
  const value = parsePrefix(prefix);
  if (value === void 0) return { wrong: RULE };
  const { words, length } = value;
  if (hasHostBits(value))
    return { wrong: `a prefix without bits beyond its length: ${prefixText(words, length)}` };
  const longest = 32 * words.length;
  const { ge, le } = named3;
  const least = ge ?? length;
  const most = le ?? (ge === void 0 ? length : longest);
  if (least < length || most < least || most > longest)
    return { wrong: `lengths with ${length} <= ge <= le <= ${longest}` };
  return { sequence, action, within: { words, length }, least, most };
}
function boundsOf(words) {
  const bounds = {};
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i];
    const length = words[i + 1];
    if (name !== "ge" && name !== "le" || bounds[name] !== void 0 || !/^\d{1,3}$/.test(length ?? ""))
      return void 0;
    bounds[name] = Number(length);
  }
  return bounds;
}
function entryOf(sequence, keys) {
  const { action, tag, source, "prefix-list": prefixList } = keys;
  const { "set-metric": setMetric, "set-tag": setTag, "set-type": setType } = keys;
  return {
    sequence,
    action: action ?? "deny",
    ...prefixList !== void 0 && { prefixList },
    ...tag !== void 0 && { tag },
    ...source !== void 0 && { source },
    ...setMetric !== void 0 && { setMetric },
    ...setTag !== void 0 && { setTag },
    ...setType !== void 0 && { setType }
  };
}
function mapped(record, make) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));
}
function inSequence(record, make) {
  return Object.entries(record).map(([sequence, value]) => [Number(sequence), value]).sort(([one], [other]) => one - other).flatMap(([sequence, value]) => make(sequence, value));
}

// ip/interfaces/interface-config.ts
var MOST_ADDRESSES = 256;
var MOST_MEMBERS = 1023;
var LEAST_MTU_6 = 1280;
var NAME2 = { type: "string", format: "interface-name" };
var SETTINGS_KEYS = {
  addresses: {
    type: "array",
    maxItems: MOST_ADDRESSES,
    items: {
      type: "string",
      pattern: "^([0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)/[0-9]{1,3}$",
      allowed: "an address with the length of its prefix, such as 10.0.1.1/24 or fd00:1::1/64"
    },
    allowed: `a list of at most ${MOST_ADDRESSES} addresses, such as [10.0.1.1/24, 'fd00:1::1/64']`,
    description: "IPv4 and IPv6 addresses that it is given, and that it has as long as they stand here; others that it has stay. An address that it had before is left there at the end"
  },
  up: {
    type: "boolean",
    unset: "left as it is; up where addresses, vlan or bridge are given, and where it is a member or a parent of one",
    description: "whether it is set up, once: whoever sets it down by hand is not overruled"
  },
  mtu: {
    type: "integer",
    minimum: 68,
    maximum: 65536,
    unit: "bytes",
    unset: "left as it is",
    description: "its MTU"
  },
  description: {
    type: "string",
    minLength: 1,
    maxBytes: 255,
    allowed: "a text of 1 to 255 bytes",
    unset: "left as it is",
    description: "the link's alias, which `ip link` shows"
  },
  forwarding: {
    type: "boolean",
    unset: "left as it is; the log says where it is off",
    description: "whether the kernel forwards IPv4 and IPv6 packets that come in there. With IPv6 the interface believes other routers no more, and the kernel forgets default routes that it heard there, unless `accept_ra` is 2"
  },
  vlan: {
    type: "object",
    additionalProperties: false,
    required: ["parent", "id"],
    properties: {
      parent: { ...NAME2, description: "the interface that it is on" },
      id: { type: "integer", minimum: 1, maximum: 4094, description: "its number (IEEE 802.1Q)" }
    },
    unset: "none",
    description: "makes this interface as a VLAN; it is removed at the end if it was not there before"
  },
  bridge: {
    type: "array",
    maxItems: MOST_MEMBERS,
    uniqueItems: true,
    items: NAME2,
    allowed: "a list of interfaces, such as [eth1, eth2]",
    unset: "none",
    description: "makes this interface as a bridge of these; it is removed at the end if it was not there before"
  },
  vrf: {
    ...NAME2,
    unset: "none",
    description: "the table of `tables` that is for what comes in there; its VRF is made under the same name"
  }
};
function settingsOf({ addresses = [], vlan, bridge, ...others }) {
  const { up, mtu, description, forwarding, vrf } = others;
  const texts = addresses.flatMap((text) => readAddress(text ?? "") ?? []).map(textOf3);
  const settings2 = {
    ...up !== void 0 && { up },
    ...mtu !== void 0 && { mtu },
    ...description !== void 0 && { description },
    ...forwarding !== void 0 && { forwarding },
    ...vlan !== void 0 && { vlan },
    ...bridge !== void 0 && { bridge },
    ...vrf !== void 0 && { vrf }
  };
  if (texts.length === 0 && Object.keys(settings2).length === 0) return void 0;
  return { addresses: [...new Set(texts)], ...settings2 };
}
function* checkInterfaces(interfaces3, tables, whole) {
  yield* addressesAreOfInterfaces(interfaces3);
  yield* addressesAreOnce(interfaces3, whole);
  yield* mtusFit(interfaces3);
  yield* vlansFit(interfaces3);
  yield* membersAreOnce(interfaces3);
  yield* vrfsAreTables(interfaces3, tables);
}
var LOOPBACK2 = "lo";
function* entriesOf(interfaces3) {
  for (const [name, keys] of Object.entries(interfaces3)) if (keys !== void 0) yield [name, keys];
}
function pathOf(name, ...keys) {
  return ["ip", "interfaces", name, ...keys];
}
function* addressesAreOfInterfaces(interfaces3) {
  for (const [name, { addresses = [] }] of entriesOf(interfaces3)) {
    for (const [i, text] of addresses.entries()) {
      if (text === void 0) continue;
      const address = readAddress(text);
      const path = pathOf(name, "addresses", i);
      if (address === void 0) {
        yield { path, text: "an address with the length of its prefix, such as 10.0.1.1/24 or fd00:1::1/64" };
        continue;
      }
      const why = whyNotOfInterface(address, name === LOOPBACK2);
      if (why !== void 0) yield { path, text: `an address that an interface can have: this is ${why}` };
    }
  }
}
function* addressesAreOnce(interfaces3, whole) {
  const holders = /* @__PURE__ */ new Map();
  const keyOf4 = (text, name) => {
    const address = readAddress(text ?? "");
    if (address === void 0) return void 0;
    return `${address.address} ${isLinkLocal2(address) ? name : ""} ${interfaces3[name]?.vrf ?? ""}`;
  };
  for (const [name, given] of Object.entries(whole.interfaces ?? {}))
    for (const text of given?.addresses ?? []) {
      const key = keyOf4(text, name);
      if (key !== void 0) holders.set(key, { name, path: `interfaces.${name}.addresses` });
    }
  for (const [name, { addresses = [] }] of entriesOf(interfaces3)) {
    for (const [i, text] of addresses.entries()) {
      const key = keyOf4(text, name);
      if (key === void 0) continue;
      const before = holders.get(key);
      const own = `ip.interfaces.${name}.addresses`;
      if (before !== void 0 && (before.name !== name || before.path === own)) {
        yield {
          path: pathOf(name, "addresses", i),
          found: `${text} a second time`,
          text: `each address once (it is in ${before.path} already)`
        };
      } else holders.set(key, { name, path: own });
    }
  }
}
function* mtusFit(interfaces3) {
  for (const [name, { mtu, addresses = [], vlan }] of entriesOf(interfaces3)) {
    if (mtu === void 0) continue;
    const six = addresses.find((text) => text?.includes(":"));
    if (mtu < LEAST_MTU_6 && six !== void 0)
      yield {
        path: pathOf(name, "mtu"),
        text: `${LEAST_MTU_6} or more, because of ${six} (RFC 8200 section 5)`
      };
    const most = interfaces3[vlan?.parent ?? ""]?.mtu;
    if (most !== void 0 && mtu > most)
      yield {
        path: pathOf(name, "mtu"),
        text: `at most that of its parent ${vlan?.parent}, which is ${most}`
      };
  }
}
function* vlansFit(interfaces3) {
  const taken = /* @__PURE__ */ new Map();
  for (const [name, { vlan, bridge }] of entriesOf(interfaces3)) {
    if (vlan === void 0) continue;
    if (bridge !== void 0)
      yield { path: pathOf(name, "bridge"), text: "not beside vlan: an interface is made as one of them" };
    const { parent, id } = vlan;
    if (parent !== void 0 && isBelow(interfaces3, parent, name))
      yield { path: pathOf(name, "vlan", "parent"), text: `an interface that is not on ${name} itself` };
    if (parent === void 0 || id === void 0) continue;
    const before = taken.get(`${parent} ${id}`);
    if (before === void 0) taken.set(`${parent} ${id}`, name);
    else
      yield {
        path: pathOf(name, "vlan", "id"),
        found: `VLAN ${id} of ${parent} a second time`,
        text: `each number once on a parent (it is in ip.interfaces.${before} already)`
      };
  }
}
function isBelow(interfaces3, name, other) {
  const seen = /* @__PURE__ */ new Set();
  for (let at = name; at !== void 0 && !seen.has(at); at = interfaces3[at]?.vlan?.parent) {
    if (at === other) return true;
    seen.add(at);
  }
  return false;
}
function* membersAreOnce(interfaces3) {
  const bridges = /* @__PURE__ */ new Map();
  for (const [name, { bridge = [] }] of entriesOf(interfaces3)) {
    for (const [i, member] of bridge.entries()) {
      if (member === void 0) continue;
      const path = pathOf(name, "bridge", i);
      const before = bridges.get(member);
      bridges.set(member, name);
      if (interfaces3[member]?.bridge !== void 0)
        yield { path, text: `an interface that is no bridge, as ${member} is` };
      else if (before !== void 0 && before !== name)
        yield {
          path,
          found: `${member} a second time`,
          text: `each interface in one bridge (it is in ip.interfaces.${before} already)`
        };
      else if (interfaces3[member]?.vrf !== void 0)
        yield {
          path,
          text: `an interface that is in no VRF: ${member} is in that of ${interfaces3[member]?.vrf}`
        };
    }
  }
}
function* vrfsAreTables(interfaces3, tables) {
  for (const [name, { vrf }] of entriesOf(interfaces3)) {
    if (vrf === void 0) continue;
    const path = pathOf(name, "vrf");
    if (!Object.hasOwn(tables, vrf)) yield { path, text: "the name of a table in ip.tables" };
    else if (vrf === name) yield { path, text: "a table of another name: the VRF has the name of its table" };
    else if (interfaces3[vrf]?.vlan !== void 0 || interfaces3[vrf]?.bridge !== void 0)
      yield { path, text: `a table whose name is free for its VRF: ip.interfaces.${vrf} is something else` };
  }
}

// ip/rib/static-config.ts
var MOST_ROUTES2 = 65536;
var MOST_HOPS2 = 64;
var LONGEST_INTERFACE2 = 15;
var MOST_TABLES = 256;
var KERNEL_TABLES = [0, 253, 254, 255];
var HOP = {
  type: "object",
  additionalProperties: false,
  properties: {
    distance: {
      type: "integer",
      minimum: 1,
      maximum: 255,
      default: 1,
      description: "the lowest of all ways to the prefix is used, 255 never; next hops of one distance share the traffic"
    },
    weight: {
      type: "integer",
      minimum: 1,
      maximum: 256,
      default: 1,
      description: "its share of the traffic, beside other next hops of its distance"
    },
    tag: {
      type: "integer",
      minimum: 0,
      maximum: 4294967295,
      unset: "no tag",
      description: "a mark for those to whom it is redistributed"
    },
    interface: {
      type: "string",
      format: "interface-name",
      unset: "found by the routes that there are",
      description: "the interface that the next hop is on; a link-local one needs it"
    }
  }
};
var ROUTES = {
  type: "object",
  maxProperties: MOST_ROUTES2,
  propertyNames: {
    type: "string",
    pattern: "^([0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)/[0-9]{1,3}$",
    allowed: "a prefix, such as 10.9.0.0/16 or fd00:9::/48"
  },
  additionalProperties: {
    type: "object",
    minProperties: 1,
    maxProperties: MOST_HOPS2,
    propertyNames: {
      type: "string",
      pattern: "^[^\\s/]{1,45}$",
      allowed: "a next hop: an address, the name of an interface, blackhole, or unreachable"
    },
    additionalProperties: HOP,
    allowed: `next hops, 1 to ${MOST_HOPS2}, such as 10.0.2.2: {}`
  },
  allowed: "a mapping of prefix to next hops, such as 10.9.0.0/16: { 10.0.2.2: {} }",
  description: "static routes: by prefix, then by next hop"
};
var STATIC_KEYS = {
  "keep-routes": {
    duration: { least: "0s", most: "1h" },
    default: "0s",
    description: "how long routes stay in the kernel after the router has ended, for the next start to take over; 0s: they are withdrawn when it ends"
  },
  routes: ROUTES,
  tables: {
    type: "object",
    maxProperties: MOST_TABLES,
    propertyNames: { format: "interface-name" },
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      required: ["number"],
      properties: {
        number: {
          type: "integer",
          minimum: 1,
          maximum: 4294967295,
          allowed: "the number of the table in the kernel, from 1, other than 253, 254 and 255",
          description: "the number of the table in the kernel"
        },
        routes: ROUTES
      }
    },
    description: "further tables by name, each for the interfaces whose `vrf` it is"
  }
};
function checkStatic({ routes, tables = {} }) {
  const numbers = /* @__PURE__ */ new Map();
  const broken = [...checkRoutes(routes, ["ip", "routes"])];
  let all = Object.keys(routes ?? {}).length;
  for (const [name, table2] of Object.entries(tables)) {
    const path = ["ip", "tables", name];
    broken.push(...checkRoutes(table2.routes, [...path, "routes"]));
    const some3 = Object.keys(table2.routes ?? {}).length;
    all += some3;
    if (all > MOST_ROUTES2 && some3 > 0)
      broken.push({
        path: [...path, "routes"],
        text: `at most ${MOST_ROUTES2} routes in all tables together; up to here there are ${all}`
      });
    const { number } = table2;
    if (number === void 0) continue;
    const other = numbers.get(number);
    if (KERNEL_TABLES.includes(number))
      broken.push({ path: [...path, "number"], text: "a number that is none of the kernel's own tables" });
    if (other !== void 0)
      broken.push({ path: [...path, "number"], text: `a number that no other table has; ${other} has it` });
    numbers.set(number, name);
  }
  return broken;
}
function staticOf({ "keep-routes": keepRoutes = 0, routes = {}, tables = {} }) {
  const each2 = Object.entries(tables).map(([name, table2]) => {
    return [name, { number: table2.number, routes: routesOf(table2.routes) }];
  });
  return { keepRoutes, routes: routesOf(routes), tables: Object.fromEntries(each2) };
}
function routesOf(routes = {}) {
  const each2 = Object.entries(routes).map(([prefix, hops]) => {
    const some3 = Object.entries(hops).map(([name, { distance = 1, weight = 1, tag, interface: on }]) => {
      const hop = {
        distance,
        weight,
        ...tag !== void 0 && { tag },
        ...on !== void 0 && { interface: on }
      };
      return [canonicalHop(name), hop];
    });
    return [canonicalPrefix(prefix), Object.fromEntries(some3)];
  });
  return Object.fromEntries(each2);
}
function canonicalHop(name) {
  const words = parseAddress(name);
  return words === void 0 ? name : addressText(words);
}
function* checkRoutes(routes = {}, path) {
  const texts = /* @__PURE__ */ new Map();
  for (const [text, hops] of Object.entries(routes)) {
    const prefix = parsePrefix(text);
    const canonical = canonicalPrefix(text);
    const here = [...path, text];
    if (prefix === void 0 || canonical === void 0) {
      yield { path: here, text: "a prefix, such as 10.9.0.0/16 or fd00:9::/48" };
      continue;
    }
    const other = texts.get(canonical);
    if (hasHostBits(prefix)) yield { path: here, text: `a prefix without host bits, which is ${canonical}` };
    else if (isMulticast(prefix.words)) yield { path: here, text: "a prefix that is not multicast" };
    else if (isOfHost(prefix)) yield { path: here, text: "a prefix that leaves the host" };
    else if (other !== void 0) yield { path: here, text: `each prefix once; ${other} is the same` };
    texts.set(canonical, text);
    yield* checkHops(hops, familyOf(canonical), here);
  }
}
function* checkHops(hops, family, path) {
  const names = /* @__PURE__ */ new Map();
  const types = /* @__PURE__ */ new Map();
  for (const [name, hop] of Object.entries(hops)) {
    const text = wrongHop(name, hop, family);
    if (text !== void 0) yield { path: [...path, name], text };
    const other = names.get(canonicalHop(name));
    if (other !== void 0)
      yield { path: [...path, name], text: `each next hop once; ${other} is the same` };
    names.set(canonicalHop(name), name);
    const type = NOWHERE.includes(name) ? name : "a next hop";
    const group = `${hop.distance ?? 1} ${hop.tag ?? ""}`;
    const before = types.get(group) ?? type;
    if (before !== type)
      yield {
        path: [...path, name],
        text: `another distance: ${before} and ${type} cannot share the traffic`
      };
    types.set(group, type);
  }
}
function isOfHost({ words, length }) {
  if (words.length === 1) return length >= 8 && [0, 127].includes(words[0] >>> 24);
  if (isLinkLocal(words)) return length >= 10;
  return length === 128 && words[3] <= 1 && words.slice(0, 3).every((word) => word === 0);
}
function wrongHop(name, { interface: on }, family) {
  const address = parseAddress(name);
  if (address === void 0) {
    if (name.length > LONGEST_INTERFACE2)
      return `an address, the name of an interface (at most ${LONGEST_INTERFACE2} characters), blackhole, or unreachable`;
    if (name.includes(":") || /^[0-9.]+$/.test(name)) return "an address, such as 10.0.2.2 or fd00:2::2";
    return on === void 0 ? void 0 : `no \`interface\` beside ${name}, which is no address`;
  }
  if (family === 6 && address.length === 1) return "an IPv6 address: this prefix is of IPv6";
  if (isMulticast(address) || address.every((word) => word === 0) || address[0] >>> 24 === 127)
    return "the address of a neighbour";
  if (isLinkLocal(address) && on === void 0)
    return `an \`interface\` beside it: ${name} is link-local, and may be on each`;
  return void 0;
}

// ip/config.ts
var MOST_BANDWIDTH = 1e7;
var INTERFACE = {
  // MaxAdvertisementInterval is 4 to 1,800 seconds, 600 by default; less only makes sense in a lab.
  interval: {
    duration: { least: "10ms", most: "30m" },
    default: "10m",
    allowed: "a time from 10ms to 30m (less than 4s, RFC 1256's least, is for a lab)",
    description: "the longest time between two advertisements (MaxAdvertisementInterval)"
  },
  // A signed 32-bit number; the least means "never a default router".
  preference: {
    type: "integer",
    minimum: -2147483648,
    maximum: 2147483647,
    default: 0,
    description: "preference as default router; the least means never"
  },
  "router-discovery": {
    type: "boolean",
    unset: "true; false on the loopback",
    description: "whether it is advertised by ICMP (RFC 1256), with `interval` and `preference`"
  },
  "router-advertisements": ADVERTISEMENTS,
  bandwidth: {
    type: "integer",
    minimum: 1,
    maximum: MOST_BANDWIDTH,
    unit: "Mbit/s",
    unset: "as its driver says",
    description: "its speed, as routing protocols are told of it for the cost of the link; nothing is limited by it"
  },
  ...SETTINGS_KEYS
};
var SCHEMA = {
  type: "object",
  additionalProperties: false,
  unset: "no IP module, unless a version needs it",
  description: "ICMP router advertisements (RFC 1256), of all addresses that belong to a network, where the kernel forwards",
  properties: {
    // AdvertisementLifetime, at most 9,000 seconds.
    lifetime: {
      duration: { least: "1s", most: "9000s", step: "1s" },
      unset: "three times the longest `interval`",
      description: "how long hosts believe an advertisement; not below any `interval`"
    },
    // A router that only has routes needs none.
    interfaces: {
      ...perInterface("where it advertises, by name", INTERFACE),
      minProperties: 0,
      default: {},
      allowed: "a mapping of interface name to its settings, such as lan0: {}"
    },
    ...STATIC_KEYS,
    ...FILTER_KEYS
  }
};
var section = { section: "ip", schema: SCHEMA, check, settings };
function check(section2, whole) {
  return [
    ...lifetimeCoversIntervals(section2),
    ...advertisementsAreGood(section2),
    ...checkInterfaces(section2.interfaces ?? {}, section2.tables ?? {}, whole),
    ...checkStatic(section2),
    ...checkFilters(section2)
  ];
}
function advertisementsAreGood({ interfaces: interfaces3 = {} }) {
  return Object.entries(interfaces3).flatMap(
    ([name, { "router-advertisements": keys }]) => keys === void 0 ? [] : [...checkAdvertisements(["ip", "interfaces", name, "router-advertisements"], keys)]
  );
}
function lifetimeCoversIntervals({ lifetime, interfaces: interfaces3 = {} }) {
  const [name, { interval = 0 }] = Object.entries(interfaces3).reduce(
    (longest, other) => (other[1].interval ?? 0) > (longest[1].interval ?? 0) ? other : longest,
    ["", {}]
  );
  if (lifetime === void 0 || interval <= lifetime) return [];
  return [
    {
      path: ["ip", "lifetime"],
      text: `at least the interval of ${name}, which is ${formatDuration(interval)} (RFC 1256 4.1)`
    }
  ];
}
function settings({ lifetime: told2, interfaces: interfaces3, ...rest }) {
  const longest = Math.max(0, ...Object.values(interfaces3).map(({ interval }) => interval));
  const lifetime = told2 ?? 3 * longest;
  const each2 = Object.entries(interfaces3).map(([name, keys]) => [name, interfaceOf(name, keys)]);
  return readConfig({
    // Where nothing is advertised there is none to tell.
    ...lifetime > 0 && { lifetime: Math.ceil(lifetime / 1e3) },
    interfaces: Object.fromEntries(each2),
    ...staticOf(rest),
    filters: filtersOf(rest)
  });
}
var LOOPBACK3 = "lo";
function interfaceOf(name, {
  preference,
  interval,
  bandwidth,
  "router-discovery": discovery = name !== LOOPBACK3,
  "router-advertisements": advertisements,
  ...keys
}) {
  const settings2 = settingsOf(keys);
  return {
    preference,
    interval,
    ...!discovery && { discovery },
    ...advertisements !== void 0 && { advertising: advertisingOf(advertisements) },
    ...bandwidth !== void 0 && { bandwidth },
    ...settings2 !== void 0 && { settings: settings2 }
  };
}
var DEFAULT_LIFETIME = 1800;
function readConfig(given) {
  const {
    lifetime = DEFAULT_LIFETIME,
    interfaces: interfaces3 = {},
    keepRoutes = 0,
    routes = {},
    tables = {},
    filters
  } = given ?? {};
  return { lifetime, interfaces: interfaces3, keepRoutes, routes, tables, filters: readFilters(filters) };
}

// ip/discovery/solicitation.ts
var UNSPECIFIED = "0.0.0.0";
var MAX_RESPONSE_DELAY = 2e3;
var MOST_ALONE = 10;
var ALONE_WINDOW = 1e3;
function receiveSolicitation(iface, from, agenda, ctx) {
  const { link, name } = iface;
  const near = link?.addresses.some((own) => sameNetwork(from, own.address, own.prefixLength)) ?? false;
  if (from !== UNSPECIFIED && !near) {
    count(iface.counters, "source");
    return;
  }
  const solicited = count(iface.counters, "solicited");
  const first = eligibleOf(link)[0];
  if (first === void 0) return;
  if (from !== UNSPECIFIED && mayAnswerAlone(iface, ctx)) {
    agenda.advertise(iface, from);
  } else if (ctx.timerDue("answer", name) === void 0) {
    ctx.setTimer("answer", name, responseDelay(first, solicited));
  }
}
function mayAnswerAlone(iface, ctx) {
  const now = ctx.now();
  const since = iface.alone?.since ?? Number.NEGATIVE_INFINITY;
  if (now < since || now - since >= ALONE_WINDOW || iface.alone === void 0)
    iface.alone = { since: now, answers: 0 };
  return ++iface.alone.answers <= MOST_ALONE;
}
function answer(iface, agenda) {
  agenda.advertise(iface, ALL_SYSTEMS);
}
function ceased({ name }, ctx) {
  ctx.cancelTimer("answer", name);
}
function responseDelay(address, solicited) {
  const MULTIPLIER = 2654435761;
  const spread2 = Math.imul(toNumber(address) + solicited, MULTIPLIER) >>> 0;
  return spread2 / 2 ** 32 * MAX_RESPONSE_DELAY;
}

// ip/discovery/receive.ts
function receive(iface, { from, payload }, agenda, ctx) {
  const message = decode(payload);
  const own = iface.link?.addresses.some(({ address }) => address === from) ?? false;
  if ("error" in message) count(iface.counters, message.error);
  else if (own) count(iface.counters, "own");
  else if (message.type === "solicitation") receiveSolicitation(iface, from, agenda, ctx);
  else count(iface.counters, "heard");
}

// ip/discovery/router-advertisement.ts
var FAILING = 3;
function advertise(state, iface, to, regular, agenda, ctx) {
  const addresses = eligibleOf(iface.link);
  if (!send(state, iface, to, addresses, state.config.lifetime, ctx)) return;
  mayKnow(iface, addresses);
  if (regular) agenda.advertised(iface);
}
function mayKnow(iface, addresses) {
  iface.advertised = [.../* @__PURE__ */ new Set([...iface.advertised, ...addresses])];
}
function withdraw2(state, iface, ctx) {
  if (!iface.link?.up || iface.link.addresses.length === 0) return;
  const now = eligibleOf(iface.link);
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) forget3(state, iface, gone, ctx);
}
function withdrawAll2(state, iface, ctx) {
  if (iface.link?.up && iface.advertised.length > 0) forget3(state, iface, iface.advertised, ctx);
}
function forget3(state, iface, gone, ctx) {
  if (!send(state, iface, ALL_SYSTEMS, gone, 0, ctx)) return;
  count(iface.counters, "withdrawn");
  iface.advertised = iface.advertised.filter((address) => !gone.includes(address));
}
function send(state, iface, to, addresses, lifetime, ctx) {
  const { preference } = configOf(state, iface);
  const most = addressesThatFit(iface.link?.mtu ?? 0);
  let sent = addresses.length > 0;
  for (let i = 0; i < addresses.length; i += most) {
    const some3 = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet = { to, payload: encode({ type: "advertisement", lifetime, addresses: some3 }) };
    const result = ctx.transmit("icmp", iface.name, packet);
    count(iface.counters, result === "sent" ? "sent" : "notSent");
    if (to === ALL_SYSTEMS) noteSent(state, iface, result === "sent", ctx);
    sent &&= result === "sent";
  }
  return sent;
}
function noteSent(state, iface, sent, ctx) {
  state.lines ??= /* @__PURE__ */ new Map();
  const { name, unsent = 0 } = iface;
  if (sent) {
    if (unsent === 0) return;
    delete iface.unsent;
    noteWell(state.lines, "notSent", name, ctx.now());
    const due2 = lineDue(state.lines, "sentAgain", name, ctx.now());
    if (due2 !== void 0)
      ctx.log("info", `${name}: advertisements are sent again, ${unsent} were not${leftOutText(due2)}`);
    return;
  }
  iface.unsent = unsent + 1;
  const due = lineDue(state.lines, "notSent", name, ctx.now());
  if (due !== void 0)
    ctx.log("warn", `${name}: an advertisement was not sent: ${reasonOf(ctx, name)}${leftOutText(due)}`);
}
function failingOf(state) {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ name }) => name));
}
function failureText(names, ctx) {
  return names.map((name) => `advertisements on ${name} are not sent: ${reasonOf(ctx, name)}`).join("; ");
}
function isFailing({ unsent = 0 }) {
  return unsent >= FAILING;
}
function reasonOf(ctx, name) {
  return ctx.portFailure("icmp", name)?.reason ?? "its port does not say why";
}

// ip/exchange/link-told.ts
var POINT_TO_POINT = 16;
var NOT_YET = 8 | 64;
function tellLink(state, index, ctx) {
  const before = state.linksTold.get(index);
  const row = state.links.get(index);
  const now = row && bodyOf(state, row);
  if (isSame(before, now)) return;
  if (now === void 0) state.linksTold.delete(index);
  else state.linksTold.set(index, now);
  if (before !== void 0 && before.name !== now?.name) withdrawName(state, before, ctx);
  if (now !== void 0) ctx.publish("links", now, { retain: now.name });
}
function tellSpeeds(state, agenda) {
  for (const [index, { link }] of state.links)
    if (speedOf(state, link) !== state.linksTold.get(index)?.speed) agenda.linkChanged(index, link.name);
}
function withdrawGone(state, ctx) {
  for (const index of state.linksTold.keys()) if (!state.links.has(index)) tellLink(state, index, ctx);
}
function withdrawLinks({ linksTold }, ctx) {
  for (const { name } of linksTold.values()) ctx.publish("links", absent(name), { withdraw: name });
}
function withdrawName(state, { name }, ctx) {
  if (!state.names.has(name)) ctx.publish("links", absent(name), { withdraw: name });
}
function absent(name) {
  const nothing = { mtu: 0, mac: "", kind: "", pointToPoint: false, table: 0, addresses: [] };
  return { name, index: 0, admin: false, up: false, ...nothing };
}
function bodyOf(state, { link, table: table2, addresses }) {
  const { name, index, up, carrier, mtu, mac, kind, flags } = link;
  const speed = speedOf(state, link);
  const all = addresses.flatMap((key) => state.addresses.get(key) ?? []);
  const primary = all.filter(({ secondary: secondary2 }) => !secondary2);
  const secondary = all.filter((address) => address.secondary);
  return {
    name,
    index,
    admin: up,
    up: up && carrier,
    mtu,
    ...speed !== void 0 && { speed },
    mac,
    kind,
    pointToPoint: (flags & POINT_TO_POINT) !== 0,
    table: table2,
    addresses: [...primary, ...secondary].map(addressOf)
  };
}
function speedOf({ config }, { name, speed }) {
  return config.interfaces[name]?.bandwidth ?? speed;
}
function addressOf({
  address,
  prefixLength,
  peer,
  secondary,
  flags,
  family
}) {
  return {
    address,
    prefixLength,
    ...peer !== void 0 && { peer },
    // IPv6 says with the same flag that an address is temporary.
    ...family === 4 && secondary && { secondary: true },
    ...family === 6 && (flags & NOT_YET) !== 0 && { tentative: true }
  };
}

// ip/exchange/tracking.ts
var MOST_TRACKS = 1024;
var LONGEST_REST_MS = 1e3;
var SOME = 64;
var ID = /^\S{1,64}$/;
function takeTrack(state, module2, body, ctx) {
  if (!isRecord(body) || !isName(body.by) || typeof body.id !== "string" || !ID.test(body.id)) {
    complain(state, "track", module2, `a track of ${module2} is refused: \`by\` or \`id\` is no name`, ctx);
    return;
  }
  const id = `${body.by} ${body.id}`;
  const owner = state.tracks.get(id)?.module ?? module2;
  if (owner !== module2) {
    complain(state, "track", module2, `a track of ${module2} is refused: ${id} is ${owner}'s`, ctx);
    return;
  }
  if (body.remove === true) {
    untrack(state, id, ctx);
    return;
  }
  const wanted = readTrack(state, id, body);
  if ("wrong" in wanted) {
    complain(state, "track", id, `the track ${id} is refused: ${wanted.wrong}`, ctx);
    return;
  }
  track(state, module2, id, wanted, ctx);
}
function stillTracking(state, module2, body) {
  if (!isRecord(body)) return;
  for (const [id, row] of state.tracks)
    if (row.module === module2 && row.unanswered > 0 && namesOf(id).by === body.by)
      state.tracks.set(id, { ...row, unanswered: 0 });
}
function missTrackers(state, ctx) {
  const ended = /* @__PURE__ */ new Map();
  for (const [id, row] of state.tracks) {
    if (row.unanswered < MOST_UNANSWERED) {
      state.tracks.set(id, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    untrack(state, id, ctx);
    ended.set(row.module, (ended.get(row.module) ?? 0) + 1);
  }
  for (const [module2, tracks] of ended)
    ctx.log(
      "warn",
      `${module2} has not answered for ${MOST_UNANSWERED * QUESTION_MS / 1e3} s: ${tracks} of its tracks end, until it sends them again`
    );
}
function trackedHopChanged(state, key, ctx) {
  for (const id of state.nextHops.get(key)?.trackers ?? []) lookAt(state, id, ctx);
}
function trackedPrefixChanged(state, key, ctx) {
  for (const id of state.prefixTrackers.get(key) ?? []) lookAt(state, id, ctx);
}
function hasToTrack(state, now) {
  for (const id of state.toTrack.keys()) if (isAtRest(state, state.tracks.get(id), now)) return true;
  return false;
}
function trackSome(state, ctx) {
  let told2 = 0;
  let left = Math.min(SOME, state.toTrack.size);
  for (const [id, since] of state.toTrack) {
    if (left-- === 0) break;
    state.toTrack.delete(id);
    const row = state.tracks.get(id);
    if (!isAtRest(state, row, ctx.now())) state.toTrack.set(id, since);
    else if (row !== void 0) {
      told2++;
      say(state, id, row, ctx);
    }
  }
  return told2;
}
function track(state, module2, id, wanted, ctx) {
  const now = ctx.now();
  const key = wanted.what === "prefix" ? wanted.key : beginHop(state, wanted.table, wanted.hop, now);
  const before = state.tracks.get(id);
  if (before?.key !== key || before.what !== wanted.what) {
    if (before !== void 0) leave2(state, id, before, now);
    join2(state, id, wanted.what, key);
  }
  state.tracks.set(id, { module: module2, what: wanted.what, key, since: now, unanswered: 0 });
  lookAt(state, id, ctx);
}
function untrack(state, id, ctx) {
  const row = state.tracks.get(id);
  if (row === void 0) return;
  leave2(state, id, row, ctx.now());
  state.tracks.delete(id);
  state.toTrack.delete(id);
  ctx.publish(
    "tracked",
    { ...namesOf(id), reachable: false, why: "it is not tracked any more", hops: [] },
    { withdraw: id }
  );
}
function join2(state, id, what, key) {
  if (what === "prefix") state.prefixTrackers.set(key, [...state.prefixTrackers.get(key) ?? [], id]);
  else
    state.nextHops.update(key, (row) => {
      row.trackers = [...row.trackers, id];
    });
}
function leave2(state, id, { what, key }, now) {
  if (what === "prefix") {
    const others = (state.prefixTrackers.get(key) ?? []).filter((other) => other !== id);
    if (others.length > 0) state.prefixTrackers.set(key, others);
    else state.prefixTrackers.delete(key);
    return;
  }
  state.nextHops.update(key, (row) => {
    row.trackers = row.trackers.filter((other) => other !== id);
  });
  if (!state.dirtyHops.has(key)) state.dirtyHops.set(key, now);
}
function lookAt(state, id, ctx) {
  if (!state.toTrack.has(id)) state.toTrack.set(id, ctx.now());
}
function isAtRest(state, row, now) {
  if (row === void 0) return true;
  if (state.kernel.whole === 0) return false;
  const isFirst = row.said === void 0 && now - row.since < LONGEST_REST_MS;
  if (isFirst && (state.dirty.size > 0 || state.dirtyHops.size > 0 || state.kernel.forgetting)) return false;
  if (row.what === "prefix") return state.rib.get(row.key)?.dirty === void 0;
  return !state.dirtyHops.has(row.key) && state.nextHops.get(row.key)?.state !== void 0;
}
function say(state, id, row, ctx) {
  const said = row.what === "prefix" ? prefixWords(state, id, row.key) : hopWords(state, id, row.key);
  if (isSame(said, row.said)) return;
  state.tracks.set(id, { ...row, said });
  ctx.publish("tracked", said, { retain: id });
}
function hopWords(state, id, key) {
  const hop = state.nextHops.get(key);
  const isReachable = hop?.state === "reachable";
  const why = isReachable ? {} : { why: hop?.state ?? "no route" };
  const via = hop?.via === void 0 ? {} : { via: prefixOfKey(hop.via) };
  return {
    ...namesOf(id),
    reachable: isReachable,
    ...via,
    ...why,
    hops: namedHops(state, hop?.resolved ?? [])
  };
}
function prefixWords(state, id, key) {
  const row = state.rib.get(key);
  const type = bestOf(row)?.type;
  const isReachable = type === "unicast";
  const why = isReachable ? {} : { why: type ?? "no route" };
  const via = isReachable ? { via: prefixOfKey(key) } : {};
  return { ...namesOf(id), reachable: isReachable, ...via, ...why, hops: namedHops(state, row?.hops ?? []) };
}
function namesOf(track2) {
  const [by = "", id = ""] = track2.split(" ");
  return { by, id };
}
function readTrack(state, id, { what, address, interface: name, table: table2 = MAIN_TABLE }) {
  if (!state.tracks.has(id) && state.tracks.size >= MOST_TRACKS)
    return { wrong: `there are ${MOST_TRACKS} tracks, which is the most` };
  if (!isTable(state, table2)) return { wrong: `there is no table ${String(table2)} in the configuration` };
  if (typeof address !== "string") return { wrong: "it has no address" };
  if (what === "prefix") {
    const prefix = canonicalPrefix(address);
    return prefix === void 0 ? { wrong: "its address is no prefix" } : { what, key: prefixKey(table2, prefix) };
  }
  if (what !== "next-hop") return { wrong: "`what` is not next-hop or prefix" };
  const words = parseAddress(address);
  if (words === void 0 || isMulticast(words)) return { wrong: "its address is none of a host" };
  if (name !== void 0 && !isInterface(name)) return { wrong: "its interface has no name" };
  if (name === void 0 && isLinkLocal(words)) return { wrong: "its address needs an interface" };
  const hop = { gateway: canonicalAddress(address), ...name !== void 0 && { interface: name } };
  const isNew = !state.nextHops.has(hopKey(table2, hop));
  return isNew && state.nextHops.size >= MOST_NEXT_HOPS ? { wrong: "too many next hops" } : { what, table: table2, hop };
}

// ip/virtual/virtual-record.ts
function noVirtual() {
  return {
    sources: /* @__PURE__ */ new Map(),
    routers: /* @__PURE__ */ new Map(),
    wanted: /* @__PURE__ */ new Map(),
    devicesOn: /* @__PURE__ */ new Map(),
    deviceOf: /* @__PURE__ */ new Map(),
    heldTold: /* @__PURE__ */ new Map()
  };
}

// ip/virtual/virtual-router.ts
var AGAIN = "virtual ";
var REPEAT_MS = [1e3, 3e3];
var CLAIM_MS = 2e3;
var VARIABLES = {
  // A strict rp_filter would drop what hosts send to the virtual MAC: their route is that of the interface.
  "ipv4/rp_filter": "2",
  "ipv4/arp_ignore": "1",
  "ipv4/arp_notify": "1",
  "ipv4/forwarding": "1",
  // As with any address, but from the beginning: becoming Active takes as few changes as can be.
  "ipv4/promote_secondaries": "1"
};
var VARIABLES_OF_INTERFACE = { "ipv4/arp_ignore": "1", "ipv4/arp_announce": "2" };
var VARIABLES6 = {
  // No link-local address of its own, no default router that it hears of.
  "ipv6/addr_gen_mode": "1",
  "ipv6/accept_ra": "0",
  "ipv6/ndisc_notify": "1",
  "ipv6/keep_addr_on_down": "1"
};
function setVirtual(state, source, change, touched, agenda, ctx) {
  const virtual = virtualOf(state);
  const {
    id,
    interface: name = "",
    family = 4,
    group = 0,
    mac,
    addresses = [],
    takeover,
    linger: ms
  } = change;
  const key = `${source} ${id}`;
  const before = virtual.routers.get(key);
  const { active = false, announced = 0, accept } = change;
  const isNews = before?.active !== true || before.announced !== announced || !isSame(before.addresses, addresses);
  const begins = active && isNews;
  const router = {
    source,
    id,
    interface: name,
    family,
    group,
    ...mac !== void 0 && { mac },
    addresses,
    active,
    announced,
    ...accept === false && { accept },
    repeated: begins ? 0 : before?.repeated ?? 0,
    ...takeover !== void 0 && { takeover },
    ...ms !== void 0 && { linger: ms }
  };
  virtual.routers.set(key, router);
  lingerAs(state, router, before, agenda, ctx.now());
  if (accept === false) virtual.heldTold.delete(key);
  if (begins) ctx.setTimer("settings", `${AGAIN}${key}`, REPEAT_MS[0]);
  if (!active) ctx.cancelTimer("settings", `${AGAIN}${key}`);
  touched.add(name);
  if (before !== void 0) touched.add(before.interface);
}
function lingerAs(state, router, before, agenda, now) {
  const { settings: settings2 } = state;
  const { active, linger: ms } = router;
  const device = deviceNameOf(state, router);
  if (device === void 0) return;
  const isLingering = lingeringOf(settings2, device, now) !== void 0;
  if (!active && ms !== void 0 && (isLingering || before?.active === true))
    linger(settings2, device, ms, now);
  else if (isLingering) endLinger(settings2, device);
  else return;
  agenda.wantedChanged([device]);
}
function lingerFound(state, ctx) {
  const { links, settings: settings2, virtual } = state;
  for (const { link, addresses } of links.values()) {
    const kept = settings2.ours.get(link.index)?.kept.size ?? 0;
    if (link.kind !== "macvlan" || !isOwnDevice(link) || addresses.length === 0 || kept > 0) continue;
    const router = virtual?.routers.get(virtual.deviceOf.get(link.name) ?? "");
    const ms = router === void 0 ? CLAIM_MS : router.active ? void 0 : router.linger;
    if (ms !== void 0) linger(settings2, link.name, ms, ctx.now());
  }
}
function acceptAll(state, source, touched) {
  const { routers } = virtualOf(state);
  for (const [key, { accept, ...router }] of routers) {
    if (router.source !== source || accept === void 0) continue;
    routers.set(key, router);
    touched.add(router.interface);
  }
}
function removeVirtual(state, key, touched, ctx) {
  const virtual = virtualOf(state);
  const before = virtual.routers.get(key);
  if (before === void 0) return;
  virtual.routers.delete(key);
  ctx.cancelTimer("settings", `${AGAIN}${key}`);
  touched.add(before.interface);
  if (virtual.heldTold.delete(key)) withdrawHeld(key, before, ctx);
}
function announceAgain(state, key, agenda, ctx) {
  const router = state.virtual?.routers.get(key);
  if (router?.active !== true) return;
  const repeated = router.repeated + 1;
  state.virtual.routers.set(key, { ...router, repeated });
  const next2 = REPEAT_MS[repeated];
  if (next2 !== void 0) ctx.setTimer("settings", `${AGAIN}${key}`, next2);
  refresh(state, /* @__PURE__ */ new Set([router.interface]), agenda, ctx);
}
function virtualLinkChanged(state, name, agenda, ctx) {
  const virtual = state.virtual;
  if (virtual === void 0 || !virtual.wanted.has(name)) return;
  if (virtual.deviceOf.has(name)) tellHeldAt(state, name, ctx);
  else refresh(state, /* @__PURE__ */ new Set([name]), agenda, ctx);
}
function tellHeldAt(state, name, ctx) {
  const virtual = state.virtual;
  if (virtual === void 0 || !virtual.wanted.has(name)) return;
  const key = virtual.deviceOf.get(name);
  if (key !== void 0) tellHeld(state, key, virtual.routers.get(key), ctx);
  else tellHeldOn(state, /* @__PURE__ */ new Set([name]), ctx);
}
function takeBackVirtual(state, ctx) {
  const { config, virtual, names, links, settings: settings2 } = state;
  const all = /* @__PURE__ */ new Set([...virtual?.wanted.keys() ?? [], ...settings2.lingering?.keys() ?? []]);
  return [...all].flatMap((name) => {
    const index = names.get(name);
    const link = index === void 0 ? void 0 : links.get(index)?.link;
    const owned = index === void 0 ? void 0 : settings2.ours.get(index);
    if (link === void 0) return [];
    if (isOwnDevice(link)) return [removeDevice(link)];
    if (owned === void 0) return [];
    const steps = stepsTo(wantedNamed({ config }, name), link, owned, state, ctx.now());
    return steps.flatMap(({ change }) => change ?? []);
  });
}
function staysFor({ settings: settings2, virtual }, why, now) {
  let longest = lingersFor(settings2, now);
  if (why === "shutdown") {
    for (const { active, takeover } of virtual?.routers.values() ?? [])
      if (active) longest = Math.max(longest, takeover?.told ?? 0);
  }
  return longest;
}
function endVirtual(state, ctx) {
  const { routers, heldTold } = state.virtual ?? noVirtual();
  for (const key of heldTold.keys()) withdrawHeld(key, routers.get(key), ctx);
  delete state.virtual;
}
function virtualOf(state) {
  state.virtual ??= noVirtual();
  return state.virtual;
}
function refresh(state, interfaces3, agenda, ctx) {
  if (interfaces3.size === 0) return;
  const virtual = virtualOf(state);
  const before = [...interfaces3].flatMap((name) => virtual.devicesOn.get(name) ?? []);
  for (const device of before) virtual.deviceOf.delete(device);
  for (const name of interfaces3) virtual.devicesOn.delete(name);
  const now = wantedOn(state, interfaces3);
  const changed = [.../* @__PURE__ */ new Set([...interfaces3, ...before, ...now.keys()])].filter((each2) => {
    const wanted = now.get(each2);
    if (isSame(virtual.wanted.get(each2), wanted)) return false;
    if (wanted === void 0) virtual.wanted.delete(each2);
    else virtual.wanted.set(each2, wanted);
    return true;
  });
  if (changed.length > 0) agenda.wantedChanged(changed);
  agenda.virtualChanged([...interfaces3]);
  tellHeldOn(state, interfaces3, ctx);
}
function wantedOn(state, interfaces3) {
  const { routers, devicesOn, deviceOf } = state.virtual;
  const wanted = /* @__PURE__ */ new Map();
  const own = /* @__PURE__ */ new Map();
  for (const [key, router] of routers) {
    const { interface: name, mac } = router;
    if (!interfaces3.has(name)) continue;
    const device = deviceNameOf(state, router);
    const some3 = own.get(name) ?? [];
    own.set(name, some3);
    if (mac === void 0) some3.push(router);
    else if (device !== void 0 && !deviceOf.has(device)) {
      deviceOf.set(device, key);
      const devices = devicesOn.get(name);
      if (devices === void 0) devicesOn.set(name, [device]);
      else devices.push(device);
      wanted.set(device, wantedOfDevice(router, mac));
    }
  }
  for (const [name, some3] of own) {
    const closed = some3.flatMap(closedOf);
    wanted.set(name, {
      addresses: some3.flatMap(addressesOf),
      variables: VARIABLES_OF_INTERFACE,
      ...closed.length > 0 && { closed }
    });
  }
  return wanted;
}
var known2 = /* @__PURE__ */ new WeakMap();
function wantedOfDevice(router, mac) {
  const { interface: parent, family, active, announced, repeated, addresses, takeover } = router;
  const before = known2.get(router);
  if (before !== void 0) return before;
  const wanted = {
    device: { kind: "macvlan", parent, mac },
    up: true,
    addresses: addressesOf(router),
    ...router.accept === false && { closed: addresses },
    variables: family === 4 ? { ...VARIABLES, "ipv6/disable_ipv6": "1" } : { ...VARIABLES, ...VARIABLES6, ...forwarding6(active) },
    ...family === 6 && !active && { hushed: true },
    // Another address is told at once, too.
    outlives: active ? takeover?.silent ?? 0 : 0,
    ...active && { announced: [announced, repeated, ...addresses].join(" ") }
  };
  known2.set(router, wanted);
  return wanted;
}
function forwarding6(active) {
  const value = active ? "1" : "0";
  return { [FORCE]: value, [FORWARDING6]: value };
}
function addressesOf({ active, addresses, family }) {
  if (!active) return [];
  return addresses.flatMap((text) => {
    const address = readAddress(`${text}/${family === 4 ? 32 : 128}`);
    return address === void 0 ? [] : [{ ...address, ...family === 6 && { noDad: true } }];
  });
}
function closedOf({ accept, addresses }) {
  return accept === false ? addresses : [];
}
function deviceNameOf({ names }, { interface: name, family, group, mac }) {
  const index = names.get(name);
  return mac === void 0 || index === void 0 ? void 0 : `vrrp${family}-${index}-${group}`;
}
function withdrawHeld(key, { source, id }, ctx) {
  ctx.publish("virtualRouterHeld", { source, id }, { withdraw: key });
}
function tellHeldOn(state, interfaces3, ctx) {
  for (const [key, router] of state.virtual?.routers ?? [])
    if (interfaces3.has(router.interface)) tellHeld(state, key, router, ctx);
}
function tellHeld(state, key, router, ctx) {
  const now = heldOf(state, key, router, ctx.now());
  const { heldTold } = state.virtual;
  if (isSame(heldTold.get(key), now)) return;
  heldTold.set(key, now);
  const { source, id } = router;
  ctx.publish("virtualRouterHeld", { source, id, ...now }, { retain: key });
}
function heldOf(state, key, router, now) {
  const { names, links, settings: settings2, virtual } = state;
  const device = deviceNameOf(state, router);
  const holder = device === void 0 ? key : virtual?.deviceOf.get(device);
  if (holder !== void 0 && holder !== key) return { problem: `${device} is there already for ${holder}` };
  const name = device ?? router.interface;
  const index = names.get(name);
  const link = index === void 0 ? void 0 : links.get(index)?.link;
  const refused3 = settings2.devices.get(name)?.refused?.message;
  const refusals = index === void 0 ? [] : [...settings2.ours.get(index)?.refusals ?? []];
  const [, refusal] = refusals.find(([aspect]) => aspect !== `sysctl ${FORCE}`) ?? [];
  const problem = refused3 ?? (refusal && `the kernel refused: ${refusal.message}`);
  const closed = closedOf(router);
  const isClosed3 = closed.length > 0 && index !== void 0 && (areClosed(settings2, index, closed) ?? virtual?.heldTold.get(key)?.closed === true);
  return {
    ...device !== void 0 && link?.up === true && { device },
    ...isClosed3 && { closed: true },
    ...problem !== void 0 && { problem },
    ...lingeringOf(settings2, name, now) !== void 0 && { lingers: true }
  };
}

// ip/virtual/virtual-source.ts
var ASK_AGAIN_MS2 = 1e3;
var VIRTUAL = "virtual routers";
var MOST_SOURCES2 = 8;
var MOST_ADDRESSES2 = 255;
var ID2 = /^\S{1,64}$/;
var MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
function takeVirtualRouters(state, module2, body, agenda, ctx) {
  const message = isRecord(body) ? body : {};
  const wrong = wrongIn(state, module2, message);
  if (wrong !== void 0) {
    complain(state, "virtual", module2, `virtual routers from ${module2} are refused: ${wrong}`, ctx);
    return;
  }
  const { source, session, number, whole, changes } = message;
  const { sources, routers } = virtualOf(state);
  const known4 = sources.get(source);
  const isNext2 = known4 !== void 0 && known4.session === session && known4.number + 1 === number;
  const isTaken = whole === true || isNext2 && !known4.wanted;
  const row = { module: module2, session, number, wanted: !isTaken, unanswered: 0 };
  if (isTaken && (whole === true || known4?.complete === true)) row.complete = true;
  sources.set(source, row);
  if (!isTaken) {
    ask2(state, ctx);
    return;
  }
  const touched = /* @__PURE__ */ new Set();
  const ids = new Set(changes.map(({ id }) => `${source} ${id}`));
  if (whole === true) {
    for (const [key, router] of routers)
      if (router.source === source && !ids.has(key)) removeVirtual(state, key, touched, ctx);
  }
  for (const change of changes)
    if (change.remove === true) removeVirtual(state, `${source} ${change.id}`, touched, ctx);
    else setVirtual(state, source, change, touched, agenda, ctx);
  if (message.saysAccept !== true) acceptAll(state, source, touched);
  refresh(state, touched, agenda, ctx);
}
function askVirtual(state, ctx) {
  const has = {};
  for (const [source, { session, number, wanted, complete }] of state.virtual?.sources ?? [])
    if (!wanted && complete === true) has[source] = { session, number };
  const body = { has, takesAccept: true };
  ctx.publish("virtualRoutersWanted", body, { retain: "all" });
}
function askVirtualAgain(state, ctx) {
  if ([...state.virtual?.sources.values() ?? []].some(({ wanted }) => wanted)) ask2(state, ctx);
}
function missVirtual(state, agenda, ctx) {
  const { sources, routers } = virtualOf(state);
  const touched = /* @__PURE__ */ new Set();
  for (const [source, row] of sources) {
    if (row.unanswered < MOST_UNANSWERED) {
      sources.set(source, { ...row, unanswered: row.unanswered + 1 });
      continue;
    }
    ctx.log("warn", `${row.module} does not answer: addresses of its virtual routers are taken away`);
    sources.delete(source);
    for (const [key, router] of routers)
      if (router.source === source) removeVirtual(state, key, touched, ctx);
  }
  refresh(state, touched, agenda, ctx);
}
function ask2(state, ctx) {
  askVirtual(state, ctx);
  ctx.setTimer("exchange", VIRTUAL, ASK_AGAIN_MS2);
}
function wrongIn(state, module2, message) {
  const { source, session, number, changes } = message;
  if (!isName(source)) return "`source` is no name";
  if (typeof session !== "string" || session.length > 64)
    return "`session` is no text of at most 64 characters";
  if (!Number.isSafeInteger(number) || number < 0) return "`number` is no whole number";
  if (!Array.isArray(changes) || changes.length > MOST_VIRTUAL_ROUTERS)
    return `\`changes\` is no list of at most ${MOST_VIRTUAL_ROUTERS}`;
  const { sources, routers } = virtualOf(state);
  const owner = sources.get(source)?.module ?? module2;
  if (owner !== module2) return `"${source}" is ${owner}'s`;
  if (!sources.has(source) && sources.size >= MOST_SOURCES2)
    return `there are ${MOST_SOURCES2} sources already`;
  for (const change of changes) {
    const wrong = wrongChange(change);
    if (wrong !== void 0) return `${String(change?.id)}: ${wrong}`;
  }
  const after = /* @__PURE__ */ new Set();
  if (message.whole !== true) {
    for (const router of routers.values()) if (router.source === source) after.add(router.id);
  }
  for (const { id, remove: remove2 } of changes)
    if (remove2 === true) after.delete(id);
    else after.add(id);
  return after.size > MOST_VIRTUAL_ROUTERS ? `there are more than ${MOST_VIRTUAL_ROUTERS} virtual routers` : void 0;
}
function isTakeover(takeover) {
  return isRecord(takeover) && isTime(takeover.silent) && isTime(takeover.told);
}
function isTime(ms) {
  return typeof ms === "number" && ms >= 0 && ms <= MOST_TAKEOVER_MS;
}
function wrongChange(change) {
  if (typeof change?.id !== "string" || !ID2.test(change.id)) return "`id` is no name";
  if (change.remove === true) return void 0;
  const { interface: name, family, group, mac, addresses, active = true, announced = 0 } = change;
  const { takeover = { silent: 0, told: 0 }, linger: linger2 = 0, accept } = change;
  if (typeof name !== "string" || name === "") return "`interface` is no name";
  if (family !== 4 && family !== 6) return "`family` is neither 4 nor 6";
  if (!Number.isInteger(group) || group < 1 || group > 255) return "`group` is no number from 1 to 255";
  if (mac !== void 0 && !MAC.test(mac)) return "`mac` is none";
  if (active !== true) return "`active` is not true";
  if (!Number.isSafeInteger(announced)) return "`announced` is no whole number";
  if (!isTakeover(takeover)) return "`takeover` has no times of up to five minutes";
  if (!isTime(linger2)) return "`linger` is no time of up to five minutes";
  if (accept !== void 0 && accept !== false) return "`accept` is not false";
  if (!Array.isArray(addresses) || addresses.length > MOST_ADDRESSES2)
    return "`addresses` is no list of at most 255";
  const stray = addresses.find((one) => canonicalAddress(String(one)) !== one || familyOf(one) !== family);
  return stray === void 0 ? void 0 : `"${stray}" is no address of the family`;
}

// ip/exchange.ts
function beginExchange(state, ctx) {
  tellAll(state, ctx);
  for (const [source, row] of state.sources)
    if (row.state === "wanted" && ctx.timerDue("exchange", source) === void 0)
      ctx.setTimer("exchange", source, 0);
}
function armExchange({ sources, subscriptions, tracks, virtual }, ctx) {
  if (sources.size + subscriptions.size + tracks.size + (virtual?.sources.size ?? 0) === 0) return;
  if (ctx.timerDue("exchange") === void 0) ctx.setTimer("exchange", "", QUESTION_MS);
}
function goOnExchange(state, key, agenda, ctx) {
  if (key === VIRTUAL) {
    askVirtualAgain(state, ctx);
    return;
  }
  if (key !== "") {
    askAgain(state, key, ctx);
    return;
  }
  missAnswers(state, ctx);
  missSubscribers(state, ctx);
  missTrackers(state, ctx);
  missVirtual(state, agenda, ctx);
  tellAll(state, ctx);
  armExchange(state, ctx);
}
function endExchange(state, why, ctx) {
  endVirtual(state, ctx);
  if (why === "remove") withdrawLinks(state, ctx);
}
function tellAll(state, ctx) {
  askAll(state, ctx);
  askVirtual(state, ctx);
  const redistribute = {};
  for (const [to, { session, number, sources }] of state.subscriptions)
    if (sources.length > 0) redistribute[to] = { session, number };
  const body = { redistribute, track: [...state.tracks.keys()] };
  ctx.publish("subscriptions", body, { retain: "all" });
}

// ip/rib/fib-route.ts
var RTNH_F_ONLINK = 4;
function identityOf(key) {
  const slash = key.indexOf("/");
  return {
    destination: key.slice(key.indexOf(" ") + 1, slash),
    prefixLength: Number(key.slice(slash + 1)),
    protocol: OWN_PROTOCOL,
    table: tableOfKey(key),
    metric: OWN_METRIC
  };
}
function wantedOf2(key, type, hops) {
  const { destination, prefixLength, protocol, table: table2, metric } = identityOf(key);
  if (type !== "unicast") return { destination, prefixLength, protocol, table: table2, metric, type };
  return { destination, prefixLength, protocol, table: table2, metric, type, hops };
}
function hopWanted({ gateway, interface: index, weight, onLink }) {
  const wanted = gateway === void 0 ? { interface: index, weight } : { gateway, interface: index, weight };
  if (onLink) wanted.flags = RTNH_F_ONLINK;
  return wanted;
}
function fibRouteOf(state, { type, hops }) {
  if (type !== "unicast") return { type, hops: [] };
  const each2 = hops.map(({ gateway, interface: index, weight, flags }) => {
    const ups = state.links.get(index)?.ups ?? 0;
    const hop = gateway === void 0 ? { interface: index, weight, ups } : { gateway, interface: index, weight, ups };
    if ((flags & RTNH_F_ONLINK) !== 0) hop.onLink = true;
    return hop;
  });
  return { type: "unicast", hops: inOrder(each2) };
}

// ip/rib/fib-batch.ts
function newBatch() {
  return { serial: 0, keys: [], changes: [] };
}
function shareOf(state, { route, isTrial }, batch, ctx) {
  const { last } = batch;
  if (last !== void 0 && last.asked.isTrial === isTrial && sameRoute(last.asked.route, route)) return last;
  if (batch.serial === 0) batch.serial = nextRequest(state, ctx);
  const asked = {
    request: batch.serial,
    ...route !== void 0 && { route },
    ...isTrial && { isTrial }
  };
  batch.last = { asked, hops: route?.hops.map(hopWanted) ?? [] };
  return batch.last;
}

// ip/rib/fib.ts
var RETRY_SOON_MS = 200;
var RETRY_SLOW_MS = 3e4;
var MOST_PUT_BACK = 5;
var PUT_BACK_WINDOW_MS = 6e4;
var ESRCH = 3;
var ETIMEDOUT2 = 110;
function want(state, key, wanted, batch, ctx) {
  const row = state.rib.get(key);
  if (row === void 0) return;
  if (row.asked !== void 0) {
    if (!sameRoute(row.asked.route, wanted)) again(state, key);
  } else if (wanted === void 0) remove(state, key, row, batch, ctx);
  else if (isInstalled(row, wanted)) isThere(state, key, row, ctx);
  else toBe(state, key, row, wanted, batch, ctx);
}
function isInstalled({ fib }, wanted) {
  return !fib?.doubtful && sameRoute(fib, wanted);
}
function toBe(state, key, row, wanted, batch, ctx) {
  const waiting = row.refused?.route ?? row.putBack?.waiting;
  const isOther = waiting !== void 0 && !sameRoute(waiting, wanted);
  if (isOther) forgetRefusal(state, key);
  const was = isOther ? void 0 : row.refused;
  if (state.refused.size > 0 && state.refused.has(key)) {
    const isStale = was !== void 0 && was.times > 1 && row.fib !== void 0 && !isPart(row.fib, was);
    if (isStale) ask3(state, key, {}, batch, ctx);
  } else if (!isRemovedTooOften(state, key, row, wanted, ctx)) ask3(state, key, next(was, wanted), batch, ctx);
}
function isPart(fib, { trial }) {
  return trial.good.length > 0 && sameHops(fib.hops, alone(trial.good));
}
function flush(state, batch, ctx) {
  const { keys, changes } = batch;
  if (keys.length === 0) return;
  const isSent = sendRequest(state, "fib", keys, changes, ctx, batch.serial) !== void 0;
  if (!isSent) for (const key of keys) notSent(state, key, ctx);
  Object.assign(batch, newBatch());
  delete batch.last;
}
function notSent(state, key, ctx) {
  state.rib.update(key, (row) => {
    const route = row.asked?.route ?? row.fib;
    putFib(state, row, route && { ...route, doubtful: true });
  });
  later(state, key, ctx.now() + RETRY_SOON_MS);
}
function answered(state, request, keys, refusals, ctx) {
  let at = 0;
  for (const [i, key] of keys.entries()) {
    while (at < refusals.length && refusals[at].at < i) at++;
    const refusal = refusals[at]?.at === i ? refusals[at] : void 0;
    const row = state.rib.get(key);
    if (row?.asked?.request !== request) continue;
    const { route, again: changed } = row.asked;
    if (route === void 0) removed(state, key, refusal, ctx);
    else if (refusal !== void 0) refused2(state, key, row, row.asked, route, refusal, ctx);
    else put(state, key, row, row.asked, route, ctx);
    if (changed) makeDirty(state, key, ctx.now());
  }
}
function unanswered(state, keys, ctx) {
  for (const key of keys) {
    state.rib.update(key, (row) => {
      row.asked = void 0;
    });
    makeDirty(state, key, ctx.now());
  }
}
function toldOwn(state, key, route, ctx) {
  const row = state.rib.get(key);
  const { lists, whole } = state.kernel;
  const isNewer = row?.asked !== void 0 || row?.fib !== void 0 && whole < lists && row.seen === lists;
  if (row === void 0) begin2(state, key, ctx.now());
  if (row?.seen !== lists)
    state.rib.update(key, (draft) => {
      draft.seen = lists;
    });
  if (isNewer) return;
  const there = fibRouteOf(state, route);
  if (row !== void 0 && isInstalled(row, there)) return;
  const isFound = row?.fib === void 0;
  const isChanged = whole === lists && row?.fib && !row.fib.found && !row.fib.doubtful;
  state.rib.update(key, (draft) => {
    putFib(state, draft, { ...there, ...(isFound || row?.fib?.found) && { found: true } });
    if (isChanged) draft.putBack = countLoss(state, key, draft, ctx.now());
  });
  makeDirty(state, key, ctx.now());
}
function lostOwn(state, key, told2, ctx) {
  const row = state.rib.get(key);
  if (row === void 0) return;
  if (row.asked !== void 0) {
    state.rib.update(key, (draft) => {
      draft.seen = 0;
      draft.asked = { ...draft.asked, doubtful: true, again: true };
      if (draft.fib !== void 0) putFib(state, draft, { ...draft.fib, doubtful: true });
    });
    return;
  }
  if (row.fib === void 0) return;
  const now = ctx.now();
  state.rib.update(key, (draft) => {
    draft.seen = 0;
    putFib(state, draft, void 0);
    if (told2 && !row.fib?.found) draft.putBack = countLoss(state, key, draft, now);
  });
  makeDirty(state, key, now);
}
function goneOwn(state, key, route, ctx) {
  const row = state.rib.get(key);
  const hops = row?.asked === void 0 ? row?.fib?.hops ?? [] : [];
  if (route.family === 6 && isWithout(hops, route)) return;
  const left = hopsLeft(hops, route);
  if (left.length === 0) {
    lostOwn(state, key, true, ctx);
    return;
  }
  state.rib.update(key, (draft) => {
    draft.fib = { ...draft.fib, hops: alone(left) };
    if (!draft.fib.found) draft.putBack = countLoss(state, key, draft, ctx.now());
  });
  later(state, key, ctx.now() + RETRY_SOON_MS);
  makeDirty(state, key, ctx.now());
}
function countLoss({ refused: refused3 }, key, { putBack }, now) {
  const { times, since, waiting } = putBack ?? { times: 0, since: now };
  const isOver = now < since || now - since > PUT_BACK_WINDOW_MS;
  return {
    times: isOver ? 1 : times + 1,
    since: isOver ? now : since,
    fresh: !refused3.has(key),
    ...waiting !== void 0 && { waiting }
  };
}
function tryNow(state, key, now) {
  state.refused.delete(key);
  makeDirty(state, key, now);
}
function retry(state, most, now) {
  let done2 = 0;
  for (const [key, due] of state.refused) {
    if (done2++ >= most) return;
    state.refused.delete(key);
    if (due <= now) makeDirty(state, key, now);
    else state.refused.set(key, due);
  }
}
function hopsText(state, { type, hops }) {
  if (type !== "unicast") return type;
  const each2 = hops.slice(0, 4).map(({ gateway, interface: index }) => {
    const name = state.links.get(index)?.link.name ?? `link ${index}`;
    return gateway === void 0 ? name : `${gateway} on ${name}`;
  });
  return `via ${each2.join(", ")}${hops.length > each2.length ? ` and ${hops.length - each2.length} more` : ""}`;
}
function ask3(state, key, asked, batch, ctx) {
  const { asked: what, hops } = shareOf(state, asked, batch, ctx);
  state.rib.update(key, (row) => {
    row.asked = what;
    if (row.putBack?.fresh) row.putBack = { ...row.putBack, fresh: false };
  });
  batch.keys.push(key);
  batch.changes.push(
    what.route === void 0 ? { verb: "remove", kind: "route", wanted: identityOf(key) } : { verb: "replace", kind: "route", wanted: wantedOf2(key, what.route.type, hops) }
  );
  if (batch.keys.length >= MOST_CHANGES) flush(state, batch, ctx);
}
function again(state, key) {
  state.rib.update(key, (row) => {
    row.asked = { ...row.asked, again: true };
  });
}
function remove(state, key, row, batch, ctx) {
  if (row.refused !== void 0 || row.putBack?.waiting !== void 0) forgetRefusal(state, key);
  if (row.putBack?.fresh) forgetLoss(state, key);
  if (row.fib === void 0) forgetEmpty(state, key);
  else if (!row.fib.found) ask3(state, key, {}, batch, ctx);
}
function isThere(state, key, { fib, refused: was, putBack }, ctx) {
  if (putBack?.fresh) forgetLoss(state, key);
  if (fib?.found) claimFound(state, key);
  if (was !== void 0) wellAgain(state, key, was, ctx);
}
function claimFound(state, key) {
  state.rib.update(key, (row) => {
    const { found: _, ...route } = row.fib;
    putFib(state, row, route);
  });
}
function isRemovedTooOften(state, key, { putBack, fib }, wanted, ctx) {
  if (!putBack?.fresh) return false;
  const isTooOften = putBack.times > MOST_PUT_BACK;
  const pace = isTooOften ? ` every ${RETRY_SLOW_MS / 1e3} s from now on` : "";
  const due = lineDue(logOf(state), isTooOften ? "putBackSlowly" : "putBack", key, ctx.now());
  if (due !== void 0)
    ctx.log(
      "warn",
      `${prefixOfKey(key)} ${hopsText(state, wanted)} was ${fib === void 0 ? "removed from" : "changed in"} the kernel by another program: it is put back${pace}${leftOutText(due)}`
    );
  if (!isTooOften) return false;
  state.rib.update(key, (row) => {
    row.putBack = { ...row.putBack, fresh: false, waiting: wanted };
  });
  later(state, key, ctx.now() + RETRY_SLOW_MS);
  return true;
}
function forgetLoss(state, key) {
  state.rib.update(key, (row) => {
    row.putBack = { ...row.putBack, times: row.putBack.times - 1, fresh: false };
  });
}
function next(was, wanted) {
  const { good, rest } = was?.trial ?? { good: [], rest: [] };
  const [tried] = rest;
  if (tried === void 0) return { route: wanted };
  const hops = alone(inOrder([...good, tried]));
  return { route: { type: wanted.type, hops }, isTrial: true };
}
function alone(hops) {
  return hops.length === 1 && hops[0].weight !== 1 ? [{ ...hops[0], weight: 1 }] : hops;
}
function putFib(state, row, fib) {
  if (row.fib?.found) state.unclaimed -= 1;
  if (fib?.found) state.unclaimed += 1;
  row.fib = fib;
}
function put(state, key, { refused: was, candidates }, { isTrial, doubtful }, route, ctx) {
  state.rib.update(key, (row) => {
    row.asked = void 0;
    putFib(state, row, doubtful ? { ...route, doubtful } : route);
    row.seen = state.kernel.lists;
  });
  if (candidates.some(({ source, metric }) => source === "kernel" && metric === OWN_METRIC)) askForList(ctx);
  if (was === void 0) return;
  if (!isTrial) wellAgain(state, key, was, ctx);
  else {
    const [good, ...rest] = was.trial.rest;
    tryOn(state, key, was, { good: inOrder([...was.trial.good, ...good ? [good] : []]), rest }, ctx);
  }
}
function removed(state, key, refusal, ctx) {
  if (refusal?.errno === ETIMEDOUT2) {
    later(state, key, ctx.now() + RETRY_SOON_MS);
    return;
  }
  state.rib.update(key, (row) => {
    row.asked = void 0;
    putFib(state, row, void 0);
    row.seen = 0;
  });
  if (refusal !== void 0 && refusal.errno !== ESRCH) {
    const due = lineDue(logOf(state), "notRemoved", refusal.name, ctx.now());
    if (due !== void 0)
      ctx.log(
        "warn",
        `${prefixOfKey(key)} is not removed from the kernel: ${refusal.message}${leftOutText(due)}`
      );
  }
  forgetEmpty(state, key);
}
function refused2(state, key, { refused: was }, { isTrial }, route, refusal, ctx) {
  const now = ctx.now();
  const { errno, name, message } = refusal;
  if (errno === ETIMEDOUT2) {
    state.rib.update(key, (row) => {
      putFib(state, row, { ...route, doubtful: true });
    });
    later(state, key, now + RETRY_SOON_MS);
    return;
  }
  state.rib.update(key, (row) => {
    row.asked = void 0;
  });
  if (isTrial && was !== void 0) {
    const { good: good2, rest: rest2 } = was.trial;
    tryOn(state, key, was, { good: good2, rest: rest2.slice(1) }, ctx);
    return;
  }
  const times = (was?.times ?? 0) + 1;
  const record = { route, errno, name, message, at: now, times };
  if (times === 2) tell2(state, key, record, ctx);
  const good = was?.trial.good ?? [];
  const rest = route.hops.filter((hop) => !good.some((other) => sameHops([hop], [other])));
  tryOn(state, key, record, { good, rest: route.hops.length < 2 ? [] : rest }, ctx);
}
function tryOn(state, key, record, trial, ctx) {
  const now = ctx.now();
  state.rib.update(key, (row) => {
    row.refused = { ...record, trial };
  });
  if (trial.rest.length === 0) later(state, key, now + (record.times > 1 ? RETRY_SLOW_MS : RETRY_SOON_MS));
  makeDirty(state, key, now);
}
function later(state, key, due) {
  state.rib.update(key, (row) => {
    row.asked = void 0;
  });
  state.refused.delete(key);
  state.refused.set(key, due);
}
function forgetRefusal(state, key) {
  state.refused.delete(key);
  state.rib.update(key, (row) => {
    row.refused = void 0;
    if (row.putBack?.waiting === void 0) return;
    const { waiting: _, ...putBack } = row.putBack;
    row.putBack = putBack;
  });
}
function wellAgain(state, key, was, ctx) {
  forgetRefusal(state, key);
  noteWell(logOf(state), "refused", causeOf(state, was), ctx.now());
}
function tell2(state, key, record, ctx) {
  const due = lineDue(logOf(state), "refused", causeOf(state, record), ctx.now());
  if (due === void 0) return;
  const { route, message } = record;
  const table2 = tableOfKey(key) === 254 ? "" : ` of table ${tableOfKey(key)}`;
  ctx.log(
    "warn",
    `the kernel refuses ${prefixOfKey(key)}${table2} ${hopsText(state, route)}: ${message}; it is tried again every ${RETRY_SLOW_MS / 1e3} s, and when its next hop changes${leftOutText(due)}`
  );
}
function causeOf(state, { name, route }) {
  return `${name} ${hopsText(state, route)}`;
}
function logOf(state) {
  state.lines ??= /* @__PURE__ */ new Map();
  return state.lines;
}

// ip/rib/foreign.ts
var TYPES2 = ["unicast", "blackhole", "unreachable", "prohibit"];
function keyOf2({ table: table2, destination, prefixLength }) {
  return prefixKey(table2, `${destination}/${prefixLength}`);
}
function isOwn({ protocol, metric, tos }) {
  return protocol === OWN_PROTOCOL && metric === OWN_METRIC && tos === 0;
}
function isInPlaceOfOurs({ metric, tos }) {
  return metric === OWN_METRIC && tos === 0;
}
function toldForeign(state, route, ctx) {
  const key = keyOf2(route);
  const id = idOf(route);
  const { metric, type } = route;
  const refusal = offer(
    state,
    key,
    {
      source: "kernel",
      id,
      distance: 0,
      metric,
      type,
      hops: [],
      direct: hopsOf(state, route)
    },
    ctx,
    state.kernel.lists
  );
  if (refusal === void 0) return;
  const left = count(state.counters, "foreignLeftOut");
  if (isMilestone(left))
    ctx.log(
      "warn",
      `${left} routes of other programs are left out: there are ${MOST_PREFIXES} prefixes, which is the most`
    );
}
function concernsUs({ config }, { table: table2, type, tos, destination }) {
  if (tos !== 0 || !TYPES2.includes(type)) return false;
  const isKnown = table2 === MAIN_TABLE || Object.values(config.tables).some(({ number }) => number === table2);
  return isKnown && !isMulticast(parseAddress(destination) ?? []);
}
function goneForeign(state, route, ctx) {
  const key = keyOf2(route);
  const id = idOf(route);
  const known4 = state.rib.get(key)?.candidates.find((other) => other.source === "kernel" && other.id === id);
  const direct = hopsLeft(known4?.direct ?? [], route);
  if (known4 !== void 0 && direct.length > 0) offer(state, key, { ...known4, direct }, ctx, known4.lastSet);
  else withdraw(state, key, "kernel", id, ctx);
}
function forgetForeign(state, key, { candidates }, ctx) {
  for (const { source, id, lastSet } of candidates)
    if (source === "kernel" && lastSet < state.kernel.whole) withdraw(state, key, source, id, ctx);
}
function idOf({ metric, hops: [hop] }) {
  return hop === void 0 || hop.gateway !== void 0 ? `${metric}` : `${metric} ${hop.interface}`;
}
function hopsOf(state, { type, hops }) {
  if (type !== "unicast") return [];
  return inOrder(
    hops.map(({ gateway, interface: index, weight }) => ({
      ...gateway !== void 0 && { gateway },
      interface: index,
      weight,
      ups: state.links.get(index)?.ups ?? 0
    }))
  );
}

// ip/rib/sweep.ts
var CLAIM_MS2 = 6e4;
var LOOK_MS = 5e3;
function listed(state, ctx) {
  const hold = state.config.keepRoutes || CLAIM_MS2;
  const now = ctx.now();
  const { sweepAt } = state.kernel;
  if (sweepAt === void 0 || sweepAt > now + hold) state.kernel.sweepAt = now + hold;
  const size = state.unclaimed;
  if (sweepAt === void 0 && size > 0)
    ctx.log(
      "info",
      `${size} routes of an earlier start are in the kernel: those that nobody claims within ${hold / 1e3} s are removed`
    );
  arm(state, ctx);
  if (sweepAt === void 0 && size > 0) ctx.setTimer("work", "claimants", LOOK_MS);
}
function sweepNow(state, ctx) {
  if (state.kernel.sweepAt === void 0) return;
  state.kernel.sweepAt = ctx.now();
  arm(state, ctx);
}
function isSwept({ kernel: { sweepAt } }, now) {
  return sweepAt !== void 0 && now >= sweepAt;
}
function sweepSome2(state, most, claim, now) {
  const { kernel } = state;
  const { next: next2, done: done2 } = walk(state, kernel.sweepFrom ?? 0, most, (key, { fib }) => {
    if (!fib?.found) return;
    claim(key);
    makeDirty(state, key, now);
  });
  kernel.sweepFrom = next2 < PREFIX_BUCKETS ? next2 : 0;
  return done2;
}
function arm(state, ctx) {
  if (state.unclaimed > 0) ctx.setTimer("work", "sweep", (state.kernel.sweepAt ?? 0) - ctx.now());
}

// ip/kernel.ts
var MOST_AHEAD2 = 8;
var LONGEST_GAP_MS = 3e3;
var MOST_NEIGHBORS = 16384;
function openKernel(ctx) {
  try {
    ctx.openPort("kernel", "", { neighbors: true, closed: true });
  } catch {
    ctx.openPort("kernel", "", { neighbors: true });
  }
}
function receiveKernel(state, datum, agenda, ctx) {
  if (datum.session !== state.kernel.session) beginSession(state, datum, ctx);
  if (!isNext(state, datum, ctx)) return;
  delete state.kernel.gapSince;
  if (datum.of === "rows") for (const row of datum.rows) told(state, row, agenda, ctx);
  else if (datum.of === "list") list(state, datum.at, datum.leftOut ?? 0, ctx);
  else done(state, datum, agenda, ctx);
  state.kernel.number = datum.number;
  acknowledge(datum.number, ctx);
}
function forgetUnseen(state, most, agenda, ctx) {
  let forgotten = 0;
  for (const [kind, key] of unseen(state)) {
    if (forgotten === most) return most;
    forgotten++;
    FORGET[kind](state, key, agenda, ctx);
  }
  const { kernel } = state;
  const { next: next2, done: done2 } = walk(state, kernel.bucket, most, (key, row) => {
    forgetForeign(state, key, row, ctx);
    if (row.fib !== void 0 && row.seen < kernel.whole) lostOwn(state, key, false, ctx);
  });
  kernel.bucket = next2;
  if (next2 < PREFIX_BUCKETS) return forgotten + done2;
  kernel.forgetting = false;
  agenda.listed();
  return forgotten + done2;
}
var FORGET = {
  link: (state, key, agenda, ctx) => goneLink(state, Number(key), agenda, ctx),
  address: goneAddress,
  neighbor: forgetNeighbor,
  linkRoute: (state, key, _agenda, ctx) => forgetLinkRoute(state, key, ctx)
};
function lookForOverdue(state, ctx) {
  if (!isOverdue(state, ctx.now())) return;
  loseRequests(state, ctx);
  askForList(ctx);
}
function loseRequests(state, ctx) {
  for (const { by, keys } of takeRequests(state)) if (by === "fib") unanswered(state, keys, ctx);
}
function beginSession(state, { session, number }, ctx) {
  const { kernel } = state;
  loseRequests(state, ctx);
  if (kernel.lists === 0) offerStatic(state);
  Object.assign(kernel, { session, number: number - 1, listed: false });
  if (number !== 1) missData(state, ctx);
}
function missData(state, ctx) {
  loseRequests(state, ctx);
  state.kernel.torn = true;
  askForList(ctx);
}
function isNext(state, { number }, ctx) {
  const { kernel } = state;
  if (number <= kernel.number) {
    acknowledge(kernel.number, ctx);
    return false;
  }
  if (number === kernel.number + 1) return true;
  const now = ctx.now();
  kernel.gapSince ??= now;
  const { gapSince } = kernel;
  if (number <= kernel.number + MOST_AHEAD2 && now >= gapSince && now - gapSince < LONGEST_GAP_MS)
    return false;
  missData(state, ctx);
  return true;
}
function list(state, at, leftOut, ctx) {
  const { kernel } = state;
  if (at === "begin") {
    kernel.lists += 1;
    delete kernel.torn;
    return;
  }
  if (kernel.torn) return;
  kernel.whole = kernel.lists;
  kernel.listed = true;
  kernel.forgetting = true;
  kernel.bucket = 0;
  if (leftOut > 0 && kernel.leftOut === 0)
    ctx.log("warn", `${leftOut} routes of other programs are left out: there are too many`);
  kernel.leftOut = leftOut;
  listed(state, ctx);
}
function told(state, told2, agenda, ctx) {
  const isGone = told2.gone === true;
  switch (told2.kind) {
    case "link":
      if (isGone) goneLink(state, told2.row.index, agenda, ctx);
      else toldLink(state, told2.row, agenda, ctx);
      break;
    case "address":
      if (isGone) goneAddress(state, addressKey(told2.row), agenda, ctx);
      else toldAddress(state, told2.row, agenda, ctx);
      break;
    case "netconf":
      toldNetconf(state, told2.row, isGone, agenda);
      break;
    case "neighbor":
      if (isGone) forgetNeighbor(state, neighborKey(told2.row));
      else toldNeighbor(state, told2.row);
      break;
    case "route":
      toldRoute(state, told2.row, isGone, ctx);
  }
}
function toldNetconf(state, { family, index, forwarding }, isGone, agenda) {
  if (family !== 6) return;
  forwards6(state, index, isGone ? void 0 : forwarding);
  const concerned = index === ALL_INTERFACES ? [...state.interfaces.keys()] : [];
  for (const each2 of [index, ...concerned.flatMap((name) => state.names.get(name) ?? [])]) {
    const link = state.links.get(each2)?.link;
    if (link !== void 0) agenda.linkChanged(each2, link.name);
  }
}
function toldRoute(state, route, isGone, ctx) {
  const key = keyOf2(route);
  if (isOwn(route)) {
    if (isGone) goneOwn(state, key, route, ctx);
    else toldOwn(state, key, route, ctx);
    return;
  }
  if (!concernsUs(state, route)) return;
  if (isGone) {
    if (isLinkRoute(route)) goneLinkRoute(state, key, route, ctx);
    else goneForeign(state, route, ctx);
    return;
  }
  if (isLinkRoute(route)) toldLinkRoute(state, key, route, ctx);
  else toldForeign(state, route, ctx);
  if (isInPlaceOfOurs(route)) lostOwn(state, key, true, ctx);
}
function toldNeighbor(state, neighbor) {
  const key = neighborKey(neighbor);
  if (!state.neighbors.has(key) && state.neighbors.size >= MOST_NEIGHBORS) return;
  state.neighbors.set(key, neighbor);
  saw(state, "neighbor", key);
}
function forgetNeighbor(state, key) {
  state.neighbors.delete(key);
  unsee(state, "neighbor", key);
}
function done(state, { request, refusals, was = [] }, agenda, ctx) {
  const asked = state.requests.get(request);
  if (asked === void 0) return;
  if (asked.by === "fib") answered(state, request, asked.keys, refusals, ctx);
  else agenda.settingsAnswered(request, refusals, was);
  forgetRequest(state, request);
}

// ip/migration.ts
var import_runtime3 = require("hitless/runtime");
function up1({ config, relay, links, counters }) {
  const interfaces3 = Object.keys(config.interfaces).map((name) => {
    const link = links.get(name);
    const advertised2 = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { ...newInterface(name), ...link && { link }, advertised: advertised2 }];
  });
  return { config, relay, interfaces: new Map(interfaces3), counters: { ...counters } };
}
function down1({ config, relay, interfaces: interfaces3, counters }) {
  const links = /* @__PURE__ */ new Map();
  const total = { ...counters };
  for (const { name, link, counters: counted } of interfaces3.values()) {
    if (link !== void 0) links.set(name, link);
    addTo2(total, counted);
  }
  return { config, relay, links, counters: total };
}
function up2({
  config,
  relay,
  interfaces: interfaces3,
  counters,
  lines,
  settings: settings2,
  linksTold = []
}) {
  return {
    config: readConfig(config),
    relay,
    interfaces: interfaces3,
    counters,
    ...lines !== void 0 && { lines },
    ...emptyTables(),
    linksTold: new import_runtime3.Table(linksTold.map((link) => [link.index, link])),
    ...settings2 !== void 0 && { settings: settings2 }
  };
}
function down2({ config, relay, interfaces: interfaces3, counters, lines, settings: settings2 }, { linksTold } = {}) {
  return {
    config,
    relay,
    interfaces: interfaces3,
    counters,
    ...lines !== void 0 && { lines },
    ...settings2.ours.size > 0 && { settings: withoutRequests(settings2) },
    ...linksTold !== void 0 && linksTold.size > 0 && { linksTold: [...linksTold.values()] }
  };
}

// ip/nd/offer.ts
var INFINITE = 4294967295;
var ALL_NODES6 = "ff02::1";
var ALL_ROUTERS6 = "ff02::2";

// ip/nd/packet-options.ts
var SOURCE_LINK_LAYER_ADDRESS = 1;
var PREFIX_INFORMATION = 3;
var MTU = 5;
var ROUTE_INFORMATION = 24;
var DNS_SERVERS = 25;
var SEARCH_LIST = 31;
var UNIT = 8;
var ON_LINK = 128;
var AUTONOMOUS = 64;
var MOST_NAMES2 = 512;
var LONGEST_LABEL = 63;
var LONGEST_NAME2 = 253;
var PREFERENCE_BITS = { medium: 0, high: 1, low: 3 };
function preferenceOf(bits) {
  return ["medium", "high", void 0, "low"][bits];
}
function optionsOf({ mtu, prefixes, routes, servers, search }) {
  return [
    ...mtu === void 0 ? [] : [{ of: "mtu", mtu }],
    ...prefixes.map((prefix) => ({ of: "prefix", prefix })),
    ...routes.map((route) => ({ of: "route", route })),
    ...servers.map((each2) => ({ of: "servers", servers: each2 })),
    ...search.flatMap(portionsOf).map((each2) => ({ of: "search", search: each2 }))
  ];
}
function portionsOf({ names, lifetime }) {
  const portions = [];
  let left = 0;
  for (const name of names) {
    const size = name.length + 2;
    if (size > left) {
      portions.push([]);
      left = MOST_NAMES2;
    }
    portions.at(-1).push(name);
    left -= size;
  }
  return portions.map((portion) => ({ names: portion, lifetime }));
}
function blocksOf(options) {
  return Buffer.concat(options.map(blockOf));
}
function blockOf(option) {
  switch (option.of) {
    case "mac":
      return block(SOURCE_LINK_LAYER_ADDRESS, 2, Buffer.from(option.mac.replaceAll(":", ""), "hex"));
    case "mtu":
      return fields(MTU, 8, (view) => view.setUint32(4, option.mtu));
    case "prefix":
      return prefixBlock(option.prefix);
    case "route":
      return routeBlock(option.route);
    case "servers": {
      const addresses = option.servers.addresses.map((text) => parsePrefix(`${text}/128`).words);
      const bytes = fields(
        DNS_SERVERS,
        8 + 16 * addresses.length,
        (view) => view.setUint32(4, option.servers.lifetime)
      );
      for (const [i, words] of addresses.entries()) putWords(bytes, 8 + 16 * i, words);
      return bytes;
    }
    case "search":
      return searchBlock(option.search);
  }
}
function prefixBlock({ prefix, onLink, autonomous, valid, preferred }) {
  const bytes = fields(PREFIX_INFORMATION, 32, (view) => {
    view.setUint8(2, lengthOf(prefix));
    view.setUint8(3, (onLink ? ON_LINK : 0) | (autonomous ? AUTONOMOUS : 0));
    view.setUint32(4, valid);
    view.setUint32(8, preferred);
  });
  putWords(bytes, 16, parsePrefix(prefix).words);
  return bytes;
}
function routeBlock({ prefix, preference, lifetime }) {
  const length = lengthOf(prefix);
  const size = length === 0 ? 8 : length <= 64 ? 16 : 24;
  const bytes = fields(ROUTE_INFORMATION, size, (view) => {
    view.setUint8(2, length);
    view.setUint8(3, PREFERENCE_BITS[preference] << 3);
    view.setUint32(4, lifetime);
  });
  putWords(bytes, 8, parsePrefix(prefix).words.slice(0, (size - 8) / 4));
  return bytes;
}
function searchBlock({ names, lifetime }) {
  const labels = names.flatMap((name) => [...name.split("."), ""]);
  const parts2 = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, "ascii")]));
  const bytes = block(SEARCH_LIST, 8, Buffer.concat(parts2));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, lifetime);
  return bytes;
}
function block(type, at, content) {
  const bytes = new Uint8Array(Math.ceil((at + content.length) / UNIT) * UNIT);
  bytes[0] = type;
  bytes[1] = bytes.length / UNIT;
  bytes.set(content, at);
  return bytes;
}
function fields(type, size, fill) {
  const bytes = block(type, size, new Uint8Array(0));
  fill(new DataView(bytes.buffer));
  return bytes;
}
function putWords(bytes, at, words) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [i, word] of words.entries()) view.setUint32(at + 4 * i, word);
}
function readOptions(bytes, from) {
  const read = { prefixes: [], routes: [], servers: [], search: [] };
  for (let at = from; at < bytes.length; ) {
    const size = (bytes[at + 1] ?? 0) * UNIT;
    if (size === 0 || at + size > bytes.length) return { error: "optionLength" };
    readOption(read, bytes.subarray(at, at + size));
    at += size;
  }
  return read;
}
function readOption(read, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length;
  switch (bytes[0]) {
    case SOURCE_LINK_LAYER_ADDRESS:
      read.mac ??= Buffer.from(bytes.subarray(2, 8)).toString("hex").replace(/..(?!$)/g, "$&:");
      break;
    case MTU:
      if (size === 8) read.mtu = view.getUint32(4);
      break;
    case PREFIX_INFORMATION:
      if (size === 32 && bytes[2] <= 128) read.prefixes.push(prefixOf2(bytes, view));
      break;
    case ROUTE_INFORMATION: {
      const route = routeOf(bytes, view);
      if (route !== void 0) read.routes.push(route);
      break;
    }
    case DNS_SERVERS:
      if (size >= 24 && size % 16 === 8) read.servers.push(serversOf(view));
      break;
    case SEARCH_LIST: {
      const names = namesOf2(bytes.subarray(8));
      if (names !== void 0) read.search.push({ names, lifetime: view.getUint32(4) });
      break;
    }
  }
}
function prefixOf2(bytes, view) {
  return {
    prefix: prefixText(wordsAt(view, 16, 4), bytes[2]),
    onLink: (bytes[3] & ON_LINK) !== 0,
    autonomous: (bytes[3] & AUTONOMOUS) !== 0,
    valid: view.getUint32(4),
    preferred: view.getUint32(8)
  };
}
function routeOf(bytes, view) {
  const length = bytes[2];
  const preference = preferenceOf(bytes[3] >> 3 & 3);
  const room = (bytes.length - 8) * 8;
  if (preference === void 0 || bytes.length > 24 || length > room) return void 0;
  const words = [...wordsAt(view, 8, room / 32), 0, 0, 0, 0].slice(0, 4);
  return { prefix: prefixText(words, length), preference, lifetime: view.getUint32(4) };
}
function serversOf(view) {
  const count2 = (view.byteLength - 8) / 16;
  const addresses = Array.from({ length: count2 }, (_, i) => addressText(wordsAt(view, 8 + 16 * i, 4)));
  return { addresses, lifetime: view.getUint32(4) };
}
function namesOf2(bytes) {
  const names = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const labels = [];
    for (; ; ) {
      const size = bytes[at] ?? LONGEST_LABEL + 1;
      if (size > LONGEST_LABEL || at + 1 + size > bytes.length) return void 0;
      at += 1 + size;
      if (size === 0) break;
      labels.push(Buffer.from(bytes.subarray(at - size, at)).toString("latin1"));
    }
    const name = labels.join(".");
    if (name.length > LONGEST_NAME2) return void 0;
    names.push(name);
  }
  return names.length === 0 ? void 0 : names;
}
function wordsAt(view, at, count2) {
  return Array.from({ length: count2 }, (_, i) => view.getUint32(at + 4 * i));
}

// ip/nd/packet.ts
var TYPE_SOLICITATION2 = 133;
var TYPE_ADVERTISEMENT2 = 134;
var ICMP6_TYPES = [TYPE_SOLICITATION2, TYPE_ADVERTISEMENT2];
var UNFORWARDED = 255;
var SOLICITATION_HEADER = 8;
var ADVERTISEMENT_HEADER = 16;
var IPV6_HEADER = 40;
var LEAST_MTU = 1280;
var MANAGED = 128;
var OTHER = 64;
var UNSPECIFIED2 = "::";
function encodeAll(advertisement2, mtu) {
  const first = blocksOf(advertisement2.mac === void 0 ? [] : [{ of: "mac", mac: advertisement2.mac }]);
  const room = Math.max(mtu, LEAST_MTU) - IPV6_HEADER - ADVERTISEMENT_HEADER - first.length;
  const messages = [[]];
  let left = room;
  for (const option of optionsOf(advertisement2)) {
    const block2 = blockOf(option);
    if (block2.length > left && messages.at(-1).length > 0) {
      messages.push([]);
      left = room;
    }
    messages.at(-1).push(block2);
    left -= block2.length;
  }
  return messages.map((blocks) => Buffer.concat([headerOf(advertisement2), first, ...blocks]));
}
function headerOf({
  hopLimit,
  managed,
  other,
  preference,
  lifetime,
  ...times
}) {
  const bytes = new Uint8Array(ADVERTISEMENT_HEADER);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPE_ADVERTISEMENT2;
  bytes[4] = hopLimit;
  const bits = lifetime === 0 ? 0 : PREFERENCE_BITS[preference];
  bytes[5] = (managed ? MANAGED : 0) | (other ? OTHER : 0) | bits << 3;
  view.setUint16(6, lifetime);
  view.setUint32(8, times.reachableTime);
  view.setUint32(12, times.retransmitTimer);
  return bytes;
}
function decode6({
  from,
  hopLimit,
  payload
}) {
  if (hopLimit !== UNFORWARDED) return { error: "hopLimit" };
  if (payload.length < SOLICITATION_HEADER) return { error: "truncated" };
  const [type, code] = payload;
  if (type !== TYPE_SOLICITATION2 && type !== TYPE_ADVERTISEMENT2) return { error: "foreign" };
  const header = type === TYPE_SOLICITATION2 ? SOLICITATION_HEADER : ADVERTISEMENT_HEADER;
  if (payload.length < header) return { error: "truncated" };
  if (code !== 0) return { error: "code" };
  const options = readOptions(payload, header);
  if ("error" in options) return options;
  return type === TYPE_SOLICITATION2 ? solicitation(from, options) : advertisement(from, payload, options);
}
function solicitation(from, { mac }) {
  if (from === UNSPECIFIED2 && mac !== void 0) return { error: "linkLayerAddress" };
  return { type: "solicitation", ...mac !== void 0 && { mac } };
}
function advertisement(from, bytes, options) {
  const source = parseAddress(from);
  if (source === void 0 || !isLinkLocal(source)) return { error: "source" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = bytes[5];
  return {
    type: "advertisement",
    hopLimit: bytes[4],
    managed: (flags & MANAGED) !== 0,
    other: (flags & OTHER) !== 0,
    // RFC 4191 2.2: the reserved value is taken for medium.
    preference: preferenceOf(flags >> 3 & 3) ?? "medium",
    lifetime: view.getUint16(6),
    reachableTime: view.getUint32(8),
    retransmitTimer: view.getUint32(12),
    ...options
  };
}

// ip/nd/advertisement.ts
var FAREWELLS = 3;
var TWO_HOURS = 7200;
var FAILING2 = 3;
function advertise6(state, iface, agenda, ctx) {
  const own = iface.advertising;
  if (own?.offer === void 0) return;
  const senders = own.senders ?? [{ from: own.source ?? "" }];
  const advertisement2 = withFarewells(own.offer, own.known);
  let sent = true;
  for (const { from, ...mac } of senders)
    sent = send2(state, iface, own, { ...advertisement2, ...mac }, from, ctx) && sent;
  if (sent) noteKnown(own, own.offer);
  agenda.advertised6(iface, sent);
}
function farewell6(state, iface, offer2, source, ctx) {
  const own = iface.advertising;
  if (own === void 0 || Object.keys(own.known).length === 0) return;
  const last = {
    ...offer2,
    lifetime: 0,
    routes: offer2.routes.map((route) => ({ ...route, lifetime: 0 })),
    servers: offer2.servers.map((servers) => ({ ...servers, lifetime: 0 })),
    search: offer2.search.map((search) => ({ ...search, lifetime: 0 }))
  };
  if (!send2(state, iface, own, withFarewells(last, own.known), source, ctx)) return;
  count(own.counters, "withdrawn");
  own.known = {};
}
function send2(state, iface, own, advertisement2, from, ctx) {
  const mtu = factsOf(state, iface.name)?.link.mtu ?? 0;
  let sent = true;
  for (const payload of encodeAll(advertisement2, mtu)) {
    const packet = { to: ALL_NODES6, payload, from };
    const result = ctx.transmit("icmp6", iface.name, packet);
    count(own.counters, result === "sent" ? "sent" : "notSent");
    sent &&= result === "sent";
  }
  noteSent2(state, iface.name, own, sent, ctx);
  return sent;
}
function itemsOf(offer2) {
  const item = (what, name, prefix) => ({
    what,
    name,
    farewells: FAREWELLS,
    ...prefix !== void 0 && { prefix }
  });
  return [
    item("router", ""),
    ...offer2.prefixes.map((prefix) => item("prefix", prefix.prefix, prefix)),
    ...offer2.routes.map(({ prefix }) => item("route", prefix)),
    ...offer2.servers.flatMap(({ addresses }) => addresses.map((address) => item("server", address))),
    ...offer2.search.flatMap(({ names }) => names.map((name) => item("search", name)))
  ];
}
function keyOf3({ what, name }) {
  return `${what} ${name}`;
}
function noteKnown(own, offer2) {
  const offered2 = itemsOf(offer2).map((item) => [keyOf3(item), item]);
  const before = Object.entries(own.known).map(
    ([key, item]) => [key, { ...item, farewells: item.farewells - 1 }]
  );
  own.known = Object.fromEntries([...before.filter(([, { farewells }]) => farewells > 0), ...offered2]);
}
function withFarewells(offer2, known4) {
  const offered2 = new Set(itemsOf(offer2).map(keyOf3));
  const gone = Object.values(known4).filter((item) => !offered2.has(keyOf3(item)));
  if (gone.length === 0) return offer2;
  const namesOf3 = (what) => gone.filter((item) => item.what === what).map(({ name }) => name);
  const servers = namesOf3("server");
  const names = namesOf3("search");
  return {
    ...offer2,
    prefixes: [...offer2.prefixes, ...gone.flatMap(({ prefix }) => prefix ? [fading(prefix)] : [])],
    routes: [
      ...offer2.routes,
      ...namesOf3("route").map((prefix) => ({ prefix, preference: "medium", lifetime: 0 }))
    ],
    servers: [...offer2.servers, ...servers.length > 0 ? [{ addresses: servers, lifetime: 0 }] : []],
    search: [...offer2.search, ...names.length > 0 ? [{ names, lifetime: 0 }] : []]
  };
}
function fading(prefix) {
  return { ...prefix, preferred: 0, valid: Math.min(prefix.valid, TWO_HOURS) };
}
function noteSent2(state, name, own, sent, ctx) {
  state.lines ??= /* @__PURE__ */ new Map();
  const { unsent } = own;
  own.unsent = sent ? 0 : unsent + 1;
  if (!sent) {
    const due2 = lineDue(state.lines, "notSent6", name, ctx.now());
    if (due2 !== void 0)
      ctx.log(
        "warn",
        `${name}: an IPv6 advertisement was not sent: ${reasonOf2(ctx, name)}${leftOutText(due2)}`
      );
    return;
  }
  if (unsent === 0) return;
  noteWell(state.lines, "notSent6", name, ctx.now());
  const due = lineDue(state.lines, "sentAgain6", name, ctx.now());
  if (due !== void 0)
    ctx.log("info", `${name}: IPv6 advertisements are sent again, ${unsent} were not${leftOutText(due)}`);
}
function failingOf6(state) {
  const failing = ({ advertising }) => (advertising?.unsent ?? 0) >= FAILING2;
  return [...state.interfaces.values()].filter(failing).map(({ name }) => name);
}
function failureText6(names, ctx) {
  return names.map((name) => `IPv6 advertisements on ${name} are not sent: ${reasonOf2(ctx, name)}`).join("; ");
}
function reasonOf2(ctx, name) {
  return ctx.portFailure?.("icmp6", name)?.reason ?? "its port does not say why";
}

// ip/nd/consistency.ts
var MOST_ROUTERS = 16;
function heardAdvertisement(state, iface, from, theirs, ctx) {
  const own = iface.advertising;
  if (own === void 0) return;
  count(own.counters, "heard");
  const text = own.offer === void 0 ? "" : contradictions(own.offer, theirs).join(", ");
  if (text !== "") count(own.counters, "disagrees");
  if ((own.disputes[from] ?? "") === text) return;
  const others = Object.entries(own.disputes).filter(([router2]) => router2 !== from);
  const kept = text === "" ? others : [...others, [from, text]];
  own.disputes = Object.fromEntries(kept.slice(-MOST_ROUTERS));
  state.lines ??= /* @__PURE__ */ new Map();
  const [kind, other] = text === "" ? ["agrees6", "disagrees6"] : ["disagrees6", "agrees6"];
  const router = `${iface.name} ${from}`;
  const now = ctx.now();
  noteWell(state.lines, other, router, now);
  const due = lineDue(state.lines, kind, router, now);
  if (due === void 0) return;
  if (text === "")
    ctx.log("info", `${iface.name}: the advertisements of ${from} agree with ours now${leftOutText(due)}`);
  else
    ctx.log(
      "warn",
      `${iface.name}: the router ${from} advertises ${text}: hosts go from one to the other with each advertisement. Configure both alike${leftOutText(due)}`
    );
}
function contradictions(ours, theirs) {
  const said = [];
  const compare2 = (what, mine, other, unset = void 0) => {
    if (mine === other || mine === unset || other === unset) return;
    said.push(`${what} ${other} (ours: ${mine})`);
  };
  compare2("hop limit", ours.hopLimit, theirs.hopLimit, 0);
  compare2("managed", ours.managed, theirs.managed);
  compare2("other", ours.other, theirs.other);
  compare2("reachable time", ours.reachableTime, theirs.reachableTime, 0);
  compare2("retransmit timer", ours.retransmitTimer, theirs.retransmitTimer, 0);
  compare2("MTU", ours.mtu, theirs.mtu);
  for (const { prefix, valid, preferred } of ours.prefixes) {
    const other = theirs.prefixes.find((one) => one.prefix === prefix);
    if (other === void 0) continue;
    compare2(`${prefix} valid for`, valid, other.valid);
    compare2(`${prefix} preferred for`, preferred, other.preferred);
  }
  return said;
}

// ip/nd/solicitation.ts
function receiveSolicitation6(iface, agenda) {
  const own = iface.advertising;
  if (own === void 0) return;
  count(own.counters, "solicited");
  if (own.asked) count(own.counters, "joined");
  else agenda.asked6(iface);
}

// ip/nd/receive.ts
function receive6(state, iface, datum, agenda, ctx) {
  const own = iface.advertising;
  if (own === void 0) return;
  const message = decode6(datum);
  if ("error" in message) count(own.counters, message.error);
  else if (isOwn2(own, datum.from)) count(own.counters, "own");
  else if (message.type === "solicitation") receiveSolicitation6(iface, agenda);
  else heardAdvertisement(state, iface, datum.from, message, ctx);
}
function isOwn2({ source, senders = [] }, from) {
  return from === source || senders.some((sender) => sender.from === from);
}

// ip/plan.ts
function planFor(before, config) {
  const { added, removed: removed2, stayed } = differenceOf(before.interfaces, config.interfaces);
  const [was, will] = [before, config].map((one) => stayed.filter((name) => isDiscovered(one, name)));
  const advertised2 = stayed.filter((name) => was.includes(name) && will.includes(name));
  const differs = (name, key) => before.interfaces[name][key] !== config.interfaces[name][key];
  const advertises = (which, name) => which.interfaces[name]?.advertising;
  const other = stayed.filter((name) => !isSame(advertises(before, name), advertises(config, name)));
  return {
    config,
    added,
    removed: removed2,
    otherwise: advertised2.filter(
      (name) => before.lifetime !== config.lifetime || differs(name, "preference")
    ),
    retimed: advertised2.filter((name) => differs(name, "interval")),
    discovered: will.filter((name) => !was.includes(name)),
    quieted: was.filter((name) => !will.includes(name)),
    retold: retoldIn(before, config),
    resettled: differingIn(before, config),
    statics: staticDifference(before, config),
    retabled: !isSame(numbersOf(before), numbersOf(config)),
    advertising: {
      begin: other.filter((name) => advertises(before, name) === void 0),
      change: other.filter((name) => advertises(before, name) && advertises(config, name)),
      end: other.filter((name) => advertises(config, name) === void 0)
    }
  };
}
function retoldIn({ interfaces: before }, { interfaces: after }) {
  const names = /* @__PURE__ */ new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name]?.bandwidth !== after[name]?.bandwidth);
}
function numbersOf({ tables }) {
  return Object.fromEntries(Object.entries(tables).map(([name, { number }]) => [name, number]));
}

// ip/rib/selection.ts
var MOST_WEIGHT2 = 256;
var NEVER = 255;
var NO_HOPS2 = [];
var MOST_UNIT = 2 ** 24;
function select(state, key, agenda, ways = /* @__PURE__ */ new Map()) {
  const row = state.rib.get(key);
  if (row === void 0) return void 0;
  let best;
  let ours;
  for (const candidate of row.candidates) {
    const usable = usableOf(state, key, candidate, ways);
    if (usable === void 0) continue;
    if (best === void 0 || compare(candidate, best.candidate) < 0) best = usable;
    if (candidate.direct === void 0 && (ours === void 0 || compare(candidate, ours.candidate) < 0))
      ours = usable;
  }
  put2(state, key, row, best, agenda);
  if (ours === void 0) return void 0;
  if (!mayInstall(row.candidates)) {
    if (!row.candidates.some(isConnected)) agenda.heldBack(key, ours.candidate.source);
    return void 0;
  }
  return { type: ours.candidate.type, hops: ours.hops };
}
function usableOf(state, key, candidate, ways = /* @__PURE__ */ new Map()) {
  if (candidate.direct !== void 0) return { candidate, hops: candidate.direct, depth: 0 };
  if (candidate.distance >= NEVER) return void 0;
  if (candidate.type !== "unicast") return { candidate, hops: NO_HOPS2, depth: 0 };
  const found = [];
  let depth = 0;
  for (const hop of candidate.hops) {
    const way = state.nextHops.get(hop.key);
    if (way?.state !== "reachable" || isOverItself(key, hop, way)) continue;
    found.push({ hop, way });
    depth = Math.max(depth, way.depth);
  }
  const [first] = found;
  if (first === void 0) return void 0;
  if (found.length === 1 && (first.hop.weight ?? 1) === 1)
    return { candidate, hops: first.way.resolved, depth };
  const isWhole2 = found.length === candidate.hops.length;
  const hops = (isWhole2 ? ways.get(candidate.hops) : void 0) ?? together(found);
  if (isWhole2) ways.set(candidate.hops, hops);
  return { candidate, hops, depth };
}
function compare(one, other) {
  return rankOf(one) - rankOf(other) || one.metric - other.metric || (candidateKey(one) < candidateKey(other) ? -1 : 1);
}
function rankOf({ source, direct, metric, distance }) {
  if (direct === void 0) return distance;
  if (source === "connected") return -2;
  return metric <= OWN_METRIC ? -1 : 256;
}
function mayInstall(candidates) {
  return candidates.every(
    (candidate) => candidate.direct === void 0 || !isConnected(candidate) && candidate.metric !== OWN_METRIC
  );
}
function isConnected({ source }) {
  return source === "connected";
}
function tellHeldBack(state, key, source, ctx) {
  state.lines ??= /* @__PURE__ */ new Map();
  const due = lineDue(state.lines, "heldBack", key, ctx.now());
  if (due === void 0) return;
  const table2 = tableOfKey(key) === MAIN_TABLE ? "" : ` of table ${tableOfKey(key)}`;
  ctx.log(
    "warn",
    `${prefixOfKey(key)}${table2} (${source}) is not installed: another program has a route there with metric ${OWN_METRIC}, which is ours; it is installed when that one is gone${leftOutText(due)}`
  );
}
function isOverItself(key, { gateway }, { via }) {
  if (gateway === void 0 || via === void 0 || lengthOf(via) > lengthOf(key)) return false;
  const prefix = parsePrefix(prefixOfKey(key));
  const address = parseAddress(gateway);
  return prefix !== void 0 && address !== void 0 && covers(prefix, address);
}
function together(found) {
  const hops = /* @__PURE__ */ new Map();
  const unit = found.reduce((least, { way }) => commonMultiple(least, sumOf2(way.resolved)), 1);
  let most = 0;
  for (const { hop, way } of found) {
    const part = (hop.weight ?? 1) * unit / sumOf2(way.resolved);
    for (const resolved of way.resolved) {
      const id = `${resolved.gateway ?? ""} ${resolved.interface}`;
      const weight = (hops.get(id)?.weight ?? 0) + resolved.weight * part;
      hops.set(id, { ...resolved, weight });
      most = Math.max(most, weight);
    }
  }
  const [only] = hops.values();
  if (hops.size === 1) return [{ ...only, weight: 1 }];
  const scale = Math.min(1, MOST_WEIGHT2 / most);
  const whole = [...hops.values()].map((hop) => ({
    ...hop,
    weight: Math.max(1, Math.round(hop.weight * scale))
  }));
  return inOrder(whole).slice(0, MOST_HOPS);
}
function sumOf2(hops) {
  return hops.reduce((sum, { weight }) => sum + weight, 0);
}
function commonMultiple(one, other) {
  let [greater, lesser] = [one, other];
  while (lesser > 0) [greater, lesser] = [lesser, greater % lesser];
  const multiple = one / greater * other;
  return multiple <= MOST_UNIT ? multiple : one;
}
function put2(state, key, row, best, agenda) {
  const id = best && candidateKey(best.candidate);
  const hops = best?.hops ?? NO_HOPS2;
  const depth = best?.depth ?? 0;
  if (row.best === id && sameHops(row.hops, hops) && row.depth === depth) {
    if (best !== void 0 && best.candidate.since >= (row.dirty ?? Number.POSITIVE_INFINITY))
      tell3(state, key, agenda);
    state.rib.update(key, (draft) => {
      draft.dirty = void 0;
    });
    return;
  }
  state.rib.update(key, (draft) => {
    draft.best = id;
    draft.hops = hops;
    draft.depth = depth;
    draft.dirty = void 0;
  });
  wake(state, key);
  tell3(state, key, agenda);
}
function tell3({ subscriptions, prefixTrackers }, key, agenda) {
  if (subscriptions.size + prefixTrackers.size > 0) agenda.selected(key);
}

// ip/settle.ts
var { settle, settleAtOnce } = settling({
  settingsAnswered(state, { request, refusals, was }, agenda, ctx) {
    const about = state.settings.underWay.get(request);
    settingsAnswered(state, request, refusals, was, agenda, ctx);
    if (about !== void 0 && "device" in about) tellHeldAt(state, about.device, ctx);
    else if (about !== void 0) tellHeldAt(state, state.links.get(about.index)?.link.name ?? "", ctx);
  },
  wantedChanged: (state, { names }, agenda) => compareNamed(state, names, agenda),
  virtualChanged: (state, { names }, _agenda, ctx) => {
    for (const name of names) followLink(state, name, ctx);
  },
  listed(state, _item, agenda, ctx) {
    withdrawGone(state, ctx);
    lingerFound(state, ctx);
    compareAll(state, agenda, ctx);
  },
  linkSettings: (state, { index }, _agenda, ctx) => {
    settleLink(state, index, askerOf(state, ctx), ctx);
    const name = state.links.get(index)?.link.name ?? "";
    tellHeldAt(state, name, ctx);
    followLink(state, name, ctx);
  },
  device: (state, { name }, _agenda, ctx) => settleDevice(state, name, askerOf(state, ctx)),
  linkChanged: (state, { index, name }, agenda, ctx) => {
    tellLink(state, index, ctx);
    virtualLinkChanged(state, name, agenda, ctx);
    linkSettingsChanged(state, index, name, agenda, ctx);
    if (!state.links.has(index)) forwards6(state, index, void 0);
    followLink(state, name, ctx);
  },
  selected(state, { prefix }, _agenda, ctx) {
    prefixChanged(state, prefix, ctx);
    trackedPrefixChanged(state, prefix, ctx);
  },
  heldBack: (state, { prefix, source }, _agenda, ctx) => tellHeldBack(state, prefix, source, ctx),
  hopChanged: (state, { hop }, _agenda, ctx) => trackedHopChanged(state, hop, ctx),
  mayKnow: (_state, { iface, addresses }) => mayKnow(iface, addresses),
  withdraw: (state, { iface, all }, _agenda, ctx) => all ? withdrawAll2(state, iface, ctx) : withdraw2(state, iface, ctx),
  advertise: (state, { iface, to, regular }, agenda, ctx) => advertise(state, iface, to, regular, agenda, ctx),
  advertised: (_state, { iface }) => advertised(iface),
  advertise6: (state, { iface }, agenda, ctx) => advertise6(state, iface, agenda, ctx),
  advertised6: (state, { iface, sent }, _agenda, ctx) => advertised6(state, iface, sent, ctx),
  asked6: (state, { iface }, _agenda, ctx) => asked6(state, iface, ctx),
  farewell6: (state, { iface, offer: offer2, source }, _agenda, ctx) => farewell6(state, iface, offer2, source, ctx),
  ceased: (_state, { iface }, _agenda, ctx) => ceased(iface, ctx)
});
function followLink(state, name, ctx) {
  const iface = state.interfaces.get(name);
  const farewell = iface && follow6(state, iface, ctx);
  if (farewell !== void 0) farewell6(state, iface, farewell.offer, farewell.source, ctx);
}
function askerOf(state, ctx) {
  return (changes, keys) => {
    const { listed: listed2, forgetting } = state.kernel;
    if (!listed2 || forgetting || !hasRoom2(state, "settings")) return void 0;
    return sendRequest(state, "settings", keys, changes, ctx);
  };
}

// rows.ts
var SOME2 = 64;
var Rows = class {
  /** How many there are, as far as it is known. */
  size = 0;
  #make;
  constructor(make) {
    this.#make = make;
  }
  [Symbol.iterator]() {
    return this.#make(this);
  }
};
function* inOrder2(all, orderOf3) {
  const found = [];
  let steps = 0;
  for (const item of all) {
    if (++steps % SOME2 === 0) yield;
    const order = orderOf3(item);
    if (order !== void 0) found.push({ item, order });
  }
  return (yield* sorted(found)).map(({ item }) => item);
}
function* sorted(all) {
  let runs = [];
  for (let at = 0; at < all.length; at += SOME2) {
    runs.push(all.slice(at, at + SOME2).sort((one, other) => one.order < other.order ? -1 : 1));
    yield;
  }
  while (runs.length > 1) {
    const merged = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* together2(runs[at], runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}
function* together2(one, other) {
  const merged = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const isFirst = j === other.length || i < one.length && one[i].order < other[j].order;
    merged.push(isFirst ? one[i++] : other[j++]);
    if (merged.length % SOME2 === 0) yield;
  }
  return merged;
}

// ip/views/advertising.ts
var advertisingViews = {
  advertising: {
    words: "ipv6 nd ra",
    aliases: ["ipv6 nd interface", "ipv6 nd ra-interfaces"],
    description: "IPv6 router advertisements: what they say, when the next leaves, who asked, who contradicts",
    takes: [{ name: "interface", description: "the name of an interface; all without it", optional: true }],
    request: "showAdvertising6",
    lines: "lines",
    none: "no interface is configured for IPv6 router advertisements"
  }
};
var DROPPED = [
  "hopLimit",
  "truncated",
  "foreign",
  "code",
  "optionLength",
  "linkLayerAddress",
  "source"
];
function advertisingRows(state, body, ctx) {
  const { interface: only } = body ?? {};
  if (only !== void 0 && state.config.interfaces[only]?.advertising === void 0) {
    if (!state.names.has(only) && !state.interfaces.has(only))
      return { refused: `there is no interface "${only}"; "show ip interface brief" lists them` };
    return {
      refused: `${only} is not configured for IPv6 router advertisements: "set ip interfaces ${only} router-advertisements" does so`
    };
  }
  return new Rows((rows) => interfaces(state, only, rows, ctx));
}
function* interfaces(state, only, rows, ctx) {
  const names = only === void 0 ? Object.keys(state.config.interfaces).sort() : [only];
  rows.size = names.length;
  for (const name of names) yield viewOf(state, name, ctx);
}
function viewOf(state, name, ctx) {
  const config = state.config.interfaces[name]?.advertising;
  if (config === void 0) return void 0;
  const own = state.interfaces.get(name)?.advertising;
  const { type: _, ...says } = { ...own?.offer ?? { type: "advertisement" }, ...macOf(own?.senders) };
  const source = own?.senders?.map(({ from }) => from).join(", ") ?? own?.source;
  const facts = {
    interface: name,
    ...own?.offer === void 0 ? { advertising: false, why: whyNot(state, name) } : { advertising: true, says: structuredClone(says) },
    ...source !== void 0 && { source },
    interval: config.interval,
    minInterval: config.minInterval,
    ...timesOf(name, own, ctx),
    asked: own?.asked ?? false,
    ...countsOf(own),
    contradicts: Object.entries(own?.disputes ?? {}).map(([router, text]) => ({ router, says: text })),
    remarks: [...own?.remarks ?? []]
  };
  return { ...facts, lines: linesOf(facts, config) };
}
function macOf(senders) {
  const mac = senders?.[0]?.mac;
  return mac === void 0 ? {} : { mac };
}
function timesOf(name, own, ctx) {
  const due = ctx.timerDue("ra6", name);
  const ago = own?.lastAt === void 0 ? -1 : ctx.now() - own.lastAt;
  return { ...ago >= 0 && { lastAgo: ago }, ...due !== void 0 && { nextIn: Math.max(0, due) } };
}
function countsOf(own) {
  const { sent = 0, notSent: notSent2 = 0, heard = 0, solicited = 0, joined = 0, ...others } = own?.counters ?? {};
  const dropped = DROPPED.flatMap((reason) => {
    const counted = others[reason];
    return counted === void 0 ? [] : [[reason, counted]];
  });
  return { sent, notSent: notSent2, heard, solicited, limited: joined, dropped: Object.fromEntries(dropped) };
}
function whyNot(state, name) {
  const facts = factsOf(state, name);
  if (facts === void 0) return "there is no such interface";
  if (!facts.link.up) return "it is down";
  if (!facts.link.carrier) return "it has no carrier";
  if (sourceOf(facts, void 0) === void 0)
    return "it has no link-local address yet that is known to be its own";
  if (sendersOf(state, name)?.length === 0) return "none of its virtual routers is Active";
  return "it is about to begin";
}
function linesOf(view, config) {
  const { interface: name, advertising, source, why, says } = view;
  return [
    advertising ? `Interface ${name} advertises from ${source}` : `Interface ${name} is silent: ${why}`,
    ...says === void 0 ? [] : saysLines(says),
    `  ND router advertisements are sent every ${seconds(config.minInterval)} to ${seconds(config.interval)}`,
    `  ND router advertisements sent: ${view.sent} rcvd: ${view.heard} not sent: ${view.notSent}`,
    `  ND last router advertisement sent: ${view.lastAgo === void 0 ? "never" : `${seconds(view.lastAgo)} ago`}, next: ${nextText(view)}`,
    `  ND router solicitations rcvd: ${view.solicited} of which answered with one before: ${view.limited}`,
    ...Object.entries(view.dropped).map(
      ([reason, counted]) => `  ND messages dropped for ${reason}: ${counted}`
    ),
    ...view.contradicts.map((other) => `  Router ${other.router} contradicts: ${other.says}`),
    ...view.remarks.map((remark) => `  ${remark}`)
  ];
}
function saysLines(says) {
  return [
    `  ND advertised reachable time is ${says.reachableTime} milliseconds`,
    `  ND advertised retransmit interval is ${says.retransmitTimer} milliseconds`,
    `  ND advertised hop-count limit is ${says.hopLimit} hops`,
    ...says.mtu === void 0 ? [] : [`  ND advertised link MTU is ${says.mtu} bytes`],
    `  ND router advertisements live for ${says.lifetime} seconds`,
    `  ND router advertisement default router preference is ${says.preference}`,
    `  Hosts use ${says.managed ? "DHCP to obtain routable addresses" : "stateless autoconfig for addresses"}.`,
    ...says.other ? ["  Hosts use DHCP to obtain other configuration."] : [],
    ...says.prefixes.map(
      ({ prefix, valid, preferred, onLink, autonomous }) => `  ND advertised prefix ${prefix}: valid ${life(valid)}, preferred ${life(preferred)}${onLink ? ", on-link" : ""}${autonomous ? ", autonomous" : ""}`
    ),
    ...says.routes.map(
      ({ prefix, lifetime, preference }) => `  ND advertised route ${prefix}: ${life(lifetime)}, preference ${preference}`
    ),
    ...says.servers.map(
      ({ addresses, lifetime }) => `  ND advertised DNS servers ${addresses.join(" ")}: ${life(lifetime)}`
    ),
    ...says.search.map(
      ({ names, lifetime }) => `  ND advertised search list ${names.join(" ")}: ${life(lifetime)}`
    )
  ];
}
function nextText({ nextIn, asked }) {
  if (nextIn === void 0) return "none is due";
  return `in ${seconds(nextIn)}${asked ? ", which a host has asked for" : ""}`;
}
function life(lifetime) {
  return lifetime === INFINITE ? "for ever" : `${lifetime} s`;
}
function seconds(ms) {
  return formatDuration(100 * Math.round(ms / 100));
}

// ip/views/filters.ts
var takes = (what) => [
  { name: "name", description: `the name of a ${what}; all without it`, optional: true }
];
var filterViews = {
  prefixLists: {
    words: "ip prefix-list",
    aliases: ["ipv6 prefix-list"],
    description: "prefix lists with their rules of both families, all or one",
    takes: takes("list"),
    request: "showPrefixLists",
    lines: "lines",
    none: "no prefix list is configured"
  },
  routeMaps: {
    words: "route-map",
    description: "route maps: what each entry matches and sets, of all or one",
    takes: takes("map"),
    request: "showRouteMaps",
    lines: "lines",
    none: "no route map is configured"
  }
};
function prefixListRows({ config }, body) {
  return rowsOf(config.filters.prefixLists, body, "prefix list", filterViews.prefixLists, ruleView);
}
function routeMapRows({ config }, body) {
  return rowsOf(config.filters.routeMaps, body, "route map", filterViews.routeMaps, entryView);
}
function rowsOf(filters, body, what, { words }, view) {
  const { name: only } = body ?? {};
  const all = Object.keys(filters).sort();
  if (only !== void 0 && named(filters, only) === void 0)
    return { refused: `there is no ${what} "${only}"; ${known3(all, words)}` };
  const names = only === void 0 ? all : [only];
  return new Rows((rows) => parts(filters, names, rows, view));
}
var MOST_KNOWN = 16;
function known3(all, words) {
  return all.length > MOST_KNOWN ? `"show ${words}" lists them` : `known: ${all.join(", ") || "none"}`;
}
function* parts(filters, names, rows, view) {
  rows.size = names.reduce((sum, name) => sum + filters[name].length, 0);
  for (const name of names) for (const part of filters[name]) yield view(name, part, filters[name]);
}
function ruleView(list2, rule, rules) {
  const { sequence, action } = rule;
  const bounds = boundsOf2(rule);
  const prefix = rule.within === void 0 ? "any" : prefixText(rule.within.words, rule.within.length);
  const words = Object.entries(bounds).map(([name, length]) => ` ${name} ${length}`);
  const title = `ip prefix-list ${list2}: ${rules.length} entries`;
  return {
    list: list2,
    sequence,
    action,
    prefix,
    ...bounds,
    lines: [...rule === rules[0] ? [title] : [], `   seq ${sequence} ${action} ${prefix}${words.join("")}`]
  };
}
function boundsOf2({ within, least, most }) {
  if (within === void 0) return {};
  const { words, length } = within;
  const isOpen = least > length && most === 32 * words.length;
  return {
    ...least > length && { ge: least },
    ...most > length && !isOpen && { le: most }
  };
}
function entryView(map, entry) {
  return { map, ...entry, lines: entryLines(map, entry) };
}
function entryLines(map, entry) {
  const { sequence, action, prefixList, tag, source, setMetric, setTag, setType } = entry;
  const clause = (words, value) => value === void 0 ? [] : [`    ${words}${value}`];
  return [
    `route-map ${map}, ${action}, sequence ${sequence}`,
    "  Match clauses:",
    ...clause("ip address prefix-list ", prefixList),
    ...clause("tag ", tag),
    ...clause("source-protocol ", source),
    "  Set clauses:",
    ...clause("metric ", setMetric),
    ...clause("tag ", setTag),
    ...clause("metric-type type-", setType)
  ];
}

// ip/views/interface.ts
var ONE = [{ name: "interface", description: "the name of an interface; all without it", optional: true }];
var BRIEF = [
  { key: "interface", title: "INTERFACE" },
  { key: "status", title: "STATUS" },
  { key: "vrf", title: "VRF" },
  { key: "addresses", title: "ADDRESSES" }
];
var WHOLE2 = [
  ...BRIEF,
  { key: "mtu", title: "MTU" },
  { key: "speed", title: "MBIT/S" },
  { key: "forwarding", title: "FORWARDING" },
  { key: "advertised", title: "ADVERTISED" },
  { key: "description", title: "DESCRIPTION" },
  { key: "problems", title: "PROBLEM" }
];
var NEIGHBORS = [
  { key: "address", title: "ADDRESS" },
  { key: "mac", title: "MAC" },
  { key: "state", title: "STATE" },
  { key: "interface", title: "INTERFACE" }
];
var interfaceViews = {
  brief: {
    words: "ip interface brief",
    description: "interfaces with their state, VRF and IPv4 addresses",
    takes: ONE,
    request: "showInterfaces",
    columns: BRIEF,
    none: "no interfaces"
  },
  interfaces: {
    words: "ip interface",
    description: "interfaces: addresses, MTU, whether the kernel forwards IPv4, advertised addresses, settings refused",
    takes: ONE,
    request: "showInterfaces",
    columns: WHOLE2,
    none: "no interfaces"
  },
  brief6: {
    words: "ipv6 interface brief",
    description: "interfaces with their state, VRF and IPv6 addresses",
    takes: ONE,
    request: "showInterfaces6",
    columns: BRIEF,
    none: "no interfaces"
  },
  interfaces6: {
    words: "ipv6 interface",
    description: "interfaces: addresses, MTU, whether the kernel forwards IPv6, advertised prefixes, settings refused",
    takes: ONE,
    request: "showInterfaces6",
    columns: WHOLE2,
    none: "no interfaces"
  },
  neighbors: {
    words: "ip arp",
    aliases: ["arp", "ip neighbors"],
    description: "IPv4 neighbours of the kernel (ARP): their MAC and state, of all interfaces or one",
    takes: ONE,
    request: "showNeighbors",
    columns: NEIGHBORS,
    none: "no neighbours"
  },
  neighbors6: {
    words: "ipv6 neighbors",
    description: "IPv6 neighbours of the kernel: their MAC and state, of all interfaces or one",
    takes: ONE,
    request: "showNeighbors6",
    columns: NEIGHBORS,
    none: "no neighbours"
  }
};
function interfaceRows(state, family, body, now) {
  const index = indexOf(state, body);
  if (typeof index === "object") return index;
  return new Rows((rows) => interfaces2(state, family, index, now, rows));
}
function* interfaces2(state, family, index, now, rows) {
  const indexes = index === void 0 ? [...state.links.keys()].sort((one, other) => one - other) : [index];
  rows.size = indexes.length;
  for (const each2 of indexes) {
    const row = state.links.get(each2);
    yield row && interfaceView(state, family, row, now);
  }
}
function interfaceView(state, family, { link, table: table2, addresses }, now) {
  const { name, index, up, carrier, mtu } = link;
  const description = descriptionOf(state, link, now);
  const speed = state.linksTold.get(index)?.speed;
  const forwarding = family === 4 ? state.interfaces.get(name)?.link?.forwarding : state.forwarding6[index];
  const advertised2 = family === 4 ? state.interfaces.get(name)?.advertised : advertised62(state, name);
  const problems = [...state.settings.ours.get(index)?.refusals.values() ?? []].map(
    ({ message }) => message
  );
  return {
    interface: name,
    index,
    status: up ? carrier ? "up" : "no carrier" : "down",
    ...table2 !== MAIN_TABLE && { vrf: vrfOf(state, table2) },
    addresses: addresses.flatMap((key) => {
      const address = state.addresses.get(key);
      return address?.family === family ? [addressText2(address)] : [];
    }),
    mtu,
    ...speed !== void 0 && { speed },
    ...forwarding !== void 0 && { forwarding: forwarding ? "yes" : "no" },
    ...advertised2 !== void 0 && { advertised: [...advertised2] },
    ...description !== "" && { description },
    ...problems.length > 0 && { problems }
  };
}
function descriptionOf({ settings: settings2 }, link, now) {
  if (link.kind !== "macvlan" || !isOwnDevice(link)) return link.alias;
  const until = lingeringOf(settings2, link.name, now)?.until;
  return until === void 0 ? "" : `stays ${Math.ceil(until - now)} ms more, for another router to take over`;
}
function advertised62({ interfaces: interfaces3 }, name) {
  return interfaces3.get(name)?.advertising?.offer?.prefixes.map(({ prefix }) => prefix);
}
function vrfOf({ config }, table2) {
  const [found] = Object.entries(config.tables).filter(([, { number }]) => number === table2);
  return found?.[0] ?? "not configured";
}
function addressText2({ address, prefixLength, peer, secondary }) {
  const to = peer === void 0 ? "" : ` peer ${peer}`;
  return `${address}${to}/${prefixLength}${secondary ? " secondary" : ""}`;
}
var NEIGHBOR_STATES = [
  "incomplete",
  "reachable",
  "stale",
  "delay",
  "probe",
  "failed",
  "noarp",
  "permanent"
];
function neighborRows(state, family, body) {
  const index = indexOf(state, body);
  if (typeof index === "object") return index;
  return new Rows((rows) => neighbors(state, family, index, rows));
}
function* neighbors(state, family, index, rows) {
  rows.size = state.neighbors.size;
  for (const neighbor of state.neighbors.values()) {
    const isShown = neighbor.family === family && (index === void 0 || neighbor.index === index);
    yield isShown ? neighborView(state, neighbor) : void 0;
  }
}
function neighborView(state, { address, mac, state: bits, index }) {
  return {
    address,
    mac,
    state: NEIGHBOR_STATES.find((_name, bit) => (bits & 1 << bit) !== 0) ?? "none",
    interface: state.links.get(index)?.link.name ?? `link ${index}`
  };
}
function indexOf({ names }, body) {
  const { interface: name } = body ?? {};
  if (name === void 0) return void 0;
  return names.get(name) ?? { refused: `there is no interface "${name}"; "show ip interface brief" lists them` };
}

// ip/views/query.ts
var CODES = {
  kernel: "K",
  connected: "C",
  static: "S",
  rip: "R",
  ospf: "O",
  isis: "I",
  bgp: "B",
  babel: "A"
};
var LONGER = "longer-prefixes";
var TABLES2 = ["table", "vrf"];
var NAMES2 = ["which", "value", "and", "of"];
var OFFERS = ["connected", "static", "kernel", "ospf", LONGER, ...TABLES2];
var TABLE_NUMBER = /^[1-9]\d{0,9}$/;
function readQuery(state, family, body) {
  const typed = NAMES2.flatMap((name) => body?.[name] ?? []);
  const wish = { family, table: MAIN_TABLE };
  for (let at = 0; at < typed.length; ) {
    const word = typed[at];
    const taken = word.includes("/") || parseAddress(word) ? place(wish, typed, at) : named2(state, wish, typed, at);
    if (typeof taken !== "number") return taken;
    at += taken;
  }
  return queryOf(state, wish);
}
function place(wish, typed, at) {
  const word = typed[at];
  const what = wish.family === 4 ? "IPv4" : "IPv6";
  const example = wish.family === 4 ? "10.0.0.0/8 or 10.0.0.1" : "2001:db8::/32 or 2001:db8::1";
  if (!word.includes("/") ? parseAddress(word) === void 0 : parsePrefix(word) === void 0)
    return { refused: `"${word}" is no prefix; write ${example}` };
  if (familyOf(word) !== wish.family) return { refused: `"${word}" is not of ${what}; write ${example}` };
  if (wish.place !== void 0) return { refused: `"${word}" is a second prefix; only one can be asked for` };
  wish.place = word;
  return 1;
}
function named2(state, wish, typed, at) {
  const word = typed[at].toLowerCase();
  const known4 = [...Object.keys(CODES), LONGER, ...TABLES2];
  const meant = known4.includes(word) ? [word] : known4.filter((each2) => each2.startsWith(word));
  if ("summary".startsWith(word)) return { refused: '"summary" stands in the place of all other words' };
  if (meant.length > 1) return { refused: `"${word}" may be ${meant.join(", ")}; type more of it` };
  const [one] = meant;
  if (one === void 0)
    return { refused: `"${word}" is no prefix, address or source; known: ${known4.join(", ")}, summary` };
  if (one === LONGER) {
    wish.isLonger = true;
    return 1;
  }
  if (one === "table" || one === "vrf") return table(state, wish, one, typed[at + 1]);
  if (wish.from !== void 0) return { refused: `"${word}" is a second source; only one can be asked for` };
  wish.from = one;
  return 1;
}
function table({ config }, wish, word, name) {
  const names = Object.keys(config.tables);
  const known4 = `known: ${["main", ...names, "all"].join(", ")}`;
  if (name === void 0) return { refused: `a table is missing after "${word}"; ${known4}` };
  const number = config.tables[name]?.number ?? (name === "main" ? MAIN_TABLE : void 0);
  const isKnown = Object.values(config.tables).some((each2) => each2.number === Number(name));
  if (name === "all") wish.table = void 0;
  else if (number !== void 0) wish.table = number;
  else if (TABLE_NUMBER.test(name) && (isKnown || Number(name) === MAIN_TABLE)) wish.table = Number(name);
  else return { refused: `there is no table "${name}"; ${known4}` };
  return 2;
}
function queryOf(state, { family, table: table2, place: word, isLonger, from: source }) {
  const query = {
    family,
    ...table2 !== void 0 && { table: table2 },
    ...source !== void 0 && { source }
  };
  if (word === void 0) return isLonger ? { refused: `a prefix is missing beside "${LONGER}"` } : query;
  const prefix = canonicalPrefix(word);
  if (isLonger) {
    const value = prefix === void 0 ? void 0 : parsePrefix(prefix);
    if (value === void 0) return { refused: `"${word}" is an address; ${LONGER} takes a prefix` };
    const isIn = (key) => coversPrefix(value, parsePrefix(prefixOfKey(key)));
    return { ...query, takes: isIn };
  }
  const tables = table2 === void 0 ? tablesOf(state) : [table2];
  const keys = tables.flatMap((each2) => {
    if (prefix !== void 0) return state.rib.has(prefixKey(each2, prefix)) ? [prefixKey(each2, prefix)] : [];
    return longestMatch(state, each2, parseAddress(word))?.key ?? [];
  });
  return { ...query, keys };
}
function tablesOf({ config }) {
  return [MAIN_TABLE, ...Object.values(config.tables).map(({ number }) => number)];
}

// ip/views/prefixes.ts
function keysInOrder({ rib }, { family, table: table2, takes: takes2 }) {
  const begin3 = table2 === void 0 ? "" : `${table2} `;
  return inOrder2(rib.keys(), (key) => {
    if (!key.startsWith(begin3) || familyOf(key) !== family || takes2?.(key) === false) return void 0;
    return orderOf2(key);
  });
}
function orderOf2(key) {
  const { words = [], length = 0 } = parsePrefix(prefixOfKey(key)) ?? {};
  const address = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  return `${String(tableOfKey(key)).padStart(10, "0")} ${address} ${String(length).padStart(3, "0")}`;
}

// ip/views/standing.ts
function standingsOf(state, key, row) {
  const usable = new Map(
    row.candidates.flatMap((candidate) => {
      const way = usableOf(state, key, candidate);
      return way === void 0 ? [] : [[candidate, way]];
    })
  );
  const inOrder3 = row.candidates.toSorted(
    (one, other) => Number(usable.has(other)) - Number(usable.has(one)) || compare(one, other)
  );
  const ours = inOrder3.find((candidate) => candidate.direct === void 0 && usable.has(candidate));
  const best = bestOf(row);
  return inOrder3.map((candidate) => {
    const hops = usable.get(candidate)?.hops ?? [];
    const isOurs = candidate === ours && mayInstall(row.candidates);
    const inKernel = candidate.direct !== void 0 ? "yes" : isOurs ? stateIn(state, row, candidate, hops) : "no";
    const refusal = inKernel === "refused" ? row.refused?.message ?? "" : "";
    return {
      candidate,
      selected: candidateKey(candidate) === row.best,
      inKernel,
      hops,
      why: candidateKey(candidate) === row.best ? "" : whyNot2(state, key, row, candidate, best, usable.has(candidate)),
      refusal
    };
  });
}
function stateIn({ kernel }, row, { type }, hops) {
  const { fib, refused: refused3 } = row;
  if (refused3 !== void 0) return "refused";
  if (fib !== void 0 && fib.type === type && sameHops(fib.hops, hops)) return "yes";
  return row.asked !== void 0 || row.dirty !== void 0 || !kernel.listed ? "waiting" : "no";
}
function whyNot2(state, key, { best: selected, dirty }, candidate, best, isUsable2) {
  if (!isUsable2) return `no next hop: ${candidate.hops.map((hop) => hopWords2(state, key, hop)).join(", ")}`;
  if (best === void 0 || selected === void 0 || dirty !== void 0) return "it waits to be looked at";
  if (best.source === "connected") return "it is connected";
  if (best.direct !== void 0) return `another program's route with metric ${best.metric} goes first`;
  if (best.distance !== candidate.distance)
    return `distance ${candidate.distance}, ${best.source} has ${best.distance}`;
  if (best.metric !== candidate.metric)
    return `metric ${candidate.metric}, ${best.source} has ${best.metric}`;
  return `${best.source} is as good, and goes first`;
}
function hopWords2(state, key, hop) {
  const found = state.nextHops.get(hopKey(tableOfKey(key), hop))?.state ?? "not looked for yet";
  const name = hop.gateway ?? hop.interface ?? "";
  return `${name} ${found === "reachable" ? "over this route itself" : found}`;
}

// ip/views/routes.ts
var TAKES = [
  {
    name: NAMES2[0],
    description: "a prefix, an address (its longest match), a source, longer-prefixes, table or vrf",
    optional: true,
    offers: OFFERS
  },
  {
    name: NAMES2[1],
    description: "a prefix or a table, where one is to follow; or a further wish",
    optional: true
  },
  { name: NAMES2[2], description: "a further wish", optional: true },
  { name: NAMES2[3], description: "its prefix or table", optional: true }
];
var LEGEND = [
  "Codes: K - kernel route, C - connected, S - static, R - RIP,",
  "       O - OSPF, I - IS-IS, B - BGP, A - Babel, ? - others, u - of an earlier start,",
  "       > - selected route, * - FIB route, q - queued, r - rejected"
];
var SUMMARY = [
  { key: "source", title: "SOURCE" },
  { key: "routes", title: "ROUTES" },
  { key: "selected", title: "SELECTED" },
  { key: "installed", title: "FIB" },
  { key: "rejected", title: "REJECTED" }
];
var routeViews = {
  routeSummary: {
    words: "ip route summary",
    description: "how many IPv4 routes there are of each source, and in the kernel",
    takes: TAKES,
    request: "showRouteSummary",
    columns: SUMMARY
  },
  routes: {
    words: "ip route",
    description: "IPv4 routes in the form of FRR: all, or of a prefix, a source, a table",
    takes: TAKES,
    request: "showRoutes",
    lines: "lines",
    legend: LEGEND,
    none: "no such routes"
  },
  routeSummary6: {
    words: "ipv6 route summary",
    description: "how many IPv6 routes there are of each source, and in the kernel",
    takes: TAKES,
    request: "showRouteSummary6",
    columns: SUMMARY
  },
  routes6: {
    words: "ipv6 route",
    description: "IPv6 routes in the form of FRR: all, or of a prefix, a source, a table",
    takes: TAKES,
    request: "showRoutes6",
    lines: "lines",
    legend: LEGEND,
    none: "no such routes"
  }
};
function routeRows(state, family, body, now) {
  const query = readQuery(state, family, body);
  if ("refused" in query) return query;
  return new Rows((rows) => each(state, query, rows, (key, row) => viewsOf(state, key, row, query, now)));
}
function routeSummary(state, family, body) {
  const query = readQuery(state, family, body);
  if ("refused" in query) return query;
  return new Rows(() => summed(state, query));
}
function* each(state, query, rows, make) {
  const keys = query.keys ?? (yield* keysInOrder(state, query));
  rows.size = keys.length;
  for (const key of keys) {
    const row = state.rib.get(key);
    const made = row === void 0 ? [] : make(key, row);
    rows.size += made.length - 1;
    if (made.length === 0) yield;
    yield* made;
  }
}
function* summed(state, query) {
  const sums = /* @__PURE__ */ new Map();
  const total = { source: "total", routes: 0, selected: 0, installed: 0, rejected: 0 };
  for (const key of query.keys ?? (yield* keysInOrder(state, query))) {
    const row = state.rib.get(key);
    yield;
    if (row === void 0) continue;
    for (const { candidate, selected, inKernel } of standingsOf(state, key, row)) {
      const { source } = candidate;
      if (query.source !== void 0 && source !== query.source) continue;
      const sum = sums.get(source) ?? { ...total, source, routes: 0, selected: 0, installed: 0, rejected: 0 };
      sums.set(source, sum);
      for (const one of [sum, total]) {
        one.routes++;
        if (selected) one.selected++;
        if (inKernel === "yes") one.installed++;
        if (inKernel === "refused") one.rejected++;
      }
    }
  }
  yield* sums.values();
  yield total;
}
function viewsOf(state, key, row, { source }, now) {
  const views2 = standingsOf(state, key, row).filter(({ candidate }) => source === void 0 || candidate.source === source).map((standing) => viewOf2(state, key, row, standing, now));
  return row.candidates.length === 0 && source === void 0 ? unclaimed(state, key, row) : views2;
}
function viewOf2(state, key, row, standing, now) {
  const { candidate, selected, inKernel, why, refusal } = standing;
  const { source, distance, metric, tag, type, since } = candidate;
  const facts = {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source,
    selected,
    inKernel,
    distance,
    metric,
    ...tag !== void 0 && { tag },
    type,
    age: Math.max(0, Math.round(now - since)),
    hops: hopsOf2(state, key, row, standing),
    ...why !== "" && { why },
    ...refusal !== "" && { refusal }
  };
  return { ...facts, lines: linesOf2(facts) };
}
function unclaimed(state, key, { fib }) {
  if (fib === void 0) return [];
  const facts = {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source: "unclaimed",
    selected: false,
    inKernel: "yes",
    distance: 0,
    metric: 0,
    type: fib.type,
    hops: fib.hops.map((hop) => resolvedView(state, hop, true))
  };
  return [{ ...facts, lines: linesOf2(facts) }];
}
function hopsOf2(state, key, { fib }, { candidate, inKernel }) {
  const isIn = (hop) => candidate.direct !== void 0 || (inKernel === "yes" || inKernel === "refused") && fib?.hops.some((other) => isSamePlace(hop, other)) === true;
  if (candidate.direct !== void 0) return candidate.direct.map((hop) => resolvedView(state, hop, true));
  return candidate.hops.map((hop) => {
    const way = state.nextHops.get(hopKey(tableOfKey(key), hop));
    const { gateway, interface: name, weight = 1, onLink } = hop;
    const wanted = {
      ...gateway !== void 0 && { gateway },
      ...name !== void 0 && { interface: name },
      weight,
      ...onLink && { onLink }
    };
    if (way?.state !== "reachable")
      return { ...wanted, installed: false, inactive: way?.state ?? "not looked for yet" };
    const [first] = way.resolved;
    if (isItself(hop, way.resolved)) return { ...resolvedView(state, first, isIn(first)), weight };
    return {
      ...wanted,
      installed: false,
      over: way.resolved.map((each2) => resolvedView(state, each2, isIn(each2)))
    };
  });
}
function isSamePlace(one, other) {
  return one.gateway === other.gateway && one.interface === other.interface;
}
function isItself({ gateway }, resolved) {
  return resolved.length === 1 && resolved[0].gateway === gateway;
}
function resolvedView(state, { gateway, interface: index, weight, onLink }, installed) {
  return {
    ...gateway !== void 0 && { gateway },
    interface: state.links.get(index)?.link.name ?? `link ${index}`,
    weight,
    ...onLink && { onLink },
    installed
  };
}
var NOWHERE2 = {
  blackhole: "unreachable (blackhole)",
  unreachable: "unreachable (ICMP unreachable)",
  prohibit: "unreachable (ICMP admin-prohibited)"
};
function linesOf2(view) {
  const { prefix, table: table2, source, selected, distance, metric, tag, type, age, hops, refusal } = view;
  const code = source === "unclaimed" ? "u" : CODES[source] ?? "?";
  const isDirect = source === "connected" || source === "unclaimed";
  const isOurs = !isDirect && source !== "kernel";
  const begin3 = ` ${prefix}${isDirect ? "" : ` [${distance}/${metric}]`}`;
  const end2 = [
    ...tag === void 0 ? [] : [`tag ${tag}`],
    ...table2 === MAIN_TABLE ? [] : [`table ${table2}`],
    ...age === void 0 ? [] : [ageText(age)]
  ];
  const line = (hop, place2, depth) => {
    const weight = isOurs ? [`weight ${hop?.weight ?? 1}`] : [];
    return [
      `${place2}${" ".repeat(2 * depth)} ${hop === void 0 ? NOWHERE2[type] : hopText(hop)}`,
      ...weight,
      ...end2
    ].join(", ");
  };
  const first = `${code}${selected ? ">" : " "}`;
  const flat = hops.flatMap((hop) => [
    { hop, depth: 0 },
    ...(hop.over ?? []).map((over) => ({ hop: over, depth: 1 }))
  ]);
  const nowhere2 = type === "unicast" ? [] : [line(void 0, `${first}${mark(view, void 0)}${begin3}`, 0)];
  const lines = flat.map(
    ({ hop, depth }, i) => line(
      hop,
      i === 0 ? `${first}${mark(view, hop)}${begin3}` : `  ${mark(view, hop)}${" ".repeat(begin3.length)}`,
      depth
    )
  );
  return [
    ...nowhere2,
    ...lines,
    ...refusal === void 0 ? [] : [`      rejected by the kernel: ${refusal}`]
  ];
}
function mark({ inKernel }, hop) {
  if (hop?.over !== void 0 || hop?.inactive !== void 0) return " ";
  if (hop?.installed ?? inKernel === "yes") return "*";
  return inKernel === "refused" ? "r" : inKernel === "waiting" ? "q" : " ";
}
function hopText({ gateway, interface: name, onLink, inactive, over }) {
  const way = gateway === void 0 ? `is directly connected, ${name}` : `via ${gateway}`;
  if (over !== void 0) return `${way} (recursive)`;
  const on = gateway === void 0 || name === void 0 ? "" : `, ${name}`;
  return `${way}${on}${onLink ? " onlink" : ""}${inactive === void 0 ? "" : ` inactive (${inactive})`}`;
}
function ageText(ms) {
  const s = Math.floor(ms / 1e3);
  const two = (value) => String(value).padStart(2, "0");
  const [minutes, hours, days] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
  if (days >= 7) return `${two(Math.floor(days / 7))}w${days % 7}d${two(hours % 24)}h`;
  if (days >= 1) return `${days}d${two(hours % 24)}h${two(minutes % 60)}m`;
  return `${two(hours)}:${two(minutes % 60)}:${two(s % 60)}`;
}

// ip/views/rib.ts
var RIB = [
  { key: "prefix", title: "PREFIX" },
  { key: "table", title: "TABLE" },
  { key: "source", title: "SOURCE" },
  { key: "distance", title: "DISTANCE" },
  { key: "metric", title: "METRIC" },
  { key: "tag", title: "TAG" },
  { key: "nextHops", title: "NEXT HOPS" },
  { key: "age", title: "AGE", unit: "ms" },
  { key: "inKernel", title: "IN KERNEL" },
  { key: "standing", title: "STANDING" }
];
var ribViews = {
  rib: {
    words: "ip rib",
    description: "all candidates of IPv4 prefixes, and why each is or is not selected",
    takes: TAKES,
    request: "showRib",
    columns: RIB,
    none: "no such routes"
  },
  rib6: {
    words: "ipv6 rib",
    description: "all candidates of IPv6 prefixes, and why each is or is not selected",
    takes: TAKES,
    request: "showRib6",
    columns: RIB,
    none: "no such routes"
  },
  nextHops: {
    words: "ip nexthop",
    aliases: ["ipv6 nexthop", "nexthop"],
    description: "next hops that routes use or somebody tracks: how each is reached, or why not",
    request: "showNextHops",
    columns: [
      { key: "nextHop", title: "NEXT HOP" },
      { key: "table", title: "TABLE" },
      { key: "state", title: "STATE" },
      { key: "via", title: "VIA" },
      { key: "resolved", title: "RESOLVED TO" },
      { key: "depth", title: "DEPTH" },
      { key: "routes", title: "ROUTES" },
      { key: "trackers", title: "TRACKED BY" },
      { key: "age", title: "SINCE", unit: "ms" }
    ],
    none: "no next hops"
  }
};
function ribRows(state, family, body, now) {
  const query = readQuery(state, family, body);
  if ("refused" in query) return query;
  const isShown = ({ candidate }) => query.source === void 0 || candidate.source === query.source;
  return new Rows(
    (rows) => each(
      state,
      query,
      rows,
      (key, row) => standingsOf(state, key, row).filter(isShown).map((standing) => candidateView(state, key, standing, now))
    )
  );
}
function candidateView(state, key, standing, now) {
  const { candidate, why, inKernel, refusal } = standing;
  const { source, distance, metric, tag, type, hops, direct, since } = candidate;
  const found = direct === void 0 ? hops.map(hopWords3) : direct.map((hop) => resolvedWords(state, hop));
  const words = why === "" ? "selected" : why;
  return {
    prefix: prefixOfKey(key),
    table: tableOfKey(key),
    source,
    distance,
    metric,
    ...tag !== void 0 && { tag },
    nextHops: type === "unicast" ? found : [type],
    age: Math.max(0, Math.round(now - since)),
    inKernel,
    standing: refusal === "" ? words : `${words}; the kernel refuses it: ${refusal}`
  };
}
function nextHopRows(state, now) {
  return new Rows((rows) => nextHops(state, now, rows));
}
function* nextHops(state, now, rows) {
  rows.size = state.nextHops.size;
  for (const {
    table: table2,
    state: found,
    via,
    resolved,
    depth,
    users,
    trackers,
    since,
    ...hop
  } of state.nextHops.values()) {
    const view = {
      nextHop: hopWords3(hop),
      table: table2,
      state: found ?? "not looked for yet",
      ...via !== void 0 && { via: prefixOfKey(via) },
      resolved: resolved.map((each2) => resolvedWords(state, each2)),
      depth,
      routes: users,
      trackers: [...trackers],
      age: Math.max(0, Math.round(now - since))
    };
    yield view;
  }
}
function hopWords3({ gateway, interface: name, weight = 1, onLink }) {
  const place2 = gateway === void 0 ? name ?? "" : `${gateway}${name === void 0 ? "" : `%${name}`}`;
  return `${place2}${onLink ? " onlink" : ""}${weight === 1 ? "" : ` weight ${weight}`}`;
}
function resolvedWords(state, { gateway, interface: index, weight }) {
  const name = state.links.get(index)?.link.name ?? `link ${index}`;
  return hopWords3({ ...gateway !== void 0 && { gateway }, interface: name, weight });
}

// ip/views.ts
var views = {
  ...routeViews,
  ...ribViews,
  ...interfaceViews,
  ...advertisingViews,
  ...filterViews
};
var ANSWERS = {
  showRoutes: (state, body, ctx) => routeRows(state, 4, body, ctx.now()),
  showRoutes6: (state, body, ctx) => routeRows(state, 6, body, ctx.now()),
  showRouteSummary: (state, body) => routeSummary(state, 4, body),
  showRouteSummary6: (state, body) => routeSummary(state, 6, body),
  showRib: (state, body, ctx) => ribRows(state, 4, body, ctx.now()),
  showRib6: (state, body, ctx) => ribRows(state, 6, body, ctx.now()),
  showNextHops: (state, _body, ctx) => nextHopRows(state, ctx.now()),
  showInterfaces: (state, body, ctx) => interfaceRows(state, 4, body, ctx.now()),
  showInterfaces6: (state, body, ctx) => interfaceRows(state, 6, body, ctx.now()),
  showNeighbors: (state, body) => neighborRows(state, 4, body),
  showNeighbors6: (state, body) => neighborRows(state, 6, body),
  showAdvertising6: (state, body, ctx) => advertisingRows(state, body, ctx),
  showPrefixLists: (state, body) => prefixListRows(state, body),
  showRouteMaps: (state, body) => routeMapRows(state, body)
};

// ip/rib/next-hop.ts
var DEEPEST = 8;
var HELD_MS2 = 1e4;
function lookFor(state, key, agenda, ctx) {
  const hop = state.nextHops.get(key);
  if (hop === void 0) return 1;
  if (hop.users === 0 && hop.trackers.length === 0) {
    forget4(state, key, hop);
    return 1 + hop.waitsFor.length;
  }
  if (state.held.has(key)) return 1;
  const way = wayTo(state, hop);
  wait(state, key, hop.waitsFor, way.waitsFor);
  if (way.state === "too deep") state.held.set(key, ctx.now() + HELD_MS2);
  const isSame2 = hop.state === way.state && hop.via === way.via && hop.depth === way.depth && sameHops(hop.resolved, way.resolved);
  state.nextHops.update(key, (row) => {
    row.waitsFor = way.waitsFor;
    if (isSame2) return;
    row.state = way.state;
    if (way.via === void 0) delete row.via;
    else row.via = way.via;
    row.resolved = way.resolved;
    row.depth = way.depth;
    row.since = ctx.now();
  });
  const done2 = 1 + way.waitsFor.length;
  if (isSame2) return done2;
  if (hop.users > 0) state.spreading.set(key, 0);
  agenda.hopChanged(key);
  return done2;
}
function spread(state, key, bucket, look) {
  const hop = state.nextHops.get(key);
  if (bucket + 1 < (hop?.wide ? BUCKETS : 1)) state.spreading.set(key, bucket + 1);
  else state.spreading.delete(key);
  const users = hop && state.users.get(bucketKey(hop.id, bucket));
  if (users === void 0) return EMPTY;
  for (const prefix of users) look(prefix);
  return users.size;
}
function release(state, now) {
  for (const [key, until] of state.held) {
    if (until > now) return;
    state.held.delete(key);
    state.dirtyHops.set(key, now);
  }
}
function forget4(state, key, { waitsFor }) {
  wait(state, key, waitsFor, []);
  state.nextHops.delete(key);
  state.spreading.delete(key);
  state.held.delete(key);
}
function wait(state, key, before, after) {
  const bucket = bucketOf(key, WAITER_BUCKETS);
  for (const waiter of before) {
    if (after.includes(waiter)) continue;
    const left = (state.waiters.get(waiter) ?? 1) - 1;
    if (left > 0) state.waiters.set(waiter, left);
    else state.waiters.delete(waiter);
    removeFrom(state.waits, waitsKey(waiter, bucket), key);
  }
  for (const waiter of after) {
    if (before.includes(waiter)) continue;
    state.waiters.set(waiter, (state.waiters.get(waiter) ?? 0) + 1);
    addTo(state.waits, waitsKey(waiter, bucket), key);
  }
}
function wayTo(state, { table: table2, gateway, interface: name, onLink }) {
  const waitsFor = [
    ...gateway === void 0 ? [] : [`@${gateway}`],
    ...name === void 0 ? [] : [`%${name}`]
  ];
  const address = gateway === void 0 ? void 0 : parseAddress(gateway);
  if (name !== void 0) return { ...overLink(state, name, gateway, address, onLink), depth: 0, waitsFor };
  if (gateway === void 0 || address === void 0) return nowhere("no route", waitsFor);
  if (ownersIn(state, table2, gateway).length > 0) return nowhere("own address", waitsFor);
  const family = address.length === 1 ? 4 : 6;
  return overRoute(state, table2, gateway, address, [...waitsFor, lengthsOf(table2, family)]);
}
function nowhere(why, waitsFor) {
  return { state: why, resolved: [], depth: 0, waitsFor };
}
function overLink(state, name, gateway, address, onLink) {
  const index = state.names.get(name);
  const row = index === void 0 ? void 0 : state.links.get(index);
  const wrong = wrongLink(state, row, gateway, address, onLink);
  if (wrong !== void 0 || row === void 0) return { state: wrong ?? "no interface", resolved: [] };
  const hop = {
    ...gateway !== void 0 && { gateway },
    interface: row.link.index,
    weight: 1,
    ...onLink && { onLink },
    ups: row.ups
  };
  return { state: "reachable", resolved: [hop] };
}
function wrongLink(state, row, gateway, address, onLink) {
  if (row === void 0) return "no interface";
  if (!row.link.up || !row.link.carrier) return "interface down";
  if (gateway === void 0 || address === void 0) return void 0;
  const owners = ownersIn(state, row.table, gateway);
  if (isLinkLocal(address)) return owners.includes(row.link.index) ? "own address" : void 0;
  if (owners.length > 0) return "own address";
  return onLink || isOnLink(state, row, address) ? void 0 : "not on link";
}
function ownersIn({ owned, links }, table2, address) {
  return (owned.get(address) ?? []).filter((index) => links.get(index)?.table === table2);
}
function isOnLink(state, { addresses }, address) {
  return addresses.some((key) => {
    const own = state.addresses.get(key);
    const prefix = own && parsePrefix(`${own.peer ?? own.address}/${own.prefixLength}`);
    return prefix !== void 0 && covers(prefix, address);
  });
}
function overRoute(state, table2, gateway, address, waitsFor) {
  const asked = [...waitsFor];
  if (isLinkLocal(address)) return nowhere("no interface", asked);
  for (const key of keysOver(state, table2, address)) {
    if (key.endsWith("/0")) break;
    asked.push(key);
    const row = state.rib.get(key);
    const best = bestOf(row);
    if (row === void 0 || best === void 0) continue;
    if (best.type !== "unicast") return nowhere("blackhole", asked);
    const depth = row.depth + 1;
    if (depth > DEEPEST) return nowhere("too deep", asked);
    const onLink = best.source === "connected" ? {} : { onLink: true };
    const resolved = inOrder(
      row.hops.map((hop) => hop.gateway === void 0 ? { ...hop, gateway, ...onLink } : hop)
    );
    return { state: "reachable", via: key, resolved, depth, waitsFor: asked };
  }
  return nowhere("no route", asked);
}

// ip/work.ts
var TURN_MS = 0.5;
var MOST_A_TURN = 256;
var SOME3 = 8;
var MOST_DIRTY_ROWS = 8;
var MOST_AT_ONCE3 = 64;
var LONGEST_LEAVE_MS = 200;
var MOST_RETRIES = 256;
var LEAST_RETRY_MS = 50;
var MOST_RETRY_MS = 5e3;
function work(state, agenda, ctx) {
  close(state.queues.leaving);
  workUntil(state, ctx.now() + TURN_MS, agenda, ctx);
}
function goOn3(state, began, agenda, ctx) {
  if (!hasWork(state, ctx)) return;
  workUntil(state, Math.max(began + TURN_MS, ctx.now() + TURN_MS / 2), agenda, ctx);
}
function workUntil(state, until, agenda, ctx) {
  const batch = newBatch();
  let left = MOST_A_TURN - someRows(state, agenda, ctx);
  while (left > 0 && ctx.now() < until) {
    const done2 = some2(state, batch, until, agenda, ctx) || someRows(state, agenda, ctx);
    if (done2 === 0) break;
    left -= done2;
  }
  flush(state, batch, ctx);
}
function armWork(state, ctx) {
  if (hasWork(state, ctx) && ctx.timerDue("work") === void 0) ctx.setTimer("work", "", 0);
  const { refused: refused3, held } = state;
  if (refused3.size + held.size > 0 && ctx.timerDue("work", "retry") === void 0)
    ctx.setTimer("work", "retry", untilRetry(state, ctx.now()));
  if (state.requests.size > 0 && ctx.timerDue("work", "overdue") === void 0)
    ctx.setTimer("work", "overdue", OVERDUE_MS);
  if (state.toTrack.size > 0 && ctx.timerDue("work", "track") === void 0)
    ctx.setTimer("work", "track", LONGEST_REST_MS);
}
function tryAgain2(state, ctx) {
  const now = ctx.now();
  release(state, now);
  retry(state, MOST_RETRIES, now);
}
function lookForClaimants(state, ctx) {
  if (askAll(state, ctx) === 0) sweepNow(state, ctx);
}
function withdrawRoutes(state, why, ctx) {
  if (why === "remove" || state.config.keepRoutes === 0)
    withdrawAll(state, staysFor(state, why, ctx.now()), ctx);
}
function takeBackSettings(state, why, ctx) {
  const after = staysFor(state, why, ctx.now());
  const changes = why === "remove" || state.config.keepRoutes === 0 ? takeBackAll(state, ctx.now()) : takeBackVirtual(state, ctx);
  sendLast(state, changes, after, ctx);
}
function some2(state, batch, until, agenda, ctx) {
  const { kernel } = state;
  if (kernel.forgetting && kernel.bucket === 0) return forgetUnseen(state, SOME3, agenda, ctx);
  if (state.waking.size > 0) return wakeSome(state, ctx.now());
  if (state.dirtyHops.size > 0) return someHops(state, agenda, ctx);
  if (hasMore(state)) {
    const now = ctx.now();
    for (const [key, bucket] of state.spreading)
      return spread(state, key, bucket, (prefix) => tryNow(state, prefix, now));
    return offerSome(state, ctx);
  }
  const tracked = state.toTrack.size > 0 ? trackSome(state, ctx) : 0;
  if (tracked > 0) return tracked;
  if (canInstall(state)) {
    if (mayLeave(state, ctx.now())) return someLeaving(state, batch, until, agenda, ctx);
    if (state.dirty.size > 0) return somePrefixes(state, batch, until, agenda, ctx);
  }
  return redistributeSome(state, MOST_AT_ONCE3, ctx);
}
function someRows(state, agenda, ctx) {
  if (state.kernel.forgetting) return forgetUnseen(state, MOST_AT_ONCE3, agenda, ctx);
  for (const source of state.sweeps.keys()) return sweepSome(state, source, MOST_AT_ONCE3, ctx);
  const now = ctx.now();
  return maySweep(state, now) ? sweepSome2(state, MOST_AT_ONCE3, (key) => claimFound(state, key), now) : 0;
}
function hasMore({ spreading, statics, dirty }) {
  return spreading.size + statics.size > 0 && dirty.size < MOST_DIRTY_ROWS;
}
function someHops(state, agenda, ctx) {
  let done2 = 0;
  for (const key of state.dirtyHops.keys()) {
    if (done2 >= SOME3) break;
    state.dirtyHops.delete(key);
    done2 += lookFor(state, key, agenda, ctx);
  }
  return done2;
}
function somePrefixes(state, batch, until, agenda, ctx) {
  const ways = /* @__PURE__ */ new Map();
  let done2 = 0;
  while (done2 < MOST_AT_ONCE3 && state.waking.size + state.dirtyHops.size === 0) {
    if (done2 % SOME3 === SOME3 - 1 && ctx.now() >= until) break;
    const key = dequeue(state.dirty, state.queues.dirty);
    if (key === void 0) break;
    done2++;
    if (state.rib.get(key)?.dirty === void 0) continue;
    const wanted = select(state, key, agenda, ways);
    if (wanted === void 0 && state.rib.get(key)?.fib !== void 0) leave3(state, key, ctx);
    else want(state, key, wanted, batch, ctx);
  }
  return done2;
}
function leave3(state, key, ctx) {
  if (state.rib.get(key)?.leaving) return;
  state.rib.update(key, (row) => {
    row.leaving = true;
  });
  enqueue(state.leaving, state.queues.leaving, key, ctx.now());
}
function someLeaving(state, batch, until, agenda, ctx) {
  const ways = /* @__PURE__ */ new Map();
  let done2 = 0;
  while (done2 < MOST_AT_ONCE3 && isClosed(state.queues.leaving)) {
    if (done2 % SOME3 === SOME3 - 1 && ctx.now() >= until) break;
    const key = dequeue(state.leaving, state.queues.leaving);
    if (key === void 0) break;
    done2++;
    const isThere2 = state.rib.update(key, (row) => {
      row.leaving = false;
    });
    if (isThere2) want(state, key, select(state, key, agenda, ways), batch, ctx);
  }
  return done2;
}
function mayLeave(state, now) {
  const { leaving, queues } = state;
  const since = waitsSince(leaving, queues.leaving);
  if (since === void 0 || !isClosed(queues.leaving)) return false;
  const isRest = state.dirty.size + state.spreading.size + state.statics.size === 0;
  return isRest || now - since > LONGEST_LEAVE_MS || now < since;
}
function canInstall(state) {
  const { kernel, dirty, leaving } = state;
  return kernel.listed && dirty.size + leaving.size > 0 && hasRoom2(state, "fib");
}
function maySweep(state, now) {
  return state.unclaimed > 0 && state.statics.size === 0 && isSwept(state, now);
}
function hasWork(state, ctx) {
  return state.kernel.forgetting || state.waking.size > 0 || state.dirtyHops.size > 0 || hasMore(state) || state.sweeps.size > 0 || maySweep(state, ctx.now()) || canInstall(state) || hasToRedistribute(state) || state.toTrack.size > 0 && hasToTrack(state, ctx.now());
}
function untilRetry({ refused: refused3, held }, now) {
  let first = MOST_RETRY_MS;
  let looked = 0;
  for (const due of held.values()) {
    first = Math.min(first, due - now);
    break;
  }
  for (const due of refused3.values()) {
    if (++looked > 64) break;
    first = Math.min(first, due - now);
  }
  return Math.max(first, LEAST_RETRY_MS);
}

// ip/module.ts
var manifest = {
  api: 2,
  name: "IP",
  version: "3.5.0",
  description: "interfaces, routes, router discovery (RFC 1256) and IPv6 router advertisements (RFC 4861)",
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: {
    routes: [1],
    redistribute: [1],
    redistributionTaken: [1],
    track: [1],
    tracking: [1],
    virtualRouters: [1],
    showRoutes: [1],
    showRoutes6: [1],
    showRouteSummary: [1],
    showRouteSummary6: [1],
    showRib: [1],
    showRib6: [1],
    showNextHops: [1],
    showInterfaces: [1],
    showInterfaces6: [1],
    showNeighbors: [1],
    showNeighbors6: [1],
    showAdvertising6: [1],
    showPrefixLists: [1],
    showRouteMaps: [1]
  },
  subscribes: { broadcast: [1], link: [1] },
  publishes: {
    links: 1,
    routesWanted: 1,
    redistributed: 1,
    subscriptions: 1,
    tracked: 1,
    virtualRoutersWanted: 1,
    virtualRouterHeld: 1
  },
  timers: ["advertise", "answer", "ra6", "work", "settings", "exchange"],
  ports: {
    icmp: { kind: "raw-ip", protocol: 1, groups: [ALL_ROUTERS], ttl: 1, icmpTypes: ICMP_TYPES },
    icmp6: {
      kind: "raw-ip6",
      protocol: 58,
      groups: [ALL_NODES6, ALL_ROUTERS6],
      hopLimit: 255,
      icmpTypes: ICMP6_TYPES,
      anySource: true
    },
    kernel: { kind: "kernel" }
  },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 }, tables: TABLES }
};
var Ip = class extends import_runtime4.Module {
  initial(config) {
    return initialState(readConfig(config));
  }
  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  #inherited6 = [];
  start(why) {
    this.#inherited = failingOf(this.state);
    this.#inherited6 = failingOf6(this.state);
    openKernel(this.ctx);
    for (const iface of this.state.interfaces.values()) {
      startAdvertising(this.state, iface, this.ctx);
      openAdvertising(this.state, iface, this.ctx);
      resume6(this.state, iface, this.ctx);
    }
    beginExchange(this.state, this.ctx);
    if (why !== "cold") this.ctx.setTimer("work", "speeds", 0);
  }
  configure(next2) {
    return planFor(this.state.config, readConfig(next2));
  }
  apply(plan) {
    this.#inherited = failingOf(this.state);
    this.#inherited6 = failingOf6(this.state);
    const ceasing = new IpAgenda();
    ceaseRemoved(this.state, plan, ceasing, this.ctx);
    settleAtOnce(this.state, ceasing, this.ctx);
    const agenda = new IpAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
    armWork(this.state, this.ctx);
  }
  isHealthy() {
    const failing = [...failingOf(this.state)].filter((name) => !this.#inherited.has(name));
    const failing6 = failingOf6(this.state).filter((name) => !this.#inherited6.includes(name));
    if (failing.length === 0 && failing6.length === 0) return true;
    const texts = [failureText(failing, this.ctx), failureText6(failing6, this.ctx)];
    return texts.filter((text) => text !== "").join("; ");
  }
  stop(why) {
    withdrawRoutes(this.state, why, this.ctx);
    const agenda = new IpAgenda();
    for (const iface of this.state.interfaces.values()) {
      cease(iface, agenda, this.ctx);
      cease6(iface, agenda, this.ctx);
    }
    settleAtOnce(this.state, agenda, this.ctx);
    takeBackSettings(this.state, why, this.ctx);
    endExchange(this.state, why, this.ctx);
  }
  *onBroadcast({ body }) {
    const agenda = new IpAgenda();
    advertiseOnTick(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onAdvertise({ key, due }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    advertiseNow(this.state, iface, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
    goOn(this.state, iface, due, this.ctx);
  }
  *onLink({ body }) {
    const iface = this.state.interfaces.get(body.name);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    linkChanged(this.state, iface, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onIcmp({ key, datum }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    receive(iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onAnswer({ key }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    answer(iface, agenda);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onIcmp6({ key, datum }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    receive6(this.state, iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onRa6({ key }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new IpAgenda();
    due6(iface, agenda);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onKernel({ datum }) {
    const began = this.ctx.now();
    const agenda = new IpAgenda();
    receiveKernel(this.state, datum, agenda, this.ctx);
    goOn3(this.state, began, agenda, this.ctx);
    yield* this.#settle(agenda);
  }
  *onWork({ key }) {
    const agenda = new IpAgenda();
    if (key === "retry") tryAgain2(this.state, this.ctx);
    if (key === "overdue") lookForOverdue(this.state, this.ctx);
    if (key === "claimants") lookForClaimants(this.state, this.ctx);
    if (key === "speeds") tellSpeeds(this.state, agenda);
    work(this.state, agenda, this.ctx);
    yield* this.#settle(agenda);
  }
  *onSettings({ key }) {
    const agenda = new IpAgenda();
    if (key.startsWith(AGAIN)) announceAgain(this.state, key.slice(AGAIN.length), agenda, this.ctx);
    else lookAgain(key, agenda);
    yield* this.#settle(agenda);
  }
  *onRoutes({ from, body }) {
    const began = this.ctx.now();
    const agenda = new IpAgenda();
    takeRoutes(this.state, from, body, this.ctx);
    goOn3(this.state, began, agenda, this.ctx);
    yield* this.#settle(agenda);
  }
  *onRedistribute({ from, body }) {
    takeRedistribute(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }
  *onRedistributionTaken({ from, body }) {
    redistributionTaken(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }
  onTracking({ from, body }) {
    stillTracking(this.state, from, body);
  }
  *onTrack({ from, body }) {
    takeTrack(this.state, from, body, this.ctx);
    yield* this.#settle(new IpAgenda());
  }
  *onVirtualRouters({ from, body }) {
    const agenda = new IpAgenda();
    takeVirtualRouters(this.state, from, body, agenda, this.ctx);
    yield* this.#settle(agenda);
  }
  *onExchange({ key }) {
    const agenda = new IpAgenda();
    goOnExchange(this.state, key, agenda, this.ctx);
    yield* this.#settle(agenda);
  }
  // Requests of the views: views.ts.
  onShowRoutes({ body }) {
    return ANSWERS.showRoutes(this.state, body, this.ctx);
  }
  onShowRoutes6({ body }) {
    return ANSWERS.showRoutes6(this.state, body, this.ctx);
  }
  onShowRouteSummary({ body }) {
    return ANSWERS.showRouteSummary(this.state, body, this.ctx);
  }
  onShowRouteSummary6({ body }) {
    return ANSWERS.showRouteSummary6(this.state, body, this.ctx);
  }
  onShowRib({ body }) {
    return ANSWERS.showRib(this.state, body, this.ctx);
  }
  onShowRib6({ body }) {
    return ANSWERS.showRib6(this.state, body, this.ctx);
  }
  onShowNextHops({ body }) {
    return ANSWERS.showNextHops(this.state, body, this.ctx);
  }
  onShowInterfaces({ body }) {
    return ANSWERS.showInterfaces(this.state, body, this.ctx);
  }
  onShowInterfaces6({ body }) {
    return ANSWERS.showInterfaces6(this.state, body, this.ctx);
  }
  onShowNeighbors({ body }) {
    return ANSWERS.showNeighbors(this.state, body, this.ctx);
  }
  onShowNeighbors6({ body }) {
    return ANSWERS.showNeighbors6(this.state, body, this.ctx);
  }
  onShowAdvertising6({ body }) {
    return ANSWERS.showAdvertising6(this.state, body, this.ctx);
  }
  onShowPrefixLists({ body }) {
    return ANSWERS.showPrefixLists(this.state, body, this.ctx);
  }
  onShowRouteMaps({ body }) {
    return ANSWERS.showRouteMaps(this.state, body, this.ctx);
  }
  /** Settles what concerns the RIB, and sees to it that the rest is done in its turns. */
  *#settle(agenda) {
    yield* settle(this.state, agenda, this.ctx);
    armWork(this.state, this.ctx);
    armExchange(this.state, this.ctx);
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
