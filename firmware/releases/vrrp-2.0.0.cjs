// vrrp@2.0.0, a module bundle of hitless. Released: it never changes.
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

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function addTo(total, counters) {
  for (const name of Object.keys(counters)) count(total, name, counters[name] ?? 0);
}
function isMilestone(counted) {
  return /^10*$/.test(String(counted));
}

// relay.ts
function sendRelay(ctx, relay) {
  const body = { relay };
  return ctx.send("OSPF", "relay", body) === "queued" ? relay + 1 : relay;
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

// vrrp/agreement.ts
var MOST_TOLD = 64;
function checkAgreement(ctx, state, { router, config }, { interval, addresses, priority }, from) {
  const tell = (mismatch, theirs2, ours2) => {
    count(router.statistics.counters, mismatch);
    const about = `${config.interface}/${config.group} ${from} ${mismatch}`;
    if (state.told.includes(about)) return;
    state.told = [...state.told, about].slice(-MOST_TOLD);
    ctx.log(
      "warn",
      `virtual router ${config.group} on ${config.interface}: ${from} advertises ${theirs2}, configured here is ${ours2}; make them agree (${mismatch})`
    );
  };
  if (interval !== config.interval && priority !== 0) {
    tell("intervalMismatch", `an interval of ${interval} cs`, `${config.interval} cs`);
  }
  const [theirs, ours] = [addresses, config.addresses].map((list) => [...list].sort().join(" "));
  if (theirs !== ours) tell("addressMismatch", `the addresses ${theirs}`, `${ours}`);
}

// address.ts
function toNumber(address) {
  return address.split(".").reduce((number, octet) => number << 8 | Number(octet) & 255, 0) >>> 0;
}
function toAddress(number) {
  return [number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255].join(".");
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
function encode({ group, priority, interval, addresses }, from, to) {
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
  view.setUint16(6, checksumOf(bytes, pseudoHeader(from, to, bytes.length)));
  return bytes;
}
function decode({ from, to, ttl, payload }) {
  if (ttl !== TTL) return { error: "ttl" };
  if (payload.length < 1) return { error: "truncated" };
  if (payload[0] >> 4 !== VERSION) return { error: "version" };
  if ((payload[0] & 15) !== TYPE_ADVERTISEMENT) return { error: "type" };
  if (payload.length < HEADER) return { error: "truncated" };
  const count2 = payload[3];
  if (payload.length < HEADER + count2 * 4) return { error: "truncated" };
  if (checksumOf(payload, pseudoHeader(from, to, payload.length)) !== 0) return { error: "checksum" };
  if (count2 === 0) return { error: "addressCount" };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    group: payload[1],
    priority: payload[2],
    interval: view.getUint16(4) & 4095,
    addresses: Array.from({ length: count2 }, (_, i) => toAddress(view.getUint32(HEADER + i * 4)))
  };
}
function pseudoHeader(from, to, length) {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, toNumber(from));
  view.setUint32(4, toNumber(to));
  bytes[9] = PROTOCOL;
  view.setUint16(10, length);
  return sumOf(bytes);
}

// vrrp/statistics.ts
var CHANGE_REASONS = {
  startup: "startup",
  shutdown: "the interface went down",
  owner: "we own the addresses",
  noResponse: "no other router is Active",
  resigned: "the Active Router resigned",
  preempted: "the Active Router has a lower priority than we",
  priority: "another router has a higher priority",
  address: "another router has our priority and a higher address"
};
function noStatistics() {
  return { counters: {}, resignations: 0, becameActive: 0, unsent: 0 };
}

// vrrp/state.ts
function groupKey(name, group) {
  return `${name}/${group}`;
}
function initialState(config) {
  const { groups = [] } = config ?? {};
  const routers = groups.map(({ interface: name, group, interval }) => [
    groupKey(name, group),
    { interface: name, group, state: "Initialize", activeAdverInterval: interval, active: "" }
  ]);
  return up({ config: { groups }, relay: 1, links: /* @__PURE__ */ new Map(), groups: new Map(routers), counters: {} });
}
function up({ config, relay, links, groups, counters, told = [] }) {
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
function down({ config, relay, links, groups, counters, told }) {
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

// broadcast.ts
function isDue({ tick, period }, interval) {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
}

// vrrp/virtual-router.ts
var OWNER = 255;
function running(state, key) {
  const router = state.groups.get(key);
  const config = state.config.groups.find((group) => groupKey(group.interface, group.group) === key);
  const link = config === void 0 ? void 0 : state.links.get(config.interface);
  const own = link?.up ? link.addresses[0]?.address : void 0;
  return router === void 0 || config === void 0 || own === void 0 ? void 0 : { router, config, own };
}
function startup(ctx, run) {
  const { router, config } = run;
  if (config.priority === OWNER) {
    becomeActive(ctx, run, "owner");
  } else {
    router.activeAdverInterval = config.interval;
    router.ifSilent = "noResponse";
    armActiveDown(ctx, run, activeDownInterval(run));
    change(ctx, router, "Backup", "startup");
  }
}
function shutdown(ctx, router) {
  if (router.state === "Initialize") return;
  ctx.cancelTimer("activeDown", groupKey(router.interface, router.group));
  router.active = "";
  change(ctx, router, "Initialize", "shutdown");
}
function activeDown(ctx, run) {
  if (run.router.state === "Backup") becomeActive(ctx, run, run.router.ifSilent);
}
function advertisementReceived(ctx, run, adv, from) {
  if (adv.priority === 0) run.router.statistics.resignations++;
  if (run.router.state === "Backup") receivedAsBackup(ctx, run, adv, from);
  else if (run.router.state === "Active") receivedAsActive(ctx, run, adv, from);
}
function receivedAsBackup(ctx, run, adv, from) {
  const { router, config } = run;
  if (adv.priority === 0) {
    router.active = "";
    router.ifSilent = "resigned";
    armActiveDown(ctx, run, skewTime(run));
    return;
  }
  router.active = from;
  if (config.preempt && adv.priority < config.priority) {
    router.ifSilent = "preempted";
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.ifSilent = "noResponse";
  armActiveDown(ctx, run, activeDownInterval(run));
}
function receivedAsActive(ctx, run, adv, from) {
  const { router, config, own } = run;
  const yields = adv.priority > config.priority || adv.priority === config.priority && toNumber(from) > toNumber(own);
  if (adv.priority === 0 || !yields) {
    sendAdvertisement(ctx, run);
    return;
  }
  router.activeAdverInterval = adv.interval;
  router.active = from;
  router.ifSilent = "noResponse";
  armActiveDown(ctx, run, activeDownInterval(run));
  change(ctx, router, "Backup", adv.priority > config.priority ? "priority" : "address");
}
function advertiseOnTick(ctx, state, broadcast) {
  for (const [key, router] of state.groups) {
    if (router.state !== "Active") continue;
    const run = running(state, key);
    if (run !== void 0 && isDue(broadcast, run.config.interval * 10)) sendAdvertisement(ctx, run);
  }
}
function becomeActive(ctx, run, why) {
  run.router.active = run.own;
  run.router.statistics.becameActive++;
  change(ctx, run.router, "Active", why);
  sendAdvertisement(ctx, run);
}
function sendAdvertisement(ctx, { router: { statistics }, config, own }) {
  const payload = encode(config, own, VRRP_GROUP);
  const packet = { to: VRRP_GROUP, payload };
  if (ctx.transmit("vrrp", config.interface, packet) === "sent") {
    count(statistics.counters, "sent");
    statistics.unsent = 0;
  } else {
    count(statistics.counters, "notSent");
    statistics.unsent++;
  }
}
function change(ctx, router, next, reason) {
  const { interface: name, group, state } = router;
  ctx.log("info", `virtual router ${group} on ${name}: ${state} -> ${next} (${CHANGE_REASONS[reason]})`);
  router.state = next;
  router.statistics.lastChange = { reason, at: ctx.now() };
  router.statistics.unsent = 0;
}
var MOST_UNSENT = 3;
function unheard(state) {
  return [...state.groups.values()].find(
    (router) => router.state === "Active" && router.statistics.unsent >= MOST_UNSENT
  );
}
function skewTime({ router, config }) {
  return (256 - config.priority) * router.activeAdverInterval * 10 / 256;
}
function activeDownInterval(run) {
  return 3 * run.router.activeAdverInterval * 10 + skewTime(run);
}
function armActiveDown(ctx, { router }, after) {
  ctx.setTimer("activeDown", groupKey(router.interface, router.group), after);
}
function virtualRouterViews(state) {
  return state.config.groups.map(({ interface: name, group, priority }) => {
    const router = state.groups.get(groupKey(name, group));
    return {
      interface: name,
      group,
      state: router?.state ?? "Initialize",
      priority,
      active: router?.active ?? ""
    };
  });
}

// vrrp/interface.ts
function linkChanged(ctx, state, link) {
  state.links.set(link.name, link);
  for (const [key, router] of state.groups) {
    if (router.interface !== link.name) continue;
    const run = running(state, key);
    if (run === void 0) shutdown(ctx, router);
    else if (router.state === "Initialize") startup(ctx, run);
    else if (router.state === "Active") router.active = run.own;
  }
}
function receive(ctx, state, name, datum) {
  const drop = (reason, counters2 = state.counters) => ({
    reason,
    dropped: count(counters2, reason)
  });
  const link = state.links.get(name);
  if (!link?.up || link.addresses.length === 0) return drop("inactive");
  if (link.addresses.some(({ address }) => address === datum.from)) return drop("own");
  const adv = decode(datum);
  if ("error" in adv) return drop(adv.error);
  const run = running(state, groupKey(name, adv.group));
  if (run === void 0) return drop("vrid");
  const { counters } = run.router.statistics;
  if (run.config.priority === OWNER) return drop("owner", counters);
  if (adv.interval === 0) return drop("interval", counters);
  count(counters, "received");
  checkAgreement(ctx, state, run, adv, datum.from);
  advertisementReceived(ctx, run, adv, datum.from);
  return void 0;
}

// vrrp/module.ts
var manifest = {
  api: 1,
  name: "VRRP",
  version: "2.0.0",
  description: "VRRP version 3 advertisements and election (RFC 9568)",
  accepts: { virtualRouters: [1] },
  sends: { OSPF: { relay: 1 } },
  subscribes: { broadcast: [1], link: [1] },
  timers: ["activeDown"],
  ports: ["vrrp"],
  state: { version: 2, up: { 1: up }, down: { 1: down } }
};
var Vrrp = class extends import_runtime.Module {
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
    const ours = this.state.config.groups.some((group) => group.interface === body.name);
    if (ours) linkChanged(this.ctx, this.state, body);
  }
  onVrrp({ key, datum }) {
    const dropped = receive(this.ctx, this.state, key, datum);
    if (dropped !== void 0) this.#drop(key, datum.from, dropped);
  }
  onActiveDown({ key }) {
    const run = running(this.state, key);
    if (run !== void 0) activeDown(this.ctx, run);
  }
  onVirtualRouters() {
    return virtualRouterViews(this.state);
  }
  /** An Active Router that nobody hears is worse than none: the others take over, and it does not know. */
  isHealthy() {
    const router = unheard(this.state);
    if (router === void 0) return true;
    const { interface: name, group, statistics } = router;
    return `virtual router ${group} on ${name} is Active, but its last ${statistics.unsent} advertisements could not be sent`;
  }
  /** 7.1: who discards should log it, but not flood the log. */
  #drop(name, from, { reason, dropped }) {
    if (reason === "own" || reason === "inactive" || !isMilestone(dropped)) return;
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
