// ip@2.3.1, a module bundle of hitless. Released: it never changes.
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
var import_runtime = require("hitless/runtime");

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
function* workOff(agenda, work) {
  for (let done = 0; done < MOST_CONSEQUENCES; done++) {
    const item = agenda.next();
    if (item === void 0) return;
    work(item);
    if (done % SLICE === SLICE - 1) yield "slice";
  }
  throw new Error(
    `one input has more than ${MOST_CONSEQUENCES} consequences: some of them set each other off`
  );
}
function workOffAtOnce(agenda, work) {
  for (const _ of workOff(agenda, work)) ;
}
function settling(work) {
  const of = (item) => work[item.on];
  return {
    /** In slices, as handlers do it. */
    settle: (state, agenda, ctx) => workOff(agenda, (item) => of(item)(state, item, agenda, ctx)),
    /** At once, for hooks that cannot give way: each has its own limit of time. */
    settleAtOnce: (state, agenda, ctx) => workOffAtOnce(agenda, (item) => of(item)(state, item, agenda, ctx))
  };
}

// ip/agenda.ts
var ORDER = [
  ["mayKnow", "withdraw", "advertise", "advertised", "ceased"]
];
var IpAgenda = class extends Agenda {
  constructor() {
    super(ORDER);
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
};

// limited-log.ts
var MOST_LINES_AT_ONCE = 16;
var LINE_EVERY_MS = 3e4;
var MOST_SOURCES = 64;
var FIRST_WAIT_MS = 1e4;
var LONGEST_WAIT_MS = 36e5;
function lineDue(log, kind, source, now, atOnce = 1) {
  const record = kindOf(log, kind, now);
  const told = record.told.get(source);
  if (record.spare >= 1 && (told === void 0 || beginsAnew(told, now))) {
    record.spare--;
    return tell(record, source, { at: now, wait: FIRST_WAIT_MS, atOnce: atOnce - 1, leftOut: 0 });
  }
  if (told === void 0) {
    record.leftOut++;
    return void 0;
  }
  delete told.well;
  if (told.atOnce > 0) return tell(record, source, { ...told, at: now, atOnce: told.atOnce - 1, leftOut: 0 });
  if (now - told.at < told.wait) {
    told.leftOut++;
    return void 0;
  }
  const wait = Math.min(2 * told.wait, LONGEST_WAIT_MS);
  return tell(record, source, { at: now, wait, atOnce: 0, leftOut: 0 });
}
function noteWell(log, kind, source, now) {
  const told = log.get(kind)?.told.get(source);
  if (told !== void 0) told.well ??= now;
}
function forgetSources(log, name) {
  for (const { told } of log.values())
    for (const source of told.keys())
      if (source === name || source.startsWith(`${name} `)) told.delete(source);
}
function leftOutText({ again, others }) {
  const parts = [
    ...again > 0 ? [`${again} more since the last line`] : [],
    ...others > 0 ? [`${others} of other sources left out`] : []
  ];
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
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
function beginsAnew({ at, wait, well }, now) {
  return now < at || well !== void 0 && now - well >= wait;
}
function tell(record, source, told) {
  const due = { again: record.told.get(source)?.leftOut ?? 0, others: record.leftOut };
  record.leftOut = 0;
  record.told.delete(source);
  record.told.set(source, told);
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
function followTick(ctx, timer, key, { tick, period }, interval, next = interval) {
  if (interval % period !== 0 || tick % (interval / period) !== 0) return false;
  beat(ctx, timer, key, next, next + period / 2);
  return true;
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
function chooseSubnet(link, named) {
  const choice = { used: void 0, unused: [], ...named !== void 0 && { named } };
  for (const subnet of link?.addresses ?? []) {
    const reason = whyUnused(subnet, named);
    if (reason !== void 0) choice.unused.push({ subnet, reason });
    else if (choice.used !== void 0) choice.unused.push({ subnet, reason: "another" });
    else choice.used = subnet;
  }
  return choice;
}
function textOf({ address, prefixLength, peer }) {
  return `${address}${peer === void 0 ? "" : ` peer ${peer}`}/${prefixLength}`;
}
function whyUnused(subnet, named) {
  const { address, prefixLength, peer } = subnet;
  if (named !== void 0 && !isNamed(subnet, named)) return "notNamed";
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
function isNamed({ address, prefixLength }, named) {
  const [given = "", length] = named.split("/");
  if (length === void 0) return address === given;
  if (Number(length) !== prefixLength) return false;
  const network = (toNumber(given) & ~maskOf(prefixLength)) === 0;
  return network ? ((toNumber(address) ^ toNumber(given)) & maskOf(prefixLength)) === 0 : address === given;
}

// ip/eligibility.ts
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

// ip/packet.ts
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

// ip/state.ts
function initialState(config) {
  const interfaces = Object.keys(config.interfaces).map((name) => [name, newInterface(name)]);
  return { config, relay: 1, interfaces: new Map(interfaces), counters: {} };
}
function newInterface(name) {
  return { name, advertised: [], initial: 0, counters: {} };
}
function configOf({ config }, { name }) {
  return config.interfaces[name];
}

// ip/interface.ts
var MAX_INITIAL_ADVERTISEMENTS = 3;
var MAX_INITIAL_ADVERT_INTERVAL = 16e3;
function linkChanged(state, iface, link, agenda, ctx) {
  const was = iface.link;
  iface.link = link;
  if (eligibleOf(was).length === 0 && eligibleOf(link).length > 0) {
    iface.initial = MAX_INITIAL_ADVERTISEMENTS;
    beat(ctx, "advertise", iface.name, intervalOf(state, iface));
  }
  if (link.forwarding === false) {
    const told = was?.forwarding === false ? was.addresses.map(({ address }) => address) : [];
    const own = link.addresses.map(({ address }) => address).filter((address) => !told.includes(address));
    agenda.mayKnow(iface, own);
  }
  sayRemarks(iface, ctx);
  agenda.withdraw(iface);
}
function advertiseOnTick(state, broadcast, agenda, ctx) {
  for (const iface of state.interfaces.values()) {
    const { interval } = configOf(state, iface);
    if (followTick(ctx, "advertise", iface.name, broadcast, intervalOf(state, iface), interval))
      advertiseNow(iface, agenda, ctx);
  }
}
function advertiseNow(iface, agenda, ctx) {
  sayRemarks(iface, ctx);
  agenda.withdraw(iface);
  agenda.advertise(iface, ALL_SYSTEMS, true);
}
function startAdvertising(state, iface, ctx) {
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
function sayRemarks(iface, ctx) {
  const { link, said = [] } = iface;
  if (link === void 0) return;
  const remarks = remarksOn(link);
  for (const remark of remarks) if (!said.includes(remark)) ctx.log("warn", remark);
  const mended = said.includes(remarkOnForwarding({ ...link, forwarding: false })[0] ?? "");
  if (link.forwarding === true && mended)
    ctx.log("info", `${link.name} forwards now: it is offered to hosts`);
  if (remarks.length > 0) iface.said = remarks;
  else delete iface.said;
}

// ip/apply.ts
function ceaseRemoved(state, { removed }, agenda, ctx) {
  for (const name of removed) cease(state.interfaces.get(name), agenda, ctx);
}
function apply(state, { config, added, removed, otherwise, retimed }, agenda, ctx) {
  for (const name of removed) {
    state.interfaces.delete(name);
    if (state.lines !== void 0) forgetSources(state.lines, name);
    ctx.closePort("icmp", name);
  }
  state.config = config;
  for (const name of retimed) retimeAdvertising(state, state.interfaces.get(name), ctx);
  for (const name of otherwise) agenda.advertise(state.interfaces.get(name), ALL_SYSTEMS);
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    ctx.openPort("icmp", name);
    startAdvertising(state, iface, ctx);
  }
}

// duration.ts
var UNITS = { h: 36e5, m: 6e4, s: 1e3 };
function formatDuration(ms) {
  for (const [unit, size] of Object.entries(UNITS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms < 1e3 ? `${ms}ms` : `${ms / 1e3}s`;
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

// ip/config.ts
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
  }
};
var SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["interfaces"],
  unset: "no IP module",
  description: "ICMP router advertisements (RFC 1256), of all addresses that belong to a network, where the kernel forwards",
  properties: {
    // AdvertisementLifetime, at most 9,000 seconds.
    lifetime: {
      duration: { least: "1s", most: "9000s", step: "1s" },
      unset: "three times the longest `interval`",
      description: "how long hosts believe an advertisement; not below any `interval`"
    },
    interfaces: perInterface("where it advertises, by name", INTERFACE)
  }
};
var section = { section: "ip", schema: SCHEMA, check, settings };
function check({ lifetime, interfaces = {} }) {
  const [name, { interval = 0 }] = Object.entries(interfaces).reduce(
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
function settings({ lifetime, interfaces }) {
  const longest = Math.max(...Object.values(interfaces).map(({ interval }) => interval));
  return { lifetime: Math.ceil((lifetime ?? 3 * longest) / 1e3), interfaces };
}
var DEFAULT_LIFETIME = 1800;
function readConfig(given) {
  const { lifetime = DEFAULT_LIFETIME, interfaces = {} } = given ?? {};
  return { lifetime, interfaces };
}

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function addTo(total, counters) {
  for (const name of Object.keys(counters)) count(total, name, counters[name] ?? 0);
}

// ip/migration.ts
function up({ config, relay, links, counters }) {
  const interfaces = Object.keys(config.interfaces).map((name) => {
    const link = links.get(name);
    const advertised2 = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { name, ...link && { link }, advertised: advertised2, initial: 0, counters: {} }];
  });
  return { config, relay, interfaces: new Map(interfaces), counters: { ...counters } };
}
function down({ config, relay, interfaces, counters }) {
  const links = /* @__PURE__ */ new Map();
  const total = { ...counters };
  for (const { name, link, counters: counted } of interfaces.values()) {
    if (link !== void 0) links.set(name, link);
    addTo(total, counted);
  }
  return { config, relay, links, counters: total };
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

// ip/plan.ts
function planFor(before, config) {
  const { added, removed, stayed } = differenceOf(before.interfaces, config.interfaces);
  const differs = (name, key) => before.interfaces[name][key] !== config.interfaces[name][key];
  return {
    config,
    added,
    removed,
    otherwise: stayed.filter((name) => before.lifetime !== config.lifetime || differs(name, "preference")),
    retimed: stayed.filter((name) => differs(name, "interval"))
  };
}

// ip/solicitation.ts
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
  const spread = Math.imul(toNumber(address) + solicited, MULTIPLIER) >>> 0;
  return spread / 2 ** 32 * MAX_RESPONSE_DELAY;
}

// ip/receive.ts
function receive(iface, { from, payload }, agenda, ctx) {
  const message = decode(payload);
  const own = iface.link?.addresses.some(({ address }) => address === from) ?? false;
  if ("error" in message) count(iface.counters, message.error);
  else if (own) count(iface.counters, "own");
  else if (message.type === "solicitation") receiveSolicitation(iface, from, agenda, ctx);
  else count(iface.counters, "heard");
}

// ip/router-advertisement.ts
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
function withdraw(state, iface, ctx) {
  if (!iface.link?.up || iface.link.addresses.length === 0) return;
  const now = eligibleOf(iface.link);
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) forget(state, iface, gone, ctx);
}
function withdrawAll(state, iface, ctx) {
  if (iface.link?.up && iface.advertised.length > 0) forget(state, iface, iface.advertised, ctx);
}
function forget(state, iface, gone, ctx) {
  if (!send(state, iface, ALL_SYSTEMS, gone, 0, ctx)) return;
  count(iface.counters, "withdrawn");
  iface.advertised = iface.advertised.filter((address) => !gone.includes(address));
}
function send(state, iface, to, addresses, lifetime, ctx) {
  const { preference } = configOf(state, iface);
  const most = addressesThatFit(iface.link?.mtu ?? 0);
  let sent = addresses.length > 0;
  for (let i = 0; i < addresses.length; i += most) {
    const some2 = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet = { to, payload: encode({ type: "advertisement", lifetime, addresses: some2 }) };
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

// ip/settle.ts
var { settle, settleAtOnce } = settling({
  mayKnow: (_state, { iface, addresses }) => mayKnow(iface, addresses),
  withdraw: (state, { iface, all }, _agenda, ctx) => all ? withdrawAll(state, iface, ctx) : withdraw(state, iface, ctx),
  advertise: (state, { iface, to, regular }, agenda, ctx) => advertise(state, iface, to, regular, agenda, ctx),
  advertised: (_state, { iface }) => advertised(iface),
  ceased: (_state, { iface }, _agenda, ctx) => ceased(iface, ctx)
});

// ip/module.ts
var manifest = {
  api: 2,
  name: "IP",
  version: "2.3.1",
  description: "ICMP router advertisements and answers to solicitations (RFC 1256)",
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: {},
  subscribes: { broadcast: [1], link: [1] },
  timers: ["advertise", "answer"],
  ports: { icmp: { kind: "raw-ip", protocol: 1, groups: [ALL_ROUTERS], ttl: 1, icmpTypes: ICMP_TYPES } },
  config: section,
  state: { version: 2, up: { 1: up }, down: { 1: down } }
};
var Ip = class extends import_runtime.Module {
  initial(config) {
    return initialState(readConfig(config));
  }
  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  start(_why) {
    this.#inherited = failingOf(this.state);
    for (const iface of this.state.interfaces.values()) {
      this.ctx.openPort("icmp", iface.name);
      startAdvertising(this.state, iface, this.ctx);
    }
  }
  configure(next) {
    return planFor(this.state.config, readConfig(next));
  }
  apply(plan) {
    this.#inherited = failingOf(this.state);
    const ceasing = new IpAgenda();
    ceaseRemoved(this.state, plan, ceasing, this.ctx);
    settleAtOnce(this.state, ceasing, this.ctx);
    const agenda = new IpAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
  }
  isHealthy() {
    const failing = [...failingOf(this.state)].filter((name) => !this.#inherited.has(name));
    return failing.length === 0 || failureText(failing, this.ctx);
  }
  stop(_why) {
    const agenda = new IpAgenda();
    for (const iface of this.state.interfaces.values()) cease(iface, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
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
    advertiseNow(iface, agenda, this.ctx);
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
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
