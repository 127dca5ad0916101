// ospf@2.3.1, a module bundle of hitless. Released: it never changes.
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

// ospf/agenda.ts
var ORDER = [["neighbor"], ["interface"], ["answer", "hellosEnd"]];
var OspfAgenda = class extends Agenda {
  constructor() {
    super(ORDER);
  }
  neighbor(iface, neighbor, event) {
    this.push({ on: "neighbor", iface, neighbor, event });
  }
  interface(iface, event) {
    this.push({ on: "interface", iface, event });
  }
  answer(iface, neighbor) {
    this.push({ on: "answer", iface, neighbor });
  }
  hellosEnd(iface) {
    this.push({ on: "hellosEnd", iface });
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
function noteAllWell(log, source, now) {
  for (const kind of log.keys()) noteWell(log, kind, source, now);
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

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function isMilestone(counted) {
  return /^10*$/.test(String(counted));
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

// ospf/packet.ts
var VERSION = 2;
var HEADER = 24;
var BEFORE_AUTHENTICATION = 16;
var HELLO = 20;
var ALL_SPF_ROUTERS = "224.0.0.5";
var ALL_D_ROUTERS = "224.0.0.6";
var NO_ROUTER = "0.0.0.0";
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

// ospf/state.ts
function initialState(config) {
  return {
    config,
    interfaces: new Map(Object.keys(config.interfaces).map((name) => [name, newInterface(name)])),
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
function configOf({ config }, { name }) {
  return config.interfaces[name];
}
function timerKey(name, routerId) {
  return `${name}/${routerId}`;
}
function findNeighbor(state, key) {
  for (const iface of state.interfaces.values()) {
    for (const neighbor of iface.neighbors.values()) {
      if (neighbor.timer === key) return [iface, neighbor];
    }
  }
  return void 0;
}
function subnetOf(state, iface) {
  return subnetInUse(iface.link, configOf(state, iface).address);
}

// ospf/hello.ts
var MOST_ANSWERS_AT_ONCE = 8;
var ANSWER_EVERY_MS = 200;
var MOST_UNSENT = 3;
function beginHellos(state, iface, ctx) {
  begin(ctx, "hello", iface.name, intervalOf(state, iface));
}
function retimeHellos(state, iface, ctx) {
  retime(ctx, "hello", iface.name, intervalOf(state, iface));
}
function endHellos(name, ctx) {
  ctx.cancelTimer("hello", name);
}
function sendOnTick(state, broadcast, ctx) {
  for (const iface of state.interfaces.values())
    if (followTick(ctx, "hello", iface.name, broadcast, intervalOf(state, iface)))
      sendToAll(state, iface, ctx);
}
function intervalOf(state, iface) {
  return configOf(state, iface).helloInterval * 1e3;
}
function sendToAll(state, iface, ctx) {
  const sent = sendHello(state, iface, ALL_SPF_ROUTERS, ctx);
  if (sent !== void 0) noteSent(iface, sent, ctx);
}
function answerHello(state, iface, { address }, ctx) {
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
  sendHello(state, iface, address, ctx);
  count(state.counters, "helloAnswered");
}
function hellosEnd(iface) {
  iface.unsent = 0;
}
function failingOf(state) {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ name }) => name));
}
function hellosLeave(state, inherited, ctx) {
  for (const iface of state.interfaces.values()) {
    const { name, unsent } = iface;
    if (!isFailing(iface) || inherited.has(name)) continue;
    return `the last ${unsent} Hellos on ${name} could not be sent: ${failureOf(ctx, name) ?? "the port is down"}`;
  }
  return true;
}
function isFailing({ unsent }) {
  return unsent >= MOST_UNSENT;
}
function sendHello(state, iface, to, ctx) {
  const { helloInterval, deadInterval } = configOf(state, iface);
  const own = subnetOf(state, iface);
  if (own === void 0) return void 0;
  const { routerId, area } = state.config;
  const payload = encodeHello(routerId, area, {
    mask: maskText(own),
    helloInterval,
    options: E_BIT,
    priority: 0,
    deadInterval,
    dr: NO_ROUTER,
    bdr: NO_ROUTER,
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
function noteSent(iface, result, ctx) {
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
  return ctx.portFailure("ospf", name)?.reason;
}
function differenceOf(hello, ours, own) {
  const mask = maskText(own);
  if (hello.mask !== mask) return { error: "mask", theirs: hello.mask, ours: mask };
  if (hello.helloInterval !== ours.helloInterval) {
    return { error: "helloInterval", theirs: `${hello.helloInterval} s`, ours: `${ours.helloInterval} s` };
  }
  if (hello.deadInterval !== ours.deadInterval) {
    return { error: "deadInterval", theirs: `${hello.deadInterval} s`, ours: `${ours.deadInterval} s` };
  }
  return (hello.options & E_BIT) === 0 ? { error: "externalRouting" } : void 0;
}
function maskText({ prefixLength }) {
  return toAddress(maskOf(prefixLength));
}

// ospf/interface.ts
var NEXT = {
  InterfaceUp: "DROther",
  InterfaceDown: "Down",
  NeighborChange: void 0
};
function interfaceEvent(iface, event, agenda) {
  count(iface.events, event);
  iface.state = NEXT[event] ?? iface.state;
  if (event !== "InterfaceDown") return;
  agenda.hellosEnd(iface);
  for (const neighbor of iface.neighbors.values()) agenda.neighbor(iface, neighbor, "KillNbr");
}
function linkChanged(state, iface, link, agenda, ctx) {
  const before = subnetOf(state, iface);
  iface.link = link;
  const now = subnetOf(state, iface);
  tellChoice(state, iface, ctx);
  if (before?.address === now?.address && before?.prefixLength === now?.prefixLength) return;
  if (before !== void 0) agenda.interface(iface, "InterfaceDown");
  if (now !== void 0) agenda.interface(iface, "InterfaceUp");
}
function restart(state, iface, agenda) {
  if (iface.state !== "Down") agenda.interface(iface, "InterfaceDown");
  if (subnetOf(state, iface) !== void 0) agenda.interface(iface, "InterfaceUp");
}
function tellChoices(state, ctx) {
  for (const iface of state.interfaces.values())
    if (iface.choice === void 0) tellChoice(state, iface, ctx);
}
function tellChoice(state, iface, ctx) {
  if (iface.link === void 0) return;
  const choice = chooseSubnet(iface.link, configOf(state, iface).address);
  const text = choiceText(iface.name, choice) ?? "";
  if (text !== "" && text !== iface.choice) ctx.log(choice.used === void 0 ? "warn" : "info", text);
  iface.choice = text;
}
function tellPriority(state, iface, ctx) {
  const { priority } = configOf(state, iface);
  if (priority === 0) return;
  ctx.log(
    "warn",
    `${iface.name}: priority ${priority} has no effect, this version takes part in no election and says 0`
  );
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
function neighborEvent(state, iface, neighbor, event, agenda, ctx) {
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
  action(state, iface, neighbor, ctx);
  if (next !== neighbor.state) changeState(state, iface, neighbor, next, event, agenda, ctx);
}
function changeState(state, iface, neighbor, next, event, agenda, ctx) {
  const before = neighbor.state;
  neighbor.state = next;
  neighbor.since = ctx.now();
  const bidirectional = before === "2-Way" || next === "2-Way";
  tellChange(state, iface, neighbor, `${before} -> ${next} (${event})`, bidirectional, ctx);
  if (next === "Down") iface.neighbors.delete(neighbor.address);
  if (bidirectional) agenda.interface(iface, "NeighborChange");
  if (next === "Init") agenda.answer(iface, neighbor);
}
function tellChange(state, iface, neighbor, change, bidirectional, ctx) {
  const now = ctx.now();
  const kind = bidirectional ? "twoWay" : "oneWay";
  const source = `${iface.name} ${neighbor.address}`;
  const due = lineDue(state.changes, kind, source, now, CHANGES_AT_ONCE[kind]);
  noteWell(state.changes, kind, source, now);
  if (due !== void 0) ctx.log("info", `${who(iface, neighbor)}: ${change}${leftOutText(due)}`);
}
function neighborAt(state, iface, sender, agenda, ctx) {
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
    neighborEvent(state, iface, known, "KillNbr", agenda, ctx);
  } else if (!makeRoom(state, iface, sender, agenda, ctx)) {
    return void 0;
  }
  tellShared(state, iface, sender, ctx);
  const timer = keyFor(iface, sender);
  const neighbor = { routerId, address, state: "Down", since: ctx.now(), timer, events: {} };
  iface.neighbors.set(address, neighbor);
  return neighbor;
}
function makeRoom(state, iface, { listsUs }, agenda, ctx) {
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
  const dead = configOf(state, iface).deadInterval * 1e3;
  if (longest === void 0 || !listsUs && ctx.now() - longest.since < dead) return false;
  neighborEvent(state, iface, longest, "KillNbr", agenda, ctx);
  return true;
}
function tellShared(state, iface, { address, routerId }, ctx) {
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
function tellTaken({ interfaces }, routerId, ctx) {
  for (const { name, neighbors } of interfaces.values()) {
    for (const { routerId: theirs, address, state } of neighbors.values()) {
      if (state !== "2-Way" || theirs !== routerId) continue;
      ctx.log(
        "warn",
        `the router id ${routerId} is that of the neighbour ${address} on ${name}, and no two routers may share one; give this router another`
      );
      return;
    }
  }
}
function noteElection(neighbor, { priority, dr, bdr }) {
  const { election: before, address } = neighbor;
  neighbor.election = { priority, dr, bdr };
  if (before === void 0) return false;
  const declared = (field) => field === address;
  return before.priority !== priority || declared(before.dr) !== declared(dr) || declared(before.bdr) !== declared(bdr);
}
function startInactivity(state, iface, neighbor, ctx) {
  const key = keyFor(iface, neighbor);
  if (key !== neighbor.timer) ctx.cancelTimer("inactivity", neighbor.timer);
  neighbor.timer = key;
  ctx.setTimer("inactivity", key, configOf(state, iface).deadInterval * 1e3);
}
function stopInactivity(_state, _iface, { timer }, ctx) {
  ctx.cancelTimer("inactivity", timer);
}
function nothing() {
}
function who({ name }, { routerId }) {
  return `neighbour ${routerId} on ${name}`;
}
function keyFor(iface, { address, routerId }) {
  const key = timerKey(iface.name, routerId);
  if (iface.neighbors.get(address)?.timer === key) return key;
  for (const { timer } of iface.neighbors.values()) if (timer === key) return `${key}/${address}`;
  return key;
}

// ospf/apply.ts
function leaveRemoved(state, { removed }, agenda) {
  for (const name of removed) agenda.interface(state.interfaces.get(name), "InterfaceDown");
}
function apply(state, { config, added, removed, changed }, agenda, ctx) {
  for (const name of removed) {
    state.interfaces.delete(name);
    forgetSources(state.drops, name);
    forgetSources(state.changes, name);
    endHellos(name, ctx);
    ctx.closePort("ospf", name);
  }
  if (config.routerId !== state.config.routerId) tellTaken(state, config.routerId, ctx);
  state.config = config;
  for (const { name, restarts, retimed } of changed) {
    const iface = state.interfaces.get(name);
    if (restarts) restart(state, iface, agenda);
    if (retimed) retimeHellos(state, iface, ctx);
    tellChoice(state, iface, ctx);
  }
  for (const name of added) {
    const iface = newInterface(name);
    state.interfaces.set(name, iface);
    ctx.openPort("ospf", name);
    beginHellos(state, iface, ctx);
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

// ospf/config.ts
var INTERFACE = {
  // C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2).
  "hello-interval": {
    duration: { least: "1s", most: "65535s", step: "1s" },
    default: "10s",
    description: "time between two hellos; the same on every router of the network"
  },
  // C.3: four hello intervals unless told, which is also its most here.
  "dead-interval": {
    duration: { least: "2s", most: "262140s", step: "1s" },
    unset: "four times `hello-interval`",
    description: "how long a neighbour may be silent, more than `hello-interval`; the same on every router of the network"
  },
  address: {
    type: "string",
    format: "ipv4-or-network",
    unset: "the first address that is one of a network",
    description: "the subnet that takes part, where the interface has several. Host prefixes (`/32`) and addresses with a peer take no part; the log says which is used"
  },
  priority: {
    const: 0,
    default: 0,
    allowed: "0: the election of a designated router comes in a later release, this router never stands for it",
    description: "it never stands for designated router"
  }
};
var SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["interfaces"],
  unset: "no OSPF module",
  description: "OSPF hellos and neighbours (RFC 2328)",
  properties: {
    area: {
      type: "string",
      format: "ipv4",
      default: "0.0.0.0",
      allowed: "an area id: four numbers with dots, such as 0.0.0.0 for the backbone",
      description: "area of all interfaces"
    },
    interfaces: perInterface("where it takes part, by name", INTERFACE)
  }
};
var section = {
  section: "ospf",
  schema: SCHEMA,
  check: (section2, whole) => [...deadAfterHello(section2), ...hasRouterId(whole)],
  settings
};
function* deadAfterHello({ interfaces = {} }) {
  for (const [name, keys] of Object.entries(interfaces)) {
    const { "hello-interval": hello, "dead-interval": dead } = keys;
    if (hello === void 0 || dead === void 0 || dead > hello) continue;
    yield {
      path: ["ospf", "interfaces", name, "dead-interval"],
      text: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`
    };
  }
}
function* hasRouterId({ router }) {
  if (router?.id !== void 0) return;
  yield {
    path: ["router", "id"],
    text: "a router id such as 10.0.1.1, because there is an ospf section"
  };
}
function settings({ area, interfaces }, { router }) {
  const settingsOf = ({ priority, address, ...times }) => {
    const hello = times["hello-interval"];
    return {
      helloInterval: hello / 1e3,
      // C.3: RouterDeadInterval is a multiple of HelloInterval, say 4.
      deadInterval: (times["dead-interval"] ?? 4 * hello) / 1e3,
      priority,
      ...address !== void 0 && { address }
    };
  };
  const each = Object.entries(interfaces).map(([name, keys]) => [name, settingsOf(keys)]);
  return { routerId: router.id, area, interfaces: Object.fromEntries(each) };
}
function readConfig(given) {
  const { routerId, area = "0.0.0.0", interfaces = {} } = given ?? {};
  if (typeof routerId !== "string") {
    return {
      error: 'OSPF needs { routerId: "a.b.c.d", area, interfaces } as its configuration; routerId is missing'
    };
  }
  return { routerId, area, interfaces };
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

// difference.ts
function differenceOf2(before, after) {
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

// ospf/plan.ts
function planFor({ config: before, interfaces }, config) {
  const { added, removed, stayed, changed } = differenceOf2(before.interfaces, config.interfaces);
  const startsAgain = before.routerId !== config.routerId || before.area !== config.area;
  const changeOf = (name) => {
    const [was, next] = [before.interfaces[name], config.interfaces[name]];
    return {
      name,
      restarts: startsAgain || !isSameSubnet(interfaces.get(name), was, next),
      retimed: was.helloInterval !== next.helloInterval
    };
  };
  return { config, added, removed, changed: (startsAgain ? stayed : changed).map(changeOf) };
}
function isSameSubnet({ link }, was, next) {
  const [one, other] = [subnetInUse(link, was.address), subnetInUse(link, next.address)];
  return one?.address === other?.address && one?.prefixLength === other?.prefixLength;
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

// ospf/receive.ts
function receive(state, iface, datum, agenda, ctx) {
  const packet = accept(state, iface, datum);
  const drop = "error" in packet ? packet : receiveHello(state, iface, datum.from, packet, agenda, ctx);
  if (drop !== void 0) noteDrop(state, iface, datum.from, drop, ctx);
  else noteAllWell(state.drops, `${iface.name} ${datum.from}`, ctx.now());
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
function receiveHello(state, iface, from, { routerId, body }, agenda, ctx) {
  const own = subnetOf(state, iface);
  if (own === void 0) return { error: "destination" };
  const hello = decodeHello(body);
  if ("error" in hello) return hello;
  const differs = differenceOf(hello, configOf(state, iface), own);
  if (differs !== void 0) return differs;
  const ours = state.config.routerId;
  if (routerId === ours || routerId === NO_ROUTER) {
    if (isOwn(state, from)) return { error: "own" };
    return { error: "routerId", theirs: routerId, ours };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(state, iface, { address: from, routerId, listsUs }, agenda, ctx);
  if (neighbor === void 0) return { error: "tooManyNeighbors" };
  count(state.counters, "helloReceived");
  const changed = noteElection(neighbor, hello);
  agenda.neighbor(iface, neighbor, "HelloReceived");
  agenda.neighbor(iface, neighbor, listsUs ? "2-WayReceived" : "1-WayReceived");
  if (listsUs && changed) agenda.interface(iface, "NeighborChange");
  return void 0;
}
function isOwn(state, from) {
  return [...state.interfaces.values()].some(
    ({ link }) => link?.addresses.some(({ address }) => address === from)
  );
}
function noteDrop(state, { name }, from, drop, ctx) {
  count(state.counters, drop.error);
  if (drop.error === "own") return;
  const due = lineDue(state.drops, drop.error, `${name} ${from}`, ctx.now());
  if (due === void 0) return;
  ctx.log("warn", `dropped a packet from ${from} on ${name}: ${dropText(drop)}${leftOutText(due)}`);
}

// ospf/relay.ts
var LINES_AT_ONCE = 8;
function receiveRelay(state, { from, fromVersion, body }, ctx) {
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
    warn(state, from, ctx, `relay numbers ${expected} to ${relay - 1} from ${who2} are missing`);
  } else if (relay < expected) {
    sender.repeated++;
    warn(state, from, ctx, `relay number ${relay} from ${who2} comes again, expected was ${expected}`);
  }
}
function warn(state, from, ctx, text) {
  const due = lineDue(state.changes, "relay", from, ctx.now(), LINES_AT_ONCE);
  noteWell(state.changes, "relay", from, ctx.now());
  if (due !== void 0) ctx.log("warn", `${text}${leftOutText(due)}`);
}

// ospf/settle.ts
var { settle, settleAtOnce } = settling({
  neighbor: (state, { iface, neighbor, event }, agenda, ctx) => neighborEvent(state, iface, neighbor, event, agenda, ctx),
  interface: (_state, { iface, event }, agenda) => interfaceEvent(iface, event, agenda),
  answer: (state, { iface, neighbor }, _agenda, ctx) => answerHello(state, iface, neighbor, ctx),
  hellosEnd: (_state, { iface }) => hellosEnd(iface)
});

// ospf/views.ts
var views = {
  neighbor: {
    words: "ip ospf neighbor",
    aliases: ["neighbors", "ospf neighbors", "ospf neighbor", "ip ospf neighbors"],
    description: "OSPF neighbours: how far the adjacency is, and when each is declared down",
    request: "neighbors",
    columns: [
      { key: "routerId", title: "NEIGHBOR ID" },
      { key: "priority", title: "PRI" },
      { key: "state", title: "STATE" },
      { key: "deadIn", title: "DEAD IN", unit: "ms" },
      { key: "address", title: "ADDRESS" },
      { key: "interface", title: "INTERFACE" },
      { key: "dr", title: "DR" },
      { key: "bdr", title: "BDR" }
    ],
    none: "no neighbours"
  }
};
function neighborViews(state, ctx) {
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

// ospf/module.ts
var manifest = {
  api: 2,
  name: "OSPF",
  version: "2.3.1",
  description: "OSPF Hellos and neighbours up to 2-Way (RFC 2328)",
  maxHandlerMs: MAX_HANDLER_MS,
  accepts: { relay: [1], neighbors: [1] },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["hello", "inactivity"],
  // A.1: AllSPFRouters, TTL 1.
  ports: { ospf: { kind: "raw-ip", protocol: 89, groups: [ALL_SPF_ROUTERS], ttl: 1 } },
  config: section,
  views,
  state: { version: 3, up: { 1: up1, 2: up2 }, down: { 1: down1, 2: down2 } }
};
var Ospf = class extends import_runtime.Module {
  initial(given) {
    const config = readConfig(given);
    if ("error" in config) throw new Error(config.error);
    return initialState(config);
  }
  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  start(why) {
    this.#inherited = failingOf(this.state);
    for (const iface of this.state.interfaces.values()) {
      this.ctx.openPort("ospf", iface.name);
      beginHellos(this.state, iface, this.ctx);
      if (why === "cold") tellPriority(this.state, iface, this.ctx);
    }
  }
  configure(given) {
    const config = readConfig(given);
    return "error" in config ? config.error : planFor(this.state, config);
  }
  apply(plan) {
    this.#inherited = failingOf(this.state);
    const leaving = new OspfAgenda();
    leaveRemoved(this.state, plan, leaving);
    settleAtOnce(this.state, leaving, this.ctx);
    const agenda = new OspfAgenda();
    apply(this.state, plan, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
  }
  onBroadcast({ body }) {
    tellChoices(this.state, this.ctx);
    sendOnTick(this.state, body, this.ctx);
  }
  onHello({ key }) {
    const iface = this.state.interfaces.get(key);
    tellChoices(this.state, this.ctx);
    if (iface !== void 0) sendToAll(this.state, iface, this.ctx);
  }
  *onLink({ body }) {
    const iface = this.state.interfaces.get(body.name);
    if (iface === void 0) return;
    const agenda = new OspfAgenda();
    linkChanged(this.state, iface, body, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onOspf({ key, datum }) {
    const iface = this.state.interfaces.get(key);
    if (iface === void 0) return;
    const agenda = new OspfAgenda();
    receive(this.state, iface, datum, agenda, this.ctx);
    yield* settle(this.state, agenda, this.ctx);
  }
  *onInactivity({ key }) {
    const found = findNeighbor(this.state, key);
    if (found === void 0) return;
    const agenda = new OspfAgenda();
    agenda.neighbor(...found, "InactivityTimer");
    yield* settle(this.state, agenda, this.ctx);
  }
  onRelay(message) {
    receiveRelay(this.state, message, this.ctx);
  }
  onNeighbors() {
    return neighborViews(this.state, this.ctx);
  }
  /** Our neighbours forget us when our Hellos do not leave. */
  isHealthy() {
    return hellosLeave(this.state, this.#inherited, this.ctx);
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
