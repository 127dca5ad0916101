// ospf@2.1.0, a module bundle of hitless. Released: it never changes.
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

// ospf/module.ts
var module_exports = {};
__export(module_exports, {
  default: () => Ospf,
  manifest: () => manifest
});
module.exports = __toCommonJS(module_exports);
var import_runtime = require("hitless/runtime");

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function isMilestone(counted) {
  return /^10*$/.test(String(counted));
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
function noteAllWell(log, source, now) {
  for (const kind of log.keys()) noteWell(log, kind, source, now);
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

// ospf/drop.ts
var DROP_REASONS = {
  // RFC 2328 8.2
  destination: "it is for another address",
  own: "it is our own",
  truncated: "it is shorter than its header says",
  version: "it is not OSPF version 2",
  area: "its area is not ours",
  network: "its source is not in the network of the interface",
  allDRouters: "it is for designated routers, and we are none",
  auType: "its authentication type is not 0 (none)",
  checksum: "its checksum is wrong",
  type: "its packet type is unknown",
  noAdjacency: "it belongs to an adjacency, and we have none",
  // RFC 2328 10.5
  helloLength: "its length is not that of a Hello",
  mask: "its network mask is not ours",
  helloInterval: "its HelloInterval is not ours",
  deadInterval: "its RouterDeadInterval is not ours",
  externalRouting: "its E-bit is clear, and our area is no stub",
  // ours
  routerId: "its router id is ours, which no other router may have, or 0.0.0.0",
  tooManyNeighbors: "the interface has as many neighbours as it takes, and room for none that does not list us"
};
function dropText({ error, theirs, ours }) {
  const values = [
    ...theirs === void 0 ? [] : [`theirs is ${theirs}`],
    ...ours === void 0 ? [] : [`ours is ${ours}`]
  ].join(", ");
  return `${DROP_REASONS[error]}${values === "" ? "" : `: ${values}`} (${error})`;
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

// broadcast.ts
function isDue({ tick, period }, interval) {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
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
function subnetInUse(link, named) {
  return link?.up ? chooseSubnet(link, named).used : void 0;
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
  if (prefixLength === 31) return void 0;
  const host = (toNumber(address) & ~maskOf(prefixLength)) >>> 0;
  if (host === 0) return "networkAddress";
  if (host === ~maskOf(prefixLength) >>> 0) return "broadcastAddress";
  return void 0;
}
function isNamed({ address, prefixLength }, named) {
  const [given = "", length] = named.split("/");
  if (length === void 0) return address === given;
  if (Number(length) !== prefixLength) return false;
  const network = (toNumber(given) & ~maskOf(prefixLength)) === 0;
  return network ? ((toNumber(address) ^ toNumber(given)) & maskOf(prefixLength)) === 0 : address === given;
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

// ospf/packet.ts
var VERSION = 2;
var HEADER = 24;
var BEFORE_AUTHENTICATION = 16;
var HELLO = 20;
var TYPE_HELLO = 1;
var TYPE_LAST = 5;
var E_BIT = 2;
function encodeHello(routerId, area, hello) {
  const length = HEADER + HELLO + hello.neighbors.length * 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = TYPE_HELLO;
  view.setUint16(2, length);
  view.setUint32(4, toNumber(routerId));
  view.setUint32(8, toNumber(area));
  view.setUint32(24, toNumber(hello.mask));
  view.setUint16(28, hello.helloInterval);
  bytes[30] = hello.options;
  bytes[31] = hello.priority;
  view.setUint32(32, hello.deadInterval);
  view.setUint32(36, toNumber(hello.dr));
  view.setUint32(40, toNumber(hello.bdr));
  hello.neighbors.forEach((neighbor, i) => {
    view.setUint32(HEADER + HELLO + i * 4, toNumber(neighbor));
  });
  view.setUint16(12, checksum(bytes));
  return bytes;
}
function decode(bytes) {
  if (bytes.length < HEADER) return { error: "truncated" };
  if (bytes[0] !== VERSION) return { error: "version" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(2);
  if (length < HEADER || length > bytes.length) return { error: "truncated" };
  return {
    type: bytes[1],
    routerId: toAddress(view.getUint32(4)),
    area: toAddress(view.getUint32(8)),
    auType: view.getUint16(14),
    checksumGood: checksum(bytes.subarray(0, length)) === 0,
    body: bytes.subarray(HEADER, length)
  };
}
function decodeHello(body) {
  if (body.length < HELLO || body.length % 4 !== 0) return { error: "helloLength" };
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return {
    mask: toAddress(view.getUint32(0)),
    helloInterval: view.getUint16(4),
    options: body[6],
    priority: body[7],
    deadInterval: view.getUint32(8),
    dr: toAddress(view.getUint32(12)),
    bdr: toAddress(view.getUint32(16)),
    neighbors: Array.from(
      { length: (body.length - HELLO) / 4 },
      (_, i) => toAddress(view.getUint32(HELLO + i * 4))
    )
  };
}
function neighborsThatFit(mtu) {
  const IP_HEADER = 20;
  return Math.max(0, Math.floor((mtu - IP_HEADER - HEADER - HELLO) / 4));
}
function checksum(packet) {
  return checksumOf(packet.subarray(HEADER), sumOf(packet.subarray(0, BEFORE_AUTHENTICATION)));
}

// ospf/neighbor.ts
var MOST_NEIGHBORS = 256;
var MOST_ONE_WAY = 64;
var CHANGES_AT_ONCE = { twoWay: 8, oneWay: 2 };
var TRANSITIONS = [
  // states                   event              action            next
  [["Down"], "HelloReceived", startInactivity, "Init"],
  [["Init"], "HelloReceived", startInactivity, "Init"],
  [["2-Way"], "HelloReceived", startInactivity, "2-Way"],
  [["Init"], "2-WayReceived", nothing, "2-Way"],
  [["2-Way"], "2-WayReceived", nothing, "2-Way"],
  [["2-Way"], "1-WayReceived", nothing, "Init"],
  [["Init"], "1-WayReceived", nothing, "Init"],
  [["Down", "Init", "2-Way"], "KillNbr", stopInactivity, "Down"],
  [["Down", "Init", "2-Way"], "LLDown", stopInactivity, "Down"],
  [["Down", "Init", "2-Way"], "InactivityTimer", nothing, "Down"]
];
function neighborEvent(ctx, state, iface, neighbor, event) {
  count(neighbor.events, event);
  const row = TRANSITIONS.find(([from, on]) => on === event && from.includes(neighbor.state));
  if (row === void 0) {
    const unexpected = count(state.counters, "unexpected");
    if (isMilestone(unexpected)) {
      ctx.log(
        "warn",
        `${who(iface, neighbor)}: unexpected ${event} in ${neighbor.state} (${unexpected} so far)`
      );
    }
    return;
  }
  const [, , action, next] = row;
  action(ctx, state, iface, neighbor);
  if (next !== neighbor.state) changeState(ctx, state, iface, neighbor, next, event);
}
function changeState(ctx, state, iface, neighbor, next, event) {
  const before = neighbor.state;
  neighbor.state = next;
  neighbor.since = ctx.now();
  const bidirectional = before === "2-Way" || next === "2-Way";
  tellChange(ctx, state, iface, neighbor, `${before} -> ${next} (${event})`, bidirectional);
  if (next === "Down") iface.neighbors.delete(neighbor.address);
  if (bidirectional) interfaceEvent(ctx, state, iface, "NeighborChange");
  if (next === "Init") answerHello(ctx, state, iface, neighbor);
}
function tellChange(ctx, state, iface, neighbor, change, bidirectional) {
  const now = ctx.now();
  const kind = bidirectional ? "twoWay" : "oneWay";
  const source = `${iface.name} ${neighbor.address}`;
  const due = lineDue(state.changes, kind, source, now, CHANGES_AT_ONCE[kind]);
  noteWell(state.changes, kind, source, now);
  if (due !== void 0) ctx.log("info", `${who(iface, neighbor)}: ${change}${leftOutText(due)}`);
}
function neighborAt(ctx, state, iface, sender) {
  const { address, routerId } = sender;
  const known = iface.neighbors.get(address);
  if (known?.routerId === routerId) return known;
  if (known !== void 0) {
    count(state.counters, "routerIdChanged");
    const due = lineDue(state.changes, "routerIdChanged", `${iface.name} ${address}`, ctx.now());
    if (due !== void 0) {
      ctx.log(
        "warn",
        `${who(iface, known)}: ${address} has the router id ${routerId} now${leftOutText(due)}`
      );
    }
    neighborEvent(ctx, state, iface, known, "KillNbr");
  } else if (!makeRoom(ctx, state, iface, sender)) {
    return void 0;
  }
  tellShared(ctx, state, iface, sender);
  const timer = keyFor(iface, sender);
  const neighbor = { routerId, address, state: "Down", since: ctx.now(), timer, events: {} };
  iface.neighbors.set(address, neighbor);
  return neighbor;
}
function makeRoom(ctx, state, iface, { listsUs }) {
  const most = Math.min(MOST_NEIGHBORS, neighborsThatFit(iface.link?.mtu ?? 0));
  let oneWay = 0;
  let longest;
  for (const neighbor of iface.neighbors.values()) {
    if (neighbor.state === "2-Way") continue;
    oneWay++;
    if (longest === void 0 || neighbor.since < longest.since) longest = neighbor;
  }
  const mostOneWay = Math.min(MOST_ONE_WAY, Math.floor(most / 2));
  if (iface.neighbors.size < most && (listsUs || oneWay < mostOneWay)) return true;
  const dead = (state.config.interfaces[iface.name]?.deadInterval ?? 0) * 1e3;
  if (longest === void 0 || !listsUs && ctx.now() - longest.since < dead) return false;
  neighborEvent(ctx, state, iface, longest, "KillNbr");
  return true;
}
function tellShared(ctx, state, iface, { address, routerId }) {
  for (const other of iface.neighbors.values()) {
    if (other.routerId !== routerId || other.address === address) continue;
    count(state.counters, "routerIdShared");
    const due = lineDue(state.changes, "routerIdShared", `${iface.name} ${routerId}`, ctx.now());
    if (due !== void 0) {
      ctx.log(
        "warn",
        `${who(iface, other)}: ${other.address} and ${address} both have the router id ${routerId}, which no two routers may share${leftOutText(due)}`
      );
    }
    return;
  }
}
function startInactivity(ctx, state, iface, neighbor) {
  const dead = state.config.interfaces[iface.name]?.deadInterval ?? 0;
  const key = keyFor(iface, neighbor);
  if (key !== neighbor.timer) ctx.cancelTimer("inactivity", neighbor.timer);
  neighbor.timer = key;
  ctx.setTimer("inactivity", key, dead * 1e3);
}
function stopInactivity(ctx, _state, _iface, { timer }) {
  ctx.cancelTimer("inactivity", timer);
}
function nothing() {
}
function who({ name }, { routerId }) {
  return `neighbour ${routerId} on ${name}`;
}
function timerKey(name, routerId) {
  return `${name}/${routerId}`;
}
function keyFor(iface, { address, routerId }) {
  const key = timerKey(iface.name, routerId);
  if (iface.neighbors.get(address)?.timer === key) return key;
  for (const { timer } of iface.neighbors.values()) if (timer === key) return `${key}/${address}`;
  return key;
}
function findNeighbor(state, key) {
  for (const iface of state.interfaces.values()) {
    for (const neighbor of iface.neighbors.values()) {
      if (neighbor.timer === key) return [iface, neighbor];
    }
  }
  return void 0;
}
function neighborViews(ctx, state) {
  return [...state.interfaces.values()].flatMap(
    ({ name, neighbors }) => [...neighbors.values()].map(({ routerId, address, state: state2, election, timer }) => ({
      interface: name,
      routerId,
      address,
      state: state2,
      ...election,
      deadIn: Math.round(ctx.timerDue("inactivity", timer) ?? 0)
    }))
  );
}

// ospf/state.ts
function initialState(config) {
  const { routerId, area = "0.0.0.0", interfaces = {} } = config ?? {};
  if (typeof routerId !== "string") {
    throw new Error(
      'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing'
    );
  }
  return {
    config: { routerId, area, interfaces },
    interfaces: new Map(Object.keys(interfaces).map((name) => [name, newInterface(name)])),
    relays: /* @__PURE__ */ new Map(),
    counters: {},
    drops: /* @__PURE__ */ new Map(),
    changes: /* @__PURE__ */ new Map()
  };
}
function newInterface(name) {
  return {
    name,
    state: "Down",
    neighbors: /* @__PURE__ */ new Map(),
    events: {},
    unsent: 0
  };
}
function subnetOf({ config }, { name, link }) {
  return subnetInUse(link, config.interfaces[name]?.address);
}

// ospf/interface.ts
var ALL_SPF_ROUTERS = "224.0.0.5";
var ALL_D_ROUTERS = "224.0.0.6";
function linkChanged(ctx, state, iface, link) {
  const before = subnetOf(state, iface);
  const now = subnetOf(state, { ...iface, link });
  const same = before?.address === now?.address && before?.prefixLength === now?.prefixLength;
  if (before !== void 0 && !same) interfaceEvent(ctx, state, iface, "InterfaceDown");
  iface.link = link;
  tellChoice(ctx, state, iface);
  if (now !== void 0 && !same) interfaceEvent(ctx, state, iface, "InterfaceUp");
}
function tellChoice(ctx, state, iface) {
  if (iface.link === void 0) return;
  const choice = chooseSubnet(iface.link, state.config.interfaces[iface.name]?.address);
  const text = choiceText(iface.name, choice) ?? "";
  if (text !== "" && text !== iface.choice) ctx.log(choice.used === void 0 ? "warn" : "info", text);
  iface.choice = text;
}
function interfaceEvent(ctx, state, iface, event) {
  count(iface.events, event);
  if (event === "InterfaceUp") {
    iface.state = "DROther";
  } else if (event === "InterfaceDown") {
    iface.state = "Down";
    iface.unsent = 0;
    for (const neighbor of [...iface.neighbors.values()]) {
      neighborEvent(ctx, state, iface, neighbor, "KillNbr");
    }
  }
}
function accept(state, iface, { from, to, payload }) {
  const own = subnetOf(state, iface);
  if (own === void 0 || to !== own.address && to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS) {
    return { error: "destination", theirs: to };
  }
  if (iface.link?.addresses.some(({ address }) => address === from)) return { error: "own" };
  const packet = decode(payload);
  if ("error" in packet) {
    return packet.error === "version" ? { ...packet, theirs: payload[0] } : packet;
  }
  const { area } = state.config;
  if (packet.area !== area) return { error: "area", theirs: packet.area, ours: area };
  if (!sameNetwork(from, own.address, own.prefixLength)) {
    return { error: "network", theirs: from, ours: textOf(own) };
  }
  if (to === ALL_D_ROUTERS) return { error: "allDRouters" };
  if (packet.auType !== 0) return { error: "auType", theirs: packet.auType };
  if (!packet.checksumGood) return { error: "checksum" };
  if (packet.type === 0 || packet.type > TYPE_LAST) return { error: "type", theirs: packet.type };
  if (packet.type !== TYPE_HELLO) return { error: "noAdjacency", theirs: packet.type };
  return packet;
}

// ospf/hello.ts
var NONE = "0.0.0.0";
var MOST_ANSWERS_AT_ONCE = 8;
var ANSWER_EVERY_MS = 200;
var MOST_UNSENT = 3;
function sendOnTick(ctx, state, broadcast) {
  for (const iface of state.interfaces.values()) {
    const { helloInterval = 0 } = state.config.interfaces[iface.name] ?? {};
    if (!isDue(broadcast, helloInterval * 1e3)) continue;
    if (iface.choice === void 0) tellChoice(ctx, state, iface);
    const sent = sendHello(ctx, state, iface, ALL_SPF_ROUTERS);
    if (sent !== void 0) noteSent(ctx, iface, sent);
  }
}
function answerHello(ctx, state, iface, { address }) {
  const now = ctx.now();
  iface.answers ??= { spare: MOST_ANSWERS_AT_ONCE, at: now };
  const { answers } = iface;
  const passed = Math.max(0, now - answers.at);
  answers.spare = Math.min(MOST_ANSWERS_AT_ONCE, answers.spare + passed / ANSWER_EVERY_MS);
  answers.at = now;
  if (answers.spare < 1) {
    count(state.counters, "helloNotAnswered");
    return;
  }
  answers.spare--;
  sendHello(ctx, state, iface, address);
  count(state.counters, "helloAnswered");
}
function hellosLeave(ctx, state) {
  for (const { name, unsent } of state.interfaces.values()) {
    if (unsent < MOST_UNSENT) continue;
    return `the last ${unsent} Hellos on ${name} could not be sent: ${failureOf(ctx, name) ?? "the port is down"}`;
  }
  return true;
}
function sendHello(ctx, state, iface, to) {
  const config = state.config.interfaces[iface.name];
  const own = subnetOf(state, iface);
  if (config === void 0 || own === void 0) return void 0;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: toAddress(maskOf(own.prefixLength)),
    helloInterval: config.helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval: config.deadInterval,
    dr: NONE,
    bdr: NONE,
    neighbors: routerIdsOf(iface)
  });
  const packet = { to, payload, from: own.address };
  const result = ctx.transmit("ospf", iface.name, packet);
  count(state.counters, result === "sent" ? "helloSent" : "helloNotSent");
  return result;
}
function routerIdsOf({ link, neighbors }) {
  const all = [...neighbors.values()];
  const twoWay = all.filter(({ state }) => state === "2-Way");
  const ids = new Set([...twoWay, ...all].map(({ routerId }) => routerId));
  return [...ids].slice(0, neighborsThatFit(link?.mtu ?? 0));
}
function noteSent(ctx, iface, result) {
  const { name } = iface;
  const failure = failureOf(ctx, name) ?? (result === "sent" ? void 0 : `the port is ${result}`);
  if (failure === void 0) {
    if (iface.unsent > 0)
      ctx.log("info", `${name}: Hellos are sent again, ${iface.unsent} in a row were not`);
    iface.unsent = 0;
    return;
  }
  iface.unsent++;
  if (!isMilestone(iface.unsent)) return;
  ctx.log("warn", `${name}: a Hello could not be sent: ${failure} (${iface.unsent} in a row)`);
}
function failureOf(ctx, name) {
  return ctx.portFailure?.("ospf", name)?.reason;
}
function receiveHello(ctx, state, iface, from, { routerId, body }) {
  const config = state.config.interfaces[iface.name];
  const own = subnetOf(state, iface);
  if (config === void 0 || own === void 0) return { error: "destination" };
  const hello = decodeHello(body);
  if ("error" in hello) return hello;
  const differs = differenceOf(hello, config, toAddress(maskOf(own.prefixLength)));
  if (differs !== void 0) return differs;
  const ours = state.config.routerId;
  if (routerId === ours || routerId === NONE) {
    if (isOwn(state, from)) return { error: "own" };
    return { error: "routerId", theirs: routerId, ours };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(ctx, state, iface, { address: from, routerId, listsUs });
  if (neighbor === void 0) return { error: "tooManyNeighbors" };
  count(state.counters, "helloReceived");
  const changed = noteElection(neighbor, hello, from);
  neighborEvent(ctx, state, iface, neighbor, "HelloReceived");
  if (!listsUs) {
    neighborEvent(ctx, state, iface, neighbor, "1-WayReceived");
    return void 0;
  }
  neighborEvent(ctx, state, iface, neighbor, "2-WayReceived");
  if (changed) interfaceEvent(ctx, state, iface, "NeighborChange");
  return void 0;
}
function differenceOf(hello, ours, mask) {
  if (hello.mask !== mask) return { error: "mask", theirs: hello.mask, ours: mask };
  if (hello.helloInterval !== ours.helloInterval) {
    return { error: "helloInterval", theirs: `${hello.helloInterval} s`, ours: `${ours.helloInterval} s` };
  }
  if (hello.deadInterval !== ours.deadInterval) {
    return { error: "deadInterval", theirs: `${hello.deadInterval} s`, ours: `${ours.deadInterval} s` };
  }
  return (hello.options & E_BIT) === 0 ? { error: "externalRouting" } : void 0;
}
function isOwn(state, from) {
  return [...state.interfaces.values()].some(
    ({ link }) => link?.addresses.some(({ address }) => address === from)
  );
}
function noteElection(neighbor, { priority, dr, bdr }, from) {
  const before = neighbor.election;
  neighbor.election = { priority, dr, bdr };
  if (before === void 0) return false;
  const declared = (field) => field === from;
  return before.priority !== priority || declared(before.dr) !== declared(dr) || declared(before.bdr) !== declared(bdr);
}

// ospf/migration.ts
function up1({ config, links, neighbors, relays, counters }) {
  const interfaces = /* @__PURE__ */ new Map();
  for (const name of Object.keys(config.interfaces)) {
    const link = links.get(name);
    interfaces.set(name, {
      name,
      ...link && { link },
      state: link?.up && link.addresses.length > 0 ? "DROther" : "Down",
      neighbors: /* @__PURE__ */ new Map(),
      events: {}
    });
  }
  for (const { interface: name, routerId, address, state } of neighbors.values()) {
    interfaces.get(name)?.neighbors.set(routerId, { routerId, address, state, events: {} });
  }
  const senders = [...relays].map(([from, { last, received }]) => [
    from,
    { last, received, skipped: 0, repeated: 0 }
  ]);
  return { config, interfaces, relays: new Map(senders), counters: { ...counters } };
}
function down1({ config, interfaces, relays, counters }) {
  const links = /* @__PURE__ */ new Map();
  const neighbors = /* @__PURE__ */ new Map();
  for (const { name, link, neighbors: theirs } of interfaces.values()) {
    if (link !== void 0) links.set(name, link);
    for (const { routerId, address, state } of theirs.values()) {
      neighbors.set(timerKey(name, routerId), { interface: name, routerId, address, state });
    }
  }
  const senders = [...relays].map(([from, { last, received }]) => [from, { last, received }]);
  return { config, links, neighbors, relays: new Map(senders), counters: { ...counters } };
}
function up2({ config, interfaces, relays, counters }) {
  const state = {
    config,
    interfaces: /* @__PURE__ */ new Map(),
    relays: new Map([...relays].map(([from, sender]) => [from, { ...sender }])),
    counters: { ...counters },
    drops: /* @__PURE__ */ new Map(),
    changes: /* @__PURE__ */ new Map()
  };
  for (const { name, link, events, neighbors } of interfaces.values()) {
    const iface = { ...newInterface(name), ...link && { link }, events: { ...events } };
    for (const neighbor of neighbors.values()) {
      iface.neighbors.set(neighbor.address, {
        ...copyOf(neighbor),
        timer: timerKey(name, neighbor.routerId),
        since: 0
      });
    }
    iface.state = subnetOf(state, iface) === void 0 ? "Down" : "DROther";
    state.interfaces.set(name, iface);
  }
  return state;
}
function down2({ config, interfaces, relays, counters }) {
  const earlier = /* @__PURE__ */ new Map();
  for (const { name, link, state, events, neighbors } of interfaces.values()) {
    const theirs = [...neighbors.values()].filter(({ timer, routerId }) => timer === timerKey(name, routerId)).map((neighbor) => [neighbor.routerId, copyOf(neighbor)]);
    earlier.set(name, {
      name,
      ...link && { link },
      state,
      neighbors: new Map(theirs),
      events: { ...events }
    });
  }
  const senders = [...relays].map(([from, sender]) => [from, { ...sender }]);
  return { config, interfaces: earlier, relays: new Map(senders), counters: { ...counters } };
}
function copyOf({ routerId, address, state, election, events }) {
  return { routerId, address, state, ...election && { election: { ...election } }, events: { ...events } };
}

// ospf/relay.ts
var LINES_AT_ONCE = 8;
function receiveRelay(ctx, state, { from, fromVersion, body }) {
  const { relay } = body;
  const who2 = `${from} V${fromVersion.split(".", 1)[0]}`;
  const sender = state.relays.get(from) ?? { last: relay - 1, received: 0, skipped: 0, repeated: 0 };
  const expected = sender.last + 1;
  state.relays.set(from, sender);
  sender.last = relay;
  sender.received++;
  ctx.log("debug", `got msg : ${relay} from ${who2}`);
  if (relay > expected) {
    sender.skipped += relay - expected;
    warn(ctx, state, from, `relay numbers ${expected} to ${relay - 1} from ${who2} are missing`);
  } else if (relay < expected) {
    sender.repeated++;
    warn(ctx, state, from, `relay number ${relay} from ${who2} comes again, expected was ${expected}`);
  }
}
function warn(ctx, state, from, text) {
  const due = lineDue(state.changes, "relay", from, ctx.now(), LINES_AT_ONCE);
  noteWell(state.changes, "relay", from, ctx.now());
  if (due !== void 0) ctx.log("warn", `${text}${leftOutText(due)}`);
}

// ospf/module.ts
var manifest = {
  api: 1,
  name: "OSPF",
  version: "2.1.0",
  description: "OSPF Hellos and neighbours up to 2-Way (RFC 2328)",
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["inactivity"],
  ports: ["ospf"],
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } }
};
var Ospf = class extends import_runtime.Module {
  initial(config) {
    return initialState(config);
  }
  start(why) {
    if (why !== "cold") return;
    for (const [name, { priority }] of Object.entries(this.state.config.interfaces)) {
      if (priority > 0) {
        this.ctx.log(
          "warn",
          `${name}: priority ${priority} has no effect, this version takes part in no election and says 0`
        );
      }
    }
  }
  onBroadcast({ body }) {
    sendOnTick(this.ctx, this.state, body);
  }
  onLink({ body }) {
    const iface = this.state.interfaces.get(body.name);
    if (iface !== void 0) linkChanged(this.ctx, this.state, iface, body);
  }
  onOspf({ key, datum }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const packet = accept(this.state, iface, datum);
    const dropped = "error" in packet ? packet : receiveHello(this.ctx, this.state, iface, datum.from, packet);
    if (dropped !== void 0) this.#drop(key, datum.from, dropped);
    else noteAllWell(this.state.drops, `${key} ${datum.from}`, this.ctx.now());
  }
  onInactivity({ key }) {
    const found = findNeighbor(this.state, key);
    if (found !== void 0) neighborEvent(this.ctx, this.state, ...found, "InactivityTimer");
  }
  onRelay(message) {
    receiveRelay(this.ctx, this.state, message);
  }
  onNeighbors() {
    return neighborViews(this.ctx, this.state);
  }
  /** Our neighbours forget us when our Hellos do not leave. */
  isHealthy() {
    return hellosLeave(this.ctx, this.state);
  }
  #drop(name, from, drop) {
    count(this.state.counters, drop.error);
    if (drop.error === "own") return;
    const due = lineDue(this.state.drops, drop.error, `${name} ${from}`, this.ctx.now());
    if (due === void 0) return;
    this.ctx.log("warn", `dropped a packet from ${from} on ${name}: ${dropText(drop)}${leftOutText(due)}`);
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
