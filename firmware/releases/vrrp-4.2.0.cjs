// vrrp@4.2.0, a module bundle of hitless. Released: it never changes.
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

// messages/adjacencies.ts
var TELL_MS = 1e4;
var SILENCE_MS = 3 * TELL_MS;

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
  const wait2 = Math.min(2 * told.wait, LONGEST_WAIT_MS);
  return tell(record, source, { at: now, wait: wait2, atOnce: 0, leftOut: 0 });
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
function beginsAnew({ at, wait: wait2, well }, now) {
  return now < at || well !== void 0 && now - well >= wait2;
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

// vrrp/constants.ts
var PROTOCOL = 112;
var UNFORWARDED = 255;
var GROUPS = { 4: "224.0.0.18", 6: "ff02::12" };
var PORTS = {
  4: { heard: "vrrp", virtual: "virtual" },
  6: { heard: "vrrp6", virtual: "virtual6" }
};
var OWNER = 255;
var RESIGNS = 0;
function virtualMac(family, group) {
  return `00:00:5e:00:0${family === 4 ? 1 : 2}:${group.toString(16).padStart(2, "0")}`;
}

// prefix.ts
var DOT = 46;
var ZERO = 48;
var GROUP = /^[0-9a-f]{1,4}$/i;
var GROUPS2 = 8;
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
function addressText(words) {
  return words.length === 1 ? ipv4Text(words[0]) : ipv6Text(words);
}
function canonicalAddress(text) {
  const words = parseAddress(text);
  return words && addressText(words);
}
function covers({ words, length }, address) {
  if (words.length !== address.length) return false;
  for (let i = 0; 32 * i < length; i++)
    if (((words[i] ^ address[i]) & maskOfWord(length - 32 * i)) !== 0) return false;
  return true;
}
function isWithin(prefix, address) {
  const read = parsePrefix(prefix);
  const words = parseAddress(address);
  return read !== void 0 && words !== void 0 && covers(read, words);
}
function familyOf(text) {
  return text.includes(":") ? 6 : 4;
}
function isLinkLocal(words) {
  return words.length === 4 && words[0] >>> 22 === 65152 >>> 6;
}
function isLinkLocalText(address) {
  const words = parseAddress(address);
  return words !== void 0 && isLinkLocal(words);
}
function isMulticast(words) {
  return words.length === 1 ? words[0] >>> 28 === 14 : words[0] >>> 24 === 255;
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
function parseIpv4(text, end = text.length) {
  let word = 0;
  let dots = 0;
  let octet;
  for (let i = 0; i < end; i++) {
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
  const missing = GROUPS2 - given.length;
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

// address.ts
function toNumber(address) {
  return address.split(".").reduce((number, octet) => number << 8 | Number(octet) & 255, 0) >>> 0;
}
function maskOf(prefixLength) {
  return prefixLength === 0 ? 0 : -1 << 32 - prefixLength >>> 0;
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

// vrrp/config-record.ts
function keyOf({
  interface: name,
  group,
  family
}) {
  return family === 4 ? `${name}/${group}` : `${name}/${group}/6`;
}
function nameOf({
  interface: name,
  group,
  family
}) {
  return family === 4 ? `virtual router ${group} on ${name}` : `IPv6 virtual router ${group} on ${name}`;
}
function trackId({ what, of, check: check2 }) {
  return check2 === void 0 ? `${what}:${of}` : checkId(check2);
}
function checkId(check2) {
  let id = checkIds.get(check2);
  if (id === void 0) {
    const { program, arguments: args = [], user = "", interval, timeLimit } = check2;
    id = `script:${JSON.stringify([program, args, user, interval, timeLimit])}`;
    checkIds.set(check2, id);
  }
  return id;
}
var checkIds = /* @__PURE__ */ new WeakMap();
function tracksOf(config) {
  let tracks = tracksOfConfigs.get(config);
  if (tracks === void 0) {
    const all = config.groups.flatMap(({ track: track2 = [] }) => track2);
    tracks = new Map(all.map((track2) => [trackId(track2), track2]));
    tracksOfConfigs.set(config, tracks);
  }
  return tracks;
}
var tracksOfConfigs = /* @__PURE__ */ new WeakMap();
function adjacencyNamed(of) {
  const colon = of.indexOf(":");
  return { by: of.slice(0, colon), who: of.slice(colon + 1) };
}

// vrrp/ownership.ts
function primaryOf(link, { family, addresses }) {
  if (family === 6) return link.addresses.find(isSource6)?.address;
  const [first = ""] = addresses;
  const networks = networksOf(link, 4);
  return (networks.find((network) => contains(network, first)) ?? networks[0])?.address;
}
function isUsable(link, family) {
  return family === 4 ? networksOf(link, 4).length > 0 : link.addresses.some(isSource6);
}
function priorityOn(link, config) {
  return ownedOn(link, config).length > 0 ? OWNER : config.priority;
}
function sentencesOn(link, config) {
  const about = nameOf(config);
  const used = primaryOf(link, config);
  const warnings = used === void 0 ? [] : contradictions(link, config);
  return [
    ...choiceOf(link, config, used),
    ...warnings.map((text) => ({ level: "warn", text: `${about}: ${text}` }))
  ];
}
function contradictions(link, config) {
  const { interface: name, family, priority, addresses } = config;
  const networks = networksOf(link, family);
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
  if (config.accept === false && priorityOn(link, config) === OWNER) {
    found.push(
      "it is the owner, which takes packets to its addresses whatever `accept` says (RFC 9568 6.4.3); take accept: false away"
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
function isSource6({ address, tentative }) {
  return tentative !== true && isLinkLocalText(address);
}
function networksOf(link, family) {
  if (family === 6)
    return link.addresses.filter(
      ({ address, prefixLength }) => familyOf(address) === 6 && prefixLength < 128
    );
  const { used, unused } = chooseSubnet(ipv4Of(link));
  const others = unused.filter(({ reason }) => reason === "another").map(({ subnet }) => subnet);
  return used === void 0 ? [] : [used, ...others];
}
function ownedOn(link, { family, addresses }) {
  const ours = new Set(networksOf(link, family).map(({ address }) => address));
  return addresses.filter((address) => ours.has(address));
}
function choiceOf(link, config, used) {
  const about = nameOf(config);
  if (config.family === 6) {
    if (used !== void 0) return [];
    return [{ level: "warn", text: `${about}: ${link.name} has no link-local address that can be used` }];
  }
  const named = used === networksOf(link, 4)[0]?.address ? void 0 : used;
  const choice = choiceText(about, chooseSubnet(ipv4Of(link), named));
  if (choice === void 0) return [];
  return [{ level: used === void 0 ? "warn" : "info", text: choice }];
}
function ipv4Of({ addresses }) {
  return { addresses: addresses.filter(({ address }) => familyOf(address) === 4) };
}
function contains({ address, prefixLength }, other) {
  return isWithin(`${address}/${prefixLength}`, other);
}
function isReserved(network, address) {
  if (familyOf(address) === 6 || !contains(network, address)) return false;
  return reservedAs(address, network.prefixLength) !== void 0;
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
  tracked: "what it depends on is not there",
  left: "VRRP ends its service here",
  owner: "we own the addresses",
  noResponse: "no other router is Active",
  resigned: "the Active Router resigned",
  preempted: "the Active Router has a lower priority than we",
  priority: "another router has a higher priority",
  address: "another router has our priority and a higher address",
  sync: "another of its sync group did"
};
var REIGN_REASONS = {
  ...CHANGE_REASONS,
  heard: "it advertises",
  renumbered: "we have another address"
};
var MOST_CHANGES = 8;
var MOST_REIGNS = 16;
function changesOf(key) {
  return `change ${key}`;
}
function dropsOf(reason) {
  return `drop ${reason}`;
}
function initialState(config, session) {
  const routers = config.groups.map((group) => [keyOf(group), newRouter(group)]);
  return {
    config,
    relay: 1,
    links: /* @__PURE__ */ new Map(),
    groups: new Map(routers),
    dependencies: /* @__PURE__ */ new Map(),
    adjacencies: /* @__PURE__ */ new Map(),
    telling: { session, number: 0, wanted: true, asked: false, removed: [] },
    counters: {},
    limited: /* @__PURE__ */ new Map(),
    said: /* @__PURE__ */ new Map()
  };
}
function newRouter({ interface: name, group, family, interval }) {
  return {
    interface: name,
    group,
    family,
    state: "Initialize",
    activeAdverInterval: interval,
    active: "",
    ifSilent: "noResponse",
    checksum: nothingLearned(),
    statistics: noStatistics(),
    history: [],
    reigns: [],
    holding: { untold: true, announced: 0 }
  };
}
function nothingLearned() {
  return { form: "pseudo-header", mixed: false, heard: {} };
}
function noStatistics() {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}
function configOf({ config }, router) {
  let byKey2 = byKeys.get(config);
  if (byKey2 === void 0) {
    byKey2 = new Map(config.groups.map((group) => [keyOf(group), group]));
    byKeys.set(config, byKey2);
  }
  return byKey2.get(keyOf(router));
}
var byKeys = /* @__PURE__ */ new WeakMap();
function formsSent(learned, { family, version, checksum = "auto" }) {
  if (family === 6) return ["pseudo-header"];
  if (version === 2) return ["rfc9568"];
  if (checksum !== "auto") return [checksum];
  return learned.mixed ? ["pseudo-header", "rfc9568"] : [learned.form];
}

// vrrp/running.ts
function running(state, router) {
  const config = configOf(state, router);
  const waits = router.state === "Initialize";
  if (!isReady(state, config, waits)) return void 0;
  if (config.sync !== void 0) {
    const mates = state.config.groups.filter(({ sync }) => sync === config.sync);
    if (!mates.every((mate) => isReady(state, mate, waits))) return void 0;
  }
  return sending(state, router);
}
function sending(state, router) {
  const config = configOf(state, router);
  const own = ownOf(state, config);
  return own === void 0 ? void 0 : { router, config, own, priority: priorityOf(state, config) };
}
function isReady(state, config, waits) {
  const { track: track2 = [] } = config;
  return ownOf(state, config) !== void 0 && track2.every((one) => one.decrement !== void 0 || (isThere(state, one) ?? !waits));
}
function ownOf(state, config) {
  const link = state.links.get(config.interface);
  return link?.up ? primaryOf(link, config) : void 0;
}
function priorityOf(state, config) {
  const link = state.links.get(config.interface);
  const priority = priorityOn(link, config);
  if (priority === OWNER) return OWNER;
  const missing = (config.track ?? []).filter((one) => isThere(state, one) === false);
  return Math.max(
    1,
    missing.reduce((left, { decrement = 0 }) => left - decrement, priority)
  );
}
function isThere({ dependencies }, track2) {
  return dependencies.get(trackId(track2))?.there;
}
function skewTime({ router, config, priority }) {
  const interval = config.version === 2 ? 1e3 : router.activeAdverInterval * 10;
  return (256 - priority) * interval / 256;
}
function activeDownInterval(run) {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}

// vrrp/dependency.ts
var CHANGES_AT_ONCE = 16;
function keepDependencies(state, now) {
  const tracks = tracksOf(state.config);
  for (const id of state.dependencies.keys()) {
    if (tracks.has(id)) continue;
    state.dependencies.delete(id);
    state.limited.get("dependency")?.told.delete(id);
  }
  for (const [id, track2] of tracks)
    if (!state.dependencies.has(id)) state.dependencies.set(id, { ...knownOf(state, track2), since: now });
}
function forgetAll(state, now) {
  state.dependencies.clear();
  keepDependencies(state, now);
}
function forget(state, id, now) {
  if (state.dependencies.has(id)) state.dependencies.set(id, { since: now });
}
function knownOf(state, { what, of }) {
  if (what === "interface") return { there: state.links.get(of)?.up === true };
  if (what !== "adjacency") return {};
  const { by, who } = adjacencyNamed(of);
  const neighbors = state.adjacencies.get(by);
  if (neighbors === void 0) return {};
  const there = neighbors.some(({ id, address, interface: name }) => [id, address, name].includes(who));
  return there ? { there } : { there, why: "no neighbour is Full there" };
}
function dependencyTold(state, id, { there, why }, agenda, ctx) {
  const track2 = tracksOf(state.config).get(id);
  const row = state.dependencies.get(id);
  if (track2 === void 0 || row === void 0) return;
  const was = row.there;
  row.there = there;
  delete row.why;
  if (why !== void 0) row.why = why;
  if (was === there) return;
  row.since = ctx.now();
  if (was !== void 0 || !there) tell2(state, id, track2, there, why, ctx);
  for (const config of state.config.groups) {
    const depends = config.track?.find((one) => trackId(one) === id);
    if (depends === void 0) continue;
    reconsiderWithMates(state, config, agenda);
    if (depends.decrement !== void 0 && there !== (was ?? true))
      agenda.virtualRouter(state.groups.get(keyOf(config)), { type: "PriorityChanged" });
  }
}
function reconsiderWithMates(state, config, agenda) {
  for (const one of state.config.groups)
    if (one === config || config.sync !== void 0 && one.sync === config.sync)
      reconsider(state, state.groups.get(keyOf(one)), agenda);
}
function reconsider(state, router, agenda) {
  const run = running(state, router);
  if (run !== void 0) {
    const type = router.state === "Initialize" ? "Startup" : "AddressesChanged";
    agenda.virtualRouter(router, { type }, run);
  } else if (sending(state, router) === void 0) agenda.virtualRouter(router, { type: "Shutdown" });
  else agenda.virtualRouter(router, { type: "Leave", why: "tracked" });
}
function tell2({ limited }, id, { what, of }, there, why, ctx) {
  if (there) noteWell(limited, "dependency", id, ctx.now());
  if (what === "program" && !there) return;
  const due = lineDue(limited, "dependency", id, ctx.now(), CHANGES_AT_ONCE);
  if (due === void 0) return;
  const how = there ? "there" : `not there${why === void 0 ? "" : `: ${why}`}`;
  ctx.log("info", `${of} is ${how}${leftOutText(due)}`);
}

// vrrp/adjacency.ts
var LAST_CHANCE_MS = 1e3;
function awaitAdjacencies(state, ctx) {
  for (const { what, of } of tracksOf(state.config).values()) {
    if (what !== "adjacency") continue;
    const { by } = adjacencyNamed(of);
    if (ctx.timerDue("silence", by) === void 0) ctx.setTimer("silence", by, SILENCE_MS);
  }
}
function takeAdjacencies(state, { by, neighbors }, agenda, ctx) {
  state.adjacencies.set(by, neighbors);
  ctx.setTimer("silence", by, SILENCE_MS);
  for (const [id, track2] of tracksOf(state.config)) {
    if (track2.what !== "adjacency" || adjacencyNamed(track2.of).by !== by) continue;
    const { there = false, ...known } = knownOf(state, track2);
    dependencyTold(state, id, { there, ...known }, agenda, ctx);
  }
}
function protocolSilent(state, by, isLast, agenda, ctx) {
  if (!isLast) {
    ctx.setTimer("silence", by, LAST_CHANCE_MS, { body: "last" });
    return;
  }
  state.adjacencies.delete(by);
  const why = `nobody tells of the neighbours of ${by.toUpperCase()}`;
  for (const [id, { what, of }] of tracksOf(state.config))
    if (what === "adjacency" && adjacencyNamed(of).by === by)
      dependencyTold(state, id, { there: false, why }, agenda, ctx);
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
var TYPE_ADVERTISEMENT = 1;
var HEADER = 8;
var AUTHENTICATION = 8;
var CENTISECONDS = 100;
var UNSPECIFIED = "0.0.0.0";
function encode({ version, group, priority, interval, addresses }, from, to, form = "pseudo-header") {
  const size = sizeOf(from);
  const bytes = new Uint8Array(HEADER + addresses.length * size + (version === 2 ? AUTHENTICATION : 0));
  const view = new DataView(bytes.buffer);
  bytes[0] = version << 4 | TYPE_ADVERTISEMENT;
  bytes[1] = group;
  bytes[2] = priority;
  bytes[3] = addresses.length;
  if (version === 2) bytes[5] = interval / CENTISECONDS;
  else view.setUint16(4, interval & 4095);
  addresses.forEach((address, i) => {
    putAddress(view, HEADER + i * size, address);
  });
  view.setUint16(6, checksumOf(bytes, form === "rfc9568" ? 0 : pseudoHeader(from, to, bytes.length)));
  return bytes;
}
function decode(datum) {
  const { from, hops, payload } = datum;
  const [first, group = 0, priority = 0, count2 = 0] = payload;
  if (hops !== UNFORWARDED) return { error: "ttl" };
  if (familyOfDatum(datum) === 6 ? !isLinkLocalText(from) : from === UNSPECIFIED) return { error: "source" };
  if (first === void 0) return { error: "truncated" };
  const version = first >> 4;
  if (version !== 3 && !(version === 2 && familyOfDatum(datum) === 4)) return { error: "version" };
  if ((first & 15) !== TYPE_ADVERTISEMENT) return { error: "type" };
  if (payload.length < HEADER || payload.length < lengthOf(datum)) return { error: "truncated" };
  if (checksumForms(datum).length === 0) return { error: "checksum" };
  if (count2 === 0) return { error: "addressCount" };
  if (version === 2 && payload[4] !== 0) return { error: "authentication" };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const size = sizeOf(from);
  return {
    version,
    group,
    priority,
    interval: version === 2 ? payload[5] * CENTISECONDS : view.getUint16(4) & 4095,
    addresses: Array.from({ length: count2 }, (_, i) => addressAt(view, HEADER + i * size, size))
  };
}
function checksumForms(datum) {
  const { from, to, payload } = datum;
  const message = payload[3] === 0 ? payload : payload.subarray(0, lengthOf(datum));
  const sum = sumOf(message);
  const forms = [];
  if (payload[0] >> 4 !== 2 && sumOf(NOTHING, sum + pseudoHeader(from, to, message.length)) === RIGHT)
    forms.push("pseudo-header");
  if (sum === RIGHT && familyOfDatum(datum) === 4) forms.push("rfc9568");
  return forms;
}
var NOTHING = new Uint8Array(0);
var RIGHT = 65535;
function lengthOf({ from, payload }) {
  return HEADER + payload[3] * sizeOf(from) + (payload[0] >> 4 === 2 ? AUTHENTICATION : 0);
}
function familyOfDatum({ from }) {
  return from.includes(":") ? 6 : 4;
}
function sizeOf(address) {
  return address.includes(":") ? 16 : 4;
}
function pseudoHeader(from, to, length) {
  const size = sizeOf(from);
  const bytes = new Uint8Array(2 * size + 4);
  const view = new DataView(bytes.buffer);
  putAddress(view, 0, from);
  putAddress(view, size, to);
  view.setUint16(2 * size, length);
  bytes[2 * size + 3] = PROTOCOL;
  return sumOf(bytes);
}
function putAddress(view, at, address) {
  const words = parseAddress(address) ?? [];
  words.forEach((word, i) => {
    view.setUint32(at + 4 * i, word);
  });
}
function addressAt(view, at, size) {
  return addressText(Array.from({ length: size / 4 }, (_, i) => view.getUint32(at + 4 * i)));
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
  const { counters } = router.statistics;
  let reason;
  for (const form of formsSent(router.checksum, config)) {
    const to = GROUPS[config.family];
    const payload = encode({ ...config, priority }, own, to, form);
    const failed = transmit(router, { to, payload, from: own }, ctx);
    count(counters, failed === void 0 ? "sent" : "notSent");
    if (failed === void 0 && priority === RESIGNS) count(counters, "resigned");
    reason ??= failed;
  }
  if (reason === void 0) sentAgain(state, router, ctx);
  else notSent(state, router, reason, ctx);
}
function countAnew({ statistics }) {
  statistics.unsent = 0;
}
function transmit(router, packet, ctx) {
  const { port, key } = outletOf(router);
  const failed = transmitOn(port, key, packet, ctx);
  const { heard } = PORTS[router.family];
  return failed !== void 0 && port !== heard ? transmitOn(heard, router.interface, packet, ctx) : failed;
}
function transmitOn(port, key, packet, ctx) {
  const result = ctx.transmit(port, key, packet);
  const failure = ctx.portFailure(port, key);
  if (result === "sent" && failure === void 0) return void 0;
  return failure?.reason ?? (result === "full" ? "the driver is behind" : "the port is down");
}
function outletOf({ family, interface: name, holding }) {
  const { heard, virtual } = PORTS[family];
  return holding.device === void 0 ? { port: heard, key: name } : { port: virtual, key: holding.device };
}
function notSent(state, router, reason, ctx) {
  const { statistics } = router;
  statistics.unsent++;
  statistics.notSentReason = reason;
  const due = lineDue(state.limited, "notSent", keyOf(router), ctx.now());
  if (due === void 0) return;
  ctx.log(
    "warn",
    `${nameOf(router)}: advertisements do not leave, so other routers will become Active as well: ${reason} (${statistics.unsent} in a row)${leftOutText({ ...due, again: 0 })}`
  );
}
function sentAgain(state, router, ctx) {
  const { statistics } = router;
  const { unsent } = statistics;
  statistics.unsent = 0;
  delete statistics.notSentReason;
  if (unsent === 0) return;
  const key = keyOf(router);
  noteWell(state.limited, "notSent", key, ctx.now());
  if (lineDue(state.limited, "sentAgain", key, ctx.now()) !== void 0) {
    ctx.log("info", `${nameOf(router)}: advertisements leave again, after ${unsent} that did not`);
  }
}
var MOST_UNSENT = 3;
function failingOf(state, ctx) {
  const failing = [...state.groups].filter(([, router]) => unsentOf(router, ctx) >= MOST_UNSENT);
  return new Set(failing.map(([key]) => key));
}
function unheard(state, inherited, ctx) {
  for (const [key, router] of state.groups) {
    const unsent = unsentOf(router, ctx);
    if (router.state !== "Active" || unsent < MOST_UNSENT || inherited.has(key)) continue;
    const { port, key: outlet } = outletOf(router);
    const reason = ctx.portFailure(port, outlet)?.reason ?? router.statistics.notSentReason ?? "for an unknown reason";
    return `${nameOf(router)} is Active, but its last ${unsent} advertisements could not be sent: ${reason}`;
  }
  return void 0;
}
function unsentOf(router, ctx) {
  const { port, key } = outletOf(router);
  return Math.max(router.statistics.unsent, ctx.portFailure(port, key)?.inARow ?? 0);
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
var ORDER = [
  ["virtualRouter"],
  ["advertise", "roleChanged", "acceptChanged", "announce", "takenOver", "left"],
  ["tell"]
];
var VrrpAgenda = class extends Agenda {
  #tells = false;
  constructor() {
    super(ORDER);
  }
  virtualRouter(router, event, run) {
    this.push({ on: "virtualRouter", router, event, run });
  }
  advertise(run, priority = run.priority) {
    this.push({ on: "advertise", router: run.router, run, priority });
  }
  roleChanged(router, before) {
    this.push({ on: "roleChanged", router, before });
  }
  acceptChanged(router) {
    this.push({ on: "acceptChanged", router });
  }
  announce(router) {
    this.push({ on: "announce", router });
  }
  takenOver(router) {
    this.push({ on: "takenOver", router });
  }
  left(router) {
    this.push({ on: "left", router });
  }
  /** Once for all that one input sets off. */
  tell() {
    if (this.#tells) return;
    this.#tells = true;
    this.push({ on: "tell" });
  }
  next() {
    const item = super.next();
    if (item?.on === "tell") this.#tells = false;
    return item;
  }
};

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

// vrrp/acceptance.ts
var UNKNOWN_TO_IP = "the IP that runs does not know `accept`, 3.5.0 does";
function isRefusing(state, router) {
  const config = configOf(state, router);
  if (config.accept !== false) return false;
  const link = state.links.get(router.interface);
  return (link === void 0 ? config.priority : priorityOn(link, config)) !== OWNER;
}
function whyTaken(state, router) {
  const { holding } = router;
  if (!isRefusing(state, router) || holding.closed) return void 0;
  if (state.telling.takesAccept === false) return UNKNOWN_TO_IP;
  return holding.problem ?? "IP has not said yet that they are not";
}

// vrrp/holding.ts
var SOURCE = "vrrp";
var IP = "IP";
var FULL_MS = 5;
var UNKNOWN_MS = 1e3;
var ANNOUNCE_MS = 1e3;
var ANNOUNCED_MS = 100;
var TOLD = /* @__PURE__ */ new Set(["left", "tracked", "sync"]);
function beginHolding(state) {
  for (const router of state.groups.values()) newlyHeld(router, configOf(state, router));
}
function newlyHeld(router, config) {
  router.holding.linger = takeoverOf(config).silent;
  return router;
}
function holdAgain(state) {
  for (const { state: role, holding } of state.groups.values()) if (role === "Active") holding.untold = true;
}
function holdRole(state, router, before, agenda) {
  const { holding, state: now, history } = router;
  const why = history[0]?.reason;
  if (before === "Active" && why !== void 0 && TOLD.has(why)) {
    holding.linger = takeoverOf(configOf(state, router)).told;
    holding.announced++;
  } else if (before !== "Initialize" || now !== "Backup") delete holding.linger;
  hold(router, agenda);
}
function holdNoMore(router, agenda) {
  delete router.holding.linger;
  hold(router, agenda);
}
function takeoverOf({ interval }) {
  return { silent: 4 * interval * 10 + ANNOUNCED_MS, told: interval * 10 + ANNOUNCED_MS };
}
function hold(router, agenda) {
  router.holding.untold = true;
  agenda.tell();
}
function announce(router, agenda, ctx) {
  const { holding } = router;
  const now = ctx.now();
  const since = now - (holding.announcedAt ?? Number.NEGATIVE_INFINITY);
  if (router.state !== "Active" || since >= 0 && since < ANNOUNCE_MS) return;
  holding.announced++;
  holding.announcedAt = now;
  hold(router, agenda);
}
function isHeldOtherwise(one, other) {
  const { virtualMac: virtualMac2, interval, accept, addresses } = one;
  return virtualMac2 !== other.virtualMac || interval !== other.interval || accept !== other.accept || !isSame(addresses, other.addresses);
}
function tellRefusing(state, agenda) {
  for (const router of state.groups.values()) if (isRefusing(state, router)) hold(router, agenda);
}
function release(state, keys, agenda) {
  state.telling.removed.push(...keys);
  if (keys.length > 0) agenda.tell();
}
function tell3(state, ctx) {
  const { telling, groups } = state;
  const routers = [...groups].filter(([, { holding }]) => telling.wanted || holding.untold);
  const changes = routers.map(([, router]) => changeOf(state, router));
  if (!telling.wanted) {
    for (const id of telling.removed) if (!groups.has(id)) changes.push({ id, remove: true });
  }
  if (changes.length === 0 && !telling.wanted && !telling.asked) return;
  if (!send(state, { ...telling.wanted && { whole: true }, changes }, ctx)) return;
  for (const [, { holding }] of routers) holding.untold = false;
  telling.wanted = false;
  telling.removed = [];
}
function releaseAll(state, ctx) {
  send(state, { whole: true, changes: [] }, ctx);
  state.telling.wanted = true;
}
function takeWanted(state, { has, takesAccept: takes }, agenda, ctx) {
  const { telling } = state;
  const takesAccept = takes === true;
  if (telling.takesAccept !== takesAccept) {
    telling.takesAccept = takesAccept;
    if (takesAccept) tellRefusing(state, agenda);
    else forgetClosed(state, ctx);
  }
  const known = has[SOURCE];
  if (known?.session === telling.session && known.number === telling.number - 1) telling.asked = true;
  else telling.wanted = true;
  agenda.tell();
}
function forgetClosed(state, ctx) {
  for (const { holding } of state.groups.values()) delete holding.closed;
  tellUnknown(state, [...state.groups.values()], ctx);
}
function tellUnknown(state, routers, ctx) {
  if (state.telling.takesAccept !== false) return;
  const names = routers.filter((router) => isRefusing(state, router)).map(nameOf);
  const [first] = names;
  if (first === void 0) return;
  const more = names.length === 1 ? "" : ` and ${names.length - 1} more`;
  ctx.log(
    "warn",
    `${first}${more}: packets to the addresses are taken, though accept is false: ${UNKNOWN_TO_IP}`
  );
}
function takeHeld(state, { source, id, device, closed, problem, lingers }, ctx) {
  const router = source === SOURCE ? state.groups.get(id) : void 0;
  if (router === void 0) return false;
  const { holding } = router;
  if (problem !== holding.problem) {
    if (problem !== void 0) ctx.log("warn", `${nameOf(router)}: ${problem}`);
    else ctx.log("info", `${nameOf(router)}: the kernel has its addresses as they should be again`);
  }
  const differs = device !== holding.device;
  delete holding.device;
  delete holding.closed;
  delete holding.problem;
  delete holding.lingers;
  if (device !== void 0) holding.device = device;
  if (closed !== void 0) holding.closed = closed;
  if (problem !== void 0) holding.problem = problem;
  if (lingers) holding.lingers = true;
  return differs;
}
function send(state, message, ctx) {
  const { telling } = state;
  const body = {
    source: SOURCE,
    session: telling.session,
    number: telling.number,
    saysAccept: true,
    ...message
  };
  const result = ctx.send(IP, "virtualRouters", body);
  if (result !== "queued") {
    ctx.setTimer("tell", "", result === "full" ? FULL_MS : UNKNOWN_MS);
    return false;
  }
  telling.number++;
  telling.asked = false;
  ctx.cancelTimer("tell", "");
  return true;
}
function changeOf(state, router) {
  const config = configOf(state, router);
  const { interface: name, family, group, virtualMac: own, addresses } = config;
  const { announced, linger } = router.holding;
  return {
    id: keyOf(router),
    interface: name,
    family,
    group,
    ...own && { mac: virtualMac(family, group) },
    addresses,
    ...router.state === "Active" ? { active: true, takeover: takeoverOf(config) } : linger !== void 0 && { linger },
    announced,
    ...isRefusing(state, router) && { accept: false }
  };
}

// vrrp/interface.ts
function linkChanged(state, link, agenda, ctx) {
  const { name } = link;
  const isUp = () => state.links.get(name)?.up === true;
  const wasUp = isUp();
  const refused = refusingOn(state, name);
  if (link.index === 0) state.links.delete(name);
  else state.links.set(name, link);
  for (const config of state.config.groups) {
    if (config.interface !== name) continue;
    tellContradictions(state, config, ctx);
    reconsiderWithMates(state, config, agenda);
  }
  const refusing = refusingOn(state, name);
  for (const router of state.groups.values())
    if (refused.has(router) !== refusing.has(router)) agenda.acceptChanged(router);
  const there = isUp();
  if (there !== wasUp)
    dependencyTold(state, trackId({ what: "interface", of: name }), { there }, agenda, ctx);
}
function refusingOn(state, name) {
  const own = [...state.groups.values()].filter((router) => router.interface === name);
  return new Set(own.filter((router) => isRefusing(state, router)));
}
function startIdle(state, agenda) {
  for (const router of state.groups.values()) {
    if (router.state !== "Initialize") continue;
    const run = running(state, router);
    if (run !== void 0) agenda.virtualRouter(router, { type: "Startup" }, run);
  }
}
function leaveAll(state, agenda) {
  for (const router of state.groups.values()) agenda.virtualRouter(router, { type: "Leave", why: "left" });
}
function usePorts(state, ctx) {
  for (const family of [4, 6]) {
    const { heard, virtual } = PORTS[family];
    const routers = [...state.groups.values()].filter((router) => router.family === family);
    keepOpen(heard, new Set(routers.map((router) => router.interface)), ctx);
    keepOpen(virtual, new Set(routers.flatMap(({ holding }) => holding.device ?? [])), ctx);
  }
}
function keepOpen(port, names, ctx) {
  for (const name of ctx.ports(port)) if (!names.has(name)) ctx.closePort(port, name);
  for (const name of names) ctx.openPort(port, name);
}
function forgetUnconfigured(state) {
  const names = new Set(state.config.groups.map(({ interface: name }) => name));
  for (const name of state.links.keys()) if (!names.has(name)) forgetSources(state.limited, name);
  for (const key of state.said.keys()) if (!state.groups.has(key)) state.said.delete(key);
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

// vrrp/script.ts
var WORDS = { Active: "MASTER", Backup: "BACKUP" };
var MOST_SHOWN = 200;
function useScripts(state, ctx) {
  const told = state.config.groups.flatMap(
    (group) => group.notify === void 0 ? [] : [[keyOf(group), group.notify]]
  );
  keepOpen2("notify", new Map(told), ctx);
  const checks = checksOf(state);
  for (const id of ctx.ports("script")) if (!checks.has(id)) endCheck(state, id, ctx);
  keepOpen2("script", checks, ctx);
  for (const [id, { interval }] of checks) {
    if (ctx.timerDue("check", id) !== void 0) continue;
    forget(state, id, ctx.now());
    ctx.setTimer("check", id, 0, { every: interval });
  }
}
function endCheck({ limited }, id, ctx) {
  ctx.cancelTimer("check", id);
  limited.get("check")?.told.delete(id);
}
function checksOf({ config }) {
  const checks = /* @__PURE__ */ new Map();
  for (const [id, { check: check2 }] of tracksOf(config)) if (check2 !== void 0) checks.set(id, check2);
  return checks;
}
function notify(state, router, before, ctx) {
  const config = configOf(state, router);
  if (config.notify === void 0) return;
  const key = keyOf(router);
  const reason = router.history[0]?.reason ?? "startup";
  const priority = String(running(state, router)?.priority ?? config.priority);
  const word = router.state === "Initialize" ? reason === "left" ? "STOP" : "FAULT" : WORDS[router.state];
  const datum = {
    arguments: ["INSTANCE", key, word, priority],
    variables: {
      VRRP_INTERFACE: config.interface,
      VRRP_GROUP: String(config.group),
      VRRP_FAMILY: String(config.family),
      VRRP_STATE: router.state,
      VRRP_BEFORE: before,
      VRRP_REASON: reason,
      VRRP_PRIORITY: priority,
      VRRP_ACTIVE: router.active,
      VRRP_ADDRESSES: config.addresses.join(" ")
    }
  };
  ctx.transmit("notify", key, datum);
}
function takeNotified(state, key, end, ctx) {
  const router = state.groups.get(key);
  if (router === void 0) return;
  router.notified = { at: ctx.now(), how: endText(end) };
  tellEnd(state, "notify", key, `${nameOf(router)}: its program for changes of role`, end, ctx);
}
function runCheck(id, ctx) {
  ctx.transmit("script", id, {});
}
function takeChecked(state, id, end, agenda, ctx) {
  const check2 = checksOf(state).get(id);
  if (check2 === void 0) return;
  const there = end.ended === "exit" && end.code === 0;
  tellEnd(state, "check", id, `the check ${check2.program}`, end, ctx);
  dependencyTold(state, id, there ? { there } : { there, why: endText(end) }, agenda, ctx);
}
function keepOpen2(port, scripts, ctx) {
  for (const key of ctx.ports(port)) if (!scripts.has(key)) ctx.closePort(port, key);
  for (const [key, script] of scripts) ctx.openPort(port, key, settingsOf(script));
}
function settingsOf({ program, arguments: args, user, timeLimit }) {
  return {
    program,
    timeLimit,
    ...args !== void 0 && { arguments: args },
    ...user !== void 0 && { user }
  };
}
function tellEnd({ limited }, kind, source, subject, end, ctx) {
  const now = ctx.now();
  if (end.ended === "exit" && end.code === 0) {
    noteWell(limited, kind, source, now);
    return;
  }
  const due = lineDue(limited, kind, source, now);
  if (due !== void 0) ctx.log("warn", `${subject} ${endText(end)}${leftOutText(due)}`);
}
function endText({ ended, code, signal, reason, output, took }) {
  const how = {
    exit: `ended with code ${code}`,
    signal: `was ended by ${signal}`,
    time: `was killed at its time limit, after ${took} ms`,
    unusable: `did not run: ${reason}`
  }[ended];
  const said = output.trim().slice(0, MOST_SHOWN);
  return said === "" ? how : `${how}: ${said}`;
}

// vrrp/tracking.ts
var BY = "vrrp";
var IP2 = "IP";
function track(state, before, ctx) {
  const wanted = askedOf(state.config);
  const known = before === void 0 ? /* @__PURE__ */ new Map() : askedOf(before);
  for (const id of known.keys())
    if (!wanted.has(id)) ctx.send(IP2, "track", { by: BY, id, remove: true });
  for (const [id, one] of wanted) if (!known.has(id)) ask(id, one, ctx);
}
function takeTracks({ config }, { track: known }, ctx) {
  let isKnown = false;
  for (const [id, one] of askedOf(config)) {
    if (known.includes(`${BY} ${id}`)) isKnown = true;
    else ask(id, one, ctx);
  }
  if (isKnown) ctx.send(IP2, "tracking", { by: BY });
}
function takeTracked(state, { by, id, reachable, why }, agenda, ctx) {
  if (by !== BY || !askedOf(state.config).has(id)) return;
  dependencyTold(state, id, { there: reachable, ...why !== void 0 && { why } }, agenda, ctx);
}
function askedOf(config) {
  return new Map([...tracksOf(config)].filter(([, { what }]) => what === "prefix" || what === "next-hop"));
}
function ask(id, { what, of }, ctx) {
  ctx.send(IP2, "track", { by: BY, id, what, address: of });
}

// vrrp/apply.ts
function leaveRemoved(state, { removed }, agenda) {
  for (const key of removed) agenda.virtualRouter(state.groups.get(key), { type: "Leave", why: "left" });
}
function apply(state, { config, added, changed, removed }, agenda, ctx) {
  const before = state.config;
  const were = new Map(changed.map((key) => [key, configOf(state, state.groups.get(key))]));
  for (const key of removed) {
    state.groups.delete(key);
    state.limited.delete(changesOf(key));
    forgetSources(state.limited, key);
  }
  release(state, removed, agenda);
  state.config = config;
  for (const group of config.groups)
    if (added.includes(keyOf(group))) state.groups.set(keyOf(group), newlyHeld(newRouter(group), group));
  forgetUnconfigured(state);
  keepDependencies(state, ctx.now());
  track(state, before, ctx);
  awaitAdjacencies(state, ctx);
  usePorts(state, ctx);
  useScripts(state, ctx);
  for (const group of config.groups)
    if (added.includes(keyOf(group)) || changed.includes(keyOf(group))) tellContradictions(state, group, ctx);
  for (const [key, was] of were) {
    const router = state.groups.get(key);
    if (isHeldOtherwise(was, configOf(state, router))) hold(router, agenda);
    agenda.virtualRouter(router, { type: "ParametersChanged", interval: was.interval });
  }
  const others = [...added, ...changed].map((key) => state.groups.get(key));
  tellUnknown(state, others, ctx);
  for (const router of state.groups.values()) reconsider(state, router, agenda);
}

// vrrp/relations.ts
var LONGEST_NAME = 64;
var ADDRESS_WORDS = "an IPv4 or IPv6 address of a host, such as 10.0.1.254 or fe80::254";
function check(section2, whole) {
  return [
    ...groupsAreUnique(section2),
    ...section2.flatMap((entry = {}, i) => [
      ...addressesAreHosts(entry, i),
      ...linkLocalIsFirst(entry, i),
      ...versionFits(entry, i),
      ...ownerAccepts(entry, i),
      ...tracksAreReadable(entry, i),
      ...virtualAddressesFit(entry, i, whole)
    ])
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
    const texts = addresses.map((address) => address && (canonicalAddress(address) ?? address));
    for (const [j, address] of texts.entries()) {
      if (address === void 0) continue;
      const path = ["vrrp", i, "addresses", j];
      if (texts.indexOf(address) < j)
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
function* addressesAreHosts({ addresses = [] }, i) {
  for (const [j, address] of addresses.entries())
    if (address !== void 0 && !isHost(address))
      yield { path: ["vrrp", i, "addresses", j], text: ADDRESS_WORDS };
}
function isHost(text) {
  const words = parseAddress(text);
  if (words === void 0 || isMulticast(words)) return false;
  if (words.length === 4) return words.some((word, i) => i === 3 ? word > 1 : word !== 0);
  const first = words[0] >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}
function* linkLocalIsFirst({ addresses = [] }, i) {
  const at = addresses.findIndex((address) => address !== void 0 && familyOf(address) === 6);
  const first = addresses[at];
  if (first === void 0 || isLinkLocalText(first)) return;
  yield {
    path: ["vrrp", i, "addresses", at],
    text: "a link-local address, such as fe80::254, as the first of the IPv6 addresses (RFC 9568 5.2.9)"
  };
}
function* versionFits({ version, interval, addresses = [] }, i) {
  if (version !== 2) return;
  const at = addresses.findIndex((address) => address !== void 0 && familyOf(address) === 6);
  if (at >= 0)
    yield { path: ["vrrp", i, "addresses", at], text: "an IPv4 address, for version 2 has no IPv6" };
  if (interval !== void 0 && !(interval % 1e3 === 0 && interval >= 1e3 && interval <= 255e3))
    yield {
      path: ["vrrp", i, "interval"],
      text: "a time from 1s to 255s in whole seconds, for version 2 has no other (RFC 3768 5.3.7)"
    };
}
function* ownerAccepts({ priority, accept }, i) {
  if (priority === OWNER && accept === false)
    yield {
      path: ["vrrp", i, "accept"],
      text: "true: with priority 255 the router owns the addresses, and takes packets to them (RFC 9568 6.4.3)"
    };
}
function* tracksAreReadable({ track: track2 = [] }, i) {
  for (const [j, { of, ...others } = {}] of track2.entries()) {
    if (of === void 0 || isProgram(of)) continue;
    const path = ["vrrp", i, "track", j];
    for (const key of ["interval", "arguments", "user", "time-limit"])
      if (others[key] !== void 0)
        yield { path: [...path, key], text: `no ${key}, which is for programs alone, and ${of} is none` };
    const adjacency = adjacencyOf(of);
    if (adjacency !== void 0) {
      if (!isInterfaceOrId(adjacency))
        yield {
          path: [...path, "of"],
          text: "ospf: and the name of an interface or a router id, such as ospf:eth1 or ospf:10.0.2.2"
        };
      continue;
    }
    if (of.includes("/") ? parsePrefix(of) === void 0 : of.length > LONGEST_NAME)
      yield {
        path: [...path, "of"],
        text: "a prefix such as 0.0.0.0/0 or fd00::/64, or an interface or address"
      };
  }
}
function isProgram(of) {
  return of.startsWith("/");
}
function adjacencyOf(of) {
  return of.startsWith(ADJACENCY) ? of.slice(ADJACENCY.length) : void 0;
}
var ADJACENCY = "ospf:";
function isInterfaceOrId(text) {
  return /^[^\s/:]{1,15}$/.test(text);
}
function* virtualAddressesFit(entry, i, whole) {
  const { interface: name = "", addresses = [] } = entry;
  for (const family of [4, 6]) {
    const networks = networksOf2(whole, name).filter(({ address }) => familyOf(address) === family);
    if (networks.length === 0) continue;
    for (const [j, address] of addresses.entries()) {
      if (address === void 0 || familyOf(address) !== family || !isHost(address)) continue;
      const text2 = whyUnfit(address, name, networks);
      if (text2 !== void 0) yield { path: ["vrrp", i, "addresses", j], text: text2 };
    }
  }
  const text = priorityWanted(entry, name, networksOf2(whole, name));
  if (text !== void 0) yield { path: ["vrrp", i, "priority"], text };
}
function whyUnfit(virtual, name, networks) {
  if (isLinkLocalText(virtual)) return void 0;
  const network = networks.find(({ address: address2, length: length2 }) => isWithin(`${address2}/${length2}`, virtual));
  if (network === void 0) {
    const list = networks.map(({ address: address2, length: length2 }) => `${address2}/${length2}`).join(", ");
    return `an address of a network of ${name}, which has ${list} (interfaces.${name}.addresses)`;
  }
  const { address, length } = network;
  const reserved = familyOf(virtual) === 4 ? reservedAs(virtual, length) : void 0;
  if (reserved === void 0) return void 0;
  return `the address of a host: in ${address}/${length} this is the network's ${reserved} address`;
}
function priorityWanted({ priority, addresses = [] }, name, networks) {
  if (priority === void 0 || networks.length === 0) return void 0;
  const ours = new Set(networks.map(({ address }) => canonicalAddress(address)));
  const known = new Set(networks.map(({ address }) => familyOf(address)));
  const virtual = addresses.flatMap((address) => address ?? []);
  const owned = virtual.find((address) => ours.has(canonicalAddress(address)));
  if (owned !== void 0 && priority !== OWNER)
    return `255, because ${owned} is an address of ${name} itself (interfaces.${name}.addresses), whose owner has this priority (RFC 9568 5.2.4)`;
  const foreign = virtual.find(
    (address) => known.has(familyOf(address)) && !ours.has(canonicalAddress(address)) && !isLinkLocalText(address)
  );
  if (foreign !== void 0 && priority === OWNER)
    return `1 to 254: 255 is for the owner of the addresses, and ${name} does not have ${foreign} (interfaces.${name}.addresses)`;
  return void 0;
}
function networksOf2({ interfaces = {} }, name) {
  const given = Object.hasOwn(interfaces, name) ? interfaces[name]?.addresses ?? [] : [];
  return given.flatMap((text = "") => {
    const [address = "", length = ""] = text.split("/");
    const host = familyOf(address) === 4 ? "32" : "128";
    return length === "" || length === host ? [] : [{ address, length: Number(length) }];
  });
}

// vrrp/config.ts
var CHECK_INTERVAL = 1e3;
var TIME_LIMIT = 1e4;
var PROGRAM = {
  arguments: {
    type: "array",
    maxItems: 16,
    items: { type: "string", maxLength: 256, pattern: "^[^\\u0000]*$" },
    unset: "none",
    description: "arguments of the program, as they are: no shell reads them"
  },
  user: {
    type: "string",
    pattern: "^[A-Za-z0-9_.-]{1,32}$",
    allowed: "the name or number of a user, but root",
    unset: "nobody; in the service the user of the router",
    description: "the user that the program runs as; it has no capability"
  },
  "time-limit": {
    duration: { least: "100ms", most: "10m" },
    default: "10s",
    description: "after which the program is killed with its process group"
  }
};
var NOTIFY = {
  type: "object",
  additionalProperties: false,
  required: ["program"],
  unset: "none is run",
  description: "a program that is run with each change of role, one at a time; of further changes the newest waits",
  properties: {
    program: {
      type: "string",
      format: "absolute-path",
      maxLength: 256,
      description: "its arguments are INSTANCE, interface/group, MASTER, BACKUP, FAULT or STOP, and the priority"
    },
    ...PROGRAM
  }
};
var TRACK = {
  type: "array",
  minItems: 1,
  maxItems: 16,
  identity: ["of"],
  description: "what the virtual router depends on",
  items: {
    type: "object",
    additionalProperties: false,
    required: ["of"],
    properties: {
      of: {
        type: "string",
        minLength: 1,
        maxLength: 256,
        allowed: "the name of an interface, a prefix such as 0.0.0.0/0, the address of a next hop, the absolute path of a program, or ospf: and the name of an interface or a router id, such as ospf:eth1",
        description: "an interface that is up, a prefix that the RIB has, a next hop that can be reached, a program that ends with code 0, or an OSPF neighbour that is Full (OSPF 4.2.0)"
      },
      interval: {
        duration: { least: "100ms", most: "1h" },
        unset: "1s",
        description: "of a program: the time from start to start"
      },
      arguments: PROGRAM.arguments,
      user: PROGRAM.user,
      "time-limit": {
        duration: { least: "100ms", most: "10m" },
        unset: "10s",
        description: PROGRAM["time-limit"].description
      },
      decrement: {
        type: "integer",
        minimum: 1,
        maximum: 253,
        unset: "the virtual router does not run meanwhile",
        description: "the priority is so much lower while it is not there, at least 1"
      }
    }
  }
};
var SCHEMA = {
  type: "array",
  minItems: 1,
  identity: ["interface", "group"],
  allowed: "a list of groups with at least one group, or no vrrp section at all",
  unset: "no VRRP module",
  description: "virtual routers (RFC 9568, RFC 3768)",
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
      version: {
        enum: [3, 2],
        default: 3,
        description: "version of VRRP; 2 (RFC 3768) is for old routers, IPv4 and intervals of whole seconds"
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
      "preempt-delay": {
        duration: { least: "0s", most: "1h" },
        default: "0s",
        description: "for how long an active router of lower priority is left alone first"
      },
      "start-delay": {
        duration: { least: "0s", most: "1h" },
        default: "0s",
        description: "for how long it takes no part after the interface came up or the router started"
      },
      "virtual-mac": {
        type: "boolean",
        default: true,
        description: "whether the addresses have the virtual router's own MAC (RFC 9568 7.3), so that hosts need not learn another; otherwise that of the interface"
      },
      accept: {
        type: "boolean",
        default: true,
        description: "Accept_Mode (RFC 9568 6.1): whether the host takes packets to the addresses, as a ping of the gateway. With false the kernel drops them by nf_tables, while ARP and IPv6 neighbour discovery are answered (IP 3.5.0). The owner takes them always"
      },
      checksum: {
        enum: ["auto", "rfc9568", "pseudo-header"],
        default: "auto",
        description: "what the checksum of sent IPv4 advertisements covers: the message alone (RFC 9568; Cisco) or a pseudo-header too (RFC 5798; FRR and keepalived by default). `auto` begins with the pseudo-header and follows the group. Both are taken always"
      },
      sync: {
        type: "string",
        pattern: "^[A-Za-z0-9_-]{1,32}$",
        allowed: "a name of up to 32 letters, digits, _ and -",
        unset: "it is active or not by itself",
        description: "virtual routers of one name are active together, or none is"
      },
      track: TRACK,
      notify: NOTIFY,
      addresses: {
        type: "array",
        minItems: 1,
        maxItems: 255,
        items: { type: "string", maxLength: 45, allowed: ADDRESS_WORDS },
        allowed: "a list of 1 to 255 addresses, such as [10.0.1.254] (RFC 9568 5.2.5)",
        description: "the virtual addresses, of a network of the interface, each once and in one group of it. One that is the interface's own makes this router the owner, with priority 255. IPv6 addresses make an IPv6 virtual router of the same number, the first of them is link-local"
      }
    }
  }
};
var section = { section: "vrrp", schema: SCHEMA, check, settings };
function settings(section2) {
  return {
    groups: section2.flatMap((entry) => [4, 6].flatMap((family) => groupOf(entry, family) ?? []))
  };
}
function groupOf(entry, family) {
  const addresses = entry.addresses.filter((address) => familyOf(address) === family);
  if (addresses.length === 0) return void 0;
  const { checksum, sync, track: track2 = [], notify: notify2 } = entry;
  return {
    interface: entry.interface,
    group: entry.group,
    family,
    version: entry.version,
    priority: entry.priority,
    interval: entry.interval / 10,
    preempt: entry.preempt,
    ...entry["preempt-delay"] > 0 && { preemptDelay: entry["preempt-delay"] },
    ...entry["start-delay"] > 0 && { startDelay: entry["start-delay"] },
    virtualMac: entry["virtual-mac"],
    ...entry.accept === false && { accept: false },
    addresses: addresses.map((address) => canonicalAddress(address) ?? address),
    // Without it, VRRP follows the group.
    ...family === 4 && checksum !== "auto" && { checksum },
    ...sync !== void 0 && { sync },
    ...track2.length > 0 && { track: track2.map(trackOf) },
    ...notify2 !== void 0 && { notify: scriptOf(notify2.program, notify2) }
  };
}
function scriptOf(program, entry) {
  const { arguments: args, user, "time-limit": timeLimit = TIME_LIMIT } = entry;
  return {
    program,
    timeLimit,
    ...args !== void 0 && { arguments: args },
    ...user !== void 0 && { user }
  };
}
function trackOf({ of, decrement, interval = CHECK_INTERVAL, ...entry }) {
  const what = kindOf2(of);
  return {
    what,
    of,
    ...decrement !== void 0 && { decrement },
    ...what === "program" && { check: { ...scriptOf(of, entry), interval } }
  };
}
function kindOf2(of) {
  if (isProgram(of)) return "program";
  if (adjacencyOf(of) !== void 0) return "adjacency";
  if (of.includes("/")) return "prefix";
  return canonicalAddress(of) === void 0 ? "interface" : "next-hop";
}
function readConfig(given) {
  const { groups = [] } = given ?? {};
  const keys = groups.map(keyOf);
  const twice = groups.find((group, i) => keys.indexOf(keyOf(group)) < i);
  if (twice === void 0) return { groups };
  return { error: `${nameOf(twice)} is configured twice; name it once (RFC 9568 1.6)` };
}

// vrrp/migration.ts
function up1({ config, relay, links, groups, counters, told = [] }) {
  const routers = [...groups].map(([key, router]) => [
    key,
    {
      ...router,
      ifSilent: "noResponse",
      statistics: { counters: {}, resignations: 0, becameActive: 0, unsent: 0 }
    }
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
function up3({ config, relay, links, groups, counters, limited, said }) {
  const routers = [...groups].map(([key, router]) => [key, routerOf(router)]);
  return {
    config: { groups: config.groups.map(groupOf2) },
    telling: { session: `from 3 ${relay}`, number: 0, wanted: true, asked: false, removed: [] },
    tracked: /* @__PURE__ */ new Map(),
    relay,
    links: new Map([...links].map(([name, link]) => [name, linkOf(link)])),
    groups: new Map(routers),
    counters: { ...counters },
    limited: structuredClone(limited),
    said: new Map(said)
  };
}
function down3({ config, relay, links, groups, counters, limited, said }) {
  const kept = config.groups.filter(({ family, version }) => family === 4 && version === 3);
  const keys = new Set(kept.map(({ interface: name, group }) => `${name}/${group}`));
  const routers = [...groups].flatMap(
    ([key, router]) => keys.has(key) ? [[key, routerOfV3(router)]] : []
  );
  const used = new Set(kept.map(({ interface: name }) => name));
  return {
    config: { groups: kept.map(groupOfV3) },
    relay,
    links: new Map(
      [...links].flatMap(
        ([name, link]) => used.has(name) ? [[name, linkOfV3(link)]] : []
      )
    ),
    groups: new Map(routers),
    counters: { ...counters },
    limited: structuredClone(limited),
    said: new Map([...said].filter(([key]) => keys.has(key))),
    checked: true
  };
}
function up4({ config, groups, tracked, checkResults = /* @__PURE__ */ new Map(), ...state }) {
  const { groups: configs } = structuredClone(config);
  const now = { groups: configs.map(groupOfV5) };
  const told = new Map([...tracked, ...checkResults]);
  const dependencies = [...tracksOf(now)].map(([id, { what, of }]) => {
    if (what === "interface") return [id, { there: state.links.get(of)?.up === true }];
    return [id, { ...told.get(id) }];
  });
  const routers = [...groups].map(([key, router]) => {
    const copy = structuredClone(router);
    return [key, { ...copy, reigns: reignsOf(copy.history) }];
  });
  return {
    ...structuredClone(state),
    config: now,
    groups: new Map(routers),
    dependencies: new Map(dependencies),
    adjacencies: /* @__PURE__ */ new Map()
  };
}
function down4({ config, groups, dependencies, adjacencies: _, ...state }) {
  const tracked = /* @__PURE__ */ new Map();
  const checkResults = /* @__PURE__ */ new Map();
  for (const [id, { what }] of tracksOf(config)) {
    const { there, why } = dependencies.get(id) ?? {};
    if (there === void 0 || what === "interface" || what === "adjacency") continue;
    (what === "program" ? checkResults : tracked).set(id, { there, ...why !== void 0 && { why } });
  }
  const routers = [...groups].map(([key, router]) => {
    const { reigns: _reigns, notified: _notified, ...kept } = router;
    return [key, structuredClone(kept)];
  });
  return {
    ...structuredClone(state),
    config: { groups: structuredClone(config).groups.map(groupOfV4) },
    groups: new Map(routers),
    tracked,
    ...checkResults.size > 0 && { checkResults }
  };
}
function groupOfV5({ track: track2 = [], checks = [], ...group }) {
  const programs = checks.map(({ decrement, ...check2 }) => {
    const { program: of } = check2;
    return { what: "program", of, ...decrement !== void 0 && { decrement }, check: check2 };
  });
  const all = [...track2, ...programs];
  return { ...group, ...all.length > 0 && { track: all } };
}
function groupOfV4({ track: track2 = [], ...group }) {
  const tracks = [];
  const checks = [];
  for (const { what, of, decrement, check: check2 } of track2) {
    const lower = decrement === void 0 ? {} : { decrement };
    if (check2 !== void 0) checks.push({ ...check2, ...lower });
    else if (what !== "adjacency" && what !== "program") tracks.push({ what, of, ...lower });
  }
  return {
    ...group,
    ...tracks.length > 0 && { track: tracks },
    ...checks.length > 0 && { checks }
  };
}
function reignsOf(history) {
  return history.filter(({ active }, i) => active !== (history[i + 1]?.active ?? "")).map(({ active, state, reason, at }) => ({ active, ours: state === "Active", reason, at }));
}
function groupOf2(group) {
  return { ...group, family: 4, version: 3, virtualMac: true };
}
function groupOfV3({ checksum, ...group }) {
  const { interface: name, priority, interval, preempt: preempt2, addresses } = group;
  return {
    interface: name,
    group: group.group,
    priority,
    interval,
    preempt: preempt2,
    addresses: [...addresses],
    ...checksum !== void 0 && { checksum }
  };
}
function routerOf({ statistics, checksum, ...router }) {
  const { lastChange, ...counts } = copyOf(statistics);
  const { state, active } = router;
  return {
    ...router,
    family: 4,
    checksum: structuredClone(checksum),
    statistics: counts,
    history: lastChange === void 0 ? [] : [{ state, reason: lastChange.reason, at: lastChange.at, active }],
    holding: { untold: true, announced: 0 }
  };
}
function routerOfV3({
  family: _,
  holding: _holding,
  history,
  statistics,
  checksum,
  ...router
}) {
  const [last] = history;
  const counts = copyOf(statistics);
  delete counts.counters.resigned;
  return {
    ...router,
    checksum: structuredClone(checksum),
    statistics: {
      ...counts,
      ...last !== void 0 && { lastChange: { reason: last.reason, at: last.at } }
    }
  };
}
function linkOf({ name, index, up, mtu, mac, addresses }) {
  return { name, index, admin: up, up, mtu, mac, kind: "", pointToPoint: false, table: 254, addresses };
}
function linkOfV3({ name, index, up, mtu, mac, addresses }) {
  const ipv4 = addresses.filter(({ address }) => familyOf(address) === 4);
  return {
    name,
    index,
    up,
    mtu,
    mac,
    addresses: ipv4.map(({ address, prefixLength, peer }) => ({
      address,
      prefixLength,
      ...peer !== void 0 && { peer }
    }))
  };
}
function copyOf(statistics) {
  return { ...statistics, counters: { ...statistics.counters } };
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
  const source = `${keyOf(config)} ${from}`;
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
      `${nameOf(config)}: ${from} advertises ${theirs2}, configured here is ${ours2}; make them agree (${mismatch})${leftOutText(due)}`
    );
  };
  if (priority !== RESIGNS) {
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
  if (run.config.family === 6 || run.config.version === 2) return;
  if (forms.length !== 1 || form === void 0) return;
  const { checksum = "auto" } = run.config;
  if (checksum === "auto") learn(state, run, form, from, ctx);
  else if (form !== checksum) {
    tell4(state, run, ctx, "checksumMismatch", from, "warn", () => {
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
    tell4(state, run, ctx, "checksumMixed", "", "warn", () => {
      return `${from} sends checksums ${TEXTS[form]}, ${other.from} does not, and routers that take one form alone do not hear each other; advertisements leave in both forms, make them agree`;
    });
  }
  if (form === learned.form) return;
  learned.form = form;
  if (learned.mixed) return;
  tell4(state, run, ctx, "checksumFollowed", form, "info", () => {
    return `checksums are ${TEXTS[form]} from now on, as those of ${from}`;
  });
}
function tell4(state, { config }, ctx, kind, source, level, text) {
  const due = lineDue(state.limited, kind, `${keyOf(config)} ${source}`, ctx.now());
  if (due !== void 0) ctx.log(level, `${nameOf(config)}: ${text()} (${kind})${leftOutText(due)}`);
}

// vrrp/drop.ts
var DROP_REASONS = {
  inactive: "the interface has no address to run VRRP with",
  own: "it is our own",
  // RFC 9568 7.1
  ttl: "its TTL is not 255: it may come from another network",
  source: "its source is no address that a router advertises from (5.1.1.1, 5.1.2.1)",
  version: "it is not of the version that is configured here",
  type: "it is no advertisement",
  truncated: "it is shorter than its address count says",
  checksum: "its checksum is wrong",
  addressCount: "it lists no address (5.2.5)",
  vrid: "no virtual router of this number is configured here",
  owner: "we own the addresses of this virtual router (priority 255)",
  interval: "its advertisement interval is 0",
  // RFC 3768 7.1, for version 2
  authentication: "it has an authentication, which version 2 has no more (RFC 3768)",
  adverInterval: "its advertisement interval is not ours, which version 2 demands (RFC 3768 7.1)"
};

// vrrp/receive.ts
function receive(state, name, family, datum, agenda, ctx) {
  const dropped = take(state, name, family, datum, agenda, ctx);
  if (dropped === void 0) return;
  const { reason, counters = state.counters } = dropped;
  count(counters, reason);
  if (reason !== "own" && reason !== "inactive") tellDrop(state, name, datum.from, reason, ctx);
}
function take(state, name, family, datum, agenda, ctx) {
  const { from } = datum;
  const link = state.links.get(name);
  if (!link?.up || !isUsable(link, family)) return { reason: "inactive" };
  if (link.addresses.some(({ address }) => address === from)) return { reason: "own" };
  const adv = decode(datum);
  if ("error" in adv) return { reason: adv.error };
  const router = state.groups.get(keyOf({ interface: name, group: adv.group, family }));
  if (router === void 0) return { reason: "vrid" };
  const { counters } = router.statistics;
  const run = running(state, router);
  if (run === void 0) return { reason: "inactive", counters };
  if (adv.version !== run.config.version) return { reason: "version", counters };
  if (adv.interval !== 0) formHeard(state, run, checksumForms(datum), from, ctx);
  if (run.priority === OWNER) return { reason: "owner", counters };
  if (adv.interval === 0) return { reason: "interval", counters };
  if (adv.version === 2 && adv.interval !== run.config.interval) return { reason: "adverInterval", counters };
  count(counters, "received");
  checkAgreement(state, run, adv, from, ctx);
  const { priority, interval } = adv;
  agenda.virtualRouter(router, { type: "Advertisement", priority, interval, from }, run);
  return void 0;
}
function tellDrop(state, name, from, reason, ctx) {
  const due = lineDue(state.limited, dropsOf(reason), `${name} ${from}`, ctx.now());
  if (due === void 0) return;
  ctx.log(
    "warn",
    `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason})${leftOutText(due)}`
  );
}

// vrrp/sync.ts
function lead(state, router, before, agenda) {
  const { sync } = configOf(state, router);
  const { state: now } = router;
  if (sync === void 0 || now === "Initialize" || now === "Backup" && before !== "Active") return;
  for (const other of state.config.groups) {
    if (other.sync !== sync || keyOf(other) === keyOf(router)) continue;
    agenda.virtualRouter(state.groups.get(keyOf(other)), { type: "Follow", state: now });
  }
}

// vrrp/virtual-router.ts
var TRANSITIONS = {
  // event              state         action
  Startup: { Initialize: wait },
  StartTimer: { Initialize: startup },
  AddressesChanged: { Backup: claimOwn, Active: renumber },
  ParametersChanged: { Backup: rethink, Active: keepBeat },
  PriorityChanged: { Active: advertise2 },
  ActiveDownTimer: { Backup: takeOver },
  PreemptTimer: { Backup: preempt },
  AdverTimer: { Active: advertise2 },
  Advertisement: { Backup: listen, Active: contend },
  Follow: { Backup: follow, Active: follow },
  Leave: { Active: resign }
};
var WAITING = ["activeDown", "preempt", "begin"];
var MISSED_MOST = 3;
function virtualRouterEvent(state, router, event, known, agenda, ctx) {
  const row = TRANSITIONS[event.type];
  const action = row?.[router.state];
  const find = event.type === "Leave" ? sending : running;
  const run = action && (known ?? find(state, router));
  const { active } = router;
  const next = run && action(run, event, agenda, ctx);
  if (event.type === "Shutdown") shutdown(state, router, "shutdown", agenda, ctx);
  else if (event.type === "Leave") shutdown(state, router, event.why, agenda, ctx);
  else if (next !== void 0) changeState(state, router, run, next, agenda, ctx);
  if (router.active !== active) noteReign(router, next?.[1] ?? reasonOf(event), ctx);
}
function noteReign(router, reason, ctx) {
  const { active, state } = router;
  const reign = { active, ours: state === "Active", reason, at: ctx.now() };
  router.reigns = [reign, ...router.reigns].slice(0, MOST_REIGNS);
}
function reasonOf(event) {
  if (event.type === "Advertisement") return event.priority === RESIGNS ? "resigned" : "heard";
  if (event.type === "Leave") return event.why;
  return event.type === "Shutdown" ? "shutdown" : "renumbered";
}
function changeState(state, router, run, [next, why], agenda, ctx) {
  const { statistics, state: last } = router;
  const key = keyOf(router);
  tellChange(state, router, `${last} -> ${next}`, why, ctx);
  router.state = next;
  const change = { state: next, reason: why, at: ctx.now(), active: router.active };
  router.history = [change, ...router.history].slice(0, MOST_CHANGES);
  agenda.roleChanged(router, last);
  if (next !== "Backup") for (const timer of WAITING) ctx.cancelTimer(timer, key);
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
function advertise2(run, event, agenda) {
  agenda.advertise(run);
  if (event.type === "AdverTimer" && event.missed >= MISSED_MOST) agenda.announce(run.router);
}
function wait(run, _event, agenda, ctx) {
  const { router, config } = run;
  if (config.startDelay === void 0) return startup(run, void 0, agenda, ctx);
  const key = keyOf(router);
  if (ctx.timerDue("begin", key) === void 0) ctx.setTimer("begin", key, config.startDelay);
  return void 0;
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
function claimOwn({ router, own, priority }) {
  if (priority !== OWNER) return void 0;
  router.active = own;
  return ["Active", "owner"];
}
function renumber({ router, own }) {
  router.active = own;
}
function rethink(run, { interval }, _agenda, ctx) {
  const { router, config } = run;
  const alone = router.active === "" && router.ifSilent === "noResponse";
  if ((alone || config.version === 2) && interval !== config.interval) {
    router.activeAdverInterval = config.interval;
    armActiveDown(run, activeDownInterval(run), ctx);
  }
  ctx.cancelTimer("preempt", keyOf(router));
  return claimOwn(run);
}
function keepBeat(run, { interval }, _, ctx) {
  if (interval !== run.config.interval) retime(ctx, "adver", keyOf(run.router), adverInterval(run));
  return renumber(run);
}
function takeOver({ router, own }) {
  router.active = own;
  return ["Active", router.ifSilent];
}
function preempt({ router, own }) {
  router.active = own;
  return ["Active", "preempted"];
}
function listen(run, event, agenda, ctx) {
  const { router, config, priority } = run;
  if (event.priority === RESIGNS) {
    router.statistics.resignations++;
    router.active = "";
    router.ifSilent = "resigned";
    armActiveDown(run, skewTime(run), ctx);
    return;
  }
  router.active = event.from;
  if (router.holding.linger !== void 0) agenda.takenOver(router);
  if (config.preempt && event.priority < priority) {
    if (config.preemptDelay === void 0) {
      router.ifSilent = "preempted";
      return;
    }
    const key = keyOf(router);
    if (ctx.timerDue("preempt", key) === void 0) ctx.setTimer("preempt", key, config.preemptDelay);
  } else ctx.cancelTimer("preempt", keyOf(router));
  obey(run, event, ctx);
}
function contend(run, event, agenda, ctx) {
  const { router, own, priority } = run;
  if (event.priority === RESIGNS) router.statistics.resignations++;
  const { priority: theirs, from } = event;
  const yields = theirs > priority || theirs === priority && isHigher(from, own);
  if (theirs === RESIGNS || !yields) {
    agenda.advertise(run);
    agenda.announce(router);
    if (theirs === RESIGNS) beat(ctx, "adver", keyOf(router), adverInterval(run));
    return void 0;
  }
  router.active = event.from;
  obey(run, event, ctx);
  return ["Backup", theirs > priority ? "priority" : "address"];
}
function obey(run, { interval }, ctx) {
  run.router.activeAdverInterval = run.config.version === 2 ? run.config.interval : interval;
  run.router.ifSilent = "noResponse";
  armActiveDown(run, activeDownInterval(run), ctx);
}
function follow(run, { state }, agenda, ctx) {
  const { router, config, own } = run;
  if (state === router.state) return void 0;
  if (state === "Active") {
    router.active = own;
    return ["Active", "sync"];
  }
  agenda.advertise(run, RESIGNS);
  router.active = "";
  router.activeAdverInterval = config.interval;
  router.ifSilent = "noResponse";
  armActiveDown(run, activeDownInterval(run), ctx);
  return ["Backup", "sync"];
}
function resign(run, _event, agenda) {
  agenda.advertise(run, RESIGNS);
}
function shutdown(state, router, why, agenda, ctx) {
  agenda.left(router);
  ctx.cancelTimer("begin", keyOf(router));
  if (router.state === "Initialize") return;
  router.active = "";
  changeState(state, router, void 0, ["Initialize", why], agenda, ctx);
}
function armActiveDown({ router }, after, ctx) {
  ctx.setTimer("activeDown", keyOf(router), after);
}
function isHigher(one, other) {
  const others = parseAddress(other) ?? [];
  for (const [i, word] of (parseAddress(one) ?? []).entries())
    if (word !== others[i]) return word > (others[i] ?? 0);
  return false;
}
function tellChange({ limited }, router, change, why, ctx) {
  const now = ctx.now();
  const due = lineDue(limited, changesOf(keyOf(router)), String(now), now);
  if (due === void 0) return;
  const left = due.others > 0 ? `, ${due.others} changes before it are left out` : "";
  ctx.log("info", `${nameOf(router)}: ${change} (${CHANGE_REASONS[why]}${left})`);
}

// vrrp/settle.ts
var { settle, settleAtOnce } = settling({
  virtualRouter: (state, { router, event, run }, agenda, ctx) => virtualRouterEvent(state, router, event, run, agenda, ctx),
  advertise: (state, { run, priority }, _agenda, ctx) => advertise(state, run, priority, ctx),
  roleChanged: (state, { router, before }, agenda, ctx) => {
    countAnew(router);
    notify(state, router, before, ctx);
    holdRole(state, router, before, agenda);
    lead(state, router, before, agenda);
  },
  acceptChanged: (_state, { router }, agenda) => hold(router, agenda),
  announce: (_state, { router }, agenda, ctx) => announce(router, agenda, ctx),
  takenOver: (_state, { router }, agenda) => holdNoMore(router, agenda),
  left: (_state, { router }) => forgetHeard(router),
  tell: (state, _item, _agenda, ctx) => tell3(state, ctx)
});

// duration.ts
var UNITS = { h: 36e5, m: 6e4, s: 1e3 };
function formatDuration(ms) {
  for (const [unit, size] of Object.entries(UNITS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms < 1e3 ? `${ms}ms` : `${ms / 1e3}s`;
}

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
      { key: "version", title: "VERSION" },
      { key: "state", title: "STATE" },
      { key: "priority", title: "PRIORITY" },
      { key: "active", title: "ACTIVE ROUTER" },
      { key: "addresses", title: "ADDRESSES" },
      { key: "checksum", title: "CHECKSUM" },
      { key: "problem", title: "PROBLEM" }
    ],
    none: "no virtual routers"
  },
  detail: {
    words: "vrrp detail",
    description: "virtual routers with their parameters, times, what they depend on, and who was active when and why",
    request: "showDetail",
    lines: "lines",
    none: "no virtual routers"
  },
  statistics: {
    words: "vrrp statistics",
    description: "advertisements and errors of each virtual router (RFC 8347)",
    request: "showStatistics",
    columns: [
      { key: "interface", title: "INTERFACE" },
      { key: "group", title: "GROUP" },
      { key: "family", title: "FAMILY" },
      { key: "activeTransitions", title: "TO ACTIVE" },
      { key: "advertisementSent", title: "SENT" },
      { key: "advertisementRcvd", title: "RCVD" },
      { key: "priorityZeroPktsSent", title: "PRIO 0 SENT" },
      { key: "priorityZeroPktsRcvd", title: "PRIO 0 RCVD" },
      { key: "intervalErrors", title: "INTERVAL" },
      { key: "addressListErrors", title: "ADDRESSES" },
      { key: "dropped", title: "DROPPED" }
    ],
    none: "no virtual routers"
  },
  history: {
    words: "vrrp history",
    description: "who was active, since when, for how long and why, the latest first",
    request: "showHistory",
    columns: [
      { key: "interface", title: "INTERFACE" },
      { key: "group", title: "GROUP" },
      { key: "family", title: "FAMILY" },
      { key: "since", title: "SINCE" },
      { key: "lasted", title: "FOR" },
      { key: "active", title: "ACTIVE ROUTER" },
      { key: "ours", title: "OURS" },
      { key: "reason", title: "WHY" }
    ],
    none: "nobody was active"
  },
  drops: {
    words: "vrrp drops",
    description: "packets that were dropped, of all virtual routers and of none, by reason",
    request: "showDrops",
    columns: [
      { key: "reason", title: "REASON" },
      { key: "count", title: "COUNT" },
      { key: "source", title: "LAST TOLD OF" },
      { key: "meaning", title: "MEANING" }
    ],
    none: "nothing was dropped"
  }
};
function virtualRouterViews(state) {
  return each(state).map(({ config, router }) => viewOf(state, config, router));
}
function viewOf(state, config, router) {
  const { interface: name, group, family, version, addresses } = config;
  return {
    interface: name,
    group,
    family,
    version,
    state: router.state,
    priority: running(state, router)?.priority ?? config.priority,
    active: router.active,
    addresses: [...addresses],
    checksum: formsSent(router.checksum, config),
    problem: problemOf(state, router)
  };
}
function problemOf(state, router) {
  const { unsent, notSentReason = "" } = router.statistics;
  if (unsent > 0) return `not sent: ${notSentReason} (${unsent} in a row)`;
  const unknown = state.telling.takesAccept === false ? whyTaken(state, router) : void 0;
  return router.holding.problem ?? unknown ?? "";
}
function detailViews(state, ctx) {
  return each(state).map(({ config, router }) => {
    const view = viewOf(state, config, router);
    const history = router.history.map(({ at, ...change }) => ({
      ...change,
      reason: CHANGE_REASONS[change.reason],
      ago: Math.round(ctx.now() - at)
    }));
    const due = ctx.timerDue("activeDown", keyOf(router));
    const { sync, notify: notify2 } = config;
    const track2 = dependenciesOf(state, config, ctx.now());
    return {
      ...view,
      interval: config.interval * 10,
      preempt: config.preempt,
      device: router.holding.device ?? "",
      lingers: router.holding.lingers ?? false,
      acceptMode: !isRefusing(state, router),
      takenBecause: whyTaken(state, router) ?? "",
      activeDownIn: due === void 0 ? null : Math.round(due),
      sync: sync ?? "",
      track: track2,
      notify: notify2?.program ?? "",
      history,
      lines: [
        `${nameOf(config)}, version ${config.version}: ${view.state}${view.problem === "" ? "" : ` (${view.problem})`}`,
        `  Addresses ${view.addresses.join(", ")}`,
        `  Priority ${view.priority} (configured ${config.priority}), advertisement interval ${formatDuration(config.interval * 10)}, ${preemptText(config)}`,
        `  Active router ${view.active === "" ? "unknown" : view.active}, advertisement interval ${formatDuration(router.activeAdverInterval * 10)}${due === void 0 ? "" : `, missed in ${Math.round(due)} ms`}`,
        `  Virtual MAC ${macText(config, router)}`,
        `  Accept mode ${acceptText(state, router)}`,
        ...sync === void 0 ? [] : [`  Sync group ${sync}`],
        ...track2.map(dependencyText),
        ...notify2 === void 0 ? [] : [notifyText(notify2.program, router, ctx.now())],
        ...history.map(
          ({ state: then, reason, ago, active }) => `  ${wholeSeconds(ago)} ago: ${then}, ${reason}${active === "" ? "" : `, active ${active}`}`
        )
      ]
    };
  });
}
function dependenciesOf(state, { track: track2 = [] }, now) {
  return track2.map((one) => {
    const { there = null, why = "", since } = state.dependencies.get(trackId(one)) ?? {};
    return {
      of: [one.of, ...one.check?.arguments ?? []].join(" "),
      there,
      why,
      decrement: one.decrement ?? null,
      for: since === void 0 ? null : Math.round(now - since)
    };
  });
}
function dependencyText({ of, there, why, decrement, for: since }) {
  const without = decrement === null ? "does not run without" : `priority ${decrement} lower without`;
  const now = there === null ? "not known yet" : there ? "there" : `not there${why === "" ? "" : `: ${why}`}`;
  const long = since === null || there === null ? "" : `, for ${wholeSeconds(since)}`;
  return `  Depends on ${of}, ${without}: ${now}${long}`;
}
function notifyText(program, { notified }, now) {
  const last = notified && ` (the last run ${notified.how}, ${wholeSeconds(now - notified.at)} ago)`;
  return `  Changes of role are told to ${program}${last ?? ""}`;
}
function wholeSeconds(ms) {
  return formatDuration(Math.round(ms / 1e3) * 1e3);
}
function historyViews(state, ctx) {
  return each(state).flatMap(
    ({ config: { interface: name, group, family }, router: { reigns } }) => reigns.map(({ active, ours, reason, at }, i) => {
      const until = i === 0 ? ctx.now() : reigns[i - 1].at;
      return {
        interface: name,
        group,
        family,
        active,
        ours,
        reason: REIGN_REASONS[reason],
        ago: Math.round(ctx.now() - at),
        since: `${wholeSeconds(ctx.now() - at)} ago`,
        lasted: formatDuration(Math.round(until - at))
      };
    })
  );
}
function preemptText({ preempt: preempt2, preemptDelay }) {
  if (!preempt2) return "does not preempt";
  return preemptDelay === void 0 ? "preempts" : `preempts after ${formatDuration(preemptDelay)}`;
}
function macText({ virtualMac: virtualMac2 }, { holding: { device, lingers } }) {
  if (!virtualMac2) return "is not used: that of the interface is";
  if (device === void 0) return "is not there";
  return lingers ? `on ${device}, with the addresses still there until another router has taken over` : `on ${device}`;
}
function acceptText(state, router) {
  if (!isRefusing(state, router)) return "true";
  const why = whyTaken(state, router);
  return why === void 0 ? "false: packets to the addresses are dropped" : `false, but packets to the addresses are taken: ${why}`;
}
function statisticsViews(state) {
  return each(state).map(({ config, router }) => {
    const { counters, resignations, becameActive } = router.statistics;
    const { interface: name, group, family } = config;
    return {
      interface: name,
      group,
      family,
      activeTransitions: becameActive,
      advertisementSent: counters.sent ?? 0,
      advertisementRcvd: counters.received ?? 0,
      priorityZeroPktsSent: counters.resigned ?? 0,
      priorityZeroPktsRcvd: resignations,
      intervalErrors: (counters.intervalMismatch ?? 0) + (counters.adverInterval ?? 0) + (counters.interval ?? 0),
      addressListErrors: counters.addressMismatch ?? 0,
      dropped: DROPPED.reduce((sum, reason) => sum + (counters[reason] ?? 0), 0),
      notSent: counters.notSent ?? 0,
      reasons: reasonsOf(counters)
    };
  });
}
var DROPPED = ["inactive", "version", "owner", "interval", "adverInterval"];
function reasonsOf(counters) {
  const reasons = {};
  for (const reason of DROPPED) if (counters[reason] !== void 0) count(reasons, reason, counters[reason]);
  return reasons;
}
function dropViews(state) {
  const counters = {};
  addTo(counters, state.counters);
  for (const { statistics } of state.groups.values())
    addTo(counters, statistics.counters);
  return Object.keys(DROP_REASONS).flatMap((reason) => {
    const count2 = counters[reason];
    if (count2 === void 0) return [];
    const source = [...state.limited.get(dropsOf(reason))?.told.keys() ?? []].at(-1) ?? "-";
    return [{ reason, count: count2, source, meaning: DROP_REASONS[reason] }];
  });
}
function each(state) {
  return state.config.groups.map((config) => ({ config, router: state.groups.get(keyOf(config)) }));
}

// vrrp/module.ts
var manifest = {
  api: 2,
  name: "VRRP",
  version: "4.2.0",
  description: "VRRP version 3 over IPv4 and IPv6 (RFC 9568), and version 2 (RFC 3768)",
  maxHandlerMs: MAX_HANDLER_MS,
  needs: ["links"],
  accepts: { virtualRouters: [1], showDetail: [1], showStatistics: [1], showHistory: [1], showDrops: [1] },
  subscribes: {
    broadcast: [1],
    links: [1],
    tracked: [1],
    subscriptions: [1],
    virtualRoutersWanted: [1],
    virtualRouterHeld: [1],
    adjacencies: [1]
  },
  sends: { IP: { virtualRouters: 1, track: 1, tracking: 1 } },
  timers: ["activeDown", "adver", "preempt", "begin", "tell", "look", "check", "silence"],
  ports: {
    vrrp: { kind: "raw-ip", protocol: PROTOCOL, groups: [GROUPS[4]], ttl: UNFORWARDED },
    vrrp6: { kind: "raw-ip6", protocol: PROTOCOL, groups: [GROUPS[6]], hopLimit: UNFORWARDED },
    // A Backup Router must not tell switches of the virtual MAC by joining a group with it.
    virtual: { kind: "raw-ip", protocol: PROTOCOL, groups: [], ttl: UNFORWARDED },
    // The source is the link-local address of the interface that the virtual MAC is on.
    virtual6: { kind: "raw-ip6", protocol: PROTOCOL, groups: [], hopLimit: UNFORWARDED, anySource: true },
    notify: { kind: "program" },
    script: { kind: "program" }
  },
  config: section,
  views,
  state: {
    version: 5,
    up: { 1: up1, 2: up2, 3: up3, 4: up4 },
    down: { 1: down1, 2: down2, 3: down3, 4: down4 }
  }
};
var Vrrp = class extends import_runtime.Module {
  initial(given) {
    const config = readConfig(given);
    if ("error" in config) throw new Error(config.error);
    return initialState(config, Date.now().toString(36));
  }
  /** Virtual routers that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  start(why) {
    this.#inherited = failingOf(this.state, this.ctx);
    usePorts(this.state, this.ctx);
    const begins = why === "cold" || why === "resume";
    if (begins) beginHolding(this.state);
    if (begins) forgetAll(this.state, this.ctx.now());
    else keepDependencies(this.state, this.ctx.now());
    useScripts(this.state, this.ctx);
    startAdverTimers(this.state, this.ctx);
    if (begins) track(this.state, void 0, this.ctx);
    awaitAdjacencies(this.state, this.ctx);
    this.ctx.setTimer("look", "", 0);
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
  /** 6.4.3: the other routers need not wait until they miss us. */
  stop(_why) {
    const agenda = new VrrpAgenda();
    leaveAll(this.state, agenda);
    settleAtOnce(this.state, agenda, this.ctx);
    releaseAll(this.state, this.ctx);
  }
  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  isHealthy() {
    return unheard(this.state, this.#inherited, this.ctx) ?? true;
  }
  *#handle(begin2) {
    const agenda = new VrrpAgenda();
    begin2(agenda);
    yield* settle(this.state, agenda, this.ctx);
  }
  #event(key, event) {
    return this.#handle((agenda) => {
      const router = this.state.groups.get(key);
      if (router !== void 0) agenda.virtualRouter(router, event);
    });
  }
  #packet(name, family, datum) {
    return this.#handle((agenda) => receive(this.state, name, family, datum, agenda, this.ctx));
  }
  // ——— Packets and links ———
  onVrrp({ key, datum: { ttl, ...datum } }) {
    return this.#packet(key, 4, { ...datum, hops: ttl });
  }
  onVrrp6({ key, datum: { hopLimit, ...datum } }) {
    return this.#packet(key, 6, { ...datum, hops: hopLimit });
  }
  /** Advertisements go to the group, which the interface itself has joined: nothing is awaited at the virtual MAC. */
  onVirtual() {
  }
  onVirtual6() {
  }
  onLinks({ body }) {
    return this.#handle((agenda) => linkChanged(this.state, body, agenda, this.ctx));
  }
  /** Soon after a start: what no event sets off. */
  onLook() {
    return this.#handle((agenda) => {
      startIdle(this.state, agenda);
      holdAgain(this.state);
      for (const config of this.state.config.groups) tellContradictions(this.state, config, this.ctx);
      tellRefusing(this.state, agenda);
      agenda.tell();
    });
  }
  // ——— Times ———
  onBroadcast({ body }) {
    return this.#handle((agenda) => advertiseOnTick(this.state, body, agenda, this.ctx));
  }
  onAdver({ key, overruns }) {
    return this.#event(key, { type: "AdverTimer", missed: overruns });
  }
  onActiveDown({ key }) {
    return this.#event(key, { type: "ActiveDownTimer" });
  }
  onPreempt({ key }) {
    return this.#event(key, { type: "PreemptTimer" });
  }
  onBegin({ key }) {
    return this.#event(key, { type: "StartTimer" });
  }
  // ——— What IP has and tells ———
  onTell() {
    return this.#handle((agenda) => agenda.tell());
  }
  onVirtualRoutersWanted({ body }) {
    return this.#handle((agenda) => takeWanted(this.state, body, agenda, this.ctx));
  }
  onVirtualRouterHeld({ body }) {
    if (takeHeld(this.state, body, this.ctx)) usePorts(this.state, this.ctx);
  }
  onSubscriptions({ body }) {
    takeTracks(this.state, body, this.ctx);
  }
  onTracked({ body }) {
    return this.#handle((agenda) => takeTracked(this.state, body, agenda, this.ctx));
  }
  // ——— What routing protocols tell ———
  onAdjacencies({ body }) {
    return this.#handle((agenda) => takeAdjacencies(this.state, body, agenda, this.ctx));
  }
  onSilence({ key, body }) {
    return this.#handle((agenda) => protocolSilent(this.state, key, body === "last", agenda, this.ctx));
  }
  // ——— Programs ———
  onNotify({ key, datum }) {
    takeNotified(this.state, key, datum, this.ctx);
  }
  onCheck({ key }) {
    runCheck(key, this.ctx);
  }
  onScript({ key, datum }) {
    return this.#handle((agenda) => takeChecked(this.state, key, datum, agenda, this.ctx));
  }
  // ——— Views ———
  onVirtualRouters() {
    return virtualRouterViews(this.state);
  }
  onShowDetail() {
    return detailViews(this.state, this.ctx);
  }
  onShowStatistics() {
    return statisticsViews(this.state);
  }
  onShowHistory() {
    return historyViews(this.state, this.ctx);
  }
  onShowDrops() {
    return dropViews(this.state);
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
