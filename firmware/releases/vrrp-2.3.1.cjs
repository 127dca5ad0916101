// vrrp@2.3.1, a module bundle of hitless. Released: it never changes.
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

// vrrp/module.ts
var module_exports = {};
__export(module_exports, {
  default: () => Vrrp,
  manifest: () => manifest
});
module.exports = __toCommonJS(module_exports);
var import_runtime = require("hitless/runtime");

// handler-time.ts
var MAX_HANDLER_MS = 500;

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function addTo(total, counters) {
  for (const name of Object.keys(counters)) count(total, name, counters[name] ?? 0);
}

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

// vrrp/packet.ts
var VERSION = 3;
var TYPE_ADVERTISEMENT = 1;
var HEADER = 8;
var PROTOCOL = 112;
var TTL = 255;
var VRRP_GROUP = "224.0.0.18";
var OWNER = 255;
function encode({ group, priority, interval, addresses }, from, to, form = "pseudo-header") {
  const bytes = new Uint8Array(HEADER + addresses.length * 4);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION << 4 | TYPE_ADVERTISEMENT;
  bytes[1] = group;
  bytes[2] = priority;
  bytes[3] = addresses.length;
  view.setUint16(4, interval & 4095);
  addresses.forEach((address, i) => {
    view.setUint32(HEADER + i * 4, toNumber(address));
  });
  view.setUint16(6, checksumOf(bytes, form === "rfc9568" ? 0 : pseudoHeader(from, to, bytes.length)));
  return bytes;
}
function decode(datum) {
  const { ttl, payload } = datum;
  if (ttl !== TTL) return { error: "ttl" };
  if (payload.length < 1) return { error: "truncated" };
  if (payload[0] >> 4 !== VERSION) return { error: "version" };
  if ((payload[0] & 15) !== TYPE_ADVERTISEMENT) return { error: "type" };
  if (payload.length < HEADER) return { error: "truncated" };
  const count2 = payload[3];
  if (payload.length < HEADER + count2 * 4) return { error: "truncated" };
  if (checksumForms(datum).length === 0) return { error: "checksum" };
  if (count2 === 0) return { error: "addressCount" };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    group: payload[1],
    priority: payload[2],
    interval: view.getUint16(4) & 4095,
    addresses: Array.from({ length: count2 }, (_, i) => toAddress(view.getUint32(HEADER + i * 4)))
  };
}
function checksumForms({ from, to, payload }) {
  const count2 = payload[3];
  const message = count2 === 0 ? payload : payload.subarray(0, HEADER + count2 * 4);
  const sum = sumOf(message);
  const forms = [];
  if (sumOf(NOTHING, sum + pseudoHeader(from, to, message.length)) === RIGHT) forms.push("pseudo-header");
  if (sum === RIGHT) forms.push("rfc9568");
  return forms;
}
var NOTHING = new Uint8Array(0);
var RIGHT = 65535;
function pseudoHeader(from, to, length) {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, toNumber(from));
  view.setUint32(4, toNumber(to));
  bytes[9] = PROTOCOL;
  view.setUint16(10, length);
  return sumOf(bytes);
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
function choiceText(name, { used, unused, named }) {
  if (unused.length === 0) return void 0;
  const idle = unused.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const others = `${idle.join(", ")} ${idle.length === 1 ? "takes" : "take"} no part`;
  if (used !== void 0) return `${name}: ${textOf(used)} is used; ${others}`;
  const wanted = named === void 0 ? "no address can be used" : `no address can be used as ${named}`;
  return `${name}: ${wanted}; ${others}`;
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

// vrrp/ownership.ts
function subnetOf(link, { addresses }) {
  const [first = ""] = addresses;
  const networks = networksOf(link);
  return networks.find(({ address, prefixLength }) => sameNetwork(address, first, prefixLength)) ?? networks[0];
}
function priorityOn(link, config) {
  return ownedOn(link, config).length > 0 ? OWNER : config.priority;
}
function sentencesOn(link, config) {
  const about = `virtual router ${config.group} on ${config.interface}`;
  const used = subnetOf(link, config);
  const named = used === networksOf(link)[0] ? void 0 : used?.address;
  const choice = choiceText(about, chooseSubnet(link, named));
  const warnings = used === void 0 ? [] : contradictions(link, config);
  return [
    ...choice === void 0 ? [] : [{ level: used === void 0 ? "warn" : "info", text: choice }],
    ...warnings.map((text) => ({ level: "warn", text: `${about}: ${text}` }))
  ];
}
function contradictions(link, config) {
  const networks = networksOf(link);
  const { interface: name, priority, addresses } = config;
  const owned = ownedOn(link, config);
  const present = new Set(link.addresses.map(({ address }) => address));
  const foreign = addresses.filter((address) => !present.has(address));
  const found = [];
  if (owned.length > 0 && priority !== OWNER) {
    found.push(
      `${listed(owned)} ${be(owned)} of this router itself, so it runs as the owner with priority 255 and not ${priority} (RFC 5798 5.2.4); set priority: 255, or take ${owned.length === 1 ? "the address" : "the addresses"} from ${name}`
    );
  }
  if (priority === OWNER && foreign.length > 0) {
    found.push(
      `priority 255 is the owner's, and ${name} does not have ${listed(foreign)}; it runs as the owner all the same (RFC 5798 8.3.2), set a priority of at most 254 or give ${name} the address`
    );
  }
  const outside = addresses.filter((address) => !networks.some((network) => contains(network, address)));
  if (outside.length > 0) {
    found.push(
      `${listed(outside)} ${be(outside)} in no network of ${name} (${networks.map(textOf).join(", ")}), so no host there will use it; name addresses of the network`
    );
  }
  const reserved = addresses.filter((address) => networks.some((network) => isReserved(network, address)));
  if (reserved.length > 0) {
    found.push(
      `${listed(reserved)} ${be(reserved)} a network's own or broadcast address, which no router may have; name another`
    );
  }
  return found;
}
function networksOf(link) {
  const { used, unused } = chooseSubnet(link);
  const others = unused.filter(({ reason }) => reason === "another").map(({ subnet }) => subnet);
  return used === void 0 ? [] : [used, ...others];
}
function ownedOn(link, { addresses }) {
  const ours = new Set(networksOf(link).map(({ address }) => address));
  return addresses.filter((address) => ours.has(address));
}
function contains({ address, prefixLength }, other) {
  return sameNetwork(address, other, prefixLength);
}
function isReserved(network, address) {
  return contains(network, address) && reservedAs(address, network.prefixLength) !== void 0;
}
var MOST_LISTED = 4;
function listed(addresses) {
  const more = addresses.length - MOST_LISTED;
  return more > 0 ? `${addresses.slice(0, MOST_LISTED).join(", ")} and ${more} more` : addresses.join(", ");
}
function be(addresses) {
  return addresses.length === 1 ? "is" : "are";
}

// vrrp/state.ts
var CHANGE_REASONS = {
  startup: "startup",
  shutdown: "the interface went down",
  left: "VRRP ends its service here",
  owner: "we own the addresses",
  noResponse: "no other router is Active",
  resigned: "the Active Router resigned",
  preempted: "the Active Router has a lower priority than we",
  priority: "another router has a higher priority",
  address: "another router has our priority and a higher address"
};
function groupKey(name, group) {
  return `${name}/${group}`;
}
function keyOf({ interface: name, group }) {
  return groupKey(name, group);
}
function changesOf(key) {
  return `change ${key}`;
}
function initialState(config) {
  const routers = config.groups.map((group) => [keyOf(group), newRouter(group)]);
  return {
    config,
    relay: 1,
    links: /* @__PURE__ */ new Map(),
    groups: new Map(routers),
    counters: {},
    limited: /* @__PURE__ */ new Map(),
    said: /* @__PURE__ */ new Map(),
    // Links are told, and held against it, from now on.
    checked: true
  };
}
function newRouter({ interface: name, group, interval }) {
  return {
    interface: name,
    group,
    state: "Initialize",
    activeAdverInterval: interval,
    active: "",
    ifSilent: "noResponse",
    checksum: nothingLearned(),
    statistics: noStatistics()
  };
}
function nothingLearned() {
  return { form: "pseudo-header", mixed: false, heard: {} };
}
function noStatistics() {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}
function configOf(state, { interface: name, group }) {
  return state.config.groups.find((one) => one.group === group && one.interface === name);
}
function formsSent(learned, { checksum = "auto" }) {
  if (checksum !== "auto") return [checksum];
  return learned.mixed ? ["pseudo-header", "rfc9568"] : [learned.form];
}

// vrrp/running.ts
function running(state, router) {
  const config = configOf(state, router);
  const link = state.links.get(router.interface);
  if (!link?.up) return void 0;
  const own = subnetOf(link, config)?.address;
  return own === void 0 ? void 0 : { router, config, own, priority: priorityOn(link, config) };
}
function skewTime({ router, priority }) {
  return (256 - priority) * router.activeAdverInterval * 10 / 256;
}
function activeDownInterval(run) {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}

// vrrp/advertisement.ts
function advertiseOnTick(state, broadcast, agenda, ctx) {
  for (const [key, router] of state.groups) {
    if (router.state !== "Active") continue;
    const { interval } = configOf(state, router);
    if (!followTick(ctx, "adver", key, broadcast, interval * 10)) continue;
    const run = running(state, router);
    if (run !== void 0) agenda.advertise(run);
  }
}
function advertise(state, run, priority, ctx) {
  const { router, config, own } = run;
  let reason;
  for (const form of formsSent(router.checksum, config)) {
    const payload = encode({ ...config, priority }, own, VRRP_GROUP, form);
    const packet = { to: VRRP_GROUP, payload, from: own };
    const failed = transmit(ctx, config.interface, packet);
    count(router.statistics.counters, failed === void 0 ? "sent" : "notSent");
    reason ??= failed;
  }
  if (reason === void 0) sentAgain(state, router, ctx);
  else notSent(state, router, reason, ctx);
}
function countAnew({ statistics }) {
  statistics.unsent = 0;
}
function transmit(ctx, name, packet) {
  const result = ctx.transmit("vrrp", name, packet);
  const failure = ctx.portFailure("vrrp", name);
  if (result === "sent" && failure === void 0) return void 0;
  return failure?.reason ?? (result === "full" ? "the driver is behind" : "the port is down");
}
function notSent(state, router, reason, ctx) {
  const { interface: name, group, statistics } = router;
  statistics.unsent++;
  statistics.notSentReason = reason;
  const due = lineDue(state.limited, "notSent", keyOf(router), ctx.now());
  if (due === void 0) return;
  ctx.log(
    "warn",
    `virtual router ${group} on ${name}: advertisements do not leave, so other routers will become Active as well: ${reason} (${statistics.unsent} in a row)${leftOutText({ ...due, again: 0 })}`
  );
}
function sentAgain(state, router, ctx) {
  const { interface: name, group, statistics } = router;
  const { unsent } = statistics;
  statistics.unsent = 0;
  delete statistics.notSentReason;
  if (unsent === 0) return;
  const key = keyOf(router);
  noteWell(state.limited, "notSent", key, ctx.now());
  if (lineDue(state.limited, "sentAgain", key, ctx.now()) !== void 0) {
    ctx.log(
      "info",
      `virtual router ${group} on ${name}: advertisements leave again, after ${unsent} that did not`
    );
  }
}
var MOST_UNSENT = 3;
function failingOf(state, ctx) {
  const failing = [...state.groups].filter(([, router]) => unsentOf(router, ctx) >= MOST_UNSENT);
  return new Set(failing.map(([key]) => key));
}
function unheard(state, inherited, ctx) {
  for (const [key, router] of state.groups) {
    const { interface: name, group, statistics } = router;
    const unsent = unsentOf(router, ctx);
    if (router.state !== "Active" || unsent < MOST_UNSENT || inherited.has(key)) continue;
    const reason = ctx.portFailure("vrrp", name)?.reason ?? statistics.notSentReason ?? "for an unknown reason";
    return `virtual router ${group} on ${name} is Active, but its last ${unsent} advertisements could not be sent: ${reason}`;
  }
  return void 0;
}
function unsentOf({ interface: name, statistics }, ctx) {
  return Math.max(statistics.unsent, ctx.portFailure("vrrp", name)?.inARow ?? 0);
}

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

// vrrp/agenda.ts
var ORDER = [["virtualRouter"], ["advertise", "roleChanged", "left"]];
var VrrpAgenda = class extends Agenda {
  constructor() {
    super(ORDER);
  }
  virtualRouter(router, event, run) {
    this.push({ on: "virtualRouter", router, event, run });
  }
  advertise(run, priority = run.priority) {
    this.push({ on: "advertise", router: run.router, run, priority });
  }
  roleChanged(router) {
    this.push({ on: "roleChanged", router });
  }
  left(router) {
    this.push({ on: "left", router });
  }
};

// vrrp/interface.ts
function linkChanged(state, link, agenda, ctx) {
  state.links.set(link.name, link);
  for (const config of state.config.groups)
    if (config.interface === link.name) tellContradictions(state, config, ctx);
  for (const router of state.groups.values()) {
    if (router.interface !== link.name) continue;
    const run = running(state, router);
    if (run === void 0) agenda.virtualRouter(router, { type: "Shutdown" });
    else if (router.state === "Initialize") agenda.virtualRouter(router, { type: "Startup" }, run);
    else agenda.virtualRouter(router, { type: "AddressesChanged" }, run);
  }
}
function usePorts(state, ctx) {
  const names = interfacesOf(state);
  for (const name of ctx.ports("vrrp")) if (!names.has(name)) ctx.closePort("vrrp", name);
  for (const name of names) ctx.openPort("vrrp", name);
}
function forgetUnconfigured(state) {
  const names = interfacesOf(state);
  for (const name of state.links.keys()) {
    if (names.has(name)) continue;
    state.links.delete(name);
    forgetSources(state.limited, name);
  }
  for (const key of state.said.keys()) if (!state.groups.has(key)) state.said.delete(key);
}
function interfacesOf({ config }) {
  return new Set(config.groups.map(({ interface: name }) => name));
}
function startIdle(state, agenda) {
  for (const router of state.groups.values()) {
    if (router.state !== "Initialize") continue;
    const run = running(state, router);
    if (run !== void 0) agenda.virtualRouter(router, { type: "Startup" }, run);
  }
}
function leaveAll(state, agenda) {
  for (const router of state.groups.values()) agenda.virtualRouter(router, { type: "Leave" });
}
function checkOnce(state, ctx) {
  if (state.checked) return;
  state.checked = true;
  for (const config of state.config.groups) tellContradictions(state, config, ctx);
}
function tellContradictions(state, config, ctx) {
  const link = state.links.get(config.interface);
  if (link === void 0 || link.addresses.length === 0) return;
  const sentences = sentencesOn(link, config);
  const key = keyOf(config);
  const text = sentences.map(({ text: text2 }) => text2).join("\n");
  if (text === (state.said.get(key) ?? "")) return;
  state.said.set(key, text);
  for (const { level, text: text2 } of sentences) ctx.log(level, text2);
}

// vrrp/apply.ts
function leaveRemoved(state, { removed }, agenda) {
  for (const key of removed) agenda.virtualRouter(state.groups.get(key), { type: "Leave" });
}
function apply(state, { config, added, changed, removed }, agenda, ctx) {
  for (const key of changed) {
    const router = state.groups.get(key);
    agenda.virtualRouter(router, { type: "ParametersChanged", interval: configOf(state, router).interval });
  }
  for (const key of removed) {
    state.groups.delete(key);
    state.limited.delete(changesOf(key));
    forgetSources(state.limited, key);
  }
  state.config = config;
  for (const group of config.groups)
    if (added.includes(keyOf(group))) state.groups.set(keyOf(group), newRouter(group));
  forgetUnconfigured(state);
  usePorts(state, ctx);
  for (const group of config.groups)
    if (added.includes(keyOf(group)) || changed.includes(keyOf(group))) tellContradictions(state, group, ctx);
  startIdle(state, agenda);
}

// vrrp/relations.ts
function check(section2, whole) {
  return [
    ...groupsAreUnique(section2),
    ...section2.flatMap((entry, i) => [...virtualAddressesFit(entry, i, whole)])
  ];
}
function* groupsAreUnique(section2) {
  const first = /* @__PURE__ */ new Map();
  const holders = /* @__PURE__ */ new Map();
  for (const [i, { interface: name, group, addresses = [] } = {}] of section2.entries()) {
    if (group !== void 0 && name !== void 0) {
      const key = `${group} ${name}`;
      const before = first.get(key);
      if (before === void 0) first.set(key, i);
      else {
        yield {
          path: ["vrrp", i, "group"],
          found: `group ${group} on ${name} a second time`,
          text: `each group once on an interface (it is in vrrp[${before}] already)`
        };
      }
    }
    for (const [j, address] of addresses.entries()) {
      if (address === void 0) continue;
      const path = ["vrrp", i, "addresses", j];
      if (addresses.indexOf(address) < j)
        yield { path, found: `${address} a second time`, text: "each address once in a group" };
      if (name === void 0) continue;
      const holder = holders.get(`${address} ${name}`) ?? i;
      holders.set(`${address} ${name}`, holder);
      if (holder === i || section2[holder]?.group === group) continue;
      yield {
        path,
        found: `${address} on ${name} a second time`,
        text: `each address in one group of an interface (it is in vrrp[${holder}] already)`
      };
    }
  }
}
function* virtualAddressesFit(entry = {}, i, whole) {
  const { interface: name = "", addresses = [] } = entry;
  const networks = networksOf2(whole, name);
  if (networks.length === 0) return;
  for (const [j, address] of addresses.entries()) {
    const text2 = address && whyUnfit(address, name, networks);
    if (text2) yield { path: ["vrrp", i, "addresses", j], text: text2 };
  }
  const text = priorityWanted(entry, name, networks);
  if (text !== void 0) yield { path: ["vrrp", i, "priority"], text };
}
function whyUnfit(virtual, name, networks) {
  const network = networks.find(({ address: address2, length: length2 }) => sameNetwork(virtual, address2, length2));
  if (network === void 0) {
    const list = networks.map(({ address: address2, length: length2 }) => `${address2}/${length2}`).join(", ");
    return `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`;
  }
  const { address, length } = network;
  const reserved = reservedAs(virtual, length);
  if (reserved === void 0) return void 0;
  return `the address of a host: in ${address}/${length} this is the network's ${reserved} address`;
}
function priorityWanted({ priority, addresses = [] }, name, networks) {
  if (priority === void 0) return void 0;
  const ours = new Set(networks.map(({ address }) => address));
  const owned = addresses.find((address) => address !== void 0 && ours.has(address));
  if (owned !== void 0 && priority !== OWNER)
    return `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`;
  const foreign = addresses.find((address) => address !== void 0 && !ours.has(address));
  if (foreign !== void 0 && priority === OWNER)
    return `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`;
  return void 0;
}
function networksOf2({ interfaces = {} }, name) {
  const given = Object.hasOwn(interfaces, name) ? interfaces[name]?.addresses ?? [] : [];
  return given.flatMap((text = "") => {
    const [address = "", length = ""] = text.split("/");
    return length === "" || length === "32" ? [] : [{ address, length: Number(length) }];
  });
}

// vrrp/config.ts
var SCHEMA = {
  type: "array",
  minItems: 1,
  identity: ["interface", "group"],
  allowed: "a list of groups with at least one group, or no vrrp section at all",
  unset: "no VRRP module",
  description: "virtual routers (RFC 9568, IPv4)",
  items: {
    type: "object",
    additionalProperties: false,
    required: ["interface", "group", "addresses"],
    properties: {
      interface: { type: "string", format: "interface-name", description: "where the group is" },
      group: {
        type: "integer",
        minimum: 1,
        maximum: 255,
        allowed: "a whole number from 1 to 255 (RFC 9568 5.2.3)",
        description: "VRID, once per interface; the same on all routers of the group"
      },
      priority: {
        type: "integer",
        minimum: 1,
        maximum: 255,
        default: 100,
        allowed: "a whole number from 1 to 255, where 255 is for the owner of the addresses (RFC 9568 5.2.4)",
        description: "the highest is active"
      },
      // RFC 9568 5.2.7: Max Advertise Interval is 12 bits of centiseconds.
      interval: {
        duration: { least: "10ms", most: "40950ms", step: "10ms" },
        default: "1s",
        description: "time between two advertisements"
      },
      preempt: {
        type: "boolean",
        default: true,
        description: "whether to take over from an active router of lower priority"
      },
      checksum: {
        enum: ["auto", "rfc9568", "pseudo-header"],
        default: "auto",
        description: "what the checksum of sent advertisements covers: the message alone (RFC 9568; Cisco) or a pseudo-header too (RFC 5798; FRR and keepalived by default). `auto` begins with the pseudo-header and follows the group. Both are taken always"
      },
      addresses: {
        type: "array",
        minItems: 1,
        maxItems: 255,
        items: { type: "string", format: "ipv4-host" },
        allowed: "a list of 1 to 255 IPv4 addresses, such as [10.0.1.254] (RFC 9568 5.2.5)",
        description: "the virtual addresses, of a network of the interface, each once and in one group of it. One that is the interface's own makes this router the owner, with priority 255"
      }
    }
  }
};
var section = { section: "vrrp", schema: SCHEMA, check, settings };
function settings(section2) {
  return {
    groups: section2.map(({ checksum, ...group }) => ({
      ...group,
      interval: group.interval / 10,
      ...checksum !== "auto" && { checksum }
    }))
  };
}
function readConfig(given) {
  const { groups = [] } = given ?? {};
  const keys = groups.map(keyOf);
  const twice = groups.find((group, i) => keys.indexOf(keyOf(group)) < i);
  if (twice === void 0) return { groups };
  return {
    error: `the virtual router ${twice.group} on ${twice.interface} is configured twice; name it once (RFC 9568 1.6)`
  };
}

// vrrp/migration.ts
function up1({ config, relay, links, groups, counters, told = [] }) {
  const routers = [...groups].map(([key, router]) => [
    key,
    { ...router, ifSilent: "noResponse", statistics: noStatistics() }
  ]);
  return {
    config,
    relay,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    told: [...told]
  };
}
function down1({ config, relay, links, groups, counters, told }) {
  const routers = /* @__PURE__ */ new Map();
  const total = { ...counters };
  for (const [key, { ifSilent: _, statistics, ...router }] of groups) {
    routers.set(key, router);
    addTo(total, statistics.counters);
  }
  return {
    config,
    relay,
    links: new Map(links),
    groups: routers,
    counters: total,
    ...told.length > 0 && { told: [...told] }
  };
}
function up2({ told: _, groups, links, counters, ...kept }) {
  const routers = [...groups].map(([key, router]) => [
    key,
    { ...router, checksum: nothingLearned(), statistics: copyOf(router.statistics) }
  ]);
  return {
    ...kept,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    limited: /* @__PURE__ */ new Map(),
    said: /* @__PURE__ */ new Map(),
    checked: false
  };
}
function down2(state) {
  const { limited: _, said: _said, checked: _checked, groups, links, counters, ...kept } = state;
  const routers = [...groups].map(([key, { checksum: _form, ...router }]) => {
    const { notSentReason: _reason, ...statistics } = copyOf(router.statistics);
    return [key, { ...router, statistics }];
  });
  return {
    ...kept,
    links: new Map(links),
    groups: new Map(routers),
    counters: { ...counters },
    told: []
  };
}
function copyOf(statistics) {
  return { ...statistics, counters: { ...statistics.counters } };
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

// vrrp/plan.ts
function planFor(before, config) {
  const { added, changed, removed } = differenceOf(byKey(before), byKey(config));
  return { config, added, changed, removed };
}
function byKey({ groups }) {
  return Object.fromEntries(groups.map((group) => [keyOf(group), group]));
}

// vrrp/agreement.ts
function checkAgreement(state, { router, config }, { interval, addresses, priority }, from, ctx) {
  const source = `${config.interface}/${config.group} ${from}`;
  const compare = (mismatch, agrees, theirs2, ours2) => {
    const now = ctx.now();
    if (agrees) {
      noteWell(state.limited, mismatch, source, now);
      return;
    }
    count(router.statistics.counters, mismatch);
    const due = lineDue(state.limited, mismatch, source, now);
    if (due === void 0) return;
    ctx.log(
      "warn",
      `virtual router ${config.group} on ${config.interface}: ${from} advertises ${theirs2}, configured here is ${ours2}; make them agree (${mismatch})${leftOutText(due)}`
    );
  };
  if (priority !== 0) {
    const agrees = interval === config.interval;
    compare("intervalMismatch", agrees, `an interval of ${interval} cs`, `${config.interval} cs`);
  }
  const [theirs, ours] = [[...addresses].sort(), [...config.addresses].sort()];
  const agree = theirs.length === ours.length && theirs.every((address, i) => address === ours[i]);
  compare("addressMismatch", agree, `the addresses ${shortened(theirs)}`, shortened(ours));
}
var MOST_LISTED2 = 8;
function shortened(addresses) {
  return addresses.length <= MOST_LISTED2 ? addresses.join(" ") : `${addresses.slice(0, MOST_LISTED2).join(" ")} and ${addresses.length - MOST_LISTED2} more`;
}

// vrrp/checksum-form.ts
var RECENT_INTERVALS = 3;
var TEXTS = {
  "pseudo-header": "over a pseudo-header (RFC 5798)",
  rfc9568: "over the message alone (RFC 9568)"
};
function formHeard(state, run, forms, from, ctx) {
  const [form] = forms;
  if (forms.length !== 1 || form === void 0) return;
  const { checksum = "auto" } = run.config;
  if (checksum === "auto") learn(state, run, form, from, ctx);
  else if (form !== checksum) {
    tell2(state, run, ctx, "checksumMismatch", from, "warn", () => {
      return `${from} sends checksums ${TEXTS[form]} and may not take ours, which are ${TEXTS[checksum]}; make them agree, or set checksum: auto`;
    });
  }
}
function forgetHeard({ checksum }) {
  checksum.mixed = false;
  checksum.heard = {};
}
function learn(state, run, form, from, ctx) {
  const learned = run.router.checksum;
  const now = ctx.now();
  const other = learned.heard[form === "rfc9568" ? "pseudo-header" : "rfc9568"];
  learned.heard[form] = { from, at: now };
  const since = other === void 0 ? Number.POSITIVE_INFINITY : now - other.at;
  const recent = since >= 0 && since < RECENT_INTERVALS * activeDownInterval(run);
  if (other !== void 0 && recent && other.from !== from) {
    learned.mixed = true;
    tell2(state, run, ctx, "checksumMixed", "", "warn", () => {
      return `${from} sends checksums ${TEXTS[form]}, ${other.from} does not, and routers that take one form alone do not hear each other; advertisements leave in both forms, make them agree`;
    });
  }
  if (form === learned.form) return;
  learned.form = form;
  if (learned.mixed) return;
  tell2(state, run, ctx, "checksumFollowed", form, "info", () => {
    return `checksums are ${TEXTS[form]} from now on, as those of ${from}`;
  });
}
function tell2(state, { config }, ctx, kind, source, level, text) {
  const { interface: name, group } = config;
  const due = lineDue(state.limited, kind, `${name}/${group} ${source}`, ctx.now());
  if (due !== void 0)
    ctx.log(level, `virtual router ${group} on ${name}: ${text()} (${kind})${leftOutText(due)}`);
}

// vrrp/drop.ts
var DROP_REASONS = {
  inactive: "the interface has no address to run VRRP with",
  own: "it is our own",
  // RFC 9568 7.1
  ttl: "its TTL is not 255: it may come from another network",
  version: "it is not VRRP version 3",
  type: "it is no advertisement",
  truncated: "it is shorter than its address count says",
  checksum: "its checksum is wrong",
  addressCount: "it lists no address (5.2.5)",
  vrid: "no virtual router of this number is configured here",
  owner: "we own the addresses of this virtual router (priority 255)",
  interval: "its advertisement interval is 0"
};

// vrrp/receive.ts
function receive(state, name, datum, agenda, ctx) {
  const dropped = take(state, name, datum, agenda, ctx);
  if (dropped === void 0) return;
  const { reason, counters = state.counters } = dropped;
  count(counters, reason);
  if (reason !== "own" && reason !== "inactive") tellDrop(state, name, datum.from, reason, ctx);
}
function take(state, name, datum, agenda, ctx) {
  const { from } = datum;
  const link = state.links.get(name);
  if (!link?.up || chooseSubnet(link).used === void 0) return { reason: "inactive" };
  if (link.addresses.some(({ address }) => address === from)) return { reason: "own" };
  const adv = decode(datum);
  if ("error" in adv) return { reason: adv.error };
  const router = state.groups.get(groupKey(name, adv.group));
  const run = router && running(state, router);
  if (run === void 0) return { reason: "vrid" };
  const { counters } = run.router.statistics;
  if (adv.interval !== 0) formHeard(state, run, checksumForms(datum), from, ctx);
  if (run.priority === OWNER) return { reason: "owner", counters };
  if (adv.interval === 0) return { reason: "interval", counters };
  count(counters, "received");
  checkAgreement(state, run, adv, from, ctx);
  const { priority, interval } = adv;
  agenda.virtualRouter(run.router, { type: "Advertisement", priority, interval, from }, run);
  return void 0;
}
function tellDrop(state, name, from, reason, ctx) {
  const due = lineDue(state.limited, `drop ${reason}`, `${name} ${from}`, ctx.now());
  if (due === void 0) return;
  ctx.log(
    "warn",
    `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason})${leftOutText(due)}`
  );
}

// vrrp/virtual-router.ts
var TRANSITIONS = {
  // event              state         action
  Startup: { Initialize: startup },
  AddressesChanged: { Backup: claimOwn, Active: renumber },
  ParametersChanged: { Backup: rethink, Active: keepBeat },
  ActiveDownTimer: { Backup: takeOver },
  AdverTimer: { Active: advertise2 },
  Advertisement: { Backup: listen, Active: contend },
  Leave: { Active: resign }
};
function virtualRouterEvent(state, router, event, known, agenda, ctx) {
  const row = TRANSITIONS[event.type];
  const action = row?.[router.state];
  const run = action && (known ?? running(state, router));
  const next = run && action(run, event, agenda, ctx);
  if (event.type === "Shutdown") shutdown(state, router, "shutdown", agenda, ctx);
  else if (event.type === "Leave") shutdown(state, router, "left", agenda, ctx);
  else if (next !== void 0) changeState(state, router, run, next, agenda, ctx);
}
function changeState(state, router, run, [next, why], agenda, ctx) {
  const { statistics, state: last } = router;
  const key = keyOf(router);
  tellChange(state, router, `${last} -> ${next}`, why, ctx);
  router.state = next;
  statistics.lastChange = { reason: why, at: ctx.now() };
  agenda.roleChanged(router);
  if (next === "Active" && run !== void 0) {
    statistics.becameActive++;
    agenda.advertise(run);
    beat(ctx, "adver", key, adverInterval(run));
  } else if (last === "Active") ctx.cancelTimer("adver", key);
}
function startAdverTimers(state, ctx) {
  for (const [key, router] of state.groups)
    if (router.state === "Active")
      begin(ctx, "adver", key, adverInterval({ config: configOf(state, router) }));
}
function adverInterval({ config }) {
  return config.interval * 10;
}
function advertise2(run, _event, agenda) {
  agenda.advertise(run);
}
function startup(run, _event, _agenda, ctx) {
  const { router, config, own, priority } = run;
  if (priority === OWNER) {
    router.active = own;
    return ["Active", "owner"];
  }
  router.activeAdverInterval = config.interval;
  router.ifSilent = "noResponse";
  armActiveDown(run, activeDownInterval(run), ctx);
  return ["Backup", "startup"];
}
function claimOwn({ router, own, priority }, _event, _, ctx) {
  if (priority !== OWNER) return void 0;
  ctx.cancelTimer("activeDown", keyOf(router));
  router.active = own;
  return ["Active", "owner"];
}
function renumber({ router, own }) {
  router.active = own;
}
function rethink(run, { interval }, agenda, ctx) {
  const { router, config } = run;
  const alone = router.active === "" && router.ifSilent === "noResponse";
  if (alone && interval !== config.interval) {
    router.activeAdverInterval = config.interval;
    armActiveDown(run, activeDownInterval(run), ctx);
  }
  return claimOwn(run, void 0, agenda, ctx);
}
function keepBeat(run, { interval }, _, ctx) {
  if (interval !== run.config.interval) retime(ctx, "adver", keyOf(run.router), adverInterval(run));
  return renumber(run);
}
function takeOver({ router, own }) {
  router.active = own;
  return ["Active", router.ifSilent];
}
function listen(run, event, _agenda, ctx) {
  const { router, config, priority } = run;
  if (event.priority === 0) {
    router.statistics.resignations++;
    router.active = "";
    router.ifSilent = "resigned";
    armActiveDown(run, skewTime(run), ctx);
    return;
  }
  router.active = event.from;
  if (config.preempt && event.priority < priority) {
    router.ifSilent = "preempted";
    return;
  }
  router.activeAdverInterval = event.interval;
  router.ifSilent = "noResponse";
  armActiveDown(run, activeDownInterval(run), ctx);
}
function contend(run, event, agenda, ctx) {
  const { router, own, priority } = run;
  if (event.priority === 0) router.statistics.resignations++;
  const { priority: theirs, from } = event;
  const yields = theirs > priority || theirs === priority && toNumber(from) > toNumber(own);
  if (theirs === 0 || !yields) {
    agenda.advertise(run);
    if (theirs === 0) beat(ctx, "adver", keyOf(router), adverInterval(run));
    return void 0;
  }
  router.activeAdverInterval = event.interval;
  router.active = event.from;
  router.ifSilent = "noResponse";
  armActiveDown(run, activeDownInterval(run), ctx);
  return ["Backup", theirs > priority ? "priority" : "address"];
}
function resign(run, _event, agenda) {
  agenda.advertise(run, 0);
}
function shutdown(state, router, why, agenda, ctx) {
  agenda.left(router);
  if (router.state === "Initialize") return;
  ctx.cancelTimer("activeDown", keyOf(router));
  router.active = "";
  changeState(state, router, void 0, ["Initialize", why], agenda, ctx);
}
function armActiveDown({ router }, after, ctx) {
  ctx.setTimer("activeDown", keyOf(router), after);
}
function tellChange({ limited }, { interface: name, group }, change, why, ctx) {
  const now = ctx.now();
  const due = lineDue(limited, changesOf(groupKey(name, group)), String(now), now);
  if (due === void 0) return;
  const left = due.others > 0 ? `, ${due.others} changes before it are left out` : "";
  ctx.log("info", `virtual router ${group} on ${name}: ${change} (${CHANGE_REASONS[why]}${left})`);
}

// vrrp/settle.ts
var { settle, settleAtOnce } = settling({
  virtualRouter: (state, { router, event, run }, agenda, ctx) => virtualRouterEvent(state, router, event, run, agenda, ctx),
  advertise: (state, { run, priority }, _agenda, ctx) => advertise(state, run, priority, ctx),
  roleChanged: (_state, { router }) => countAnew(router),
  left: (_state, { router }) => forgetHeard(router)
});

// vrrp/views.ts
var views = {
  routers: {
    words: "vrrp",
    aliases: ["vrrp brief"],
    description: "virtual routers: state, priority, who is active, and the addresses",
    request: "virtualRouters",
    columns: [
      { key: "interface", title: "INTERFACE" },
      { key: "group", title: "GROUP" },
      { key: "state", title: "STATE" },
      { key: "priority", title: "PRIORITY" },
      { key: "active", title: "ACTIVE ROUTER" },
      { key: "addresses", title: "ADDRESSES" },
      { key: "checksum", title: "CHECKSUM" },
      { key: "problem", title: "PROBLEM" }
    ],
    none: "no virtual routers"
  }
};
function virtualRouterViews(state) {
  return state.config.groups.flatMap((config) => {
    const { interface: name, group, addresses } = config;
    const router = state.groups.get(keyOf(config));
    if (router === void 0) return [];
    const { unsent, notSentReason = "" } = router.statistics;
    return [
      {
        interface: name,
        group,
        state: router.state,
        priority: running(state, router)?.priority ?? config.priority,
        active: router.active,
        addresses: [...addresses],
        checksum: formsSent(router.checksum, config),
        problem: unsent === 0 ? "" : `not sent: ${notSentReason} (${unsent} in a row)`
      }
    ];
  });
}

// vrrp/module.ts
var manifest = {
  api: 2,
  name: "VRRP",
  version: "2.3.1",
  description: "VRRP version 3 advertisements and election (RFC 9568)",
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: { virtualRouters: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["activeDown", "adver", "look"],
  ports: { vrrp: { kind: "raw-ip", protocol: 112, groups: [VRRP_GROUP], ttl: TTL } },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } }
};
var Vrrp = class extends import_runtime.Module {
  initial(given) {
    const config = readConfig(given);
    if ("error" in config) throw new Error(config.error);
    return initialState(config);
  }
  /** Virtual routers that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  start(why) {
    this.#inherited = failingOf(this.state, this.ctx);
    usePorts(this.state, this.ctx);
    startAdverTimers(this.state, this.ctx);
    if (why !== "cold") this.ctx.setTimer("look", "", 0);
  }
  configure(given) {
    const config = readConfig(given);
    return "error" in config ? config.error : planFor(this.state.config, config);
  }
  apply(plan) {
    this.#inherited = failingOf(this.state, this.ctx);
    const leaving = new VrrpAgenda();
    leaveRemoved(this.state, plan, leaving);
    settleAtOnce(this.state, leaving, this.ctx);
    const agenda = new VrrpAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
  }
  /** Soon after a start that is not the first: what no event sets off. */
  *onLook(_) {
    const agenda = new VrrpAgenda();
    startIdle(this.state, agenda);
    checkOnce(this.state, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onBroadcast({ body }) {
    const agenda = new VrrpAgenda();
    advertiseOnTick(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onAdver({ key }) {
    const router = this.state.groups.get(key);
    if (router === void 0) return;
    const agenda = new VrrpAgenda();
    agenda.virtualRouter(router, { type: "AdverTimer" });
    yield* settle(this.state, agenda, this.ctx);
  }
  *onLink({ body }) {
    if (!this.state.config.groups.some((group) => group.interface === body.name)) return;
    const agenda = new VrrpAgenda();
    linkChanged(this.state, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onVrrp({ key, datum }) {
    const agenda = new VrrpAgenda();
    receive(this.state, key, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onActiveDown({ key }) {
    const router = this.state.groups.get(key);
    if (router === void 0) return;
    const agenda = new VrrpAgenda();
    agenda.virtualRouter(router, { type: "ActiveDownTimer" });
    yield* settle(this.state, agenda, this.ctx);
  }
  onVirtualRouters() {
    return virtualRouterViews(this.state);
  }
  /** 6.4.3: the other routers need not wait until they miss us. */
  stop(_why) {
    const agenda = new VrrpAgenda();
    leaveAll(this.state, agenda);
    settleAtOnce(this.state, agenda, this.ctx);
  }
  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  isHealthy() {
    return unheard(this.state, this.#inherited, this.ctx) ?? true;
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
