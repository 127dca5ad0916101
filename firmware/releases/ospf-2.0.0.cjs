// ospf@2.0.0, a module bundle of hitless. Released: it never changes.
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
  routerId: "its router id is ours, or 0.0.0.0",
  tooManyNeighbors: "the interface has as many neighbours as a Hello can list"
};

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

// ospf/neighbor.ts
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
  ctx.log("info", `${who(iface, neighbor)}: ${before} -> ${next} (${event})`);
  if (next === "Down") iface.neighbors.delete(neighbor.routerId);
  if (before === "2-Way" || next === "2-Way") interfaceEvent(ctx, state, iface, "NeighborChange");
  if (next === "Init") {
    sendHello(ctx, state, iface, neighbor.address);
    count(state.counters, "helloAnswered");
  }
}
function startInactivity(ctx, state, iface, { routerId }) {
  const dead = state.config.interfaces[iface.name]?.deadInterval ?? 0;
  ctx.setTimer("inactivity", neighborKey(iface.name, routerId), dead * 1e3);
}
function stopInactivity(ctx, _state, iface, { routerId }) {
  ctx.cancelTimer("inactivity", neighborKey(iface.name, routerId));
}
function nothing() {
}
function who({ name }, { routerId }) {
  return `neighbour ${routerId} on ${name}`;
}
function neighborKey(name, routerId) {
  return `${name}/${routerId}`;
}
function findNeighbor(state, key) {
  for (const iface of state.interfaces.values()) {
    for (const neighbor of iface.neighbors.values()) {
      if (neighborKey(iface.name, neighbor.routerId) === key) return [iface, neighbor];
    }
  }
  return void 0;
}
function neighborViews(ctx, state) {
  return [...state.interfaces.values()].flatMap(
    ({ name, neighbors }) => [...neighbors.values()].map(({ routerId, address, state: state2, election }) => ({
      interface: name,
      routerId,
      address,
      state: state2,
      ...election,
      deadIn: Math.round(ctx.timerDue("inactivity", neighborKey(name, routerId)) ?? 0)
    }))
  );
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

// ospf/interface.ts
var ALL_SPF_ROUTERS = "224.0.0.5";
var ALL_D_ROUTERS = "224.0.0.6";
function addressOf(link) {
  return link?.up ? link.addresses[0] : void 0;
}
function linkChanged(ctx, state, iface, link) {
  const before = addressOf(iface.link);
  const now = addressOf(link);
  const same = before?.address === now?.address && before?.prefixLength === now?.prefixLength;
  if (before !== void 0 && !same) interfaceEvent(ctx, state, iface, "InterfaceDown");
  iface.link = link;
  if (now !== void 0 && !same) interfaceEvent(ctx, state, iface, "InterfaceUp");
}
function interfaceEvent(ctx, state, iface, event) {
  count(iface.events, event);
  if (event === "InterfaceUp") {
    iface.state = "DROther";
  } else if (event === "InterfaceDown") {
    iface.state = "Down";
    for (const neighbor of [...iface.neighbors.values()]) {
      neighborEvent(ctx, state, iface, neighbor, "KillNbr");
    }
  }
}
function accept(state, { link }, { from, to, payload }) {
  const own = addressOf(link);
  if (own === void 0 || to !== own.address && to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS) {
    return { error: "destination" };
  }
  if (link?.addresses.some(({ address }) => address === from)) return { error: "own" };
  const packet = decode(payload);
  if ("error" in packet) return packet;
  if (packet.area !== state.config.area) return { error: "area" };
  if (!sameNetwork(from, own.address, own.prefixLength)) return { error: "network" };
  if (to === ALL_D_ROUTERS) return { error: "allDRouters" };
  if (packet.auType !== 0) return { error: "auType" };
  if (!packet.checksumGood) return { error: "checksum" };
  if (packet.type === 0 || packet.type > TYPE_LAST) return { error: "type" };
  if (packet.type !== TYPE_HELLO) return { error: "noAdjacency" };
  return packet;
}

// ospf/hello.ts
var NONE = "0.0.0.0";
function sendOnTick(ctx, state, broadcast) {
  for (const iface of state.interfaces.values()) {
    const { helloInterval = 0 } = state.config.interfaces[iface.name] ?? {};
    if (isDue(broadcast, helloInterval * 1e3)) sendHello(ctx, state, iface, ALL_SPF_ROUTERS);
  }
}
function sendHello(ctx, state, iface, to) {
  const config = state.config.interfaces[iface.name];
  const own = addressOf(iface.link);
  if (config === void 0 || own === void 0) return;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: toAddress(maskOf(own.prefixLength)),
    helloInterval: config.helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval: config.deadInterval,
    dr: NONE,
    bdr: NONE,
    neighbors: [...iface.neighbors.keys()]
  });
  const packet = { to, payload };
  count(state.counters, ctx.transmit("ospf", iface.name, packet) === "sent" ? "helloSent" : "helloNotSent");
}
function receiveHello(ctx, state, iface, from, { routerId, body }) {
  const { name, link, neighbors } = iface;
  const config = state.config.interfaces[name];
  const own = addressOf(link);
  if (config === void 0 || link === void 0 || own === void 0) return "destination";
  const hello = decodeHello(body);
  if ("error" in hello) return hello.error;
  if (hello.mask !== toAddress(maskOf(own.prefixLength))) return "mask";
  if (hello.helloInterval !== config.helloInterval) return "helloInterval";
  if (hello.deadInterval !== config.deadInterval) return "deadInterval";
  if ((hello.options & E_BIT) === 0) return "externalRouting";
  if (routerId === state.config.routerId || routerId === NONE) return "routerId";
  const known = neighbors.get(routerId);
  if (known === void 0 && neighbors.size >= neighborsThatFit(link.mtu)) return "tooManyNeighbors";
  count(state.counters, "helloReceived");
  const neighbor = known ?? { routerId, address: from, state: "Down", events: {} };
  if (known === void 0) neighbors.set(routerId, neighbor);
  const changed = noteElection(neighbor, hello, from);
  neighbor.address = from;
  neighborEvent(ctx, state, iface, neighbor, "HelloReceived");
  if (!hello.neighbors.includes(state.config.routerId)) {
    neighborEvent(ctx, state, iface, neighbor, "1-WayReceived");
    return void 0;
  }
  neighborEvent(ctx, state, iface, neighbor, "2-WayReceived");
  if (changed) interfaceEvent(ctx, state, iface, "NeighborChange");
  return void 0;
}
function noteElection(neighbor, { priority, dr, bdr }, from) {
  const before = neighbor.election;
  neighbor.election = { priority, dr, bdr };
  if (before === void 0) return false;
  const declared = (field) => field === from;
  return before.priority !== priority || declared(before.dr) !== declared(dr) || declared(before.bdr) !== declared(bdr);
}

// ospf/relay.ts
function receiveRelay(ctx, state, { from, fromVersion, body }) {
  const { relay } = body;
  const who2 = `${from} V${fromVersion.split(".", 1)[0]}`;
  const sender = state.relays.get(from) ?? { last: relay - 1, received: 0, skipped: 0, repeated: 0 };
  const expected = sender.last + 1;
  state.relays.set(from, sender);
  sender.last = relay;
  sender.received++;
  ctx.log("info", `got msg : ${relay} from ${who2}`);
  if (relay > expected) {
    sender.skipped += relay - expected;
    ctx.log("warn", `relay numbers ${expected} to ${relay - 1} from ${who2} are missing`);
  } else if (relay < expected) {
    sender.repeated++;
    ctx.log("warn", `relay number ${relay} from ${who2} comes again, expected was ${expected}`);
  }
}

// ospf/state.ts
function initialState(config) {
  const { routerId, area = "0.0.0.0", interfaces = {} } = config ?? {};
  if (typeof routerId !== "string") {
    throw new Error(
      'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing'
    );
  }
  return up({
    config: { routerId, area, interfaces },
    links: /* @__PURE__ */ new Map(),
    neighbors: /* @__PURE__ */ new Map(),
    relays: /* @__PURE__ */ new Map(),
    counters: {}
  });
}
function up({ config, links, neighbors, relays, counters }) {
  const interfaces = /* @__PURE__ */ new Map();
  for (const name of Object.keys(config.interfaces)) {
    const link = links.get(name);
    interfaces.set(name, {
      name,
      ...link && { link },
      state: addressOf(link) === void 0 ? "Down" : "DROther",
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
function down({ config, interfaces, relays, counters }) {
  const links = /* @__PURE__ */ new Map();
  const neighbors = /* @__PURE__ */ new Map();
  for (const { name, link, neighbors: theirs } of interfaces.values()) {
    if (link !== void 0) links.set(name, link);
    for (const { routerId, address, state } of theirs.values()) {
      neighbors.set(neighborKey(name, routerId), { interface: name, routerId, address, state });
    }
  }
  const senders = [...relays].map(([from, { last, received }]) => [from, { last, received }]);
  return { config, links, neighbors, relays: new Map(senders), counters: { ...counters } };
}

// ospf/module.ts
var manifest = {
  api: 1,
  name: "OSPF",
  version: "2.0.0",
  description: "OSPF Hellos and neighbours up to 2-Way (RFC 2328)",
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["inactivity"],
  ports: ["ospf"],
  state: { version: 2, up: { 1: up }, down: { 1: down } }
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
    const dropped = "error" in packet ? packet.error : receiveHello(this.ctx, this.state, iface, datum.from, packet);
    if (dropped !== void 0) this.#drop(key, datum.from, dropped);
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
  #drop(name, from, reason) {
    const dropped = count(this.state.counters, reason);
    if (reason === "own" || !isMilestone(dropped)) return;
    this.ctx.log(
      "warn",
      `dropped a packet from ${from} on ${name}: ${DROP_REASONS[reason]} (${reason}, ${dropped} so far)`
    );
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
