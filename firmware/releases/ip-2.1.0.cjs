// ip@2.1.0, a module bundle of hitless. Released: it never changes.
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

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function addTo(total, counters) {
  for (const name of Object.keys(counters)) count(total, name, counters[name] ?? 0);
}

// relay.ts
function sendRelay(ctx, relay) {
  const body = { relay };
  return ctx.send("OSPF", "relay", body) === "queued" ? relay + 1 : relay;
}

// broadcast.ts
function isDue({ tick, period }, interval) {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
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
var HEADER = 8;
var ENTRY_WORDS = 2;
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

// ip/sending.ts
var FAILING = 3;
function noteSent(ctx, state, iface, sent) {
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
  return [...state.interfaces.values()].filter(isFailing).map(({ name }) => name);
}
function failureText(ctx, names) {
  return names.map((name) => `advertisements on ${name} are not sent: ${reasonOf(ctx, name)}`).join("; ");
}
function isFailing({ unsent = 0 }) {
  return unsent >= FAILING;
}
function reasonOf(ctx, name) {
  return ctx.portFailure?.("icmp", name)?.reason ?? "its port does not say why";
}

// ip/router-advertisement.ts
var ALL_SYSTEMS = "224.0.0.1";
function advertise(ctx, state, iface, to) {
  const addresses = eligibleOf(iface.link);
  if (!send(ctx, state, iface, to, addresses, state.config.lifetime)) return false;
  iface.advertised = [.../* @__PURE__ */ new Set([...iface.advertised, ...addresses])];
  return true;
}
function withdraw(ctx, state, iface, gone) {
  if (!send(ctx, state, iface, ALL_SYSTEMS, gone, 0)) return;
  count(iface.counters, "withdrawn");
  iface.advertised = iface.advertised.filter((address) => !gone.includes(address));
}
function send(ctx, state, iface, to, addresses, lifetime) {
  const preference = state.config.interfaces[iface.name]?.preference ?? 0;
  const most = addressesThatFit(iface.link?.mtu ?? 0);
  let sent = addresses.length > 0;
  for (let i = 0; i < addresses.length; i += most) {
    const some2 = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet = { to, payload: encode({ type: "advertisement", lifetime, addresses: some2 }) };
    const result = ctx.transmit("icmp", iface.name, packet);
    count(iface.counters, result === "sent" ? "sent" : "notSent");
    if (to === ALL_SYSTEMS) noteSent(ctx, state, iface, result === "sent");
    sent &&= result === "sent";
  }
  return sent;
}

// ip/solicitation.ts
var UNSPECIFIED = "0.0.0.0";
var MAX_RESPONSE_DELAY = 2e3;
var MOST_ALONE = 10;
var ALONE_WINDOW = 1e3;
function receiveSolicitation(ctx, state, iface, from) {
  const { link, name } = iface;
  const near = link?.addresses.some((own) => sameNetwork(from, own.address, own.prefixLength)) ?? false;
  if (from !== UNSPECIFIED && !near) {
    count(iface.counters, "source");
    return;
  }
  const solicited = count(iface.counters, "solicited");
  const first = eligibleOf(link)[0];
  if (first === void 0) return;
  if (from !== UNSPECIFIED && mayAnswerAlone(ctx, iface)) {
    advertise(ctx, state, iface, from);
  } else if (ctx.timerDue("answer", name) === void 0) {
    ctx.setTimer("answer", name, responseDelay(first, solicited));
  }
}
function mayAnswerAlone(ctx, iface) {
  const now = ctx.now();
  const since = iface.alone?.since ?? Number.NEGATIVE_INFINITY;
  if (now < since || now - since >= ALONE_WINDOW || iface.alone === void 0)
    iface.alone = { since: now, answers: 0 };
  return ++iface.alone.answers <= MOST_ALONE;
}
function answer(ctx, state, iface) {
  advertise(ctx, state, iface, ALL_SYSTEMS);
}
function responseDelay(address, solicited) {
  const MULTIPLIER = 2654435761;
  const spread = Math.imul(toNumber(address) + solicited, MULTIPLIER) >>> 0;
  return spread / 2 ** 32 * MAX_RESPONSE_DELAY;
}

// ip/interface.ts
var MAX_INITIAL_ADVERTISEMENTS = 3;
var MAX_INITIAL_ADVERT_INTERVAL = 16e3;
function linkChanged(ctx, state, iface, link) {
  const was = iface.link;
  iface.link = link;
  if (eligibleOf(was).length === 0 && eligibleOf(link).length > 0) iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  if (link.forwarding === false) {
    const told = was?.forwarding === false ? was.addresses.map(({ address }) => address) : [];
    const own = link.addresses.map(({ address }) => address).filter((address) => !told.includes(address));
    iface.advertised = [.../* @__PURE__ */ new Set([...iface.advertised, ...own])];
  }
  catchUp(ctx, state, iface);
}
function advertiseOnTick(ctx, state, broadcast) {
  for (const iface of state.interfaces.values()) {
    const configured = state.config.interfaces[iface.name]?.interval ?? 0;
    const interval = iface.initial > 0 ? Math.min(configured, MAX_INITIAL_ADVERT_INTERVAL) : configured;
    if (!isDue(broadcast, interval)) continue;
    catchUp(ctx, state, iface);
    if (advertise(ctx, state, iface, ALL_SYSTEMS) && iface.initial > 0) iface.initial--;
  }
}
function catchUp(ctx, state, iface) {
  sayRemarks(ctx, iface);
  if (!iface.link?.up || iface.link.addresses.length === 0) return;
  const now = eligibleOf(iface.link);
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) withdraw(ctx, state, iface, gone);
}
function cease(ctx, state, iface) {
  ctx.cancelTimer("answer", iface.name);
  iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  if (iface.link?.up && iface.advertised.length > 0) withdraw(ctx, state, iface, iface.advertised);
}
function sayRemarks(ctx, iface) {
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
function receive(ctx, state, iface, { from, payload }) {
  const message = decode(payload);
  const own = iface.link?.addresses.some(({ address }) => address === from) ?? false;
  if ("error" in message) count(iface.counters, message.error);
  else if (own) count(iface.counters, "own");
  else if (message.type === "solicitation") receiveSolicitation(ctx, state, iface, from);
  else count(iface.counters, "heard");
}

// ip/state.ts
var DEFAULT_LIFETIME = 1800;
function initialState(config) {
  const { lifetime = DEFAULT_LIFETIME, interfaces = {} } = config ?? {};
  return up({ config: { lifetime, interfaces }, relay: 1, links: /* @__PURE__ */ new Map(), counters: {} });
}
function up({ config, relay, links, counters }) {
  const interfaces = Object.keys(config.interfaces).map((name) => {
    const link = links.get(name);
    const advertised = link?.addresses.slice(0, 1).map(({ address }) => address) ?? [];
    return [name, { name, ...link && { link }, advertised, initial: 0, counters: {} }];
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

// ip/module.ts
var manifest = {
  api: 1,
  name: "IP",
  version: "2.1.0",
  description: "ICMP router advertisements and answers to solicitations (RFC 1256)",
  accepts: {},
  sends: { OSPF: { relay: 1 } },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["answer"],
  ports: ["icmp"],
  state: { version: 2, up: { 1: up }, down: { 1: down } }
};
var Ip = class extends import_runtime.Module {
  initial(config) {
    return initialState(config);
  }
  /** Interfaces that were failing when this version began: that is not its fault. */
  #inherited = [];
  start(_why) {
    this.#inherited = failingOf(this.state);
  }
  isHealthy() {
    const failing = failingOf(this.state).filter((name) => !this.#inherited.includes(name));
    return failing.length === 0 || failureText(this.ctx, failing);
  }
  stop(_why) {
    for (const iface of this.state.interfaces.values()) cease(this.ctx, this.state, iface);
  }
  onBroadcast({ body }) {
    advertiseOnTick(this.ctx, this.state, body);
    const next = sendRelay(this.ctx, this.state.relay);
    if (next === this.state.relay) count(this.state.counters, "relayRefused");
    this.state.relay = next;
  }
  onLink({ body }) {
    const iface = this.state.interfaces.get(body.name);
    if (iface !== void 0) linkChanged(this.ctx, this.state, iface, body);
  }
  onIcmp({ key, datum }) {
    const iface = this.state.interfaces.get(key);
    if (iface !== void 0) receive(this.ctx, this.state, iface, datum);
  }
  onAnswer({ key }) {
    const iface = this.state.interfaces.get(key);
    if (iface !== void 0) answer(this.ctx, this.state, iface);
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
