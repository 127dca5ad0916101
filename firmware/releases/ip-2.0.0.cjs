// ip@2.0.0, a module bundle of hitless. Released: it never changes.
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

// broadcast.ts
function isDue({ tick, period }, interval) {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
}

// ip/router-advertisement.ts
var ALL_SYSTEMS = "224.0.0.1";
var MAX_INITIAL_ADVERT_INTERVAL = 16e3;
function advertiseOnTick(ctx, state, broadcast) {
  for (const iface of state.interfaces.values()) {
    const configured = state.config.interfaces[iface.name]?.interval ?? 0;
    const interval = iface.initial > 0 ? Math.min(configured, MAX_INITIAL_ADVERT_INTERVAL) : configured;
    if (!isDue(broadcast, interval) || !advertise(ctx, state, iface, ALL_SYSTEMS)) continue;
    if (iface.initial > 0) iface.initial--;
  }
}
function advertise(ctx, state, iface, to) {
  const addresses = addressesOf(iface);
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
    const some = addresses.slice(i, i + most).map((address) => ({ address, preference }));
    const packet = { to, payload: encode({ type: "advertisement", lifetime, addresses: some }) };
    const result = ctx.transmit("icmp", iface.name, packet);
    count(iface.counters, result === "sent" ? "sent" : "notSent");
    sent &&= result === "sent";
  }
  return sent;
}

// ip/solicitation.ts
var UNSPECIFIED = "0.0.0.0";
var MAX_RESPONSE_DELAY = 2e3;
function receiveSolicitation(ctx, state, iface, from) {
  const { link, name } = iface;
  const near = link?.addresses.some((own) => sameNetwork(from, own.address, own.prefixLength)) ?? false;
  if (from !== UNSPECIFIED && !near) {
    count(iface.counters, "source");
    return;
  }
  const solicited = count(iface.counters, "solicited");
  const first = addressesOf(iface)[0];
  if (first === void 0) return;
  if (from !== UNSPECIFIED) {
    advertise(ctx, state, iface, from);
  } else if (ctx.timerDue("answer", name) === void 0) {
    ctx.setTimer("answer", name, responseDelay(first, solicited));
  }
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
function addressesOf({ link }) {
  return link?.up ? link.addresses.map(({ address }) => address) : [];
}
function linkChanged(ctx, state, iface, link) {
  const before = addressesOf(iface);
  iface.link = link;
  const now = addressesOf(iface);
  if (before.length === 0 && now.length > 0) iface.initial = MAX_INITIAL_ADVERTISEMENTS;
  if (now.length === 0) return;
  const gone = iface.advertised.filter((address) => !now.includes(address));
  if (gone.length > 0) withdraw(ctx, state, iface, gone);
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
  version: "2.0.0",
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
