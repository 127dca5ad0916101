// ospf@4.2.4, a module bundle of hitless. Released: it never changes.
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
var import_runtime2 = require("hitless/runtime");

// handler-time.ts
var MAX_HANDLER_MS = 500;

// counter.ts
function count(counters, name, by = 1) {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}
function isMilestone(counted) {
  return /^10*$/.test(String(counted));
}

// ospf/constants.ts
var LS_REFRESH_TIME = 1800;
var MAX_AGE = 3600;
var CHECK_AGE = 300;
var MAX_AGE_DIFF = 900;
var LS_INFINITY = 16777215;
var MAX_LINK_METRIC = 65535;
var INITIAL_SEQUENCE = -2147483647;
var MAX_SEQUENCE = 2147483647;
var ALL_SPF_ROUTERS = "224.0.0.5";
var ALL_D_ROUTERS = "224.0.0.6";
var PACKET_HELLO = 1;
var PACKET_DESCRIPTION = 2;
var PACKET_REQUEST = 3;
var PACKET_UPDATE = 4;
var PACKET_ACKNOWLEDGMENT = 5;
var PACKET_NAMES = {
  1: "hello",
  2: "description",
  3: "request",
  4: "update",
  5: "acknowledgment"
};
var LS_ROUTER = 1;
var LS_NETWORK = 2;
var LS_SUMMARY_NETWORK = 3;
var LS_SUMMARY_ASBR = 4;
var LS_EXTERNAL = 5;
var LS_NSSA = 7;
var LS_OPAQUE_LINK = 9;
var LS_OPAQUE_AREA = 10;
var LS_OPAQUE_AS = 11;
var OPTION_E = 2;
var OPTION_MC = 4;
var OPTION_NP = 8;
var OPTION_DC = 32;
var OPTION_O = 64;
var NONE = 0;
var BACKBONE = 0;

// ospf/lsdb/buckets.ts
var BUCKETS = 64;
var NO_ROWS = [];
function bucketOf(key) {
  let hash = 2166136261;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 16777619);
  return (hash ^ hash >>> 16) & BUCKETS - 1;
}
function rowsOf(table, owner, bucket) {
  return table.get(`${owner} ${bucket}`) ?? NO_ROWS;
}
function hasRow(table, owner, key) {
  return indexOf(rowsOf(table, owner, bucketOf(key)), key) >= 0;
}
function addRow(table, owner, row) {
  const key = typeof row === "string" ? row : row.key;
  const bucket = bucketOf(key);
  const rows2 = rowsOf(table, owner, bucket);
  const at = indexOf(rows2, key);
  if (at >= 0 && rows2[at] === row) return false;
  table.set(`${owner} ${bucket}`, at < 0 ? [...rows2, row] : rows2.with(at, row));
  return at < 0;
}
function removeRow(table, owner, key) {
  const bucket = bucketOf(key);
  const rows2 = rowsOf(table, owner, bucket);
  const at = indexOf(rows2, key);
  if (at < 0) return false;
  if (rows2.length === 1) table.delete(`${owner} ${bucket}`);
  else table.set(`${owner} ${bucket}`, rows2.toSpliced(at, 1));
  return true;
}
function clearRows(table, owner) {
  for (let bucket = 0; bucket < BUCKETS; bucket++) table.delete(`${owner} ${bucket}`);
}
function indexOf(rows2, key) {
  return rows2.findIndex((row) => (typeof row === "string" ? row : row.key) === key);
}

// ospf/packet/bytes.ts
function read16(bytes, at) {
  return bytes[at] << 8 | bytes[at + 1];
}
function read24(bytes, at) {
  return bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2];
}
function read32(bytes, at) {
  return readSigned32(bytes, at) >>> 0;
}
function readSigned32(bytes, at) {
  return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
}
function write16(bytes, at, value) {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
function write24(bytes, at, value) {
  bytes[at] = value >>> 16;
  write16(bytes, at + 1, value);
}
function write32(bytes, at, value) {
  write16(bytes, at, value >>> 16);
  write16(bytes, at + 2, value);
}

// ospf/packet/lsa-header.ts
var LSA_HEADER = 20;
function decodeLsaHeader(bytes, at = 0) {
  return {
    age: read16(bytes, at),
    options: bytes[at + 2],
    type: bytes[at + 3],
    id: read32(bytes, at + 4),
    router: read32(bytes, at + 8),
    sequence: readSigned32(bytes, at + 12),
    checksum: read16(bytes, at + 16),
    length: read16(bytes, at + 18)
  };
}
function putLsaHeader(bytes, at, header) {
  write16(bytes, at, header.age);
  bytes[at + 2] = header.options;
  bytes[at + 3] = header.type;
  write32(bytes, at + 4, header.id);
  write32(bytes, at + 8, header.router);
  write32(bytes, at + 12, header.sequence);
  write16(bytes, at + 16, header.checksum);
  write16(bytes, at + 18, header.length);
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

// ospf/config/authentication-config.ts
var ALGORITHMS = [
  "md5",
  "hmac-sha-1",
  "hmac-sha-256",
  "hmac-sha-384",
  "hmac-sha-512"
];
var LONGEST_MD5 = 16;
var LONGEST_SECRET = 64;
var LONGEST_PASSWORD = 8;
var MOST_KEYS = 32;
var MOST_CHAINS = 64;
var TIME = {
  type: "string",
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z$",
  allowed: "a time in UTC, such as 2026-01-31T00:00:00Z"
};
var LIFETIME = {
  type: "object",
  additionalProperties: false,
  properties: {
    from: { ...TIME, unset: "since ever", description: "when it begins" },
    until: { ...TIME, unset: "for ever", description: "when it ends" }
  }
};
var KEYS = {
  type: "object",
  minProperties: 1,
  maxProperties: MOST_KEYS,
  propertyNames: {
    type: "string",
    pattern: "^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$",
    allowed: "a key id from 0 to 255"
  },
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    required: ["secret"],
    properties: {
      algorithm: {
        enum: ALGORITHMS,
        default: "hmac-sha-256",
        description: "how packets are signed; the same on all routers of the network"
      },
      secret: {
        type: "string",
        maxBytes: LONGEST_SECRET,
        allowed: `a text of 1 to ${LONGEST_SECRET} bytes, ${LONGEST_MD5} with md5`,
        minLength: 1,
        description: "the secret; the same on all routers of the network"
      },
      send: {
        ...LIFETIME,
        description: "when packets are signed with it; of several the latest to begin is used"
      },
      accept: { ...LIFETIME, description: "when packets that are signed with it are taken" }
    }
  },
  allowed: "a mapping of key id to key, such as 1: { secret: … }"
};
var AUTHENTICATION = {
  type: "object",
  additionalProperties: false,
  properties: {
    password: {
      type: "string",
      minLength: 1,
      maxBytes: LONGEST_PASSWORD,
      unset: "none",
      description: "it is in each packet for all to read (simple password, D.2)"
    },
    keys: { ...KEYS, unset: "none", description: "packets are signed with these keys (D.3, RFC 5709)" },
    "key-chain": {
      type: "string",
      unset: "none",
      description: "packets are signed with the keys of this chain of `key-chains`"
    }
  },
  unset: "none, or as of its area",
  description: "who may speak here: one of `password`, `keys` and `key-chain`; with none of them, everybody"
};
var KEY_CHAINS = {
  type: "object",
  maxProperties: MOST_CHAINS,
  propertyNames: {
    pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$",
    allowed: "a name of 1 to 63 letters, digits, dots, - and _"
  },
  additionalProperties: KEYS,
  unset: "none",
  description: "keys that several interfaces have in common, by name and key id"
};
function* checkAuthentication(keys, chains, path) {
  if (keys === void 0) return;
  const named = Object.keys(keys);
  if (named.length > 1)
    yield { path, text: "one of password, keys and key-chain", found: named.join(" and ") };
  const chain = keys["key-chain"];
  if (chain !== void 0 && !chains.includes(chain)) {
    const text = chains.length === 0 ? "a chain of ospf.key-chains, which there are none of" : chains.join(", ");
    yield { path: [...path, "key-chain"], text };
  }
  yield* checkKeys(keys.keys, [...path, "keys"]);
}
function* checkKeys(keys = {}, path) {
  for (const [id, key] of Object.entries(keys)) {
    const { algorithm, secret, send: send2 = {}, accept: accept3 = {} } = key ?? {};
    if (algorithm === "md5" && Buffer.byteLength(secret ?? "") > LONGEST_MD5)
      yield {
        path: [...path, id, "secret"],
        text: `at most ${LONGEST_MD5} bytes with md5 (D.3)`,
        found: "more"
      };
    for (const [name, { from, until }] of Object.entries({ send: send2, accept: accept3 })) {
      for (const [word, time] of Object.entries({ from, until }))
        if (time !== void 0 && Number.isNaN(Date.parse(time)))
          yield { path: [...path, id, name, word], text: "a day that there is" };
      if (from !== void 0 && until !== void 0 && Date.parse(until) <= Date.parse(from))
        yield { path: [...path, id, name, "until"], text: `after ${from}, when it begins` };
    }
  }
}
function authenticationOf({
  password,
  keys,
  "key-chain": keyChain
} = {}) {
  if (password !== void 0) return { type: "simple", password };
  if (keys !== void 0) return { type: "cryptographic", keys: keysOf(keys) };
  return keyChain === void 0 ? { type: "none" } : { type: "cryptographic", keyChain };
}
function keysOf(keys) {
  const each = Object.entries(keys).map(([id, key]) => {
    const { algorithm = "hmac-sha-256", secret = "", send: send2, accept: accept3 } = key ?? {};
    const made4 = {
      algorithm,
      secret,
      ...send2 && { send: lifetimeOf(send2) },
      ...accept3 && { accept: lifetimeOf(accept3) }
    };
    return [id, made4];
  });
  return Object.fromEntries(each);
}
function lifetimeOf({ from, until }) {
  return {
    ...from !== void 0 && { from: Date.parse(from) },
    ...until !== void 0 && { until: Date.parse(until) }
  };
}

// ospf/config/schemas.ts
var ID = {
  type: "string",
  format: "ipv4",
  allowed: "an id: four numbers with dots, such as 0.0.0.1"
};
var OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
var PREFIX_NAMES = {
  type: "string",
  pattern: `^(${OCTET}\\.){3}${OCTET}/(3[0-2]|[12]?[0-9])$`,
  allowed: "an IPv4 prefix, such as 10.9.0.0/16"
};
var METRIC = {
  type: "integer",
  minimum: 0,
  // 24 bits; all of them set is LSInfinity (B).
  maximum: 16777214
};
var TAG = { type: "integer", minimum: 0, maximum: 4294967295 };
function prefixOf(text) {
  const [address = "", length = ""] = text.split("/");
  return { network: toNumber(address), length: Number(length) };
}
function* hostBits(prefixes, path) {
  for (const text of prefixes) {
    const { network, length } = prefixOf(text);
    const lowest = (network & maskOf(length)) >>> 0;
    if (lowest !== network)
      yield {
        path: [...path, text],
        text: `a prefix without host bits, which is ${toAddress(lowest)}/${length}`
      };
  }
}

// ospf/config/external-config.ts
var SOURCES = ["connected", "static", "kernel"];
var EXTERNAL = {
  metric: { ...METRIC, default: 20, description: "metric, unless the route map sets another" },
  type: {
    enum: [1, 2],
    default: 2,
    description: "1: the metric adds to the cost of the way; 2: the metric alone decides (RFC 2328 2.3)"
  },
  tag: { ...TAG, unset: "that of the route, or 0", description: "a mark for other routers" },
  "route-map": {
    type: "string",
    unset: "none",
    description: "a route map of `ip.route-maps`: what it permits, with what it sets"
  }
};
var REDISTRIBUTE = {
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    SOURCES.map((source) => [
      source,
      {
        type: "object",
        additionalProperties: false,
        properties: {
          ...EXTERNAL,
          "prefix-list": {
            type: "string",
            unset: "none",
            description: "a prefix list of `ip.prefix-lists`: what it permits"
          }
        },
        unset: "not told",
        description: `${source} routes are told to the AS`
      }
    ])
  ),
  unset: "nothing",
  description: "routes of other sources that are told to the AS; the router becomes an AS boundary router"
};
var DEFAULT_KEYS = {
  ...EXTERNAL,
  metric: { ...METRIC, default: 10, description: "its metric, unless the route map sets another" },
  always: { type: "boolean", default: false, description: "also where this router has no default route" }
};
var DEFAULT_INFORMATION = {
  type: "object",
  additionalProperties: false,
  properties: DEFAULT_KEYS,
  unset: "none",
  description: "a default route is told to the AS"
};
var DISTRIBUTE_LIST = {
  type: "object",
  additionalProperties: false,
  minProperties: 1,
  properties: {
    "prefix-list": {
      type: "string",
      unset: "none",
      description: "a prefix list of `ip.prefix-lists`: what it permits"
    },
    "route-map": {
      type: "string",
      unset: "none",
      description: "a route map of `ip.route-maps`: what it permits, with the metric and tag that it sets"
    }
  },
  allowed: "a prefix list, a route map, or both, such as { prefix-list: inside }",
  unset: "all",
  description: "which of the routes that it computes are used here; what others are told does not depend on it. It takes an IP module of 3.2.0 or newer"
};
function* unknownFilters(keys, filters, path) {
  for (const [key, lists] of [
    ["route-map", "route-maps"],
    ["prefix-list", "prefix-lists"]
  ]) {
    const name = keys[key];
    const known = Object.keys(filters[lists] ?? {});
    if (name === void 0 || known.includes(name)) continue;
    const text = known.length === 0 ? `one of ip.${lists}, which there are none of` : known.join(", ");
    yield { path: [...path, key], text };
  }
}
function externalOf({ metric, type, tag, "route-map": routeMap }) {
  return { metric, type, ...tag !== void 0 && { tag }, ...routeMap !== void 0 && { routeMap } };
}
function distributeListOf({
  "prefix-list": prefixList,
  "route-map": routeMap
}) {
  return { ...prefixList !== void 0 && { prefixList }, ...routeMap !== void 0 && { routeMap } };
}
function redistributeOf(keys = {}) {
  const each = Object.entries(keys).map(([source, { "prefix-list": prefixList, ...external }]) => {
    const made4 = { ...externalOf(external), ...prefixList !== void 0 && { prefixList } };
    return [source, made4];
  });
  return Object.fromEntries(each);
}

// duration.ts
var UNITS = { h: 36e5, m: 6e4, s: 1e3 };
function formatDuration(ms) {
  for (const [unit, size] of Object.entries(UNITS))
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms < 1e3 ? `${ms}ms` : `${ms / 1e3}s`;
}

// ospf/config/interface-config.ts
var MOST_NETWORKS = 64;
var MOST_NEIGHBORS = 256;
var SECOND = 1e3;
var DEFAULT_PRIORITY = 1;
var DEFAULT_POLL = 12e4;
var TIMES = {
  // C.3: HelloInterval is a 16-bit count of seconds on the wire (A.3.2).
  "hello-interval": {
    duration: { least: "50ms", most: "65535s" },
    default: "10s",
    allowed: "a whole number of seconds from 1s to 65535s, or less than a second, from 50ms, as FRR has it with `dead-interval minimal`",
    description: "time between two hellos; the same on every router of the network"
  },
  "dead-interval": {
    duration: { least: "1s", most: "262140s", step: "1s" },
    unset: "four times `hello-interval`, and at least 1s",
    description: "how long a neighbour may be silent, more than `hello-interval`; the same on every router of the network"
  },
  "retransmit-interval": {
    duration: { least: "1s", most: "65535s", step: "1s" },
    default: "5s",
    description: "how long an acknowledgment is waited for (RxmtInterval)"
  },
  "transmit-delay": {
    duration: { least: "1s", most: "3600s", step: "1s" },
    default: "1s",
    description: "by how much an LSA is older when it has crossed the link (InfTransDelay)"
  }
};
var INTERFACE = {
  area: { ...ID, unset: "that of the section", description: "its area" },
  type: {
    enum: ["broadcast", "point-to-point", "point-to-multipoint", "non-broadcast", "loopback"],
    unset: "as the link is: a loopback, one with an address that has a peer, else broadcast",
    description: "how routers find each other there (RFC 2328 1.2)"
  },
  passive: {
    type: "boolean",
    default: false,
    description: "its network is told to others, and nobody is spoken to there"
  },
  cost: {
    type: "integer",
    minimum: 1,
    maximum: 65535,
    unset: "10; by its speed, where there is a `reference-bandwidth`",
    description: "cost of sending by it"
  },
  ...TIMES,
  address: {
    type: "string",
    format: "ipv4-or-network",
    unset: "the first address that is one of a network",
    description: "the subnet that takes part, where the interface has several; the log says which is used"
  },
  networks: {
    type: "array",
    minItems: 1,
    maxItems: MOST_NETWORKS,
    uniqueItems: true,
    items: { type: "string", format: "ipv4-or-network" },
    unset: "the one of `address`",
    allowed: `a list of 1 to ${MOST_NETWORKS} networks of the interface, such as [10.0.1.0/24, 10.0.2.0/24]`,
    description: "the subnets that take part, each with neighbours of its own"
  },
  priority: {
    type: "integer",
    minimum: 0,
    maximum: 255,
    default: DEFAULT_PRIORITY,
    description: "the highest becomes designated router where there is none yet; 0: never"
  },
  "mtu-ignore": {
    type: "boolean",
    default: false,
    description: "neighbours whose packets may be larger than ours are taken all the same"
  },
  authentication: AUTHENTICATION,
  neighbors: {
    type: "object",
    maxProperties: MOST_NEIGHBORS,
    propertyNames: { type: "string", format: "ipv4", allowed: "the address of a neighbour" },
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        priority: {
          type: "integer",
          minimum: 0,
          maximum: 255,
          default: 0,
          description: "its priority, until its first hello says it"
        },
        "poll-interval": {
          duration: { least: "1s", most: "65535s", step: "1s" },
          default: "2m",
          description: "time between two hellos to it while it is silent"
        },
        cost: {
          type: "integer",
          minimum: 1,
          maximum: 65535,
          unset: "that of the interface",
          description: "cost of sending to it, on point-to-multipoint"
        }
      }
    },
    unset: "none",
    description: "by address, where there is no multicast: non-broadcast and point-to-multipoint"
  }
};
function* checkInterface(keys, chains, path) {
  yield* checkTimes(keys, path);
  yield* checkAuthentication(keys.authentication, chains, [...path, "authentication"]);
  if (keys.address !== void 0 && keys.networks !== void 0)
    yield {
      path: [...path, "networks"],
      text: "left out where there is `address`, which names the one network"
    };
  const { type, neighbors } = keys;
  if (neighbors !== void 0 && type !== "non-broadcast" && type !== "point-to-multipoint")
    yield {
      path: [...path, "neighbors"],
      text: "left out, or type non-broadcast or point-to-multipoint beside it"
    };
}
function* checkTimes(keys, path) {
  const { "hello-interval": hello, "dead-interval": dead } = keys;
  if (hello === void 0) return;
  if (hello >= SECOND && hello % SECOND !== 0)
    yield { path: [...path, "hello-interval"], text: "a whole number of seconds, or less than one" };
  if (dead !== void 0 && dead <= hello)
    yield {
      path: [...path, "dead-interval"],
      text: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`
    };
  if (hello < SECOND && dead !== void 0 && dead !== SECOND)
    yield { path: [...path, "dead-interval"], text: "1s, with a hello-interval below a second" };
}
function interfacesOf(link, keys, area, ofArea) {
  const { networks, address } = keys;
  if (networks === void 0) return [[link, interfaceOf(link, keys, area, ofArea, address)]];
  return networks.map((network, i) => [
    i === 0 ? link : `${link}/${network}`,
    interfaceOf(link, keys, area, ofArea, network)
  ]);
}
function interfaceOf(link, keys, area, ofArea, address) {
  const each = Object.entries(keys.neighbors ?? {}).map(
    ([name, { priority, cost, "poll-interval": poll2 }]) => {
      const neighbor = { priority, pollInterval: poll2 ?? DEFAULT_POLL, ...cost !== void 0 && { cost } };
      return [name, neighbor];
    }
  );
  return {
    link,
    area: keys.area ?? area,
    ...address !== void 0 && { address },
    ...keys.type !== void 0 && { type: keys.type },
    passive: keys.passive,
    ...keys.cost !== void 0 && { cost: keys.cost },
    priority: keys.priority,
    ...timesOf(keys),
    mtuIgnore: keys["mtu-ignore"],
    authentication: keys.authentication === void 0 ? ofArea : authenticationOf(keys.authentication),
    neighbors: Object.fromEntries(each)
  };
}
function timesOf(keys) {
  const hello = keys["hello-interval"];
  return {
    helloInterval: hello,
    deadInterval: keys["dead-interval"] ?? Math.max(SECOND, 4 * hello),
    retransmitInterval: keys["retransmit-interval"],
    transmitDelay: keys["transmit-delay"]
  };
}

// ospf/config/area-config.ts
var MOST_RANGES = 1024;
var MOST_VIRTUAL_LINKS = 64;
var DEFAULT_COST = 1;
var BACKBONE_ID = "0.0.0.0";
var AREA = {
  type: {
    enum: ["normal", "stub", "nssa"],
    default: "normal",
    description: "stub: no external routes; nssa: none but those of its own (RFC 3101); the same on all of its routers"
  },
  summaries: {
    type: "boolean",
    default: true,
    description: "false: a border router tells a stub area or nssa nothing but a default route (totally stubby)"
  },
  "default-cost": {
    ...METRIC,
    default: DEFAULT_COST,
    description: "cost of the default route that a border router tells a stub area or nssa"
  },
  ranges: {
    type: "object",
    maxProperties: MOST_RANGES,
    propertyNames: PREFIX_NAMES,
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        advertise: {
          type: "boolean",
          default: true,
          description: "false: other areas are told nothing of it"
        },
        cost: { ...METRIC, unset: "that of the most distant network in it", description: "its cost" }
      }
    },
    unset: "none",
    description: "networks of the area that others are told of as one, by prefix"
  },
  "nssa-ranges": {
    type: "object",
    maxProperties: MOST_RANGES,
    propertyNames: PREFIX_NAMES,
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        advertise: { type: "boolean", default: true, description: "false: the AS is told nothing of it" },
        tag: { ...TAG, unset: "0", description: "a mark for other routers" }
      }
    },
    unset: "none",
    description: "external routes of an nssa that the AS is told of as one, by prefix (RFC 3101 3.2)"
  },
  translate: {
    enum: ["candidate", "always", "never"],
    default: "candidate",
    description: "whether a border router tells the AS of external routes of an nssa (RFC 3101 3.1)"
  },
  "default-information": {
    ...DEFAULT_INFORMATION,
    properties: {
      ...DEFAULT_KEYS,
      "route-map": {
        type: "string",
        unset: "none",
        description: "a route map of `ip.route-maps`: what it permits, with what it sets; where `ospf.default-information` looks for a default route, too, that one counts"
      },
      always: {
        type: "boolean",
        default: false,
        description: "also where this router has no default route; a border router always tells one"
      }
    },
    description: "a default route is told to an nssa"
  },
  authentication: {
    ...AUTHENTICATION,
    unset: "none",
    description: "as of its interfaces, for those that name none"
  },
  "virtual-links": {
    type: "object",
    maxProperties: MOST_VIRTUAL_LINKS,
    propertyNames: { ...ID, allowed: "a router id, such as 10.0.9.9" },
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: { ...TIMES, authentication: { ...AUTHENTICATION, unset: "as of the backbone" } }
    },
    unset: "none",
    description: "links of the backbone through this area to other border routers, by router id (RFC 2328 15)"
  }
};
function* checkArea(id, keys, chains, filters, path) {
  const { type = "normal" } = keys;
  if (id === BACKBONE_ID && type !== "normal")
    yield { path: [...path, "type"], text: "normal: the backbone is no stub area (RFC 2328 3.6)" };
  if (type === "normal" && keys.summaries === false)
    yield { path: [...path, "summaries"], text: "true, or type stub or nssa beside it" };
  for (const key of ["nssa-ranges", "default-information"])
    if (keys[key] !== void 0 && type !== "nssa")
      yield { path: [...path, key], text: "left out, or type nssa beside it" };
  if (keys["default-information"] !== void 0)
    yield* unknownFilters(keys["default-information"], filters, [...path, "default-information"]);
  for (const key of ["ranges", "nssa-ranges"])
    yield* hostBits(Object.keys(keys[key] ?? {}), [...path, key]);
  yield* checkAuthentication(keys.authentication, chains, [...path, "authentication"]);
  const links = keys["virtual-links"];
  if (links !== void 0 && (id === BACKBONE_ID || type !== "normal"))
    yield {
      path: [...path, "virtual-links"],
      text: "left out: a virtual link goes through an area that is neither the backbone nor a stub (RFC 2328 15)"
    };
  for (const [router, link] of Object.entries(links ?? {})) {
    yield* checkTimes(link, [...path, "virtual-links", router]);
    yield* checkAuthentication(link.authentication, chains, [
      ...path,
      "virtual-links",
      router,
      "authentication"
    ]);
  }
}
function areaOf(keys, ofBackbone) {
  const links = Object.entries(keys["virtual-links"] ?? {}).map(([router, link]) => {
    const authentication = link.authentication === void 0 ? ofBackbone : authenticationOf(link.authentication);
    return [router, { ...timesOf(link), authentication }];
  });
  const defaults = keys["default-information"];
  return {
    type: keys.type,
    summaries: keys.summaries,
    defaultCost: keys["default-cost"],
    ranges: { ...keys.ranges },
    nssaRanges: { ...keys["nssa-ranges"] },
    translate: keys.translate,
    ...defaults !== void 0 && {
      defaultInformation: { always: defaults.always, ...externalOf(defaults) }
    },
    virtualLinks: Object.fromEntries(links)
  };
}
var PLAIN_AREA = {
  type: "normal",
  summaries: true,
  defaultCost: DEFAULT_COST,
  ranges: {},
  nssaRanges: {},
  translate: "candidate",
  virtualLinks: {}
};

// ospf/selectors.ts
function configOf({ config }, { key, virtual }) {
  if (virtual === void 0) return config.interfaces[key];
  const link = config.areas[toAddress(virtual.area)].virtualLinks[toAddress(virtual.router)];
  return { ...OF_VIRTUAL_LINK, ...link };
}
var OF_VIRTUAL_LINK = {
  link: "",
  area: "0.0.0.0",
  passive: false,
  priority: 0,
  mtuIgnore: false,
  neighbors: {}
};
function areaConfigOf({ config }, area) {
  return config.areas[toAddress(area)] ?? PLAIN_AREA;
}
function soughtDefaults({ defaultInformation, areas }) {
  const sought = (each) => each?.always === false ? [each] : [];
  const ofAreas = Object.values(areas).flatMap((area) => sought(area.defaultInformation));
  const rank = ({ routeMap }) => routeMap === void 0 ? 1 : 0;
  return [...sought(defaultInformation), ...ofAreas.sort((one, other) => rank(one) - rank(other))];
}
function takesType(state, area, type) {
  const kind = areaConfigOf(state, area).type;
  if (type === LS_EXTERNAL || type === LS_OPAQUE_AS) return kind === "normal";
  return type !== LS_NSSA || kind === "nssa";
}
function virtualKey(area, router) {
  return `vlink ${toAddress(area)} ${toAddress(router)}`;
}
function areKnownById({ type }) {
  return type === "point-to-point" || type === "virtual";
}
function neighborOf(iface, address, routerId) {
  return iface.neighbors.get(nameOf(iface, address, routerId));
}
function nameOf(iface, address, routerId) {
  return toAddress(areKnownById(iface) ? routerId : address);
}
function findNeighbor({ interfaces }, key) {
  const slash = key.lastIndexOf("/");
  const iface = interfaces.get(key.slice(0, slash));
  const neighbor = iface?.neighbors.get(key.slice(slash + 1));
  return iface && neighbor && [iface, neighbor];
}
function findByTimer({ interfaces }, timer) {
  for (const iface of interfaces.values())
    for (const neighbor of iface.neighbors.values()) if (neighbor.timer === timer) return [iface, neighbor];
  return void 0;
}
var STATES = [
  "Down",
  "Attempt",
  "Init",
  "2-Way",
  "ExStart",
  "Exchange",
  "Loading",
  "Full"
];
function isAtLeast({ state }, least) {
  return STATES.indexOf(state) >= STATES.indexOf(least);
}
function isTold({ state, helping }) {
  return state === "Full" || helping !== void 0;
}
function isRestarting({ restarting }) {
  return restarting?.phase === "looking" || restarting?.phase === "grace";
}
function isDesignating({ type }) {
  return type === "broadcast" || type === "non-broadcast";
}
function isDesignated(state) {
  return state === "DR" || state === "Backup";
}
function portSettings({ interfaces }, link) {
  for (const iface of interfaces.values())
    if (iface.link === link && isDesignated(iface.state)) return { groups: [ALL_D_ROUTERS] };
  return { groups: [] };
}
function isTalking(state, iface) {
  return iface.state !== "Down" && iface.state !== "Loopback" && iface.address !== NONE && !configOf(state, iface).passive;
}
function isOwnAddress({ interfaces }, address) {
  for (const iface of interfaces.values())
    if (iface.address === address && iface.state !== "Down") return true;
  return false;
}
function isOfFormerId(state, { type, id, router }) {
  return type === LS_NETWORK && router !== state.routerId && isOwnAddress(state, id);
}
function isOwnLsa(state, lsa) {
  return lsa.router === state.routerId || isOfFormerId(state, lsa);
}
function idOf(text) {
  return toNumber(text);
}

// ospf/lsdb/lsdb.ts
var MOST_LSAS = 1e5;
var MOST_LSA_BYTES = 32 * 1024 * 1024;
var MOST_IN_BUCKET = 4096;
function lsaKey(scope, type, id, router) {
  return `${scope} ${type} ${id} ${router}`;
}
function keyOf({ scope, type, id, router }) {
  return lsaKey(scope, type, id, router);
}
function areaScope(area) {
  return `area ${area}`;
}
function scopeOf(type, { key, area }) {
  if (type === LS_EXTERNAL || type === LS_OPAQUE_AS) return "as";
  return type === LS_OPAQUE_LINK ? `link ${key}` : areaScope(area);
}
function scopesOf({ areas, interfaces }) {
  return [
    "as",
    ...[...areas.keys()].map(areaScope),
    ...[...interfaces.values()].map((iface) => scopeOf(LS_OPAQUE_LINK, iface))
  ];
}
function hasRoom(state, scope, key, bytes, before) {
  if (state.lsaBytes + bytes.length - (before?.bytes.length ?? 0) > MOST_LSA_BYTES) return false;
  if (before !== void 0) return true;
  return state.lsas.size < MOST_LSAS && rowsOf(state.keys, scope, bucketOf(key)).length < MOST_IN_BUCKET;
}
function findLsa(state, key) {
  return state.lsas.get(key);
}
function ageOf({ age: age2, installed }, now) {
  return Math.min(MAX_AGE, age2 + Math.max(0, Math.floor((now - installed) / 1e3)));
}
function instanceOf(lsa, now) {
  return { sequence: lsa.sequence, checksum: lsa.checksum, age: ageOf(lsa, now) };
}
function compareInstances(one, other) {
  if (one.sequence !== other.sequence) return one.sequence - other.sequence;
  if (one.checksum !== other.checksum) return one.checksum - other.checksum;
  if (one.age === other.age) return 0;
  if (one.age >= MAX_AGE) return 1;
  if (other.age >= MAX_AGE) return -1;
  return Math.abs(one.age - other.age) > MAX_AGE_DIFF ? other.age - one.age : 0;
}
function isSameContent(one, other) {
  if (one.options !== other.options || one.bytes.length !== other.bytes.length) return false;
  if (one.age >= MAX_AGE !== other.age >= MAX_AGE) return false;
  for (let at = LSA_HEADER; at < one.bytes.length; at++) if (one.bytes[at] !== other.bytes[at]) return false;
  return true;
}
function install(state, scope, bytes, now, from = "") {
  const { type, id, router, options, sequence, checksum: checksum2, age: age2, length } = decodeLsaHeader(bytes);
  const key = lsaKey(scope, type, id, router);
  const before = state.lsas.get(key);
  const made4 = {
    scope,
    type,
    id,
    router,
    options,
    sequence,
    checksum: checksum2,
    age: Math.min(age2, MAX_AGE),
    installed: now,
    bytes: bytes.slice(0, length),
    from
  };
  const changed = before === void 0 || !isSameContent(before, made4);
  const lsa = changed ? { ...made4, changed } : made4;
  state.lsas.set(key, lsa);
  state.lsaBytes += length - (before?.bytes.length ?? 0);
  if (before === void 0) addRow(state.keys, scope, key);
  return { lsa, before, changed };
}
function expire(state, lsa, now) {
  return install(state, lsa.scope, agedBytes(lsa, MAX_AGE), now, lsa.from);
}
function flush(state, lsa, now, agenda) {
  count(state.counters, "flushed");
  tellChange(state, expire(state, lsa, now).lsa, agenda);
  agenda.flood(keyOf(lsa));
}
function agedBytes({ bytes }, age2) {
  const aged = bytes.slice();
  write16(aged, 0, age2);
  return aged;
}
function removeLsa(state, key) {
  const lsa = state.lsas.get(key);
  if (lsa === void 0) return;
  state.lsas.delete(key);
  state.lsaBytes -= lsa.bytes.length;
  removeRow(state.keys, lsa.scope, key);
}
function removeScope(state, scope) {
  for (const lsa of lsasOf(state, scope)) {
    state.lsas.delete(keyOf(lsa));
    state.lsaBytes -= lsa.bytes.length;
  }
  clearRows(state.keys, scope);
}
function leaveScope(state, scope) {
  state.left.push(scope);
}
function enterScope(state, scope) {
  if (!state.left.includes(scope)) return;
  removeScope(state, scope);
  state.left = state.left.filter((other) => other !== scope);
}
function forgetSome(state) {
  const [scope] = state.left;
  if (scope === void 0) return false;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const keys = rowsOf(state.keys, scope, bucket);
    if (keys.length === 0) continue;
    for (const key of keys) state.lsas.delete(key);
    state.keys.delete(`${scope} ${bucket}`);
    return true;
  }
  state.left.shift();
  return true;
}
function forgetAll(state) {
  state.lsas.clear();
  state.keys.clear();
  state.left = [];
}
function* lsasOf(state, scope, type) {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (const key of rowsOf(state.keys, scope, bucket)) {
      const lsa = state.lsas.get(key);
      if (lsa !== void 0 && (type === void 0 || lsa.type === type)) yield lsa;
    }
  }
}
function routingChangeOf(lsa) {
  const { type, scope } = lsa;
  const area = Number(scope.slice("area ".length));
  if (type === LS_ROUTER || type === LS_NETWORK) return { of: "tree", area };
  if (type === LS_SUMMARY_NETWORK || type === LS_SUMMARY_ASBR)
    return { of: "summary", area, key: keyOf(lsa) };
  return type === LS_EXTERNAL || type === LS_NSSA ? { of: "external", key: keyOf(lsa) } : void 0;
}
function tellChange(state, lsa, agenda) {
  const change = routingChangeOf(lsa);
  if (change === void 0) return;
  if (change.of !== "tree" || lsa.router === state.routerId || isAdjacentIn(state, change.area))
    agenda.routing(change);
  if (isHelping(state) || isRestarting(state)) agenda.restart(keyOf(lsa));
}
function isAdjacentIn({ interfaces }, area) {
  for (const iface of interfaces.values()) {
    if (iface.area !== area) continue;
    for (const { state } of iface.neighbors.values()) if (state === "Full") return true;
  }
  return false;
}
function isHelping({ interfaces }) {
  for (const { neighbors } of interfaces.values())
    for (const { helping } of neighbors.values()) if (helping !== void 0) return true;
  return false;
}
function isExchanging({ interfaces }) {
  for (const { neighbors } of interfaces.values())
    for (const { state } of neighbors.values()) if (state === "Exchange" || state === "Loading") return true;
  return false;
}

// ospf/origination/origin.ts
function originText(of) {
  switch (of.lsa) {
    case "router":
    case "router-information":
      return `${of.lsa} ${of.area}`;
    case "network":
      return `${of.lsa} ${of.iface}`;
    case "summary":
    case "nssa":
      return `${of.lsa} ${of.area} ${of.prefix}`;
    case "asbr":
      return `asbr ${of.area} ${of.router}`;
    case "external":
      return `external ${of.prefix}`;
  }
}
function originOf(state, key) {
  const origin = state.originated.get(key)?.origin;
  return origin !== void 0 && state.origins.get(originText(origin)) === key ? origin : void 0;
}

// ospf/packet/description.ts
var DESCRIPTION = 8;
var FLAG_I = 4;
var FLAG_M = 2;
var FLAG_MS = 1;
function decodeDescription(body) {
  if (body.length < DESCRIPTION || (body.length - DESCRIPTION) % LSA_HEADER !== 0)
    return { error: "descriptionLength" };
  return {
    mtu: read16(body, 0),
    options: body[2],
    flags: body[3],
    sequence: read32(body, 4),
    headers: headersFrom(body, DESCRIPTION)
  };
}
function encodeDescription({ mtu, options, flags, sequence, headers }) {
  const body = new Uint8Array(DESCRIPTION + headers.length * LSA_HEADER);
  write16(body, 0, mtu);
  body[2] = options;
  body[3] = flags;
  write32(body, 4, sequence);
  for (const [i, header] of headers.entries()) putLsaHeader(body, DESCRIPTION + i * LSA_HEADER, header);
  return body;
}
function headersThatFit(room) {
  return Math.max(0, Math.floor((room - DESCRIPTION) / LSA_HEADER));
}
function headersFrom(body, start) {
  const headers = [];
  for (let at = start; at < body.length; at += LSA_HEADER) headers.push(decodeLsaHeader(body, at));
  return headers;
}

// ospf/packet/fletcher.ts
var AGE = 2;
var CHECKSUM = 16;
var STRETCH = 4096;
function checksumIsGood(lsa) {
  return read16(lsa, CHECKSUM) !== 0 && sumsOf(lsa) === 0;
}
function putChecksum(lsa) {
  write16(lsa, CHECKSUM, 0);
  const sums = sumsOf(lsa);
  const [first, second] = [sums & 255, sums >>> 8];
  const behind = lsa.length - CHECKSUM;
  const x = modulo((behind - 1) * first - second);
  const y = modulo(second - behind * first);
  lsa[CHECKSUM] = x === 0 ? 255 : x;
  lsa[CHECKSUM + 1] = y === 0 ? 255 : y;
}
function sumsOf(lsa) {
  let first = 0;
  let second = 0;
  for (let at = AGE; at < lsa.length; ) {
    const end = Math.min(at + STRETCH, lsa.length);
    for (; at < end; at++) {
      first += lsa[at];
      second += first;
    }
    first %= 255;
    second %= 255;
  }
  return second << 8 | first;
}
function modulo(value) {
  const rest = value % 255;
  return rest < 0 ? rest + 255 : rest;
}

// ospf/packet/lsa-router.ts
var ROUTER_B = 1;
var ROUTER_E = 2;
var ROUTER_V = 4;
var ROUTER_NT = 16;
var LINK_POINT_TO_POINT = 1;
var LINK_TRANSIT = 2;
var LINK_STUB = 3;
var LINK_VIRTUAL = 4;
var BEFORE_LINKS = LSA_HEADER + 4;
var LINK = 12;
var TOS_METRIC = 4;
function decodeRouterLsa(lsa) {
  if (lsa.length < BEFORE_LINKS) return void 0;
  const links = [];
  let at = BEFORE_LINKS;
  for (let left = read16(lsa, LSA_HEADER + 2); left > 0; left--) {
    if (at + LINK > lsa.length) return void 0;
    const type = lsa[at + 8];
    if (!isLinkType(type)) return void 0;
    links.push({ type, id: read32(lsa, at), data: read32(lsa, at + 4), metric: read16(lsa, at + 10) });
    at += LINK + lsa[at + 9] * TOS_METRIC;
  }
  return at === lsa.length ? { kind: "router", flags: lsa[LSA_HEADER], links } : void 0;
}
function sizeOfRouterLsa({ links }) {
  return BEFORE_LINKS + links.length * LINK;
}
function putRouterLsa(lsa, { flags, links }) {
  lsa[LSA_HEADER] = flags;
  write16(lsa, LSA_HEADER + 2, links.length);
  let at = BEFORE_LINKS;
  for (const { id, data, type, metric } of links) {
    write32(lsa, at, id);
    write32(lsa, at + 4, data);
    lsa[at + 8] = type;
    write16(lsa, at + 10, metric);
    at += LINK;
  }
}
function isLinkType(type) {
  return type >= LINK_POINT_TO_POINT && type <= LINK_VIRTUAL;
}

// ospf/packet/lsa.ts
var SUMMARY = LSA_HEADER + 8;
var EXTERNAL2 = LSA_HEADER + 16;
var SUMMARY_TOS = 4;
var EXTERNAL_TOS = 12;
var E_BIT = 128;
function decodeLsa(lsa) {
  if (lsa.length < LSA_HEADER || read16(lsa, 18) !== lsa.length) return { error: "lsaLength" };
  const type = lsa[3];
  if (!isKnownType(type)) return { error: "lsaType" };
  return bodyOf(type, lsa) ?? { error: "lsaLength" };
}
function isKnownType(type) {
  return type >= LS_ROUTER && type <= LS_EXTERNAL || type === LS_NSSA || type >= LS_OPAQUE_LINK && type <= LS_OPAQUE_AS;
}
function encodeLsa(header, body) {
  const lsa = new Uint8Array(sizeOf(body));
  putLsaHeader(lsa, 0, { ...header, checksum: 0, length: lsa.length });
  putBody(lsa, body);
  putChecksum(lsa);
  return lsa;
}
function bodyOf(type, lsa) {
  switch (type) {
    case LS_ROUTER:
      return decodeRouterLsa(lsa);
    case LS_NETWORK:
      return networkOf(lsa);
    case LS_SUMMARY_NETWORK:
    case LS_SUMMARY_ASBR:
      return fits(lsa, SUMMARY, SUMMARY_TOS) ? { kind: "summary", mask: read32(lsa, LSA_HEADER), metric: read24(lsa, LSA_HEADER + 5) } : void 0;
    case LS_EXTERNAL:
    case LS_NSSA:
      return externalOf2(lsa);
    case LS_OPAQUE_LINK:
    case LS_OPAQUE_AREA:
    case LS_OPAQUE_AS:
      return { kind: "opaque", data: lsa.subarray(LSA_HEADER) };
    default:
      return void 0;
  }
}
function networkOf(lsa) {
  if (!fits(lsa, LSA_HEADER + 4, 4)) return void 0;
  const routers = [];
  for (let at = LSA_HEADER + 4; at < lsa.length; at += 4) routers.push(read32(lsa, at));
  return { kind: "network", mask: read32(lsa, LSA_HEADER), routers };
}
function externalOf2(lsa) {
  if (!fits(lsa, EXTERNAL2, EXTERNAL_TOS)) return void 0;
  return {
    kind: "external",
    mask: read32(lsa, LSA_HEADER),
    type: (lsa[LSA_HEADER + 4] & E_BIT) === 0 ? 1 : 2,
    metric: read24(lsa, LSA_HEADER + 5),
    forwarding: read32(lsa, LSA_HEADER + 8),
    tag: read32(lsa, LSA_HEADER + 12)
  };
}
function fits({ length }, least, step) {
  return length >= least && (length - least) % step === 0;
}
function sizeOf(body) {
  switch (body.kind) {
    case "router":
      return sizeOfRouterLsa(body);
    case "network":
      return LSA_HEADER + 4 + body.routers.length * 4;
    case "summary":
      return SUMMARY;
    case "external":
      return EXTERNAL2;
    case "opaque":
      return LSA_HEADER + body.data.length;
  }
}
function putBody(lsa, body) {
  switch (body.kind) {
    case "router":
      putRouterLsa(lsa, body);
      return;
    case "network":
      write32(lsa, LSA_HEADER, body.mask);
      for (const [i, router] of body.routers.entries()) write32(lsa, LSA_HEADER + 4 + i * 4, router);
      return;
    case "summary":
      write32(lsa, LSA_HEADER, body.mask);
      write24(lsa, LSA_HEADER + 5, body.metric);
      return;
    case "external":
      write32(lsa, LSA_HEADER, body.mask);
      lsa[LSA_HEADER + 4] = body.type === 2 ? E_BIT : 0;
      write24(lsa, LSA_HEADER + 5, body.metric);
      write32(lsa, LSA_HEADER + 8, body.forwarding);
      write32(lsa, LSA_HEADER + 12, body.tag);
      return;
    case "opaque":
      lsa.set(body.data, LSA_HEADER);
  }
}

// limited-log.ts
var MOST_LINES_AT_ONCE = 16;
var LINE_EVERY_MS = 3e4;
var MOST_SOURCES = 64;
var FIRST_WAIT_MS = 1e4;
var LONGEST_WAIT_MS = 36e5;
function lineDue(log2, kind, source, now, atOnce = 1) {
  const record = kindOf(log2, kind, now);
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
function noteWell(log2, kind, source, now) {
  const told = log2.get(kind)?.told.get(source);
  if (told !== void 0) told.well ??= now;
}
function noteAllWell(log2, source, now) {
  for (const kind of log2.keys()) noteWell(log2, kind, source, now);
}
function forgetSources(log2, name) {
  for (const { told } of log2.values())
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
function kindOf(log2, kind, now) {
  let record = log2.get(kind);
  if (record === void 0) {
    record = { told: /* @__PURE__ */ new Map(), spare: MOST_LINES_AT_ONCE, at: now, leftOut: 0 };
    log2.set(kind, record);
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

// ospf/followers.ts
var MOST_FOLLOWERS = 8;
var MOST_NOTES = 512;
var MOST_NOTE_BYTES = 1048576;
var GONE_MS = 5e3;
var ALL = /* @__PURE__ */ new WeakMap();
function note(state, of, iface, say, bytes = 0) {
  const followers = ALL.get(state);
  if (followers === void 0) return;
  const at = Date.now();
  for (const [name, follower] of followers) {
    if (isGone(follower, at)) {
      followers.delete(name);
      if (followers.size === 0) ALL.delete(state);
    } else if (isWanted(follower, of, iface)) keep(follower, { at, of, say, bytes });
  }
}
function isFollowed(state) {
  return ALL.has(state);
}
function notesFor(state, name, after, wanted) {
  const now = Date.now();
  const followers = ALL.get(state) ?? /* @__PURE__ */ new Map();
  for (const [other, follower2] of followers) if (isGone(follower2, now)) followers.delete(other);
  let follower = followers.get(name);
  if (follower === void 0) {
    if (followers.size >= MOST_FOLLOWERS) return void 0;
    follower = { ...wanted, notes: [], latest: after, bytes: 0, askedAt: now };
    followers.set(name, follower);
    ALL.set(state, followers);
  }
  follower.askedAt = now;
  follower.notes = follower.notes.filter(({ number }) => number > after);
  follower.bytes = follower.notes.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...follower.notes];
}
function keep(follower, given) {
  const { notes } = follower;
  notes.push({ ...given, number: ++follower.latest });
  follower.bytes += given.bytes;
  while (notes.length > MOST_NOTES || follower.bytes > MOST_NOTE_BYTES && notes.length > 1)
    follower.bytes -= notes.shift().bytes;
}
function isWanted({ of, iface }, what, about) {
  if (of !== void 0 && of !== what) return false;
  if (iface === void 0) return true;
  if (about === void 0) return false;
  return "key" in about ? about.key === iface || about.link === iface : about.includes(iface);
}
function isGone({ askedAt }, now) {
  return Math.abs(now - askedAt) > GONE_MS;
}

// ospf/keys.ts
var CLOCK_IS_SET_FROM = Date.UTC(2025, 0, 1);
function keysOf2({ keyChains }, authentication) {
  return "keys" in authentication ? authentication.keys : keyChains[authentication.keyChain] ?? {};
}
function keyToSend(keys, wall, heard) {
  const own = heard === void 0 ? void 0 : keys[heard];
  if (wall < CLOCK_IS_SET_FROM && heard !== void 0 && own !== void 0)
    return { id: heard, key: own, outOfTime: false };
  const all = Object.entries(keys).map(([id, key]) => ({ id: Number(id), key }));
  const now = all.filter(({ key }) => isIn(key, "send", wall));
  const found = last(now, ({ key }) => key.send?.from ?? Number.NEGATIVE_INFINITY);
  if (found !== void 0) return { ...found, outOfTime: false };
  const spare = spareOf(all, "send", wall);
  return spare && { ...spare, outOfTime: true };
}
function keyToAccept(keys, id, wall) {
  const key = keys[id];
  if (key === void 0) return { error: "keyUnknown" };
  if (wall < CLOCK_IS_SET_FROM || isIn(key, "accept", wall)) return key;
  const all = Object.entries(keys).map(([id2, key2]) => ({ id: Number(id2), key: key2 }));
  if (all.some((other) => isIn(other.key, "accept", wall))) return { error: "keyLifetime" };
  return spareOf(all, "accept", wall)?.id === id ? key : { error: "keyLifetime" };
}
function isIn(key, lifetime, wall) {
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = key[lifetime] ?? {};
  return from <= wall && wall < until;
}
function spareOf(all, lifetime, wall) {
  const expired = all.filter(({ key }) => (key[lifetime]?.until ?? Number.POSITIVE_INFINITY) <= wall);
  return last(expired, ({ key }) => key[lifetime]?.until ?? 0) ?? last(all, ({ key }) => -(key[lifetime]?.from ?? 0));
}
function last(all, rankOf3) {
  let best;
  for (const one of all)
    if (best === void 0 || rankOf3(one) > rankOf3(best) || rankOf3(one) === rankOf3(best) && one.id > best.id)
      best = one;
  return best;
}

// ../../node_modules/@noble/hashes/utils.js
function isBytes(a) {
  return a instanceof Uint8Array || ArrayBuffer.isView(a) && a.constructor.name === "Uint8Array" && "BYTES_PER_ELEMENT" in a && a.BYTES_PER_ELEMENT === 1;
}
var atitle = (title) => title ? `"${title}" ` : "";
function anumber(n, title = "") {
  if (typeof n !== "number")
    throw new TypeError(atitle(title) + "expected number, got " + typeof n);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(atitle(title) + "expected integer >= 0, got " + n);
  return n;
}
function abytes(value, length, title = "") {
  if (isBytes(value) && (length === void 0 || value.length === length))
    return value;
  if (length !== void 0)
    anumber(length, "length");
  const bytes = isBytes(value);
  const ofLen = length !== void 0 ? ` of length ${length}` : "";
  const got = bytes ? `length=${value.length}` : `type=${typeof value}`;
  const message = atitle(title) + "expected Uint8Array" + ofLen + ", got " + got;
  if (!bytes)
    throw new TypeError(message);
  throw new RangeError(message);
}
function ahash(h) {
  if (typeof h !== "function" || typeof h.create !== "function")
    throw new TypeError("expected hash wrapped by utils.createHasher");
  anumber(h.outputLen);
  anumber(h.blockLen);
  if (h.outputLen < 1 || h.blockLen < 1)
    throw new Error("hash blockLen / outputLen must be >= 1");
}
var aobject = (value, label) => {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError((label === "object" ? "" : `"${label}" `) + "expected object, got type=" + typeof value);
};
var aopts = (value, label) => {
  aobject(value, label);
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null)
    throw new TypeError(`"${label}" expected plain object`);
  if (Object.hasOwn(value, "__proto__"))
    throw new TypeError(`"${label}.__proto__" is not allowed`);
};
function aexists(instance, checkFinished = true) {
  if (instance.destroyed)
    throw new Error("hash was destroyed");
  if (checkFinished && instance.finished)
    throw new Error("digest() was already called");
}
function aoutput(out, instance) {
  abytes(out, void 0, "output");
  const min = instance.outputLen;
  if (!(out.length >= min)) {
    throw new RangeError('"output" expected length >= ' + min);
  }
}
function clean(...arrays) {
  for (let i = 0; i < arrays.length; i++) {
    arrays[i].fill(0);
  }
}
function createView(arr) {
  return new DataView(arr.buffer, arr.byteOffset, arr.byteLength);
}
function rotr(word, shift) {
  return word << 32 - shift | word >>> shift;
}
function rotl(word, shift) {
  return word << shift | word >>> 32 - shift >>> 0;
}
function concatBytes(...arrays) {
  let sum = 0;
  for (let i = 0; i < arrays.length; i++) {
    const a = arrays[i];
    abytes(a);
    sum += a.length;
  }
  const res = new Uint8Array(sum);
  for (let i = 0, pad = 0; i < arrays.length; i++) {
    const a = arrays[i];
    res.set(a, pad);
    pad += a.length;
  }
  return res;
}
function checkOpts(defaults, opts, title = "opts") {
  aopts(defaults, "defaults");
  if (opts !== void 0)
    aopts(opts, title);
  const merged = Object.assign(/* @__PURE__ */ Object.create(null), defaults, opts);
  return merged;
}
function createHasher(hashCons, info = {}) {
  if (typeof hashCons !== "function")
    throw new TypeError('"hashCons" expected function, got type=' + typeof hashCons);
  info = checkOpts({}, info, "info");
  const hashC = (msg, opts) => hashCons(opts).update(msg).digest();
  const tmp = hashCons(void 0);
  hashC.outputLen = tmp.outputLen;
  hashC.blockLen = tmp.blockLen;
  hashC.canXOF = tmp.canXOF;
  hashC.create = (opts) => hashCons(opts);
  Object.assign(hashC, info);
  return Object.freeze(hashC);
}
var oidNist = (suffix) => ({
  // Current NIST hashAlgs suffixes used here fit in one DER subidentifier octet.
  // Larger suffix values would need base-128 OID encoding and a different length byte.
  oid: Uint8Array.from([6, 9, 96, 134, 72, 1, 101, 3, 4, 2, suffix])
});

// ../../node_modules/@noble/hashes/hmac.js
var _HMAC = class {
  oHash;
  iHash;
  blockLen;
  outputLen;
  canXOF = false;
  finished = false;
  destroyed = false;
  constructor(hash, key) {
    ahash(hash);
    abytes(key, void 0, "key");
    this.iHash = hash.create();
    if (typeof this.iHash.update !== "function")
      throw new Error("expected Hash instance");
    this.blockLen = this.iHash.blockLen;
    this.outputLen = this.iHash.outputLen;
    const blockLen = this.blockLen;
    const pad = new Uint8Array(blockLen);
    pad.set(key.length > blockLen ? hash.create().update(key).digest() : key);
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54;
    this.iHash.update(pad);
    this.oHash = hash.create();
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54 ^ 92;
    this.oHash.update(pad);
    clean(pad);
  }
  update(buf) {
    aexists(this);
    this.iHash.update(buf);
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const buf = out.subarray(0, this.outputLen);
    this.iHash.digestInto(buf);
    this.oHash.update(buf);
    this.oHash.digestInto(buf);
    this.destroy();
  }
  digest() {
    const out = new Uint8Array(this.oHash.outputLen);
    this.digestInto(out);
    return out;
  }
  _cloneInto(to) {
    to ||= Object.create(Object.getPrototypeOf(this), {});
    const { oHash, iHash, finished, destroyed, blockLen, outputLen, canXOF } = this;
    to = to;
    to.finished = finished;
    to.destroyed = destroyed;
    to.blockLen = blockLen;
    to.outputLen = outputLen;
    to.canXOF = canXOF;
    to.oHash = oHash._cloneInto(to.oHash);
    to.iHash = iHash._cloneInto(to.iHash);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
  destroy() {
    this.destroyed = true;
    this.oHash.destroy();
    this.iHash.destroy();
  }
};
var hmac = /* @__PURE__ */ (() => {
  const hmac_ = ((hash, key, message) => new _HMAC(hash, key).update(message).digest());
  hmac_.create = (hash, key) => new _HMAC(hash, key);
  return hmac_;
})();

// ../../node_modules/@noble/hashes/_u64.js
var U32_MASK64 = /* @__PURE__ */ (() => BigInt(2 ** 32 - 1))();
var _32n = /* @__PURE__ */ BigInt(32);
function fromBig(n, le = false) {
  if (le)
    return { h: Number(n & U32_MASK64), l: Number(n >> _32n & U32_MASK64) };
  return { h: Number(n >> _32n & U32_MASK64) | 0, l: Number(n & U32_MASK64) | 0 };
}
function split(lst, le = false) {
  const len = lst.length;
  let Ah = new Uint32Array(len);
  let Al = new Uint32Array(len);
  for (let i = 0; i < len; i++) {
    const { h, l } = fromBig(lst[i], le);
    [Ah[i], Al[i]] = [h, l];
  }
  return [Ah, Al];
}
var fromNumH = (n) => n / 2 ** 32 | 0;
var fromNumL = (n) => n >>> 0;
function setU64FromNum(view, byteOffset, n, isLE) {
  const h = fromNumH(n);
  const l = fromNumL(n);
  view.setUint32(byteOffset, isLE ? l : h, isLE);
  view.setUint32(byteOffset + 4, isLE ? h : l, isLE);
}
var shrSH = (h, _l, s) => h >>> s;
var shrSL = (h, l, s) => h << 32 - s | l >>> s;
var rotrSH = (h, l, s) => h >>> s | l << 32 - s;
var rotrSL = (h, l, s) => h << 32 - s | l >>> s;
var rotrBH = (h, l, s) => h << 64 - s | l >>> s - 32;
var rotrBL = (h, l, s) => h >>> s - 32 | l << 64 - s;
function add(Ah, Al, Bh, Bl) {
  const l = (Al >>> 0) + (Bl >>> 0);
  return { h: Ah + Bh + (l / 2 ** 32 | 0) | 0, l: l | 0 };
}
var add3L = (Al, Bl, Cl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0);
var add3H = (low, Ah, Bh, Ch) => Ah + Bh + Ch + (low / 2 ** 32 | 0) | 0;
var add4L = (Al, Bl, Cl, Dl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0);
var add4H = (low, Ah, Bh, Ch, Dh) => Ah + Bh + Ch + Dh + (low / 2 ** 32 | 0) | 0;
var add5L = (Al, Bl, Cl, Dl, El) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0) + (El >>> 0);
var add5H = (low, Ah, Bh, Ch, Dh, Eh) => Ah + Bh + Ch + Dh + Eh + (low / 2 ** 32 | 0) | 0;

// ../../node_modules/@noble/hashes/_md.js
function Chi(a, b, c) {
  return a & b ^ ~a & c;
}
function Maj(a, b, c) {
  return a & b ^ a & c ^ b & c;
}
var HashMD = class {
  blockLen;
  outputLen;
  canXOF = false;
  padOffset;
  isLE;
  // For partial updates less than block size
  buffer;
  view;
  finished = false;
  length = 0;
  pos = 0;
  destroyed = false;
  constructor(blockLen, outputLen, padOffset, isLE) {
    this.blockLen = blockLen;
    this.outputLen = outputLen;
    this.padOffset = padOffset;
    this.isLE = isLE;
    this.buffer = new Uint8Array(blockLen);
    this.view = createView(this.buffer);
  }
  update(data) {
    aexists(this);
    abytes(data);
    const { view, buffer, blockLen } = this;
    const len = data.length;
    let processed = false;
    for (let pos = 0; pos < len; ) {
      const take4 = Math.min(blockLen - this.pos, len - pos);
      if (take4 === blockLen) {
        const dataView = createView(data);
        for (; blockLen <= len - pos; pos += blockLen)
          this.process(dataView, pos);
        processed = true;
        continue;
      }
      buffer.set(pos === 0 && take4 === len ? data : data.subarray(pos, pos + take4), this.pos);
      this.pos += take4;
      pos += take4;
      if (this.pos === blockLen) {
        this.process(view, 0);
        this.pos = 0;
        processed = true;
      }
    }
    this.length += data.length;
    if (processed)
      this.roundClean();
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const { buffer, view, blockLen, isLE } = this;
    let { pos } = this;
    buffer[pos++] = 128;
    buffer.fill(0, pos);
    if (this.padOffset > blockLen - pos) {
      this.process(view, 0);
      buffer.fill(0);
    }
    setU64FromNum(view, blockLen - 8, this.length * 8, isLE);
    this.process(view, 0);
    this.roundClean();
    const oview = out === buffer ? view : createView(out);
    const len = this.outputLen;
    const outLen = len / 4;
    const state = this.get();
    if (len % 4 || outLen > state.length)
      throw new Error("invalid outputLen");
    for (let i = 0; i < outLen; i++)
      oview.setUint32(4 * i, state[i], isLE);
  }
  digest() {
    const { buffer, outputLen } = this;
    this.digestInto(buffer);
    const res = buffer.slice(0, outputLen);
    this.destroy();
    return res;
  }
  _cloneIntoMeta(to) {
    const { buffer, length, finished, destroyed, pos } = this;
    to.destroyed = destroyed;
    to.finished = finished;
    to.length = length;
    to.pos = pos;
    if (pos)
      to.buffer.set(buffer);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
};
var SHA256_IV = /* @__PURE__ */ Uint32Array.from([
  1779033703,
  3144134277,
  1013904242,
  2773480762,
  1359893119,
  2600822924,
  528734635,
  1541459225
]);
var SHA384_IV = /* @__PURE__ */ Uint32Array.from([
  3418070365,
  3238371032,
  1654270250,
  914150663,
  2438529370,
  812702999,
  355462360,
  4144912697,
  1731405415,
  4290775857,
  2394180231,
  1750603025,
  3675008525,
  1694076839,
  1203062813,
  3204075428
]);
var SHA512_IV = /* @__PURE__ */ Uint32Array.from([
  1779033703,
  4089235720,
  3144134277,
  2227873595,
  1013904242,
  4271175723,
  2773480762,
  1595750129,
  1359893119,
  2917565137,
  2600822924,
  725511199,
  528734635,
  4215389547,
  1541459225,
  327033209
]);

// ../../node_modules/@noble/hashes/legacy.js
var SHA1_IV = /* @__PURE__ */ Uint32Array.from([
  1732584193,
  4023233417,
  2562383102,
  271733878,
  3285377520
]);
var SHA1_W = /* @__PURE__ */ new Uint32Array(80);
var _SHA1 = class extends HashMD {
  A = SHA1_IV[0] | 0;
  B = SHA1_IV[1] | 0;
  C = SHA1_IV[2] | 0;
  D = SHA1_IV[3] | 0;
  E = SHA1_IV[4] | 0;
  constructor() {
    super(64, 20, 8, false);
  }
  get() {
    const { A, B, C, D, E } = this;
    return [A, B, C, D, E];
  }
  set(A, B, C, D, E) {
    this.A = A | 0;
    this.B = B | 0;
    this.C = C | 0;
    this.D = D | 0;
    this.E = E | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4)
      SHA1_W[i] = view.getUint32(offset, false);
    for (let i = 16; i < 80; i++)
      SHA1_W[i] = rotl(SHA1_W[i - 3] ^ SHA1_W[i - 8] ^ SHA1_W[i - 14] ^ SHA1_W[i - 16], 1);
    let { A, B, C, D, E } = this;
    for (let i = 0; i < 80; i++) {
      let F, K2;
      if (i < 20) {
        F = Chi(B, C, D);
        K2 = 1518500249;
      } else if (i < 40) {
        F = B ^ C ^ D;
        K2 = 1859775393;
      } else if (i < 60) {
        F = Maj(B, C, D);
        K2 = 2400959708;
      } else {
        F = B ^ C ^ D;
        K2 = 3395469782;
      }
      const T = rotl(A, 5) + F + E + K2 + SHA1_W[i] | 0;
      E = D;
      D = C;
      C = rotl(B, 30);
      B = A;
      A = T;
    }
    A = A + this.A | 0;
    B = B + this.B | 0;
    C = C + this.C | 0;
    D = D + this.D | 0;
    E = E + this.E | 0;
    this.set(A, B, C, D, E);
  }
  roundClean() {
    clean(SHA1_W);
  }
  destroy() {
    this.destroyed = true;
    this.set(0, 0, 0, 0, 0);
    clean(this.buffer);
  }
};
var sha1 = /* @__PURE__ */ createHasher(() => new _SHA1());
var p32 = /* @__PURE__ */ Math.pow(2, 32);
var K = /* @__PURE__ */ Array.from({ length: 64 }, (_, i) => Math.floor(p32 * Math.abs(Math.sin(i + 1))));
var MD5_IV = /* @__PURE__ */ SHA1_IV.slice(0, 4);
var MD5_W = /* @__PURE__ */ new Uint32Array(16);
var MD5_SHIFTS = /* @__PURE__ */ (() => {
  const S = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21]
  ];
  return Uint8Array.from({ length: 64 }, (_, i) => S[Math.floor(i / 16)][i % 4]);
})();
var _MD5 = class extends HashMD {
  A = MD5_IV[0] | 0;
  B = MD5_IV[1] | 0;
  C = MD5_IV[2] | 0;
  D = MD5_IV[3] | 0;
  constructor() {
    super(64, 16, 8, true);
  }
  get() {
    const { A, B, C, D } = this;
    return [A, B, C, D];
  }
  set(A, B, C, D) {
    this.A = A | 0;
    this.B = B | 0;
    this.C = C | 0;
    this.D = D | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4)
      MD5_W[i] = view.getUint32(offset, true);
    let { A, B, C, D } = this;
    for (let i = 0; i < 64; i++) {
      let F, g;
      if (i < 16) {
        F = Chi(B, C, D);
        g = i;
      } else if (i < 32) {
        F = Chi(D, B, C);
        g = (5 * i + 1) % 16;
      } else if (i < 48) {
        F = B ^ C ^ D;
        g = (3 * i + 5) % 16;
      } else {
        F = C ^ (B | ~D);
        g = 7 * i % 16;
      }
      F = F + A + K[i] + MD5_W[g];
      A = D;
      D = C;
      C = B;
      B = B + rotl(F, MD5_SHIFTS[i]);
    }
    A = A + this.A | 0;
    B = B + this.B | 0;
    C = C + this.C | 0;
    D = D + this.D | 0;
    this.set(A, B, C, D);
  }
  roundClean() {
    clean(MD5_W);
  }
  destroy() {
    this.destroyed = true;
    this.set(0, 0, 0, 0);
    clean(this.buffer);
  }
};
var md5 = /* @__PURE__ */ createHasher(() => new _MD5());

// ../../node_modules/@noble/hashes/sha2.js
var SHA256_K = /* @__PURE__ */ Uint32Array.from([
  1116352408,
  1899447441,
  3049323471,
  3921009573,
  961987163,
  1508970993,
  2453635748,
  2870763221,
  3624381080,
  310598401,
  607225278,
  1426881987,
  1925078388,
  2162078206,
  2614888103,
  3248222580,
  3835390401,
  4022224774,
  264347078,
  604807628,
  770255983,
  1249150122,
  1555081692,
  1996064986,
  2554220882,
  2821834349,
  2952996808,
  3210313671,
  3336571891,
  3584528711,
  113926993,
  338241895,
  666307205,
  773529912,
  1294757372,
  1396182291,
  1695183700,
  1986661051,
  2177026350,
  2456956037,
  2730485921,
  2820302411,
  3259730800,
  3345764771,
  3516065817,
  3600352804,
  4094571909,
  275423344,
  430227734,
  506948616,
  659060556,
  883997877,
  958139571,
  1322822218,
  1537002063,
  1747873779,
  1955562222,
  2024104815,
  2227730452,
  2361852424,
  2428436474,
  2756734187,
  3204031479,
  3329325298
]);
var SHA256_W = /* @__PURE__ */ new Uint32Array(64);
var SHA2_32B = class extends HashMD {
  // We cannot use array here since array allows indexing by variable
  // which means optimizer/compiler cannot use registers.
  // Numeric initializers matter: starting the fields as `undefined` changes
  // V8's field representation and makes sha256 3x slower (measured).
  A = 0;
  B = 0;
  C = 0;
  D = 0;
  E = 0;
  F = 0;
  G = 0;
  H = 0;
  constructor(outputLen, IV) {
    super(64, outputLen, 8, false);
    this.A = IV[0] | 0;
    this.B = IV[1] | 0;
    this.C = IV[2] | 0;
    this.D = IV[3] | 0;
    this.E = IV[4] | 0;
    this.F = IV[5] | 0;
    this.G = IV[6] | 0;
    this.H = IV[7] | 0;
  }
  get() {
    const { A, B, C, D, E, F, G, H } = this;
    return [A, B, C, D, E, F, G, H];
  }
  // prettier-ignore
  set(A, B, C, D, E, F, G, H) {
    this.A = A | 0;
    this.B = B | 0;
    this.C = C | 0;
    this.D = D | 0;
    this.E = E | 0;
    this.F = F | 0;
    this.G = G | 0;
    this.H = H | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4)
      SHA256_W[i] = view.getUint32(offset, false);
    for (let i = 16; i < 64; i++) {
      const W15 = SHA256_W[i - 15];
      const W2 = SHA256_W[i - 2];
      const s0 = rotr(W15, 7) ^ rotr(W15, 18) ^ W15 >>> 3;
      const s1 = rotr(W2, 17) ^ rotr(W2, 19) ^ W2 >>> 10;
      SHA256_W[i] = s1 + SHA256_W[i - 7] + s0 + SHA256_W[i - 16] | 0;
    }
    let { A, B, C, D, E, F, G, H } = this;
    for (let i = 0; i < 64; i++) {
      const sigma1 = rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25);
      const T1 = H + sigma1 + Chi(E, F, G) + SHA256_K[i] + SHA256_W[i] | 0;
      const sigma0 = rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22);
      const T2 = sigma0 + Maj(A, B, C) | 0;
      H = G;
      G = F;
      F = E;
      E = D + T1 | 0;
      D = C;
      C = B;
      B = A;
      A = T1 + T2 | 0;
    }
    A = A + this.A | 0;
    B = B + this.B | 0;
    C = C + this.C | 0;
    D = D + this.D | 0;
    E = E + this.E | 0;
    F = F + this.F | 0;
    G = G + this.G | 0;
    H = H + this.H | 0;
    this.set(A, B, C, D, E, F, G, H);
  }
  roundClean() {
    clean(SHA256_W);
  }
  destroy() {
    this.destroyed = true;
    this.set(0, 0, 0, 0, 0, 0, 0, 0);
    clean(this.buffer);
  }
};
var _SHA256 = class extends SHA2_32B {
  constructor() {
    super(32, SHA256_IV);
  }
};
var K512 = /* @__PURE__ */ (() => split([
  "0x428a2f98d728ae22",
  "0x7137449123ef65cd",
  "0xb5c0fbcfec4d3b2f",
  "0xe9b5dba58189dbbc",
  "0x3956c25bf348b538",
  "0x59f111f1b605d019",
  "0x923f82a4af194f9b",
  "0xab1c5ed5da6d8118",
  "0xd807aa98a3030242",
  "0x12835b0145706fbe",
  "0x243185be4ee4b28c",
  "0x550c7dc3d5ffb4e2",
  "0x72be5d74f27b896f",
  "0x80deb1fe3b1696b1",
  "0x9bdc06a725c71235",
  "0xc19bf174cf692694",
  "0xe49b69c19ef14ad2",
  "0xefbe4786384f25e3",
  "0x0fc19dc68b8cd5b5",
  "0x240ca1cc77ac9c65",
  "0x2de92c6f592b0275",
  "0x4a7484aa6ea6e483",
  "0x5cb0a9dcbd41fbd4",
  "0x76f988da831153b5",
  "0x983e5152ee66dfab",
  "0xa831c66d2db43210",
  "0xb00327c898fb213f",
  "0xbf597fc7beef0ee4",
  "0xc6e00bf33da88fc2",
  "0xd5a79147930aa725",
  "0x06ca6351e003826f",
  "0x142929670a0e6e70",
  "0x27b70a8546d22ffc",
  "0x2e1b21385c26c926",
  "0x4d2c6dfc5ac42aed",
  "0x53380d139d95b3df",
  "0x650a73548baf63de",
  "0x766a0abb3c77b2a8",
  "0x81c2c92e47edaee6",
  "0x92722c851482353b",
  "0xa2bfe8a14cf10364",
  "0xa81a664bbc423001",
  "0xc24b8b70d0f89791",
  "0xc76c51a30654be30",
  "0xd192e819d6ef5218",
  "0xd69906245565a910",
  "0xf40e35855771202a",
  "0x106aa07032bbd1b8",
  "0x19a4c116b8d2d0c8",
  "0x1e376c085141ab53",
  "0x2748774cdf8eeb99",
  "0x34b0bcb5e19b48a8",
  "0x391c0cb3c5c95a63",
  "0x4ed8aa4ae3418acb",
  "0x5b9cca4f7763e373",
  "0x682e6ff3d6b2b8a3",
  "0x748f82ee5defb2fc",
  "0x78a5636f43172f60",
  "0x84c87814a1f0ab72",
  "0x8cc702081a6439ec",
  "0x90befffa23631e28",
  "0xa4506cebde82bde9",
  "0xbef9a3f7b2c67915",
  "0xc67178f2e372532b",
  "0xca273eceea26619c",
  "0xd186b8c721c0c207",
  "0xeada7dd6cde0eb1e",
  "0xf57d4f7fee6ed178",
  "0x06f067aa72176fba",
  "0x0a637dc5a2c898a6",
  "0x113f9804bef90dae",
  "0x1b710b35131c471b",
  "0x28db77f523047d84",
  "0x32caab7b40c72493",
  "0x3c9ebe0a15c9bebc",
  "0x431d67c49c100d4c",
  "0x4cc5d4becb3e42b6",
  "0x597f299cfc657e2a",
  "0x5fcb6fab3ad6faec",
  "0x6c44198c4a475817"
].map((n) => BigInt(n))))();
var SHA512_Kh = /* @__PURE__ */ (() => K512[0])();
var SHA512_Kl = /* @__PURE__ */ (() => K512[1])();
var SHA512_W_H = /* @__PURE__ */ new Uint32Array(80);
var SHA512_W_L = /* @__PURE__ */ new Uint32Array(80);
var SHA2_64B = class extends HashMD {
  // We cannot use array here since array allows indexing by variable
  // which means optimizer/compiler cannot use registers.
  // h -- high 32 bits, l -- low 32 bits
  // Numeric initializers matter: starting the fields as `undefined` changes
  // V8's field representation and slows hashing down (measured on sha256).
  Ah = 0;
  Al = 0;
  Bh = 0;
  Bl = 0;
  Ch = 0;
  Cl = 0;
  Dh = 0;
  Dl = 0;
  Eh = 0;
  El = 0;
  Fh = 0;
  Fl = 0;
  Gh = 0;
  Gl = 0;
  Hh = 0;
  Hl = 0;
  constructor(outputLen, IV) {
    super(128, outputLen, 16, false);
    this.Ah = IV[0] | 0;
    this.Al = IV[1] | 0;
    this.Bh = IV[2] | 0;
    this.Bl = IV[3] | 0;
    this.Ch = IV[4] | 0;
    this.Cl = IV[5] | 0;
    this.Dh = IV[6] | 0;
    this.Dl = IV[7] | 0;
    this.Eh = IV[8] | 0;
    this.El = IV[9] | 0;
    this.Fh = IV[10] | 0;
    this.Fl = IV[11] | 0;
    this.Gh = IV[12] | 0;
    this.Gl = IV[13] | 0;
    this.Hh = IV[14] | 0;
    this.Hl = IV[15] | 0;
  }
  // prettier-ignore
  get() {
    const { Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl } = this;
    return [Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl];
  }
  // prettier-ignore
  set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl) {
    this.Ah = Ah | 0;
    this.Al = Al | 0;
    this.Bh = Bh | 0;
    this.Bl = Bl | 0;
    this.Ch = Ch | 0;
    this.Cl = Cl | 0;
    this.Dh = Dh | 0;
    this.Dl = Dl | 0;
    this.Eh = Eh | 0;
    this.El = El | 0;
    this.Fh = Fh | 0;
    this.Fl = Fl | 0;
    this.Gh = Gh | 0;
    this.Gl = Gl | 0;
    this.Hh = Hh | 0;
    this.Hl = Hl | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4) {
      SHA512_W_H[i] = view.getUint32(offset);
      SHA512_W_L[i] = view.getUint32(offset += 4);
    }
    for (let i = 16; i < 80; i++) {
      const W15h = SHA512_W_H[i - 15] | 0;
      const W15l = SHA512_W_L[i - 15] | 0;
      const s0h = rotrSH(W15h, W15l, 1) ^ rotrSH(W15h, W15l, 8) ^ shrSH(W15h, W15l, 7);
      const s0l = rotrSL(W15h, W15l, 1) ^ rotrSL(W15h, W15l, 8) ^ shrSL(W15h, W15l, 7);
      const W2h = SHA512_W_H[i - 2] | 0;
      const W2l = SHA512_W_L[i - 2] | 0;
      const s1h = rotrSH(W2h, W2l, 19) ^ rotrBH(W2h, W2l, 61) ^ shrSH(W2h, W2l, 6);
      const s1l = rotrSL(W2h, W2l, 19) ^ rotrBL(W2h, W2l, 61) ^ shrSL(W2h, W2l, 6);
      const SUMl = add4L(s0l, s1l, SHA512_W_L[i - 7], SHA512_W_L[i - 16]);
      const SUMh = add4H(SUMl, s0h, s1h, SHA512_W_H[i - 7], SHA512_W_H[i - 16]);
      SHA512_W_H[i] = SUMh | 0;
      SHA512_W_L[i] = SUMl | 0;
    }
    let { Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl } = this;
    for (let i = 0; i < 80; i++) {
      const sigma1h = rotrSH(Eh, El, 14) ^ rotrSH(Eh, El, 18) ^ rotrBH(Eh, El, 41);
      const sigma1l = rotrSL(Eh, El, 14) ^ rotrSL(Eh, El, 18) ^ rotrBL(Eh, El, 41);
      const CHIh = Eh & Fh ^ ~Eh & Gh;
      const CHIl = El & Fl ^ ~El & Gl;
      const T1ll = add5L(Hl, sigma1l, CHIl, SHA512_Kl[i], SHA512_W_L[i]);
      const T1h = add5H(T1ll, Hh, sigma1h, CHIh, SHA512_Kh[i], SHA512_W_H[i]);
      const T1l = T1ll | 0;
      const sigma0h = rotrSH(Ah, Al, 28) ^ rotrBH(Ah, Al, 34) ^ rotrBH(Ah, Al, 39);
      const sigma0l = rotrSL(Ah, Al, 28) ^ rotrBL(Ah, Al, 34) ^ rotrBL(Ah, Al, 39);
      const MAJh = Ah & Bh ^ Ah & Ch ^ Bh & Ch;
      const MAJl = Al & Bl ^ Al & Cl ^ Bl & Cl;
      Hh = Gh | 0;
      Hl = Gl | 0;
      Gh = Fh | 0;
      Gl = Fl | 0;
      Fh = Eh | 0;
      Fl = El | 0;
      ({ h: Eh, l: El } = add(Dh | 0, Dl | 0, T1h | 0, T1l | 0));
      Dh = Ch | 0;
      Dl = Cl | 0;
      Ch = Bh | 0;
      Cl = Bl | 0;
      Bh = Ah | 0;
      Bl = Al | 0;
      const All = add3L(T1l, sigma0l, MAJl);
      Ah = add3H(All, T1h, sigma0h, MAJh);
      Al = All | 0;
    }
    ({ h: Ah, l: Al } = add(this.Ah | 0, this.Al | 0, Ah | 0, Al | 0));
    ({ h: Bh, l: Bl } = add(this.Bh | 0, this.Bl | 0, Bh | 0, Bl | 0));
    ({ h: Ch, l: Cl } = add(this.Ch | 0, this.Cl | 0, Ch | 0, Cl | 0));
    ({ h: Dh, l: Dl } = add(this.Dh | 0, this.Dl | 0, Dh | 0, Dl | 0));
    ({ h: Eh, l: El } = add(this.Eh | 0, this.El | 0, Eh | 0, El | 0));
    ({ h: Fh, l: Fl } = add(this.Fh | 0, this.Fl | 0, Fh | 0, Fl | 0));
    ({ h: Gh, l: Gl } = add(this.Gh | 0, this.Gl | 0, Gh | 0, Gl | 0));
    ({ h: Hh, l: Hl } = add(this.Hh | 0, this.Hl | 0, Hh | 0, Hl | 0));
    this.set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl);
  }
  roundClean() {
    clean(SHA512_W_H, SHA512_W_L);
  }
  destroy() {
    this.destroyed = true;
    clean(this.buffer);
    this.set(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }
};
var _SHA512 = class extends SHA2_64B {
  constructor() {
    super(64, SHA512_IV);
  }
};
var _SHA384 = class extends SHA2_64B {
  constructor() {
    super(48, SHA384_IV);
  }
};
var sha256 = /* @__PURE__ */ createHasher(
  () => new _SHA256(),
  /* @__PURE__ */ oidNist(1)
);
var sha512 = /* @__PURE__ */ createHasher(
  () => new _SHA512(),
  /* @__PURE__ */ oidNist(3)
);
var sha384 = /* @__PURE__ */ createHasher(
  () => new _SHA384(),
  /* @__PURE__ */ oidNist(2)
);

// ospf/packet/authentication.ts
var PASSWORD = 8;
var MD5_KEY = 16;
var APAD = [135, 143, 225, 243];
var ALGORITHMS2 = {
  md5: { length: 16, make: (key, packet) => md5(concatBytes(packet, madeUp(key, MD5_KEY))) },
  "hmac-sha-1": { length: 20, make: hmacOf(sha1) },
  "hmac-sha-256": { length: 32, make: hmacOf(sha256) },
  "hmac-sha-384": { length: 48, make: hmacOf(sha384) },
  "hmac-sha-512": { length: 64, make: hmacOf(sha512) }
};
function digestLengthOf(algorithm) {
  return ALGORITHMS2[algorithm].length;
}
function digestOf({ algorithm, secret }, packet) {
  return ALGORITHMS2[algorithm].make(secret, packet);
}
function verify(received, accepted) {
  const { auType, authentication, digest, whole: whole2 } = received;
  if (auType !== accepted.type) return "auType";
  if (!received.checksumGood) return "checksum";
  if (accepted.type === 0) return void 0;
  if (accepted.type === 1)
    return isSame(authentication, madeUp(accepted.password, PASSWORD)) ? void 0 : "password";
  const key = accepted.keyOf(keyIdOf(received));
  if ("error" in key) return key.error;
  const { length } = ALGORITHMS2[key.algorithm];
  if (authentication[3] !== length || digest.length < length) return "digest";
  return isSame(digest.subarray(0, length), digestOf(key, whole2)) ? void 0 : "digest";
}
function keyIdOf({ authentication }) {
  return authentication[2];
}
function sequenceOf({ authentication }) {
  return read32(authentication, 4);
}
function bytesOf(text) {
  return new TextEncoder().encode(text);
}
function madeUp(key, length) {
  const bytes = new Uint8Array(length);
  bytes.set(key.subarray(0, length));
  return bytes;
}
function hmacOf(digest) {
  const apad = Uint8Array.from({ length: digest.outputLen }, (_, i) => APAD[i % APAD.length]);
  return (key, packet) => hmac(digest, key, concatBytes(packet, apad));
}
function isSame(one, other) {
  let different = 0;
  for (const [i, byte] of one.entries()) different |= byte ^ other[i];
  return different === 0;
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

// ospf/packet/header.ts
var VERSION = 2;
var HEADER = 24;
var BEFORE_AUTHENTICATION = 16;
var CRYPTOGRAPHIC = 2;
function decodePacket(bytes) {
  if (bytes.length < HEADER) return { error: "truncated" };
  if (bytes[0] !== VERSION) return { error: "version" };
  const length = read16(bytes, 2);
  if (length < HEADER || length > bytes.length) return { error: "truncated" };
  const whole2 = bytes.subarray(0, length);
  const auType = read16(bytes, 14);
  return {
    type: bytes[1],
    routerId: read32(bytes, 4),
    area: read32(bytes, 8),
    auType,
    checksumGood: auType === CRYPTOGRAPHIC || checksum(whole2) === 0,
    body: bytes.subarray(HEADER, length),
    authentication: bytes.subarray(BEFORE_AUTHENTICATION, HEADER),
    digest: bytes.subarray(length),
    whole: whole2
  };
}
function encodePacket({ type, routerId, area }, body, authentication) {
  const length = HEADER + body.length;
  const bytes = new Uint8Array(
    length + (authentication.type === 2 ? digestLengthOf(authentication.algorithm) : 0)
  );
  bytes[0] = VERSION;
  bytes[1] = type;
  write16(bytes, 2, length);
  write32(bytes, 4, routerId);
  write32(bytes, 8, area);
  write16(bytes, 14, authentication.type);
  bytes.set(body, HEADER);
  const whole2 = bytes.subarray(0, length);
  if (authentication.type === 2) {
    bytes[18] = authentication.keyId;
    bytes[19] = bytes.length - length;
    write32(bytes, 20, authentication.sequence);
    bytes.set(digestOf(authentication, whole2), length);
    return bytes;
  }
  write16(bytes, 12, checksum(whole2));
  if (authentication.type === 1) bytes.set(madeUp(authentication.password, PASSWORD), BEFORE_AUTHENTICATION);
  return bytes;
}
function checksum(packet) {
  return checksumOf(packet.subarray(HEADER), sumOf(packet.subarray(0, BEFORE_AUTHENTICATION)));
}

// ospf/packet/acknowledgment.ts
function decodeAcknowledgment(body) {
  if (body.length % LSA_HEADER !== 0) return { error: "acknowledgmentLength" };
  const headers = [];
  for (let at = 0; at < body.length; at += LSA_HEADER) headers.push(decodeLsaHeader(body, at));
  return headers;
}

// ospf/packet/hello.ts
var HELLO = 20;
function decodeHello(body) {
  if (body.length < HELLO || body.length % 4 !== 0) return { error: "helloLength" };
  const neighbors = [];
  for (let at = HELLO; at < body.length; at += 4) neighbors.push(read32(body, at));
  return {
    mask: read32(body, 0),
    helloInterval: read16(body, 4),
    options: body[6],
    priority: body[7],
    deadInterval: read32(body, 8),
    dr: read32(body, 12),
    bdr: read32(body, 16),
    neighbors
  };
}
function encodeHello(hello) {
  const body = new Uint8Array(HELLO + hello.neighbors.length * 4);
  write32(body, 0, hello.mask);
  write16(body, 4, hello.helloInterval);
  body[6] = hello.options;
  body[7] = hello.priority;
  write32(body, 8, hello.deadInterval);
  write32(body, 12, hello.dr);
  write32(body, 16, hello.bdr);
  for (const [i, neighbor] of hello.neighbors.entries()) write32(body, HELLO + i * 4, neighbor);
  return body;
}
function neighborsThatFit(room) {
  return Math.max(0, Math.floor((room - HELLO) / 4));
}

// ospf/packet/request.ts
var REQUEST = 12;
function decodeRequest(body) {
  if (body.length % REQUEST !== 0) return { error: "requestLength" };
  const requests = [];
  for (let at = 0; at < body.length; at += REQUEST)
    requests.push({ type: read32(body, at), id: read32(body, at + 4), router: read32(body, at + 8) });
  return requests;
}
function encodeRequest(requests) {
  const body = new Uint8Array(requests.length * REQUEST);
  for (const [i, { type, id, router }] of requests.entries()) {
    write32(body, i * REQUEST, type);
    write32(body, i * REQUEST + 4, id);
    write32(body, i * REQUEST + 8, router);
  }
  return body;
}
function requestsThatFit(room) {
  return Math.max(0, Math.floor(room / REQUEST));
}

// ospf/packet/update.ts
var UPDATE = 4;
function decodeUpdate(body) {
  if (body.length < UPDATE) return { error: "updateLength" };
  const lsas = [];
  let at = UPDATE;
  for (let left = read32(body, 0); left > 0; left--) {
    if (at + LSA_HEADER > body.length) return { error: "updateLength" };
    const length = read16(body, at + 18);
    if (length < LSA_HEADER || at + length > body.length) return { error: "updateLength" };
    lsas.push(body.subarray(at, at + length));
    at += length;
  }
  return at === body.length ? lsas : { error: "updateLength" };
}
function encodeUpdate(lsas) {
  const body = new Uint8Array(lsas.reduce((length, lsa) => length + lsa.length, UPDATE));
  write32(body, 0, lsas.length);
  let at = UPDATE;
  for (const lsa of lsas) {
    body.set(lsa, at);
    at += lsa.length;
  }
  return body;
}

// ospf/packet/text.ts
var MOST_LSAS2 = 16;
var MOST_IN_LINE = 8;
var PACKETS = {
  [PACKET_HELLO]: "Hello",
  [PACKET_DESCRIPTION]: "Database Description",
  [PACKET_REQUEST]: "LS-Request",
  [PACKET_UPDATE]: "LS-Update",
  [PACKET_ACKNOWLEDGMENT]: "LS-Ack"
};
var LSAS = {
  [LS_ROUTER]: "Router LSA",
  [LS_NETWORK]: "Network LSA",
  [LS_SUMMARY_NETWORK]: "Summary LSA",
  [LS_SUMMARY_ASBR]: "ASBR Summary LSA",
  [LS_EXTERNAL]: "AS External LSA",
  [LS_NSSA]: "NSSA LSA",
  [LS_OPAQUE_LINK]: "Link Local Opaque LSA",
  [LS_OPAQUE_AREA]: "Area Local Opaque LSA",
  [LS_OPAQUE_AS]: "AS Opaque LSA"
};
var AUTHENTICATION2 = ["none", "simple", "cryptographic"];
var OPTIONS = [
  [OPTION_E, "E"],
  [OPTION_MC, "MC"],
  [OPTION_NP, "NP"],
  [OPTION_DC, "DC"],
  [OPTION_O, "O"]
];
var DESCRIPTION_FLAGS = [
  [FLAG_I, "I"],
  [FLAG_M, "M"],
  [FLAG_MS, "MS"]
];
var ROUTER_FLAGS = [
  [ROUTER_B, "B"],
  [ROUTER_E, "E"],
  [ROUTER_V, "V"],
  [ROUTER_NT, "Nt"]
];
var LINKS = {
  1: "point-to-point",
  2: "transit",
  3: "stub",
  4: "virtual"
};
function packetText(from, to, payload) {
  const packet = decodePacket(payload);
  const ends = `${from} > ${to}`;
  if ("error" in packet)
    return { lines: [`${ends}: no packet of OSPF version 2, length ${payload.length}`], facts: { from, to } };
  const { type, routerId, area, auType, body, whole: whole2 } = packet;
  const facts = {
    from,
    to,
    type: PACKETS[type] ?? type,
    length: whole2.length,
    router: toAddress(routerId),
    area: toAddress(area),
    authentication: AUTHENTICATION2[auType] ?? auType
  };
  const name = PACKETS[type] ?? `type ${type}`;
  const first = `${ends}: ${name}, length ${whole2.length}, router ${facts.router}, area ${facts.area}, authentication ${facts.authentication}`;
  const more = bodyText(type, body);
  return { lines: [first, ...more.lines.map((line) => `    ${line}`)], facts: { ...facts, ...more.facts } };
}
function bodyText(type, body) {
  switch (type) {
    case PACKET_HELLO:
      return helloText(body);
    case PACKET_DESCRIPTION:
      return descriptionText(body);
    case PACKET_REQUEST: {
      const requests = decodeRequest(body);
      if ("error" in requests) return wrong();
      return lsasText(requests, (each) => ({ lines: [nameOf2(each)], facts: keyOf2(each) }));
    }
    case PACKET_UPDATE: {
      const lsas = decodeUpdate(body);
      return "error" in lsas ? wrong() : lsasText(lsas, lsaText);
    }
    case PACKET_ACKNOWLEDGMENT: {
      const headers = decodeAcknowledgment(body);
      return "error" in headers ? wrong() : lsasText(headers, headerText);
    }
    default:
      return { lines: [], facts: {} };
  }
}
function wrong() {
  return { lines: ["its body has another length than its type"], facts: {} };
}
function helloText(body) {
  const hello = decodeHello(body);
  if ("error" in hello) return wrong();
  const { helloInterval, deadInterval, priority } = hello;
  const neighbors = hello.neighbors.map(toAddress);
  const facts = {
    mask: toAddress(hello.mask),
    helloInterval,
    deadInterval,
    priority,
    options: flagsText(hello.options, OPTIONS),
    dr: toAddress(hello.dr),
    bdr: toAddress(hello.bdr),
    neighbors
  };
  const line = `mask ${facts.mask}, hello ${helloInterval} s, dead ${deadInterval} s, priority ${priority}, options ${facts.options}, DR ${facts.dr}, BDR ${facts.bdr}`;
  return { lines: [line, `neighbors ${some(neighbors)}`], facts };
}
function descriptionText(body) {
  const description = decodeDescription(body);
  if ("error" in description) return wrong();
  const { mtu, sequence, headers } = description;
  const facts = {
    mtu,
    options: flagsText(description.options, OPTIONS),
    flags: flagsText(description.flags, DESCRIPTION_FLAGS),
    sequence: hex(sequence)
  };
  const line = `MTU ${mtu}, options ${facts.options}, flags ${facts.flags}, sequence ${facts.sequence}`;
  const { lines, facts: lsas } = lsasText(headers, headerText);
  return { lines: [line, ...lines], facts: { ...facts, ...lsas } };
}
function lsasText(items, textOf3) {
  const texts = items.slice(0, MOST_LSAS2).map(textOf3);
  const more = items.length - texts.length;
  return {
    lines: [...texts.flatMap(({ lines }) => lines), ...more > 0 ? [`… ${more} more LSAs`] : []],
    facts: { lsas: texts.map(({ facts }) => facts), count: items.length }
  };
}
function lsaText(lsa) {
  const { lines, facts } = headerText(decodeLsaHeader(lsa));
  const body = decodeLsa(lsa);
  if ("error" in body) return { lines: [...lines, "  its body is none of its type"], facts };
  const holds2 = holdsText(body);
  return { lines: [...lines, `  ${holds2}`], facts: { ...facts, holds: holds2 } };
}
function headerText(header) {
  const { age: age2, sequence, checksum: checksum2, length } = header;
  return {
    lines: [`${lsaHeaderText(header)}, checksum ${hex(checksum2, 4)}, length ${length}`],
    facts: { ...keyOf2(header), age: age2, sequence: hex(sequence), checksum: hex(checksum2, 4), length }
  };
}
function lsaHeaderText(header) {
  return `${nameOf2(header)}, sequence ${hex(header.sequence)}, age ${header.age} s`;
}
function nameOf2({ type, id, router }) {
  return `${LSAS[type] ?? `LSA of type ${type}`}, id ${toAddress(id)}, router ${toAddress(router)}`;
}
function keyOf2({ type, id, router }) {
  return { lsType: type, id: toAddress(id), advertisingRouter: toAddress(router) };
}
function holdsText(body) {
  switch (body.kind) {
    case "router": {
      const links = body.links.map(
        ({ type, id, data, metric }) => `${LINKS[type]} ${toAddress(id)} ${toAddress(data)} metric ${metric}`
      );
      return `flags ${flagsText(body.flags, ROUTER_FLAGS)}, links: ${some(links, "; ")}`;
    }
    case "network":
      return `mask ${toAddress(body.mask)}, routers ${some(body.routers.map(toAddress))}`;
    case "summary":
      return `mask ${toAddress(body.mask)}, metric ${body.metric}`;
    case "external": {
      const { mask, type, metric, forwarding, tag } = body;
      return `mask ${toAddress(mask)}, metric type ${type}, metric ${metric}, forwarding ${toAddress(forwarding)}, tag ${tag}`;
    }
    case "opaque":
      return `${body.data.length} bytes`;
  }
}
function some(texts, between = ", ") {
  if (texts.length === 0) return "none";
  const more = texts.length - MOST_IN_LINE;
  return [...texts.slice(0, MOST_IN_LINE), ...more > 0 ? [`… ${more} more`] : []].join(between);
}
function flagsText(flags, names) {
  const set = names.filter(([bit2]) => (flags & bit2) !== 0).map(([, name]) => name);
  return `${hex(flags, 2)} (${set.join("|") || "none"})`;
}
function hex(number, digits = 8) {
  return `0x${(number >>> 0).toString(16).padStart(digits, "0")}`;
}

// ospf/sequence.ts
var LARGEST = 4294967295;
var LARGEST_TIME = Date.UTC(2100, 0, 1) / 1e3;
var SECOND_MS = 1e3;
function heardOn({ neighbors }, wall) {
  if (wall >= CLOCK_IS_SET_FROM) return void 0;
  let best;
  for (const { sequences } of neighbors.values())
    for (const [keyId, number] of Object.entries(sequences))
      if (number <= LARGEST_TIME && number > (best?.number ?? 0)) best = { keyId: Number(keyId), number };
  return best;
}
function nextSequence(before, heard, now, wall) {
  const clock = Math.min(Math.max(Math.floor(wall / SECOND_MS), heard?.number ?? 0, 0), LARGEST);
  if (before === void 0 || clock > before.number) return { number: clock, at: now };
  const passed = now < before.at ? SECOND_MS : now - before.at;
  return passed < SECOND_MS ? before : { number: Math.min(before.number + 1, LARGEST), at: now };
}

// ospf/transmit.ts
var IP_HEADER = 20;
var LARGEST_IP = 65535;
var VIRTUAL_MTU = 576;
var VIRTUAL_TTL = 255;
function sendTo(state, iface, to, type, body, ctx) {
  const link = linkOf(state, iface);
  if (link === void 0 || iface.address === NONE) return "down";
  const authentication = authenticatorOf(state, iface, ctx);
  if (authentication === void 0) return "down";
  const payload = encodePacket({ type, routerId: state.routerId, area: iface.area }, body, authentication);
  let result = "sent";
  for (const address of destinationsOf(iface, to, type)) {
    const sent = ctx.transmit("ospf", link, datumOf(iface, address, payload));
    count(state.counters, counterOf(type, sent));
    notePacket(state, iface, address, payload, sent);
    if (sent !== "sent") result = sent;
  }
  return result;
}
function roomOf(state, iface) {
  const { authentication } = configOf(state, iface);
  const keys = authentication.type === "cryptographic" ? keysOf2(state.config, authentication) : {};
  const digest = Object.values(keys).reduce(
    (most, { algorithm }) => Math.max(most, digestLengthOf(algorithm)),
    0
  );
  const mtu = iface.type === "virtual" ? VIRTUAL_MTU : Math.min(iface.mtu, LARGEST_IP);
  return Math.max(0, mtu - IP_HEADER - HEADER - digest);
}
function linkOf(state, iface) {
  if (iface.state === "Down" || iface.state === "Loopback") return void 0;
  if (iface.virtual === void 0) return iface.link;
  return iface.virtual.to === NONE ? void 0 : state.interfaces.get(iface.virtual.over)?.link;
}
function destinationsOf(iface, to, type) {
  if (iface.type === "point-to-point") return [ALL_SPF_ROUTERS];
  if (iface.type === "virtual") return [toAddress(iface.virtual?.to ?? NONE)];
  if (typeof to === "number") return [toAddress(to)];
  if (iface.type === "broadcast") {
    const designated = iface.state === "DR" || iface.state === "Backup";
    return [to === "all" || designated ? ALL_SPF_ROUTERS : ALL_D_ROUTERS];
  }
  if (iface.type === "point-to-multipoint" && type === PACKET_HELLO) return [ALL_SPF_ROUTERS];
  const least = type === PACKET_HELLO ? "Attempt" : "Exchange";
  return [...iface.neighbors.values()].filter((neighbor) => isAtLeast(neighbor, least)).map(({ address }) => toAddress(address));
}
function datumOf(iface, to, payload) {
  const from = toAddress(iface.address);
  if (iface.type === "virtual") return { to, payload, from, ttl: VIRTUAL_TTL };
  const multicast = to === ALL_SPF_ROUTERS || to === ALL_D_ROUTERS;
  return multicast || payload.length + IP_HEADER <= iface.mtu ? { to, payload, from } : { to, payload };
}
function notePacket(state, { key, link, address }, to, payload, result) {
  const from = toAddress(address);
  const say = () => {
    const { lines, facts } = packetText(from, to, payload);
    const [first, ...others] = lines;
    const verb = result === "sent" ? "sent" : `not sent (${result})`;
    return {
      lines: [`${verb} on ${key}: ${first}`, ...others],
      facts: { direction: "sent", interface: key, result, ...facts }
    };
  };
  note(state, "packet", { key, link }, say, payload.length);
}
function counterOf(type, result) {
  if (result !== "sent") return type === PACKET_HELLO ? "helloNotSent" : "notSent";
  return `${PACKET_NAMES[type]}Sent`;
}
function authenticatorOf(state, iface, ctx) {
  const { authentication } = configOf(state, iface);
  if (authentication.type === "none") return { type: 0 };
  if (authentication.type === "simple") return { type: 1, password: bytesOf(authentication.password) };
  const wall = Date.now();
  const heard = heardOn(iface, wall);
  const found = keyToSend(keysOf2(state.config, authentication), wall, heard?.keyId);
  if (found === void 0) return void 0;
  const { id, key, outOfTime } = found;
  if (outOfTime) noteOutOfTime(state, iface, id, ctx);
  const sequence = nextSequence(state.sequences.get(iface.key), heard, ctx.now(), wall);
  state.sequences.set(iface.key, sequence);
  const { algorithm, secret } = key;
  return { type: 2, keyId: id, algorithm, secret: bytesOf(secret), sequence: sequence.number };
}
function noteOutOfTime(state, { key }, id, ctx) {
  const due = lineDue(state.changes, "keyLifetime", key, ctx.now());
  if (due === void 0) return;
  ctx.log(
    "warn",
    `${key}: no key is to be sent at this time; key ${id} is used, so that packets stay authenticated: give a key a longer lifetime, or add one${leftOutText(due)}`
  );
}

// ospf/adjacency/request-list.ts
var MOST_REQUESTED = 1e5;
var MOST_REQUESTED_OF_ALL = 4e5;
var BUCKETS2 = 64;
function roomForRequests({ interfaces }, { requested }) {
  let all = 0;
  for (const { neighbors } of interfaces.values())
    for (const other of neighbors.values()) all += other.requested;
  return Math.max(0, Math.min(MOST_REQUESTED - requested, MOST_REQUESTED_OF_ALL - all));
}
function addRequested(state, neighbor, requested) {
  const bucket = bucketOf2(neighbor, requested.key);
  const rows2 = state.requests.get(bucket) ?? [];
  const at = rows2.findIndex(({ key }) => key === requested.key);
  if (at < 0) {
    if (rows2.length >= MOST_IN_BUCKET) return false;
    neighbor.requested++;
  }
  state.requests.set(bucket, at < 0 ? [...rows2, requested] : rows2.with(at, requested));
  return true;
}
function requestedOf(state, neighbor, key) {
  if (neighbor.requested === 0) return void 0;
  return state.requests.get(bucketOf2(neighbor, key))?.find((requested) => requested.key === key);
}
function removeRequested(state, neighbor, key) {
  const bucket = bucketOf2(neighbor, key);
  const rows2 = state.requests.get(bucket) ?? [];
  const others = rows2.filter((requested) => requested.key !== key);
  if (others.length === rows2.length) return false;
  if (others.length === 0) state.requests.delete(bucket);
  else state.requests.set(bucket, others);
  neighbor.requested--;
  if (neighbor.asked.includes(key)) neighbor.asked = neighbor.asked.filter((asked) => asked !== key);
  return true;
}
function clearRequested(state, neighbor) {
  if (neighbor.requested > 0) for (let i = 0; i < BUCKETS2; i++) state.requests.delete(`${neighbor.key} ${i}`);
  neighbor.requested = 0;
  neighbor.asked = [];
}
function askFor(state, neighbor, most) {
  neighbor.asked = [];
  for (let i = 0; i < BUCKETS2; i++)
    for (const { key } of state.requests.get(`${neighbor.key} ${i}`) ?? []) {
      if (neighbor.asked.length >= most) return;
      neighbor.asked.push(key);
    }
}
function bucketOf2({ key: owner }, key) {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash, 31) + key.charCodeAt(i) | 0;
  return `${owner} ${(hash >>> 0) % BUCKETS2}`;
}

// ospf/adjacency/spare.ts
function spareOf2(before, most, everyMs, now) {
  const { spare, at } = before ?? { spare: most, at: now };
  return { spare: Math.min(most, spare + Math.max(0, now - at) / everyMs), at: now };
}

// ospf/adjacency/exchange.ts
var BEGIN_EVERY_MS = 1e3;
var MOST_BEGUN_AT_ONCE = 32;
var BEGUN_EVERY_MS = 25;
var SEQUENCES = 2 ** 32;
function beginExchange(state, iface, neighbor, ctx) {
  if (neighbor.state !== "ExStart") return;
  const now = ctx.now();
  const before = neighbor.exchange;
  neighbor.exchange = {
    master: true,
    // 10.8: another number at each beginning, and one that was not used lately at the first.
    sequence: next(before?.sequence ?? Math.floor(now) % SEQUENCES),
    begun: now,
    summary: { scope: 0, bucket: 0, keys: [] },
    done: false
  };
  neighbor.exchange.sent = encodeDescription(
    describing(state, iface, neighbor.exchange, FLAG_I | FLAG_M | FLAG_MS)
  );
  const { retransmitInterval } = configOf(state, iface);
  const early = before === void 0 ? 0 : before.begun + BEGIN_EVERY_MS - now;
  ctx.setTimer(
    "exchange",
    neighbor.key,
    early > 0 ? Math.min(early, retransmitInterval) : retransmitInterval
  );
  if (early <= 0) claim(state, iface, neighbor, ctx);
}
function claim(state, iface, neighbor, ctx) {
  if (iface.type !== "point-to-point") {
    const { spare, at } = spareOf2(iface.begins, MOST_BEGUN_AT_ONCE, BEGUN_EVERY_MS, ctx.now());
    iface.begins = { spare: spare < 1 ? spare : spare - 1, at };
    if (spare < 1) {
      count(state.counters, "descriptionNotSent");
      return;
    }
  }
  resend(state, iface, neighbor, ctx);
}
function endExchange(neighbor, ctx) {
  ctx.cancelTimer("exchange", neighbor.key);
  if (neighbor.exchange === void 0) return;
  const { sequence, begun } = neighbor.exchange;
  neighbor.exchange = {
    master: true,
    sequence,
    begun,
    summary: { scope: 0, bucket: 0, keys: [] },
    done: false
  };
  neighbor.options = 0;
}
function exchangeIsLate(state, iface, neighbor, ctx) {
  if (neighbor.state !== "ExStart" && neighbor.state !== "Exchange") return;
  ctx.setTimer("exchange", neighbor.key, configOf(state, iface).retransmitInterval);
  if (neighbor.state === "ExStart") claim(state, iface, neighbor, ctx);
  else resend(state, iface, neighbor, ctx);
}
function refuseDescription(state, iface, { mtu }) {
  if (iface.virtual !== void 0 || configOf(state, iface).mtuIgnore || mtu <= iface.mtu) return void 0;
  return { error: "mtu", theirs: mtu, ours: iface.mtu };
}
function describe(state, iface, neighbor, description, agenda, ctx) {
  const { exchange } = neighbor;
  if (exchange === void 0 || !isAtLeast(neighbor, "ExStart")) return;
  if (neighbor.state === "ExStart") {
    negotiate(state, iface, neighbor, exchange, description, agenda, ctx);
    return;
  }
  if (isDuplicate(exchange, description)) {
    if (!exchange.master) resend(state, iface, neighbor, ctx);
    return;
  }
  const wrong2 = mismatchOf(neighbor, exchange, description);
  if (wrong2 !== void 0) agenda.neighbor(iface, neighbor, "SeqNumberMismatch", wrong2);
  else accept(state, iface, neighbor, exchange, description, agenda, ctx);
}
function negotiate(state, iface, neighbor, exchange, description, agenda, ctx) {
  const { flags, sequence, options, headers } = description;
  const isTheirs = flags === (FLAG_I | FLAG_M | FLAG_MS) && headers.length === 0;
  const isOurs2 = (flags & (FLAG_I | FLAG_MS)) === 0 && sequence === exchange.sequence;
  if (isTheirs && neighbor.routerId > state.routerId) exchange.master = false;
  else if (!(isOurs2 && neighbor.routerId < state.routerId)) return;
  neighbor.options = options;
  agenda.neighbor(iface, neighbor, "NegotiationDone");
  accept(state, iface, neighbor, exchange, description, agenda, ctx);
}
function isDuplicate({ taken }, { flags, options, sequence }) {
  return taken?.flags === flags && taken.options === options && taken.sequence === sequence;
}
function mismatchOf({ state, options: before }, { master, sequence }, { flags, options, sequence: theirs }) {
  if (state !== "Exchange") return "it describes its database again after all was described";
  if ((flags & FLAG_MS) !== 0 === master) return `both say that they are ${master ? "master" : "slave"}`;
  if ((flags & FLAG_I) !== 0) return "it begins the exchange anew";
  if (options !== before) return `its options were ${hex2(before)}, and are ${hex2(options)} now`;
  const expected = master ? sequence : next(sequence);
  return theirs === expected ? void 0 : `its sequence number is ${theirs}, ours is ${expected}`;
}
function accept(state, iface, neighbor, exchange, { flags, options, sequence, headers }, agenda, ctx) {
  const wrong2 = lookUp(state, iface, neighbor, headers, agenda, ctx);
  if (wrong2 !== void 0) {
    agenda.neighbor(iface, neighbor, "SeqNumberMismatch", wrong2);
    return;
  }
  exchange.taken = { flags, options, sequence };
  if (neighbor.requested > 0) agenda.request(iface, neighbor);
  const isLast = (flags & FLAG_M) === 0;
  if (exchange.master && exchange.done && isLast) {
    ctx.cancelTimer("exchange", neighbor.key);
    agenda.neighbor(iface, neighbor, "ExchangeDone");
    return;
  }
  exchange.sequence = exchange.master ? next(exchange.sequence) : sequence;
  sendNext(state, iface, neighbor, exchange, agenda, ctx);
  if (!exchange.master && exchange.done && isLast) agenda.neighbor(iface, neighbor, "ExchangeDone");
}
function lookUp(state, iface, neighbor, headers, agenda, ctx) {
  const now = ctx.now();
  const most = neighbor.requested + roomForRequests(state, neighbor);
  for (const header of headers) {
    const { type, id, router, sequence, checksum: checksum2, age: age2 } = header;
    if (!isTaken(state, iface, type))
      return `it describes an LSA of type ${type}, which its area does not have`;
    if (type === LS_ROUTER && id !== router) return "it describes a router-LSA that is not of its router";
    const key = lsaKey(scopeOf(type, iface), type, id, router);
    const ours = findLsa(state, key);
    if (ours?.sequence === sequence && ours.checksum !== checksum2) outnumber(state, key, agenda);
    if (ours !== void 0 && compareInstances(header, instanceOf(ours, now)) <= 0) continue;
    if (neighbor.requested >= most || !addRequested(state, neighbor, { key, sequence, checksum: checksum2, age: age2 }))
      return `it describes more LSAs than we can ask for, which are ${neighbor.requested}`;
  }
  return void 0;
}
function outnumber(state, key, agenda) {
  const origin = originOf(state, key);
  if (origin !== void 0) agenda.originate(origin, true);
}
function isTaken(state, { area, virtual }, type) {
  if (virtual !== void 0 && (type === LS_EXTERNAL || type === LS_OPAQUE_AS)) return false;
  return isKnownType(type) && takesType(state, area, type);
}
function sendNext(state, iface, neighbor, exchange, agenda, ctx) {
  const headers = exchange.done ? [] : takeHeaders(state, iface, neighbor, exchange, agenda, ctx.now());
  const flags = (exchange.done ? 0 : FLAG_M) | (exchange.master ? FLAG_MS : 0);
  exchange.sent = encodeDescription(describing(state, iface, exchange, flags, headers));
  if (exchange.master) ctx.setTimer("exchange", neighbor.key, configOf(state, iface).retransmitInterval);
  else ctx.cancelTimer("exchange", neighbor.key);
  resend(state, iface, neighbor, ctx);
}
function describing(state, iface, { sequence }, flags, headers = []) {
  const { type } = areaConfigOf(state, iface.area);
  const options = OPTION_O | (type === "normal" ? OPTION_E : type === "nssa" ? OPTION_NP : 0);
  const mtu = iface.virtual === void 0 ? iface.mtu : 0;
  return { mtu, options, flags, sequence, headers };
}
function takeHeaders(state, iface, neighbor, exchange, agenda, now) {
  const most = headersThatFit(roomOf(state, iface));
  const headers = [];
  const scopes = scopesFor(state, iface);
  let { scope, bucket, keys } = exchange.summary;
  let at = 0;
  while (headers.length < most) {
    if (at >= keys.length) {
      if (scope >= scopes.length) break;
      keys = rowsOf(state.keys, scopes[scope], bucket);
      at = 0;
      bucket++;
      if (bucket === BUCKETS) {
        bucket = 0;
        scope++;
      }
      continue;
    }
    const key = keys[at++];
    const header = headerOf(state, iface, neighbor, key, agenda, now);
    if (header !== void 0) headers.push(header);
  }
  exchange.summary = { scope, bucket, keys: keys.slice(at) };
  exchange.done = exchange.summary.keys.length === 0 && scope >= scopes.length;
  return headers;
}
function scopesFor(state, iface) {
  const scopes = [`area ${iface.area}`];
  if (iface.virtual !== void 0) return scopes;
  if (areaConfigOf(state, iface.area).type === "normal") scopes.unshift("as");
  return [...scopes, `link ${iface.key}`];
}
function headerOf(state, iface, neighbor, key, agenda, now) {
  const lsa = findLsa(state, key);
  if (lsa === void 0) return void 0;
  const isOpaque = lsa.type >= LS_OPAQUE_LINK && lsa.type <= LS_OPAQUE_AS;
  if (isOpaque && (neighbor.options & OPTION_O) === 0) return void 0;
  const age2 = ageOf(lsa, now);
  if (age2 >= MAX_AGE) {
    agenda.retransmission(iface, neighbor, key);
    return void 0;
  }
  return { ...decodeLsaHeader(lsa.bytes), age: age2 };
}
function resend(state, iface, { address, exchange }, ctx) {
  if (exchange?.sent !== void 0) sendTo(state, iface, address, PACKET_DESCRIPTION, exchange.sent, ctx);
}
function next(sequence) {
  return (sequence + 1) % SEQUENCES;
}
function hex2(options) {
  return `0x${options.toString(16).padStart(2, "0")}`;
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

// ospf/adjacency/hello.ts
var MOST_ANSWERS_AT_ONCE = 8;
var ANSWER_EVERY_MS = 200;
var MOST_UNSENT = 3;
function beginHellos(state, iface, ctx) {
  if (configOf(state, iface).passive) endHellos(iface.key, ctx);
  else begin(ctx, "hello", iface.key, configOf(state, iface).helloInterval);
}
function retimeHellos(state, iface, ctx) {
  if (configOf(state, iface).passive) endHellos(iface.key, ctx);
  else retime(ctx, "hello", iface.key, configOf(state, iface).helloInterval);
}
function endHellos(key, ctx) {
  ctx.cancelTimer("hello", key);
}
function hellosChange(state, iface, isUp, ctx) {
  if (isUp) sendHellos(state, iface, ctx);
  else iface.unsent = 0;
}
function sendOnTick(state, broadcast, ctx) {
  for (const iface of state.interfaces.values()) {
    const { helloInterval, passive } = configOf(state, iface);
    if (!passive && followTick(ctx, "hello", iface.key, broadcast, helloInterval))
      sendHellos(state, iface, ctx);
  }
}
function sendHellos(state, iface, ctx) {
  if (!isTalking(state, iface)) return;
  const sent = isUnicast(state, iface) ? helloTargets(state, iface).map((to) => sendHello(state, iface, to, ctx)) : [sendHello(state, iface, "all", ctx)];
  const failed = sent.find((result) => result !== "sent");
  if (sent.length > 0) noteSent(iface, failed ?? "sent", ctx);
}
function isUnicast(state, iface) {
  if (iface.type === "non-broadcast" || iface.type === "virtual") return true;
  return iface.type === "point-to-multipoint" && Object.keys(configOf(state, iface).neighbors).length > 0;
}
function helloTargets(state, iface) {
  if (iface.virtual !== void 0) return iface.virtual.to === NONE ? [] : [iface.virtual.to];
  const known = [...iface.neighbors.values()];
  if (iface.type === "point-to-multipoint") return known.map(({ address }) => address);
  return known.filter((neighbor) => isForNeighbor(state, iface, neighbor)).map(({ address }) => address);
}
function isForNeighbor(state, iface, neighbor) {
  if (neighbor.state === "Down") return false;
  if (isDesignated(iface.state)) return true;
  if (configOf(state, iface).priority > 0) return neighbor.priority > 0;
  return neighbor.address === iface.dr || neighbor.address === iface.bdr;
}
function beginPolls(state, iface, ctx, arm = begin) {
  const { type, neighbors } = configOf(state, iface);
  for (const [name, { key }] of iface.neighbors) {
    const configured = type === "non-broadcast" ? neighbors[name] : void 0;
    if (configured === void 0) ctx.cancelTimer("poll", key);
    else arm(ctx, "poll", key, configured.pollInterval);
  }
}
function retimePolls(state, iface, ctx) {
  beginPolls(state, iface, ctx, retime);
}
function poll(state, iface, neighbor, ctx) {
  if (neighbor.state !== "Down" || !isTalking(state, iface)) return;
  const { priority } = configOf(state, iface);
  if (isDesignated(iface.state) || priority > 0 && neighbor.priority > 0)
    sendHello(state, iface, neighbor.address, ctx);
}
function answerHello(state, iface, { address }, ctx) {
  if (!isTalking(state, iface)) return;
  const { spare, at } = spareOf2(iface.answers, MOST_ANSWERS_AT_ONCE, ANSWER_EVERY_MS, ctx.now());
  iface.answers = { spare: spare < 1 ? spare : spare - 1, at };
  if (spare < 1) {
    count(state.counters, "helloNotAnswered");
    return;
  }
  sendHello(state, iface, address, ctx);
  count(state.counters, "helloAnswered");
}
function sayFarewell(state, iface, ctx) {
  if (!isTalking(state, iface) || iface.neighbors.size === 0) return;
  const targets = isUnicast(state, iface) ? helloTargets(state, iface) : ["all"];
  for (const to of targets) sendHello(state, iface, to, ctx, true);
}
function sendHello(state, iface, to, ctx, farewell = false) {
  const { helloInterval, deadInterval, priority } = configOf(state, iface);
  const body = encodeHello({
    mask: maskFor(iface),
    helloInterval: wireSeconds(helloInterval),
    options: optionsOf(state, iface),
    priority,
    deadInterval: Math.max(1, wireSeconds(deadInterval)),
    dr: farewell ? NONE : iface.dr,
    bdr: farewell ? NONE : iface.bdr,
    neighbors: farewell ? [] : routerIdsOf(state, iface)
  });
  return sendTo(state, iface, to, PACKET_HELLO, body, ctx);
}
function wireSeconds(ms) {
  return ms < 1e3 ? 0 : Math.floor(ms / 1e3);
}
function maskFor({ subnet }) {
  return subnet === void 0 ? 0 : maskOf(subnet.prefixLength);
}
function optionsOf(state, { area }) {
  const { type } = areaConfigOf(state, area);
  return type === "normal" ? OPTION_E : type === "nssa" ? OPTION_NP : 0;
}
function routerIdsOf(state, iface) {
  const all = [...iface.neighbors.values()].filter((neighbor) => isAtLeast(neighbor, "Init"));
  const mutual = all.filter((neighbor) => isAtLeast(neighbor, "2-Way"));
  const ids = new Set([...mutual, ...all].map(({ routerId }) => routerId));
  return [...ids].slice(0, neighborsThatFit(roomOf(state, iface)));
}
function failingOf(state) {
  return new Set([...state.interfaces.values()].filter(isFailing).map(({ key }) => key));
}
function hellosLeave(state, inherited, ctx) {
  for (const iface of state.interfaces.values()) {
    if (!isFailing(iface) || inherited.has(iface.key)) continue;
    const why = failureOf(ctx, iface) ?? "the port is down";
    return `the last ${iface.unsent} Hellos on ${iface.key} could not be sent: ${why}`;
  }
  return true;
}
function isFailing({ unsent, virtual }) {
  return virtual === void 0 && unsent >= MOST_UNSENT;
}
function noteSent(iface, result, ctx) {
  const { key } = iface;
  const failure = failureOf(ctx, iface) ?? (result === "sent" ? void 0 : `the port is ${result}`);
  if (failure === void 0) {
    if (iface.unsent > 0) ctx.log("info", `${key}: Hellos are sent again, ${iface.unsent} in a row were not`);
    iface.unsent = 0;
    return;
  }
  iface.unsent++;
  if (!isMilestone(iface.unsent)) return;
  ctx.log("warn", `${key}: a Hello could not be sent: ${failure} (${iface.unsent} in a row)`);
}
function failureOf(ctx, { link }) {
  return link === "" ? void 0 : ctx.portFailure("ospf", link)?.reason;
}
function differenceOf(state, iface, hello) {
  const { helloInterval, deadInterval } = configOf(state, iface);
  const mask = maskFor(iface);
  if (!areKnownById(iface) && hello.mask !== mask)
    return { error: "mask", theirs: toAddress(hello.mask), ours: toAddress(mask) };
  const hellos = wireSeconds(helloInterval);
  if (hello.helloInterval !== 0 && hellos !== 0 && hello.helloInterval !== hellos)
    return { error: "helloInterval", theirs: `${hello.helloInterval} s`, ours: `${hellos} s` };
  const dead = Math.max(1, wireSeconds(deadInterval));
  if (hello.deadInterval !== dead)
    return { error: "deadInterval", theirs: `${hello.deadInterval} s`, ours: `${dead} s` };
  const ours = optionsOf(state, iface);
  if ((hello.options & OPTION_E) !== (ours & OPTION_E))
    return { error: "externalRouting", theirs: bit(hello.options, OPTION_E), ours: bit(ours, OPTION_E) };
  if ((hello.options & OPTION_NP) !== (ours & OPTION_NP))
    return { error: "nssa", theirs: bit(hello.options, OPTION_NP), ours: bit(ours, OPTION_NP) };
  return void 0;
}
function bit(options, of) {
  return (options & of) === 0 ? "clear" : "set";
}

// ospf/state.ts
var import_runtime = require("hitless/runtime");

// ospf/adjacency/adjacency-record.ts
var DEFAULT_COST2 = 10;
function newInterface(key, link, area) {
  return {
    key,
    link,
    area,
    type: "broadcast",
    address: NONE,
    mtu: 0,
    cost: DEFAULT_COST2,
    state: "Down",
    since: 0,
    dr: NONE,
    bdr: NONE,
    neighbors: /* @__PURE__ */ new Map(),
    events: {},
    unsent: 0,
    acknowledgments: [],
    flooding: []
  };
}

// ospf/state.ts
var FROM_BEFORE = "-";
function newArea(id) {
  return { id, transit: false, translator: "disabled", trees: 0 };
}
var TABLES = {
  lsas: {},
  keys: {},
  requests: {},
  retransmissions: {},
  originated: {},
  origins: {},
  routes: {},
  borders: {},
  leaves: {},
  ranges: {},
  translated: {},
  unannounced: {},
  redistributable: {}
};
function initialState(config, routerId, session) {
  return {
    config,
    routerId,
    links: /* @__PURE__ */ new Map(),
    interfaces: /* @__PURE__ */ new Map(),
    areas: /* @__PURE__ */ new Map(),
    lsas: new import_runtime.Table(),
    lsaBytes: 0,
    keys: new import_runtime.Table(),
    left: [],
    requests: new import_runtime.Table(),
    retransmissions: new import_runtime.Table(),
    originated: new import_runtime.Table(),
    origins: new import_runtime.Table(),
    sentBack: /* @__PURE__ */ new Map(),
    stubUntil: 0,
    routes: new import_runtime.Table(),
    borders: new import_runtime.Table(),
    leaves: new import_runtime.Table(),
    ranges: new import_runtime.Table(),
    translated: new import_runtime.Table(),
    unannounced: new import_runtime.Table(),
    redistributable: new import_runtime.Table(),
    routing: {
      role: "",
      wait: 0,
      quietAt: 0,
      log: [],
      session,
      number: 0,
      wanted: true,
      asked: false,
      retryAt: 0
    },
    redistribution: { session: "", number: 0, set: 0, how: "asked" },
    agingAt: 0,
    sequences: /* @__PURE__ */ new Map(),
    relays: /* @__PURE__ */ new Map(),
    counters: {},
    drops: /* @__PURE__ */ new Map(),
    changes: /* @__PURE__ */ new Map()
  };
}

// ospf/adjacency/election.ts
function elect(self, others) {
  const first = electOnce([self, ...others]);
  if (roleOf(self.address, self) === roleOf(self.address, first)) return first;
  return electOnce([{ ...self, ...first }, ...others]);
}
function roleOf(address, { dr, bdr }) {
  return dr === address ? "dr" : bdr === address ? "bdr" : void 0;
}
function electOnce(routers) {
  const eligible = routers.filter(({ priority }) => priority > 0);
  const forBackup = eligible.filter(({ address, dr }) => dr !== address);
  const backups = forBackup.filter(({ address, bdr: bdr2 }) => bdr2 === address);
  const bdr = highest(backups.length > 0 ? backups : forBackup)?.address ?? NONE;
  const declared = highest(eligible.filter(({ address, dr }) => dr === address));
  return { dr: declared?.address ?? bdr, bdr };
}
function highest(routers) {
  let best;
  for (const router of routers) if (best === void 0 || isBefore(router, best)) best = router;
  return best;
}
function isBefore(one, other) {
  return one.priority !== other.priority ? one.priority > other.priority : one.id > other.id;
}

// subnet.ts
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

// ospf/adjacency/subnet-choice.ts
var UNUSED_REASONS = {
  notNamed: "the configuration names another",
  host: "it is of 127.0.0.0/8, which no network has",
  peer: "it has a peer: the interface would have to be of type point-to-point",
  hostPrefix: "its prefix /32 is that of a host and no network",
  own: "it is its network's own address, which no router may have",
  broadcast: "it is its network's broadcast address, which no router may have",
  another: "another address of the interface is used"
};
function typeOf({ name, pointToPoint }, given) {
  if (given !== void 0) return given;
  if (name === "lo") return "loopback";
  return pointToPoint ? "point-to-point" : "broadcast";
}
function chooseAmong({ addresses }, type, named) {
  const unused = [];
  let used;
  for (const subnet of addresses.filter(isIpv4).map(subnetOf)) {
    const reason = whyUnused2(subnet, type, named) ?? (used && "another");
    if (reason === void 0) used = subnet;
    else unused.push({ subnet, reason });
  }
  return { used, unnumbered: used !== void 0 && isHost(used) && type === "point-to-point", unused };
}
function choiceText(key, { used, unused }, named) {
  if (unused.length === 0) return "";
  const idle = unused.map(({ subnet, reason }) => `${textOf(subnet)} (${UNUSED_REASONS[reason]})`);
  const others = `${idle.join(", ")} ${idle.length === 1 ? "takes" : "take"} no part`;
  if (used !== void 0) return `${key}: ${textOf(used)} is used; ${others}`;
  const wanted = named === void 0 ? "no address can be used" : `no address can be used as ${named}`;
  return `${key}: ${wanted}; ${others}`;
}
function whyUnused2(subnet, type, named) {
  if (named !== void 0 && !isNamed2(subnet, named)) return "notNamed";
  if (subnet.address.startsWith("127.")) return "host";
  if (type === "loopback") return void 0;
  if (type === "point-to-point" && (subnet.peer !== void 0 || isHost(subnet))) return void 0;
  if (subnet.peer !== void 0) return "peer";
  if (isHost(subnet)) return "hostPrefix";
  return reservedAs(subnet.address, subnet.prefixLength);
}
function isHost({ prefixLength, peer }) {
  return prefixLength === 32 && peer === void 0;
}
function isIpv4({ address }) {
  return !address.includes(":");
}
function subnetOf({ address, prefixLength, peer }) {
  return { address, prefixLength, ...peer !== void 0 && { peer } };
}
function isNamed2({ address, prefixLength, peer }, named) {
  const [given = "", length] = named.split("/");
  if (length === void 0) return address === given;
  if (Number(length) !== prefixLength) return false;
  const size = 2 ** (32 - prefixLength);
  const network = Math.floor(toNumber(given) / size);
  const isNetwork = prefixLength < 32 && toNumber(given) % size === 0;
  return isNetwork ? Math.floor(toNumber(peer ?? address) / size) === network : address === given;
}

// ospf/adjacency/interface.ts
var ELECTIONS_AT_ONCE = 8;
var NONE_LEFT_OUT = { again: 0, others: 0 };
var ALL2 = [
  "Down",
  "Loopback",
  "Waiting",
  "Point-to-point",
  "DROther",
  "Backup",
  "DR"
];
var UNKNOWN_SPEED = 1e4;
var MOST_COST = 65535;
var ELECTED = ["DROther", "Backup", "DR"];
var TRANSITIONS = [
  // states                        event             action
  [["Down"], "InterfaceUp", comeUp],
  [["Waiting"], "BackupSeen", electAgain],
  [["Waiting"], "WaitTimer", electAgain],
  [ELECTED, "NeighborChange", electAgain],
  [ALL2, "InterfaceDown", () => "Down"],
  [ALL2, "LoopInd", () => "Loopback"],
  [["Loopback"], "UnloopInd", () => "Down"],
  [["Down", "Loopback", "Waiting", "Point-to-point"], "NeighborChange", stay],
  [["Down", "Loopback", "Point-to-point", ...ELECTED], "BackupSeen", stay]
];
function interfaceEvent(state, iface, event, agenda, ctx) {
  count(iface.events, event);
  const row = TRANSITIONS.find(([from, on]) => on === event && from.includes(iface.state));
  if (row === void 0) {
    count(state.counters, "unexpected");
    return;
  }
  const next2 = row[2](state, iface, agenda, ctx);
  if (next2 !== iface.state) changeState(state, iface, next2, event, agenda, ctx);
}
function changeState(state, iface, next2, event, agenda, ctx) {
  const before = iface.state;
  iface.state = next2;
  iface.since = ctx.now();
  tellState(state, iface, `${before} -> ${next2} (${event})`, event, ctx);
  noteChange(state, iface, before, event);
  if (before === "Waiting") ctx.cancelTimer("wait", iface.key);
  if (next2 === "Down" || next2 === "Loopback") reset(iface, agenda);
  else if (before === "Down") agenda.hellos(iface, true);
  if (isDesignated(before) !== isDesignated(next2)) tellGroups(state, iface, ctx);
  agenda.originate({ lsa: "router", area: iface.area });
  if (before === "DR" || next2 === "DR") agenda.originate({ lsa: "network", iface: iface.key });
  agenda.routing({ of: "tree", area: iface.area });
}
function noteChange(state, { key, link, state: next2, dr, bdr }, before, event) {
  const designated = { dr: toAddress(dr), bdr: toAddress(bdr) };
  const text = `interface ${key}: ${before} -> ${next2} (${event}), DR ${designated.dr}, BDR ${designated.bdr}`;
  const facts = { interface: key, event, from: before, to: next2, ...designated };
  note(state, "neighbor", { key, link }, () => ({ lines: [text], facts }));
}
function tellState({ changes }, { key }, text, event, ctx) {
  const now = ctx.now();
  const elected = event === "NeighborChange";
  const due = elected ? lineDue(changes, "election", key, now, ELECTIONS_AT_ONCE) : NONE_LEFT_OUT;
  if (elected) noteWell(changes, "election", key, now);
  if (due !== void 0) ctx.log("info", `${key}: ${text}${leftOutText(due)}`);
}
function reset(iface, agenda) {
  iface.dr = NONE;
  iface.bdr = NONE;
  agenda.hellos(iface, false);
  for (const neighbor of iface.neighbors.values()) agenda.neighbor(iface, neighbor, "KillNbr");
}
function comeUp(state, iface, agenda, ctx) {
  if (!isDesignating(iface)) return "Point-to-point";
  const { priority, deadInterval } = configOf(state, iface);
  if (priority === 0) return "DROther";
  if (iface.type === "non-broadcast") startAll(state, iface, true, agenda);
  ctx.setTimer("wait", iface.key, deadInterval);
  return "Waiting";
}
function startAll(state, iface, eligible, agenda) {
  const { neighbors } = configOf(state, iface);
  for (const [name, neighbor] of iface.neighbors) {
    const configured = neighbors[name];
    if (configured !== void 0 && configured.priority > 0 === eligible && neighbor.state === "Down")
      agenda.neighbor(iface, neighbor, "Start");
  }
}
function resumeRole(iface, { dr, bdr }, agenda) {
  const { address } = iface;
  if (iface.state !== "Waiting" || dr !== address && bdr !== address) return;
  iface.dr = dr;
  iface.bdr = bdr;
  agenda.interface(iface, "BackupSeen");
}
function stay(_state, iface) {
  return iface.state;
}
function electAgain(state, iface, agenda, _ctx) {
  const { address, dr: drBefore, bdr: bdrBefore } = iface;
  const others = [...iface.neighbors.values()].filter((neighbor) => isAtLeast(neighbor, "2-Way"));
  const self = {
    id: state.routerId,
    address,
    priority: configOf(state, iface).priority,
    dr: drBefore,
    bdr: bdrBefore
  };
  const { dr, bdr } = elect(
    self,
    others.map(({ routerId, ...neighbor }) => ({ id: routerId, ...neighbor }))
  );
  const next2 = dr === address ? "DR" : bdr === address ? "Backup" : "DROther";
  if (dr !== drBefore || bdr !== bdrBefore) {
    iface.dr = dr;
    iface.bdr = bdr;
    if (dr !== drBefore) {
      agenda.originate({ lsa: "router", area: iface.area });
      agenda.originate({ lsa: "network", iface: iface.key });
    }
    for (const neighbor of others) agenda.neighbor(iface, neighbor, "AdjOK?");
  }
  if (iface.type === "non-broadcast" && isDesignated(next2) && !isDesignated(iface.state))
    startAll(state, iface, false, agenda);
  return next2;
}
function linkChanged(state, link, agenda, ctx) {
  if (link.index === 0) state.links.delete(link.name);
  else state.links.set(link.name, link);
  for (const iface of state.interfaces.values())
    if (iface.link === link.name || isBorrowing(state, iface)) refresh(state, iface, agenda, ctx);
}
function isBorrowing({ links }, { type, link }) {
  return type === "point-to-point" && links.get(link)?.addresses.some(({ address }) => !address.includes(":")) !== true;
}
function refresh(state, iface, agenda, ctx) {
  if (iface.virtual !== void 0) return;
  const wanted = wantedOf(state, iface, ctx);
  const same = wanted.type === iface.type && wanted.address === iface.address && wanted.subnet?.prefixLength === iface.subnet?.prefixLength && wanted.subnet?.peer === iface.subnet?.peer;
  if (iface.state !== "Down" && !(wanted.up && same)) takeDown(state, iface, agenda, ctx);
  iface.mtu = wanted.mtu;
  if (wanted.up) take(iface, wanted);
  if (wanted.up && iface.state === "Down") bringUp(iface, agenda);
  changeCost(iface, wanted.cost, agenda);
}
function restart(state, iface, agenda, ctx) {
  takeDown(state, iface, agenda, ctx);
  if (iface.virtual === void 0) refresh(state, iface, agenda, ctx);
  else if (iface.address !== NONE) bringUp(iface, agenda);
}
function takeDown(state, iface, agenda, ctx) {
  if (iface.state !== "Down") interfaceEvent(state, iface, "InterfaceDown", agenda, ctx);
}
function bringUp(iface, agenda) {
  agenda.interface(iface, iface.type === "loopback" ? "LoopInd" : "InterfaceUp");
}
function take(iface, { type, subnet, address }) {
  iface.type = type;
  iface.address = address;
  if (subnet === void 0) delete iface.subnet;
  else iface.subnet = subnet;
}
function changeCost(iface, cost, agenda) {
  if (cost === iface.cost) return;
  iface.cost = cost;
  if (iface.state !== "Down") agenda.originate({ lsa: "router", area: iface.area });
}
function wantedOf(state, iface, ctx) {
  const config = configOf(state, iface);
  const link = state.links.get(iface.link);
  const cost = config.cost ?? costOf(state.config.referenceBandwidth, link?.speed);
  if (link === void 0) return { type: iface.type, address: NONE, mtu: 0, cost, up: false };
  const type = typeOf(link, config.type);
  const choice = chooseAmong(link, type, config.address);
  tellChoice(iface, choiceText(iface.key, choice, config.address), choice.used !== void 0, ctx);
  const { used, unnumbered } = choice;
  const address = used === void 0 ? lentTo(state, type) : toNumber(used.address);
  return {
    type,
    ...used !== void 0 && !unnumbered && { subnet: used },
    address,
    mtu: link.mtu,
    cost,
    up: link.up && address !== NONE
  };
}
function costOf(reference, speed = UNKNOWN_SPEED) {
  if (reference === void 0) return DEFAULT_COST2;
  return Math.min(Math.max(1, Math.round(reference / speed)), MOST_COST);
}
function lentTo(state, type) {
  if (type !== "point-to-point") return NONE;
  const lenders = [...state.interfaces.values()].filter(({ subnet }) => subnet !== void 0);
  const lender = lenders.find((iface) => iface.type === "loopback") ?? lenders[0];
  return lender?.address ?? NONE;
}
function tellChoice(iface, text, used, ctx) {
  if (text !== "" && text !== iface.choice) ctx.log(used ? "info" : "warn", text);
  iface.choice = text;
}
function virtualWayChanged(state, iface, way, agenda, ctx) {
  const { virtual } = iface;
  if (virtual === void 0) return;
  if (way === void 0 || iface.address !== NONE && way.address !== iface.address)
    takeDown(state, iface, agenda, ctx);
  iface.address = way?.address ?? NONE;
  virtual.to = way?.to ?? NONE;
  virtual.over = way?.over ?? "";
  if (way === void 0) return;
  iface.mtu = state.interfaces.get(way.over)?.mtu ?? iface.mtu;
  changeCost(iface, way.cost, agenda);
  if (iface.state === "Down") bringUp(iface, agenda);
}
function tellGroups(state, { link }, ctx) {
  if (link !== "") ctx.openPort("ospf", link, portSettings(state, link));
}

// ospf/adjacency/neighbor.ts
var MOST_NEIGHBORS2 = 256;
var MOST_ONE_WAY = 64;
var CHANGES_AT_ONCE = { twoWay: 16, oneWay: 2 };
var ALL3 = [
  "Down",
  "Attempt",
  "Init",
  "2-Way",
  "ExStart",
  "Exchange",
  "Loading",
  "Full"
];
var KNOWN = ALL3.slice(2);
var MUTUAL = ALL3.slice(3);
var ADJACENT = ALL3.slice(4);
var EXCHANGED = ALL3.slice(5);
var USUAL = ["HelloReceived", "2-WayReceived"];
var TRANSITIONS2 = [
  // states        event                action
  [["Down"], "Start", attempt],
  [["Attempt"], "HelloReceived", hear("Init")],
  [["Down"], "HelloReceived", hear("Init")],
  [KNOWN, "HelloReceived", hear()],
  [["Init"], "2-WayReceived", befriend],
  [MUTUAL, "2-WayReceived", stay2],
  [["ExStart"], "NegotiationDone", () => "Exchange"],
  [["Exchange"], "ExchangeDone", load],
  [["Loading"], "LoadingDone", () => "Full"],
  [["2-Way"], "AdjOK?", befriend],
  [ADJACENT, "AdjOK?", keep2],
  [EXCHANGED, "SeqNumberMismatch", () => "ExStart"],
  [EXCHANGED, "BadLSReq", () => "ExStart"],
  [ALL3, "KillNbr", die],
  [ALL3, "LLDown", die],
  [ALL3, "InactivityTimer", die],
  [MUTUAL, "1-WayReceived", () => "Init"],
  [["Init"], "1-WayReceived", stay2],
  // Where several consequences of one input concern one neighbour, the first may have left the state of the others.
  [["Attempt", "Down", "Init"], "AdjOK?", stay2],
  [["Down", "Init", "2-Way", "ExStart"], "SeqNumberMismatch", stay2],
  [["Down", "Init", "2-Way", "ExStart"], "BadLSReq", stay2]
];
function neighborEvent(state, iface, neighbor, event, reason, agenda, ctx) {
  count(neighbor.events, event);
  if (neighbor.helping !== void 0 && (event === "InactivityTimer" || event === "1-WayReceived")) return;
  const row = TRANSITIONS2.find(([from, on]) => on === event && from.includes(neighbor.state));
  if (row === void 0) {
    const unexpected = count(state.counters, "unexpected");
    noteEvent(state, iface, neighbor, event, neighbor.state, "unexpected");
    if (isMilestone(unexpected)) {
      ctx.log(
        "warn",
        `${who(iface, neighbor)}: unexpected ${event} in ${neighbor.state} (${unexpected} so far)`
      );
    }
    return;
  }
  if (reason !== void 0) hinder(neighbor, reason);
  const next2 = row[2](state, iface, neighbor, ctx);
  if (next2 !== neighbor.state || !USUAL.includes(event))
    noteEvent(state, iface, neighbor, event, next2, reason);
  if (next2 !== neighbor.state) changeState2(state, iface, neighbor, next2, event, reason, agenda, ctx);
}
function noteEvent(state, iface, neighbor, event, next2, reason) {
  if (!isFollowed(state)) return;
  const { routerId, address, state: before } = neighbor;
  const name = `${who(iface, neighbor)} (${toAddress(address)})`;
  const change = before === next2 ? `${event} in ${before}` : `${before} -> ${next2} (${event})`;
  const facts = {
    interface: iface.key,
    neighbor: toAddress(routerId),
    address: toAddress(address),
    event,
    from: before,
    to: next2,
    ...reason !== void 0 && { reason }
  };
  const lines = [`${name}: ${change}${reason === void 0 ? "" : `: ${reason}`}`];
  note(state, "neighbor", iface, () => ({ lines, facts }));
}
function changeState2(state, iface, neighbor, next2, event, reason, agenda, ctx) {
  const before = { state: neighbor.state };
  neighbor.state = next2;
  neighbor.since = ctx.now();
  const mutual = isAtLeast(before, "2-Way") !== isAtLeast(neighbor, "2-Way");
  const told = mutual || isAtLeast(neighbor, "2-Way");
  tellChange2(state, iface, neighbor, `${before.state} -> ${next2} (${event})`, reason, told, ctx);
  const isAdjacent = isAtLeast(neighbor, "Exchange");
  if (isAtLeast(before, "ExStart") && !isAdjacent) agenda.lists(iface, neighbor);
  if (mutual) agenda.interface(iface, "NeighborChange");
  if (before.state === "Full" || next2 === "Full") {
    changedFull(iface, agenda);
    agenda.adjacencies();
  }
  if (next2 === "ExStart") agenda.exchange(iface, neighbor);
  if (next2 === "Loading") agenda.request(iface, neighbor);
  if (next2 === "Init" || next2 === "Attempt") agenda.answer(iface, neighbor);
  if (next2 === "Full") {
    neighbor.hindrance = "";
    agenda.restart();
  }
  if (next2 === "Down") forget(state, iface, neighbor);
}
function changedFull(iface, agenda) {
  agenda.originate({ lsa: "router", area: iface.area });
  if (iface.state === "DR") agenda.originate({ lsa: "network", iface: iface.key });
  if (iface.virtual !== void 0) agenda.originate({ lsa: "router", area: iface.virtual.area });
  agenda.routing({ of: "tree", area: iface.area });
}
function forget(state, iface, neighbor) {
  const name = nameOf(iface, neighbor.address, neighbor.routerId);
  if (configOf(state, iface).neighbors[name] === void 0) {
    if (iface.neighbors.get(name) === neighbor) iface.neighbors.delete(name);
    return;
  }
  neighbor.routerId = NONE;
  neighbor.timer = neighbor.key;
  neighbor.dr = NONE;
  neighbor.bdr = NONE;
}
function hear(next2) {
  return (state, iface, neighbor, ctx) => {
    startInactivity(state, iface, neighbor, ctx);
    return next2 ?? neighbor.state;
  };
}
function attempt(state, iface, neighbor, ctx) {
  startInactivity(state, iface, neighbor, ctx);
  return "Attempt";
}
function startInactivity(state, iface, neighbor, ctx) {
  const timer = timerFor(iface, neighbor);
  if (timer !== neighbor.timer) ctx.cancelTimer("inactivity", neighbor.timer);
  neighbor.timer = timer;
  ctx.setTimer("inactivity", timer, configOf(state, iface).deadInterval);
}
function timerFor(iface, { key, routerId }) {
  if (routerId === NONE) return key;
  const timer = `${iface.key}/${toAddress(routerId)}`;
  for (const other of iface.neighbors.values()) if (other.key !== key && other.timer === timer) return key;
  return timer;
}
function stay2(_state, _iface, neighbor) {
  return neighbor.state;
}
function befriend(_state, iface, neighbor) {
  return isWanted2(iface, neighbor) ? "ExStart" : "2-Way";
}
function keep2(_state, iface, neighbor) {
  return isWanted2(iface, neighbor) ? neighbor.state : "2-Way";
}
function load(_state, _iface, { requested }) {
  return requested > 0 ? "Loading" : "Full";
}
function die(_state, _iface, { timer }, ctx) {
  ctx.cancelTimer("inactivity", timer);
  return "Down";
}
function isWanted2(iface, { address }) {
  if (!isDesignating(iface)) return true;
  if (iface.state === "DR" || iface.state === "Backup") return true;
  return address !== NONE && (address === iface.dr || address === iface.bdr);
}
function neighborAt(state, iface, sender, agenda, ctx) {
  const { address, routerId } = sender;
  const name = nameOf(iface, address, routerId);
  const known = iface.neighbors.get(name);
  if (known !== void 0 && (known.routerId === routerId || known.routerId === NONE)) {
    known.routerId = routerId;
    known.address = address;
    return known;
  }
  if (known !== void 0) leaveOld(state, iface, known, routerId, agenda, ctx);
  else if (!makeRoom(state, iface, sender, agenda, ctx)) return void 0;
  tellShared(state, iface, sender, ctx);
  const neighbor = newNeighbor(iface, name, address, routerId, ctx.now());
  iface.neighbors.set(name, neighbor);
  return neighbor;
}
function leaveOld(state, iface, known, routerId, agenda, ctx) {
  count(state.counters, "routerIdChanged");
  const address = toAddress(known.address);
  const due = lineDue(state.changes, "routerIdChanged", `${iface.key} ${address}`, ctx.now());
  if (due !== void 0) {
    const text = `${who(iface, known)}: ${address} has the router id ${toAddress(routerId)} now`;
    ctx.log("warn", `${text}${leftOutText(due)}`);
  }
  kill(state, iface, known, agenda, ctx);
}
function kill(state, iface, neighbor, agenda, ctx) {
  neighborEvent(state, iface, neighbor, "KillNbr", void 0, agenda, ctx);
}
function newNeighbor(iface, name, address, routerId, now) {
  const key = `${iface.key}/${name}`;
  return {
    key,
    timer: timerFor(iface, { key, routerId }),
    routerId,
    address,
    state: "Down",
    since: now,
    priority: 0,
    dr: NONE,
    bdr: NONE,
    options: 0,
    requested: 0,
    asked: [],
    unacknowledged: 0,
    sequences: {},
    hindrance: "",
    events: {}
  };
}
function makeRoom(state, iface, { listsUs }, agenda, ctx) {
  const most = Math.min(MOST_NEIGHBORS2, neighborsThatFit(roomOf(state, iface)));
  const { deadInterval, neighbors } = configOf(state, iface);
  let oneWay = 0;
  let longest;
  for (const [name, neighbor] of iface.neighbors) {
    if (isAtLeast(neighbor, "2-Way") || neighbors[name] !== void 0) continue;
    oneWay++;
    if (longest === void 0 || neighbor.since < longest.since) longest = neighbor;
  }
  const mostOneWay = Math.min(MOST_ONE_WAY, Math.floor(most / 2));
  if (iface.neighbors.size < most && (listsUs || oneWay < mostOneWay)) return true;
  if (longest === void 0 || !listsUs && ctx.now() - longest.since < deadInterval) return false;
  kill(state, iface, longest, agenda, ctx);
  return true;
}
function knowConfigured(state, iface, agenda, ctx) {
  const { neighbors } = configOf(state, iface);
  for (const [name, { priority }] of Object.entries(neighbors)) {
    if (iface.neighbors.has(name) || areKnownById(iface)) continue;
    const neighbor = newNeighbor(iface, name, toNumber(name), NONE, ctx.now());
    neighbor.priority = priority;
    iface.neighbors.set(name, neighbor);
  }
  for (const [name, neighbor] of iface.neighbors) {
    if (neighbors[name] !== void 0 || neighbor.state !== "Down") continue;
    iface.neighbors.delete(name);
    ctx.cancelTimer("poll", neighbor.key);
    agenda.lists(iface, neighbor);
  }
}
function noteElection(iface, neighbor, { priority, dr, bdr }, listsUs, agenda) {
  if (neighbor.helping !== void 0) return;
  const { address } = neighbor;
  const before = { ...neighbor };
  neighbor.priority = priority;
  neighbor.dr = dr;
  neighbor.bdr = bdr;
  if (!listsUs || !isDesignating(iface)) return;
  const isNow = { dr: dr === address, bdr: bdr === address };
  const was = { dr: before.dr === address, bdr: before.bdr === address };
  if (iface.state === "Waiting" && (isNow.bdr || isNow.dr && (bdr === NONE || bdr === iface.address)))
    agenda.interface(iface, "BackupSeen");
  else if (before.priority !== priority || isNow.dr !== was.dr || isNow.bdr !== was.bdr)
    agenda.interface(iface, "NeighborChange");
}
function hinder(neighbor, reason) {
  neighbor.hindrance = reason;
}
function tellTaken({ interfaces }, routerId, ctx) {
  for (const { key, neighbors } of interfaces.values()) {
    for (const neighbor of neighbors.values()) {
      if (!isAtLeast(neighbor, "2-Way") || neighbor.routerId !== routerId) continue;
      ctx.log(
        "warn",
        `the router id ${toAddress(routerId)} is that of the neighbour ${toAddress(neighbor.address)} on ${key}, and no two routers may share one; give this router another`
      );
      return;
    }
  }
}
function tellShared(state, iface, { address, routerId }, ctx) {
  for (const other of iface.neighbors.values()) {
    if (other.routerId !== routerId || other.address === address) continue;
    count(state.counters, "routerIdShared");
    const id = toAddress(routerId);
    const due = lineDue(state.changes, "routerIdShared", `${iface.key} ${id}`, ctx.now());
    if (due !== void 0) {
      const both = `${toAddress(other.address)} and ${toAddress(address)} both have the router id ${id}`;
      ctx.log("warn", `${who(iface, other)}: ${both}, which no two routers may share${leftOutText(due)}`);
    }
    return;
  }
}
function tellChange2(state, iface, neighbor, change, reason, mutual, ctx) {
  const now = ctx.now();
  const kind = mutual ? "twoWay" : "oneWay";
  const source = `${iface.key} ${toAddress(neighbor.address)}`;
  const due = lineDue(state.changes, kind, source, now, CHANGES_AT_ONCE[kind]);
  noteWell(state.changes, kind, source, now);
  const why = reason === void 0 ? "" : `: ${reason}`;
  if (due === void 0) return;
  ctx.log(
    reason === void 0 ? "info" : "warn",
    `${who(iface, neighbor)}: ${change}${why}${leftOutText(due)}`
  );
}
function who({ key }, { routerId, address }) {
  return routerId === NONE ? `neighbour at ${toAddress(address)} on ${key}` : `neighbour ${toAddress(routerId)} on ${key}`;
}

// ospf/adjacency/request.ts
var MOST_ANSWERED = 256;
var MOST_BYTES = 256 * 1024;
function requestsChanged(state, iface, neighbor, agenda, ctx) {
  if (neighbor.state !== "Exchange" && neighbor.state !== "Loading") return;
  if (neighbor.requested === 0) {
    ctx.cancelTimer("request", neighbor.key);
    if (neighbor.state === "Loading") agenda.neighbor(iface, neighbor, "LoadingDone");
    return;
  }
  if (neighbor.asked.length > 0) return;
  askFor(state, neighbor, requestsThatFit(roomOf(state, iface)));
  ask(state, iface, neighbor, ctx);
}
function requestIsLate(state, iface, neighbor, ctx) {
  if (neighbor.requested === 0 || !isAtLeast(neighbor, "Exchange")) return;
  askFor(state, neighbor, requestsThatFit(roomOf(state, iface)));
  ask(state, iface, neighbor, ctx);
}
function ask(state, iface, neighbor, ctx) {
  const body = encodeRequest(neighbor.asked.map(requestFor));
  sendTo(state, iface, neighbor.address, PACKET_REQUEST, body, ctx);
  ctx.setTimer("request", neighbor.key, configOf(state, iface).retransmitInterval);
}
function endRequests({ key }, ctx) {
  ctx.cancelTimer("request", key);
}
function requestFor(key) {
  const [type, id, router] = key.split(" ").slice(-3).map(Number);
  return { type, id, router };
}
function answerRequest(state, iface, neighbor, requests, agenda, ctx) {
  const room = roomOf(state, iface);
  const delay = Math.max(1, Math.ceil(configOf(state, iface).transmitDelay / 1e3));
  let lsas = [];
  let used = UPDATE;
  const send2 = () => {
    if (lsas.length > 0) sendTo(state, iface, neighbor.address, PACKET_UPDATE, encodeUpdate(lsas), ctx);
    lsas = [];
    used = UPDATE;
  };
  let left = MOST_BYTES;
  for (const { type, id, router } of requests.slice(0, MOST_ANSWERED)) {
    if (left < 0) break;
    const lsa = findLsa(state, lsaKey(scopeOf(type, iface), type, id, router));
    if (lsa === void 0) {
      const text = `it asks for LSA type ${type} ${toAddress(id)} of ${toAddress(router)}, which we do not have`;
      agenda.neighbor(iface, neighbor, "BadLSReq", text);
      break;
    }
    if (used + lsa.bytes.length > room) send2();
    lsas.push(agedCopy(lsa, ctx.now(), delay));
    used += lsa.bytes.length;
    left -= lsa.bytes.length;
  }
  send2();
}
function agedCopy(lsa, now, delay) {
  const bytes = lsa.bytes.slice();
  write16(bytes, 0, Math.min(MAX_AGE, ageOf(lsa, now) + delay));
  return bytes;
}

// messages/adjacencies.ts
var TELL_MS = 1e4;
var SILENCE_MS = 3 * TELL_MS;
var MOST_TOLD = 1024;

// ospf/adjacency/telling.ts
var BY = "ospf";
function beginTelling(ctx) {
  if (ctx.timerDue("adjacencies") === void 0) ctx.setTimer("adjacencies", "", 0, { every: TELL_MS });
}
function tellAdjacencies({ interfaces }, ctx) {
  const neighbors = [];
  for (const { key, neighbors: all } of interfaces.values())
    for (const neighbor of all.values()) {
      if (!isTold(neighbor) || neighbors.length >= MOST_TOLD) continue;
      const { routerId, address } = neighbor;
      neighbors.push({
        id: toAddress(routerId),
        address: address === NONE ? "" : toAddress(address),
        interface: key
      });
    }
  ctx.publish("adjacencies", { by: BY, neighbors }, { retain: BY });
}
function endTelling(ctx) {
  ctx.publish("adjacencies", { by: BY, neighbors: [] }, { withdraw: BY });
}

// agenda.ts
var MOST_CONSEQUENCES = 1e5;
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

// ospf/agenda.ts
var ORDER = [
  ["neighbor"],
  ["lists"],
  ["interface", "virtual"],
  ["exchange"],
  ["description"],
  ["stub"],
  ["origination"],
  ["flooding", "retransmission"],
  ["restart"],
  ["aging", "updates"],
  ["request", "answer", "hellos"],
  ["routing", "announcing"],
  ["adjacencies"]
];
var RANKS = new Map(
  ORDER.flatMap((nouns, rank) => nouns.map((noun) => [noun, rank]))
);
var OspfAgenda = class extends Agenda {
  #queues = ORDER.map(() => []);
  /** Of each queue, how many are worked off: thousands of items are not moved up for each of them. */
  #done = ORDER.map(() => 0);
  #tells = false;
  constructor() {
    super([]);
  }
  push(item) {
    this.#queues[RANKS.get(item.on)].push(item);
  }
  next() {
    for (let rank = 0; rank < ORDER.length; rank++) {
      const queue = this.#queues[rank];
      if (queue.length === 0) continue;
      const item = queue[this.#done[rank]++];
      if (this.#done[rank] === queue.length) {
        queue.length = 0;
        this.#done[rank] = 0;
      }
      if (item?.on === "adjacencies") this.#tells = false;
      return item;
    }
    return void 0;
  }
  neighbor(iface, neighbor, event, reason) {
    this.push({ on: "neighbor", iface, neighbor, event, ...reason !== void 0 && { reason } });
  }
  lists(iface, neighbor) {
    this.push({ on: "lists", iface, neighbor });
  }
  description(iface, neighbor, description) {
    this.push({ on: "description", iface, neighbor, description });
  }
  retransmission(iface, neighbor, key) {
    this.push({ on: "retransmission", iface, neighbor, key });
  }
  interface(iface, event) {
    this.push({ on: "interface", iface, event });
  }
  /** @param force also where it holds the same as before: it is refreshed, or somebody else has another of it */
  originate(of, force = false) {
    this.push({ on: "origination", of, force });
  }
  flood(key) {
    this.push({ on: "flooding", key });
  }
  updates(iface) {
    this.push({ on: "updates", iface });
  }
  restart(key) {
    this.push({ on: "restart", ...key !== void 0 && { key } });
  }
  stub() {
    this.push({ on: "stub" });
  }
  aging(key) {
    this.push({ on: "aging", key });
  }
  exchange(iface, neighbor) {
    this.push({ on: "exchange", iface, neighbor });
  }
  request(iface, neighbor) {
    this.push({ on: "request", iface, neighbor });
  }
  answer(iface, neighbor) {
    this.push({ on: "answer", iface, neighbor });
  }
  hellos(iface, begin4) {
    this.push({ on: "hellos", iface, begin: begin4 });
  }
  routing(change) {
    this.push({ on: "routing", change });
  }
  announce(prefix) {
    this.push({ on: "announcing", prefix });
  }
  /** Once for all that one input sets off. */
  adjacencies() {
    if (this.#tells) return;
    this.#tells = true;
    this.push({ on: "adjacencies" });
  }
  virtual(iface, way) {
    this.push({ on: "virtual", iface, ...way && { way } });
  }
};
var LeavingAgenda = class extends OspfAgenda {
  originate() {
  }
};

// difference.ts
function differenceOf2(before, after) {
  const has = (config, name) => Object.hasOwn(config, name);
  const names = Object.keys(after);
  const stayed = names.filter((name) => has(before, name));
  return {
    added: names.filter((name) => !has(before, name)),
    stayed,
    changed: stayed.filter((name) => !isSame2(before[name], after[name])),
    removed: Object.keys(before).filter((name) => !has(after, name))
  };
}
function isSame2(one, other) {
  if (!isCompound(one) || !isCompound(other) || Array.isArray(one) !== Array.isArray(other))
    return Object.is(one, other);
  const names = /* @__PURE__ */ new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame2(one[name], other[name]));
}
function isCompound(value) {
  return typeof value === "object" && value !== null;
}

// ospf/routing/prefix.ts
function prefixKey(address, mask) {
  const length = Math.clz32(~mask);
  if (maskOf(length) !== mask) return void 0;
  return keyOfLength(address, length);
}
function keyOfLength(address, length) {
  return ((address & maskOf(length)) >>> 0) * 64 + length;
}
function addressOf(key) {
  return Math.floor(key / 64);
}
function lengthOf(key) {
  return key % 64;
}
function prefixText(key) {
  return `${toAddress(addressOf(key))}/${lengthOf(key)}`;
}
function parseKey(prefix) {
  const slash = prefix.indexOf("/");
  return keyOfLength(toNumber(prefix.slice(0, slash)), Number(prefix.slice(slash + 1)));
}
function contains(prefix, network) {
  const length = lengthOf(prefix);
  return lengthOf(network) >= length && keyOfLength(addressOf(network), length) === prefix;
}
function longestOf(prefixes, network) {
  let longest;
  for (const prefix of prefixes)
    if (contains(prefix, network) && (longest === void 0 || lengthOf(prefix) > lengthOf(longest)))
      longest = prefix;
  return longest;
}

// ospf/routing/role.ts
function isAttached(state, area) {
  for (const iface of state.interfaces.values())
    if (iface.area === area && iface.state !== "Down") return true;
  return false;
}
function isAreaBorder(state) {
  const attached = /* @__PURE__ */ new Set();
  let backbone = false;
  for (const { area, state: how } of state.interfaces.values()) {
    if (area === BACKBONE) backbone = true;
    if (how !== "Down") attached.add(area);
  }
  return backbone && attached.size > 1;
}
function hasBackbone(state) {
  for (const { area, state: how, neighbors } of state.interfaces.values()) {
    if (area !== BACKBONE || how === "Down") continue;
    for (const neighbor of neighbors.values()) if (neighbor.state === "Full") return true;
  }
  return false;
}
function isBoundary(state, area) {
  if (areaConfigOf(state, area).type === "stub") return false;
  const { redistribute, defaultInformation } = state.config;
  if (defaultInformation !== void 0 || Object.keys(redistribute).length > 0) return true;
  const nssas = [...state.areas.keys()].filter((id) => areaConfigOf(state, id).type === "nssa");
  if (nssas.length === 0) return false;
  return isAreaBorder(state) || areaConfigOf(state, area).defaultInformation !== void 0;
}
function translatesAlways(state, area) {
  const config = areaConfigOf(state, area);
  return config.type === "nssa" && config.translate === "always" && isAreaBorder(state);
}
function isTransitCapable(state, area) {
  return areaConfigOf(state, area).type === "normal";
}
function areasOf(state) {
  return [...state.areas.values()].sort((one, other) => one.id - other.id);
}
function interfacesOf2(state, area) {
  return [...state.interfaces.values()].filter((iface) => iface.area === area);
}

// ospf/routing/ranges.ts
function rangesOf(state, area, kind = "ranges") {
  return Object.keys(areaConfigOf(state, area)[kind]).map(parseKey);
}
function allRanges(state, kind = "ranges") {
  const all = /* @__PURE__ */ new Map();
  for (const [area, config] of Object.entries(state.config.areas)) {
    const ranges = Object.keys(config[kind]).map(parseKey);
    if (ranges.length > 0) all.set(toNumber(area), ranges);
  }
  return all;
}
function rangeKey(area, range) {
  return `${area} ${prefixText(range)}`;
}
function nssaRangeKey(area, range) {
  return `nssa ${area} ${prefixText(range)}`;
}
function addToRange(ranges, key, cost) {
  const known = ranges.get(key);
  ranges.set(key, { cost: Math.max(known?.cost ?? 0, cost), networks: (known?.networks ?? 0) + 1 });
}
function rangeOfNetwork(state, area, network) {
  return longestOf(rangesOf(state, area), network);
}

// ospf/routing/translation.ts
var STABILITY_MS = 4e4;
var SOME = 64;
function electTranslator(state, area, { isBorder, trees: trees2, capable, routerId }, borders2) {
  const { type, translate: translate2 } = areaConfigOf(state, area);
  if (type !== "nssa" || translate2 === "never" || !isBorder) return "disabled";
  if (translate2 === "always") return "enabled";
  for (const [router, { flags }] of trees2.get(area)?.routers ?? []) {
    if (router === routerId || (flags & ROUTER_B) === 0) continue;
    const isBoundary2 = borders2.get(router)?.some((route) => route.asbr && capable.has(route.area)) ?? false;
    if (isBoundary2 && ((flags & ROUTER_NT) !== 0 || router > routerId)) return "disabled";
  }
  return "elected";
}
function* translate(state, areas, externals, input, borders2) {
  const into = { rows: /* @__PURE__ */ new Map(), rangeRows: /* @__PURE__ */ new Map() };
  for (const area of areas) {
    const ranges = rangesOf(state, area, "nssaRanges");
    const config = areaConfigOf(state, area).nssaRanges;
    const inRanges = /* @__PURE__ */ new Map();
    let looked = 0;
    for (const { leaves } of externals.values()) {
      for (const leaf of leaves) {
        if (++looked % SOME === 0) yield;
        if (!isTranslatable(leaf, area)) continue;
        const range = longestOf(ranges, leaf.destination);
        if (range === void 0) translateOne(leaf, input, borders2, into);
        else if (config[prefixText(range)]?.advertise === true) inRange(inRanges, range).push(leaf);
      }
    }
    for (const [range, leaves] of inRanges) {
      if (leaves.every(({ destination }) => destination === range)) {
        for (const leaf of leaves) translateOne(leaf, input, borders2, into);
        continue;
      }
      const { type, metric } = condense(leaves);
      const { tag = 0 } = config[prefixText(range)] ?? {};
      into.rows.set(prefixText(range), { type, metric, forwarding: NONE, tag });
      into.rangeRows.set(nssaRangeKey(area, range), { cost: metric, type, networks: leaves.length });
    }
  }
  return into;
}
function isTranslatable({ type, area, propagate, forwarding }, of) {
  return type === LS_NSSA && area === of && propagate && forwarding !== NONE;
}
function inRange(ranges, range) {
  const leaves = ranges.get(range) ?? [];
  ranges.set(range, leaves);
  return leaves;
}
function translateOne(leaf, input, borders2, into) {
  if (isSaidBy(leaf, input, borders2)) return;
  const key = prefixText(leaf.destination);
  const { metricType: type, metric, forwarding, tag } = leaf;
  const known = into.rows.get(key);
  if (known === void 0 || isPreferred({ type, metric, forwarding, tag }, known))
    into.rows.set(key, { type, metric, forwarding, tag });
}
function isSaidBy(leaf, { index, routerId, trees: trees2 }, borders2) {
  return (index.externals.get(leaf.destination) ?? []).some(
    (other) => other.type === LS_EXTERNAL && other.router > routerId && other.metric === leaf.metric && other.metricType === leaf.metricType && other.forwarding === leaf.forwarding && isBorderRouter(trees2.get(leaf.area ?? BACKBONE)?.routers.get(other.router)?.flags) && (borders2.get(other.router) ?? []).some(({ area, asbr }) => area === BACKBONE && asbr)
  );
}
function isBorderRouter(flags) {
  return flags !== void 0 && (flags & ROUTER_B) !== 0;
}
function isPreferred(one, other) {
  if (one.type !== other.type) return one.type < other.type;
  return one.metric === other.metric ? one.forwarding > other.forwarding : one.metric < other.metric;
}
function condense(leaves) {
  const type = leaves.some(({ metricType }) => metricType === 2) ? 2 : 1;
  const most = leaves.reduce(
    (more, { metricType, metric }) => metricType === type ? Math.max(more, metric) : more,
    0
  );
  return { type, metric: Math.min(type === 2 ? most + 1 : most, LS_INFINITY - 1) };
}

// ospf/origination/external-lsa.ts
var makeExternalLsa = (state, { prefix }) => {
  const isAnywhere = [...state.areas.keys()].some((area) => isTransitCapable(state, area));
  if (!isAnywhere) return void 0;
  const told = bestOf(redistributed(state, prefix, isTransitCapable), state.translated.get(prefix));
  if (told === void 0) return void 0;
  const key = parseKey(prefix);
  const { type, forwarding, tag } = told;
  const metric = Math.min(told.metric, LS_INFINITY - 1);
  return {
    scope: "as",
    type: LS_EXTERNAL,
    id: addressOf(key),
    options: OPTION_E,
    body: { kind: "external", mask: maskOf(lengthOf(key)), type, metric, forwarding, tag }
  };
};
function bestOf(one, other) {
  if (one === void 0 || other === void 0) return one ?? other;
  return isPreferred(other, one) ? other : one;
}
function redistributed(state, prefix, into) {
  const { config, redistributable } = state;
  const route = redistributable.get(prefix);
  if (prefix === DEFAULT) {
    const { defaultInformation: told2 } = config;
    return told2 && defaultRoute(state, told2);
  }
  const told = route && config.redistribute[route.source];
  if (route === void 0 || told === void 0 || isOurs(state, route, prefix)) return void 0;
  return {
    type: route.type ?? told.type,
    // A route map may set it. What sources have themselves, mostly 0, is no cost of the AS's.
    metric: told.routeMap !== void 0 && route.metric > 0 ? route.metric : told.metric,
    forwarding: forwardingTo(state, route.gateway, into),
    tag: told.tag ?? route.tag
  };
}
function defaultRoute({ redistributable }, { always = true, type, metric, tag, routeMap }) {
  const route = redistributable.get(DEFAULT);
  if (always) return { type, metric, forwarding: NONE, tag: tag ?? 0 };
  if (route === void 0) return void 0;
  const isSet = routeMap !== void 0;
  return {
    type: (isSet ? route.type : void 0) ?? type,
    metric: isSet && route.metric > 0 ? route.metric : metric,
    forwarding: NONE,
    tag: tag ?? route.tag
  };
}
function isOurs({ interfaces }, { source, link }, prefix) {
  if (source !== "connected") return false;
  const key = parseKey(prefix);
  for (const { link: name, subnet, state } of interfaces.values())
    if (name === link && state !== "Down" && subnet !== void 0) {
      if (keyOfLength(toNumber(subnet.address), subnet.prefixLength) === key) return true;
    }
  return false;
}
var DEFAULT = "0.0.0.0/0";
function forwardingTo(state, gateway, into) {
  if (gateway === void 0) return NONE;
  for (const iface of state.interfaces.values())
    if (isOn(iface, gateway) && into(state, iface.area)) return gateway;
  return NONE;
}
function isOn({ state, type, subnet }, address) {
  if (state === "Down" || subnet === void 0 || type !== "broadcast" && type !== "non-broadcast")
    return false;
  return ((toNumber(subnet.address) ^ address) & maskOf(subnet.prefixLength)) === 0;
}

// ospf/origination/maker.ts
function optionsOf2(state, area) {
  return areaConfigOf(state, area).type === "normal" ? OPTION_E : 0;
}

// ospf/origination/network-lsa.ts
var makeNetworkLsa = (state, { iface: key }) => {
  const iface = state.interfaces.get(key);
  if (iface?.state !== "DR" || iface.subnet === void 0) return void 0;
  const full = [...iface.neighbors.values()].filter(isTold);
  if (full.length === 0) return void 0;
  return {
    scope: areaScope(iface.area),
    type: LS_NETWORK,
    id: iface.address,
    options: optionsOf2(state, iface.area),
    body: {
      kind: "network",
      mask: maskOf(iface.subnet.prefixLength),
      routers: [state.routerId, ...full.map(({ routerId }) => routerId)]
    }
  };
};

// ospf/origination/nssa-lsa.ts
var makeNssaLsa = (state, { area, prefix }) => {
  const config = areaConfigOf(state, area);
  if (!state.areas.has(area) || config.type !== "nssa") return void 0;
  const isBorder = isAreaBorder(state);
  const ofArea = prefix === DEFAULT2 ? config.defaultInformation : void 0;
  if (prefix === DEFAULT2 && isBorder) {
    const told2 = config.summaries && ofArea && defaultRoute(state, { ...ofArea, always: true });
    return told2 ? made(area, prefix, told2, false) : void 0;
  }
  const told = ofArea === void 0 ? redistributed(state, prefix, (_, other) => other === area) : defaultRoute(state, ofArea);
  if (told === void 0) return void 0;
  if (isBorder) return made(area, prefix, told, false);
  const forwarding = told.forwarding === NONE ? forwardingInto(state, area) : told.forwarding;
  return forwarding === void 0 ? void 0 : made(area, prefix, { ...told, forwarding }, true);
};
var DEFAULT2 = "0.0.0.0/0";
function made(area, prefix, told, propagate) {
  const key = parseKey(prefix);
  const { type, forwarding, tag } = told;
  const metric = Math.min(told.metric, LS_INFINITY - 1);
  return {
    scope: areaScope(area),
    type: LS_NSSA,
    id: addressOf(key),
    options: propagate ? OPTION_NP : 0,
    body: { kind: "external", mask: maskOf(lengthOf(key)), type, metric, forwarding, tag }
  };
}
function forwardingInto(state, area) {
  if (areaConfigOf(state, area).type !== "nssa") return void 0;
  const usable = interfacesOf2(state, area).filter(
    ({ state: how, subnet, virtual }) => how !== "Down" && subnet !== void 0 && virtual === void 0
  ).sort((one, other) => rankOf(one) - rankOf(other) || other.address - one.address);
  return usable[0]?.address;
}
function rankOf({ type, state, neighbors }) {
  if (type === "loopback" || state === "Loopback") return 0;
  return neighbors.size === 0 ? 1 : 2;
}

// ospf/packet/router-information.ts
var ROUTER_INFORMATION_ID = 4 << 24;
var INFORMATIONAL = 1;
var HOSTNAME = 7;
var LONGEST_HOSTNAME = 255;
var TLV = 4;
var CAN_RESTART = 2147483648;
var CAN_HELP = 1073741824;
var CAN_BE_STUB = 536870912;
function encodeRouterInformation({ capabilities, hostname }) {
  const name = new TextEncoder().encode(hostname).subarray(0, LONGEST_HOSTNAME);
  const behind = name.length === 0 ? 0 : TLV + madeUpTo4(name.length);
  const data = new Uint8Array(TLV + 4 + behind);
  write16(data, 0, INFORMATIONAL);
  write16(data, 2, 4);
  write32(data, TLV, capabilities);
  if (name.length === 0) return data;
  write16(data, TLV + 4, HOSTNAME);
  write16(data, TLV + 6, name.length);
  data.set(name, TLV + 8);
  return data;
}
function madeUpTo4(length) {
  return length + 3 & ~3;
}

// ospf/origination/router-information-lsa.ts
var makeRouterInformationLsa = (state, { area }) => {
  const { hostname } = state.config;
  if (hostname === "" || !state.areas.has(area)) return void 0;
  const data = encodeRouterInformation({ capabilities: capabilitiesOf(state), hostname });
  return {
    scope: areaScope(area),
    type: LS_OPAQUE_AREA,
    id: ROUTER_INFORMATION_ID,
    options: optionsOf2(state, area),
    body: { kind: "opaque", data }
  };
};
function capabilitiesOf({ config: { gracefulRestart } }) {
  const help = gracefulRestart.helper ? CAN_HELP : 0;
  const restart2 = gracefulRestart.restarter ? CAN_RESTART : 0;
  return (restart2 | help | CAN_BE_STUB) >>> 0;
}

// ospf/origination/router-lsa.ts
var HOST_MASK = 4294967295;
var makeRouterLsa = (state, { area }, now) => {
  if (!state.areas.has(area)) return void 0;
  const links = interfacesOf2(state, area).flatMap((iface) => linksOf(state, iface));
  const stub = isStubRouter(state, now);
  return {
    scope: areaScope(area),
    type: LS_ROUTER,
    id: state.routerId,
    options: optionsOf2(state, area),
    body: { kind: "router", flags: flagsOf(state, area), links: stub ? links.map(withoutTransit) : links }
  };
};
function isStubRouter({ config, stubUntil }, now) {
  return config.stubRouter.always || now < stubUntil;
}
function withoutTransit(link) {
  return link.type === LINK_STUB ? link : { ...link, metric: MAX_LINK_METRIC };
}
function flagsOf(state, area) {
  return (isAreaBorder(state) ? ROUTER_B : 0) | (isBoundary(state, area) ? ROUTER_E : 0) | (isVirtualEnd(state, area) ? ROUTER_V : 0) | (translatesAlways(state, area) ? ROUTER_NT : 0);
}
function isVirtualEnd({ interfaces }, area) {
  for (const { virtual, neighbors } of interfaces.values())
    if (virtual?.area === area && fullOf(neighbors).length > 0) return true;
  return false;
}
function linksOf(state, iface) {
  if (iface.state === "Down") return [];
  if (iface.state === "Loopback")
    return iface.address === NONE || iface.subnet === void 0 ? [] : [hostLink(iface)];
  switch (iface.type) {
    // 12.4.1.1
    case "point-to-point":
      return [...pointToPointLinks(state, iface), ...pointToPointStub(iface)];
    // 12.4.1.2
    case "broadcast":
    case "non-broadcast":
      return isTransit(iface) ? [transitLink(iface)] : stubLink(iface);
    // 12.4.1.3
    case "virtual":
      return fullOf(iface.neighbors).map(({ routerId }) => ({
        type: LINK_VIRTUAL,
        id: routerId,
        data: iface.address,
        metric: metricOf(iface.cost)
      }));
    // 12.4.1.4
    case "point-to-multipoint":
      return [hostLink(iface), ...pointToPointLinks(state, iface)];
    case "loopback":
      return [];
  }
}
function pointToPointLinks(state, iface) {
  const data = iface.subnet === void 0 ? state.links.get(iface.link)?.index ?? 0 : iface.address;
  return fullOf(iface.neighbors).map((neighbor) => ({
    type: LINK_POINT_TO_POINT,
    id: neighbor.routerId,
    data,
    metric: metricOf(costTo(state, iface, neighbor))
  }));
}
function costTo(state, iface, { address }) {
  return configOf(state, iface).neighbors[toAddress(address)]?.cost ?? iface.cost;
}
function pointToPointStub(iface) {
  const { subnet } = iface;
  if (subnet?.peer === void 0) return stubLink(iface);
  const mask = maskOf(subnet.prefixLength);
  const id = (toNumber(subnet.peer) & mask) >>> 0;
  return [{ type: LINK_STUB, id, data: mask, metric: metricOf(iface.cost) }];
}
function stubLink({ subnet, cost }) {
  if (subnet === void 0) return [];
  const mask = maskOf(subnet.prefixLength);
  const id = (toNumber(subnet.address) & mask) >>> 0;
  return [{ type: LINK_STUB, id, data: mask, metric: metricOf(cost) }];
}
function hostLink({ address }) {
  return { type: LINK_STUB, id: address, data: HOST_MASK, metric: 0 };
}
function isTransit({ state, dr, neighbors }) {
  if (state === "Waiting" || dr === NONE) return false;
  const full = fullOf(neighbors);
  return state === "DR" ? full.length > 0 : full.some(({ address }) => address === dr);
}
function transitLink({ dr, address, cost }) {
  return { type: LINK_TRANSIT, id: dr, data: address, metric: metricOf(cost) };
}
function fullOf(neighbors) {
  return [...neighbors.values()].filter(isTold);
}
function metricOf(cost) {
  return Math.min(cost, MAX_LINK_METRIC);
}

// ospf/origination/summary-lsa.ts
var makeSummaryLsa = (state, { area, prefix }) => {
  if (!isSummarized(state, area)) return void 0;
  const key = parseKey(prefix);
  const config = areaConfigOf(state, area);
  const isDefault = key === 0;
  if (isDefault && (config.type === "stub" || config.type === "nssa" && !config.summaries))
    return made2(state, area, LS_SUMMARY_NETWORK, 0, 0, config.defaultCost);
  if (config.type !== "normal" && !config.summaries) return void 0;
  const cost = rangeCost(state, area, key) ?? networkCost(state, area, state.routes.get(prefix), key);
  if (cost === void 0 || cost >= LS_INFINITY) return void 0;
  return made2(state, area, LS_SUMMARY_NETWORK, addressOf(key), maskOf(lengthOf(key)), cost);
};
var makeAsbrLsa = (state, { area, router }) => {
  if (!isSummarized(state, area) || !isTransitCapable(state, area)) return void 0;
  const route = preferredBorder(state, router);
  if (route === void 0 || !isToldTo(state, area, route) || route.cost >= LS_INFINITY) return void 0;
  return made2(state, area, LS_SUMMARY_ASBR, router, 0, route.cost);
};
function isSummarized(state, area) {
  return state.areas.has(area) && isAreaBorder(state);
}
function made2(state, area, type, id, mask, metric) {
  const body = { kind: "summary", mask, metric };
  return { scope: areaScope(area), type, id, options: optionsOf2(state, area), body };
}
function rangeCost(state, area, key) {
  for (const other of state.areas.keys()) {
    if (other === area || isUncondensed(state, area, other) || !rangesOf(state, other).includes(key))
      continue;
    const range = areaConfigOf(state, other).ranges[`${toAddress(addressOf(key))}/${lengthOf(key)}`];
    const active = state.ranges.get(rangeKey(other, key));
    if (range?.advertise === true && active !== void 0) return range.cost ?? active.cost;
  }
  return void 0;
}
function networkCost(state, area, route, key) {
  if (route === void 0 || route.hops.length === 0) return void 0;
  if (route.path !== "intra" && route.path !== "inter") return void 0;
  if (!isToldTo(state, area, { ...route, path: route.path })) return void 0;
  const isCondensed = route.path === "intra" && !isUncondensed(state, area, route.area) && rangeOfNetwork(state, route.area, key) !== void 0;
  return isCondensed ? void 0 : route.cost;
}
function isUncondensed(state, area, of) {
  return of === BACKBONE && (state.areas.get(area)?.transit ?? false);
}
function isToldTo(state, area, route) {
  if (route.area === area) return false;
  if (route.hops.some(({ iface }) => state.interfaces.get(iface)?.area === area)) return false;
  return route.path === "intra" || area !== BACKBONE && hasBackbone(state);
}
function preferredBorder(state, router) {
  let best;
  for (const area of state.areas.keys()) {
    const route = state.borders.get(`${router} ${area}`);
    if (route === void 0 || !route.asbr || !isTransitCapable(state, area)) continue;
    if (best === void 0 || isPreferred2(route, best)) best = route;
  }
  return best;
}
function isPreferred2(one, other) {
  const rank = ({ path, area }) => path === "intra" && area !== BACKBONE ? 0 : 1;
  if (rank(one) !== rank(other)) return rank(one) < rank(other);
  return one.cost === other.cost ? one.area > other.area : one.cost < other.cost;
}

// ospf/origination/makers.ts
var MAKERS = {
  router: makeRouterLsa,
  network: makeNetworkLsa,
  summary: makeSummaryLsa,
  asbr: makeAsbrLsa,
  external: makeExternalLsa,
  nssa: makeNssaLsa,
  "router-information": makeRouterInformationLsa
};
function make(state, of, now) {
  return MAKERS[of.lsa](state, of, now);
}

// ospf/origination/returned.ts
var LOOK_AGAIN_MS = 1e3;
var LONGEST_MS = 6e4;
var OF_ROUTES = /* @__PURE__ */ new Set([LS_SUMMARY_NETWORK, LS_SUMMARY_ASBR, LS_EXTERNAL, LS_NSSA]);
function mayBeMadeYet(state, lsa, now) {
  if (lsa.router !== state.routerId || !OF_ROUTES.has(lsa.type)) return false;
  return now - lsa.installed < LONGEST_MS && !areRoutesKnown(state);
}
function areRoutesKnown(state) {
  const { due, running } = state.routing;
  const isToldAll = state.redistribution.how === "sweep" || state.redistribution.how === "whole";
  if (redistributes(state) && !isToldAll) return false;
  return due === void 0 && running === void 0 && state.leaves.size === 0 && !isExchanging(state);
}
function redistributes({ config }) {
  return Object.keys(config.redistribute).length > 0 || soughtDefaults(config).length > 0;
}

// ospf/lsdb/origination.ts
var MORE_IDS = 6;
var MOST_FLUSHED = 256;
function originate(state, { of, force = false }, agenda, ctx) {
  if (isRestarting(state)) return;
  const name = originText(of);
  const earlier = state.origins.get(name);
  const made4 = make(state, of, ctx.now());
  const placed = made4 && (place(state, made4, name, earlier) ?? takeOver(state, made4, agenda));
  if (earlier !== void 0 && earlier !== placed?.key) withdraw(state, earlier, agenda, ctx);
  if (made4 === void 0) return;
  if (placed === void 0) {
    count(state.counters, "noLinkStateId");
    return;
  }
  state.origins.set(name, placed.key);
  put(state, of, placed, force, agenda, ctx);
}
function originateWaiting(state, key, agenda, ctx) {
  const originated = state.originated.get(key);
  if (originated === void 0) lookAgain(state, key, agenda, ctx);
  else if (originOf(state, key) !== void 0) {
    if (originated.waiting) originate(state, { of: originated.origin }, agenda, ctx);
  } else if (findLsa(state, key) === void 0) state.originated.delete(key);
  else ctx.setTimer("originate", key, state.config.timers.minLsInterval);
}
function lookAgain(state, key, agenda, ctx) {
  const lsa = findLsa(state, key);
  if (lsa === void 0 || lsa.router !== state.routerId || lsa.age >= MAX_AGE) return;
  const now = ctx.now();
  if (mayBeMadeYet(state, lsa, now)) ctx.setTimer("originate", key, LOOK_AGAIN_MS);
  else flush(state, lsa, now, agenda);
}
function flushAll(state, agenda, ctx) {
  flushSome(state, "", agenda, ctx);
}
function flushArea(state, area, agenda, ctx) {
  flushSome(state, `${areaScope(area)} `, agenda, ctx);
}
function flushSome(state, scope, agenda, ctx) {
  const first = [];
  const others = [];
  for (const [name, key] of state.origins) {
    if (!key.startsWith(scope)) continue;
    if (name.startsWith("router ")) first.push(key);
    else if (others.length < MOST_FLUSHED) others.push(key);
  }
  for (const key of [...first, ...others]) withdraw(state, key, agenda, ctx);
}
function forgetOwn(state) {
  state.origins.clear();
  state.originated.clear();
}
function beginStub(state, ctx) {
  const { onStart } = state.config.stubRouter;
  if (onStart === 0) return;
  state.stubUntil = ctx.now() + onStart;
  ctx.setTimer("stub", "", onStart);
}
function endStub(state, agenda) {
  state.stubUntil = 0;
  for (const area of state.areas.keys()) agenda.originate({ lsa: "router", area });
}
function put(state, origin, { key, made: made4 }, force, agenda, ctx) {
  const now = ctx.now();
  const lsa = findLsa(state, key);
  const last2 = state.originated.get(key);
  const higher = Math.max(sequenceAfter(lsa), last2?.atLeast ?? INITIAL_SEQUENCE);
  const next2 = lsa === void 0 && higher > MAX_SEQUENCE ? INITIAL_SEQUENCE : higher;
  const isReturned = last2 === void 0 && state.restarting === void 0;
  const atLeast = force || isReturned ? next2 : last2?.atLeast ?? INITIAL_SEQUENCE;
  const bytes = encode(state, made4, Math.min(next2, MAX_SEQUENCE));
  if (lsa !== void 0 && lsa.sequence >= atLeast && holds(lsa, bytes)) {
    if (last2 === void 0 || last2.waiting)
      state.originated.set(key, { origin, at: last2?.at ?? lsa.installed, waiting: false });
    return;
  }
  const left = last2 === void 0 ? 0 : last2.at + state.config.timers.minLsInterval - now;
  if (left > 0) {
    state.originated.set(key, { origin, at: last2.at, waiting: true, atLeast });
    ctx.setTimer("originate", key, left);
    if (lsa !== void 0) noteMade(state, lsa, `changes in ${Math.round(left)} ms (MinLSInterval)`);
    return;
  }
  ctx.cancelTimer("originate", key);
  if (lsa !== void 0 && next2 > MAX_SEQUENCE) {
    state.originated.set(key, { origin, at: last2?.at ?? now, waiting: true });
    if (lsa.age < MAX_AGE) flush(state, lsa, now, agenda);
    return;
  }
  const installed = install(state, made4.scope, bytes, now);
  state.originated.set(key, { origin, at: now, waiting: false });
  count(state.counters, "originated");
  noteMade(state, installed.lsa, "originated");
  agenda.flood(key);
  if (installed.changed) tellChange(state, installed.lsa, agenda);
}
function withdraw(state, key, agenda, ctx) {
  const originated = state.originated.get(key);
  if (originated === void 0) return;
  const { origin, at } = originated;
  state.origins.delete(originText(origin));
  state.originated.set(key, { origin, at, waiting: false });
  ctx.setTimer("originate", key, state.config.timers.minLsInterval);
  const lsa = findLsa(state, key);
  if (lsa === void 0 || lsa.age >= MAX_AGE) return;
  noteMade(state, lsa, "flushed");
  flush(state, lsa, ctx.now(), agenda);
}
function noteMade(state, { type, id, router, sequence, age: age2 }, event) {
  if (!isFollowed(state)) return;
  const header = { type, id, router, sequence, age: age2 };
  note(state, "flooding", void 0, () => ({
    lines: [`${event}: ${lsaHeaderText(header)}`],
    facts: { event, ...keyOf2(header), age: age2, sequence: hex(sequence) }
  }));
}
function sequenceAfter(lsa) {
  return lsa === void 0 ? INITIAL_SEQUENCE : lsa.sequence + 1;
}
function encode({ routerId }, { type, id, options, body }, sequence) {
  return encodeLsa({ age: 0, options, type, id, router: routerId, sequence }, body);
}
function holds(lsa, bytes) {
  if (lsa.age >= MAX_AGE || lsa.options !== bytes[2] || lsa.bytes.length !== bytes.length) return false;
  for (let at = LSA_HEADER; at < bytes.length; at++) if (lsa.bytes[at] !== bytes[at]) return false;
  return true;
}
function place(state, made4, name, earlier) {
  let first;
  for (const id of idsOf(made4)) {
    const key = lsaKey(made4.scope, made4.type, id, state.routerId);
    const origin = originOf(state, key);
    if (origin !== void 0 && originText(origin) !== name) continue;
    if (first === void 0 || key === earlier) first = { key, made: { ...made4, id } };
  }
  return first;
}
function takeOver(state, made4, agenda) {
  const key = lsaKey(made4.scope, made4.type, made4.id, state.routerId);
  const holder = originOf(state, key);
  if (idsOf(made4).length > 1 || holder === void 0) return void 0;
  state.origins.delete(originText(holder));
  agenda.originate(holder);
  return { key, made: made4 };
}
function idsOf({ type, id, body }) {
  if (type === LS_SUMMARY_ASBR || body.kind !== "external" && body.kind !== "summary") return [id];
  const hosts = ~body.mask >>> 0;
  const ids = hosts === 0 ? [id] : [id, (id | hosts) >>> 0];
  for (let host = 1; host <= MORE_IDS && host < hosts; host++) ids.push((id | host) >>> 0);
  return ids;
}

// ospf/origination/origins.ts
function summariesOf(state, prefix) {
  return [...state.areas.keys()].map((area) => ({ lsa: "summary", area, prefix }));
}
function boundariesOf(state, router) {
  return [...state.areas.keys()].map((area) => ({ lsa: "asbr", area, router }));
}
function externalsOf(state, prefix) {
  const origins = [{ lsa: "external", prefix }];
  for (const area of state.areas.keys())
    if (areaConfigOf(state, area).type === "nssa") origins.push({ lsa: "nssa", area, prefix });
  return origins;
}
function* standingOrigins({ areas, interfaces }) {
  for (const area of areas.keys()) {
    yield { lsa: "router", area };
    yield { lsa: "router-information", area };
  }
  for (const [key, iface] of interfaces) if (isDesignating(iface)) yield { lsa: "network", iface: key };
}
function* allOrigins(state) {
  for (const area of state.areas.keys()) yield { lsa: "router", area };
  yield* summariesOf(state, DEFAULT3);
  yield* externalsOf(state, DEFAULT3);
  for (const [prefix, { path }] of state.routes)
    if (path === "intra" || path === "inter") yield* summariesOf(state, prefix);
  for (const key of state.ranges.keys()) {
    const [area, prefix] = key.split(" ");
    if (area !== "nssa" && prefix !== void 0) yield* summariesOf(state, prefix);
  }
  for (const { router, asbr } of state.borders.values()) if (asbr) yield* boundariesOf(state, router);
  for (const prefix of state.redistributable.keys()) yield* externalsOf(state, prefix);
  for (const prefix of state.translated.keys()) yield* externalsOf(state, prefix);
  for (const { origin } of state.originated.values()) if (!BY_OTHERS.has(origin.lsa)) yield origin;
}
var DEFAULT3 = "0.0.0.0/0";
var BY_OTHERS = /* @__PURE__ */ new Set(["network", "router-information"]);
function roleText(state) {
  const parts = [String(isAreaBorder(state)), String(hasBackbone(state))];
  for (const { id, transit, translator } of areasOf(state))
    parts.push(`${toAddress(id)} ${transit} ${translator} ${toAddress(forwardingInto(state, id) ?? 0)}`);
  for (const { key, area, address, state: how, subnet, virtual } of state.interfaces.values())
    if (how !== "Down" && virtual === void 0)
      parts.push(`${key} ${area} ${toAddress(address)}/${subnet?.prefixLength ?? ""}`);
  return parts.join(", ");
}

// ospf/plan.ts
function planFor(before, config) {
  const startsAgain = before.routerId !== config.routerId;
  const interfaces = differenceOf2(interfacesOf3(before), interfacesOf3(config));
  const areas = differenceOf2(before.areas, config.areas);
  const retyped = areas.changed.filter((id) => isRetyped(before, config, id));
  const concerned = startsAgain || before.referenceBandwidth !== config.referenceBandwidth ? interfaces.stayed : interfaces.stayed.filter(
    (key) => interfaces.changed.includes(key) || retyped.includes(areaOf2(config, key))
  );
  return {
    config,
    startsAgain,
    added: interfaces.added,
    removed: interfaces.removed,
    changed: concerned.map(
      (key) => changeOf(key, before, config, startsAgain || retyped.includes(areaOf2(config, key)))
    ),
    areas: {
      added: areas.added.map(toNumber),
      removed: areas.removed.map(toNumber),
      changed: areas.changed.map(toNumber)
    },
    redistributes: !isSame2(askedOf(before), askedOf(config)),
    routes: startsAgain || !isSame2(routedBy(before), routedBy(config))
  };
}
function interfacesOf3({ interfaces, areas }) {
  const virtual = Object.entries(areas).flatMap(
    ([area, { virtualLinks }]) => Object.entries(virtualLinks).map(
      ([router, link]) => [virtualKey(toNumber(area), toNumber(router)), link]
    )
  );
  return { ...interfaces, ...Object.fromEntries(virtual) };
}
function areaOf2({ interfaces }, key) {
  return interfaces[key]?.area ?? toAddress(BACKBONE);
}
function isRetyped(before, after, id) {
  return before.areas[id]?.type !== after.areas[id]?.type;
}
function changeOf(key, before, after, restarts) {
  const [was, next2] = [interfacesOf3(before)[key], interfacesOf3(after)[key]];
  return {
    key,
    restarts: restarts || was.area !== next2.area || was.type !== next2.type || was.passive !== next2.passive,
    retimed: was.helloInterval !== next2.helloInterval || was.passive !== next2.passive,
    elects: was.priority !== next2.priority,
    costs: !isSame2(costsOf(was), costsOf(next2))
  };
}
function costsOf({ neighbors = {} }) {
  const each = Object.entries(neighbors).map(([name, { cost }]) => [name, cost]);
  return Object.fromEntries(each.filter(([, cost]) => cost !== void 0));
}
function askedOf(config) {
  return { redistribute: config.redistribute, defaults: soughtDefaults(config) };
}
function routedBy(config) {
  const { interfaces: _interfaces, timers: _timers, keyChains: _chains, areas, ...rest } = config;
  const plain = Object.entries(areas).map(([id, { virtualLinks, ...area }]) => [
    id,
    { ...area, virtualLinks: Object.keys(virtualLinks) }
  ]);
  return { ...rest, areas: Object.fromEntries(plain) };
}

// ospf/lsdb/acknowledgment.ts
var ACKNOWLEDGING = {
  // circumstance     Backup, from the DR        Backup, from another  all other states
  floodedBack: { backupFromDr: "none", backup: "none", other: "none" },
  newer: { backupFromDr: "delayed", backup: "none", other: "delayed" },
  implied: { backupFromDr: "delayed", backup: "none", other: "none" },
  duplicate: { backupFromDr: "direct", backup: "direct", other: "direct" },
  unknownMaxAge: { backupFromDr: "direct", backup: "direct", other: "direct" }
};
function acknowledgingOf({ state, dr }, { address }, circumstance) {
  const row = ACKNOWLEDGING[circumstance];
  if (state !== "Backup") return row.other;
  return address === dr ? row.backupFromDr : row.backup;
}
var DELAY_MS = 1e3;
var PART_OF_INTERVAL = 4;
function delayAcknowledgment(state, iface, header, ctx) {
  iface.acknowledgments.push(header.slice(0, LSA_HEADER));
  if (iface.acknowledgments.length >= mostOf(state, iface)) sendDelayed(state, iface, ctx);
  else if (ctx.timerDue("acknowledge", iface.key) === void 0)
    ctx.setTimer(
      "acknowledge",
      iface.key,
      Math.min(DELAY_MS, configOf(state, iface).retransmitInterval / PART_OF_INTERVAL)
    );
}
function sendDelayed(state, iface, ctx) {
  const headers = iface.acknowledgments;
  iface.acknowledgments = [];
  ctx.cancelTimer("acknowledge", iface.key);
  sendHeaders(state, iface, "designated", headers, ctx);
}
function dropDelayed(iface, ctx) {
  iface.acknowledgments = [];
  ctx.cancelTimer("acknowledge", iface.key);
}
function sendDirect(state, iface, neighbor, headers, ctx) {
  sendHeaders(state, iface, neighbor.address, headers, ctx);
}
function sendHeaders(state, iface, to, headers, ctx) {
  const most = mostOf(state, iface);
  for (let at = 0; at < headers.length; at += most) {
    const some3 = headers.slice(at, at + most);
    const body = new Uint8Array(some3.length * LSA_HEADER);
    for (const [i, header] of some3.entries()) body.set(header.subarray(0, LSA_HEADER), i * LSA_HEADER);
    sendTo(state, iface, to, PACKET_ACKNOWLEDGMENT, body, ctx);
  }
}
function mostOf(state, iface) {
  return Math.max(1, Math.floor(roomOf(state, iface) / LSA_HEADER));
}

// ospf/lsdb/update.ts
function sendLsas(state, iface, to, lsas, ctx) {
  const room = roomOf(state, iface);
  const delay = Math.max(1, Math.ceil(configOf(state, iface).transmitDelay / 1e3));
  const now = ctx.now();
  let packed = [];
  let size = UPDATE;
  const send2 = () => {
    if (packed.length > 0) sendTo(state, iface, to, PACKET_UPDATE, encodeUpdate(packed), ctx);
    packed = [];
    size = UPDATE;
  };
  for (const lsa of lsas) {
    if (size + lsa.bytes.length > room) send2();
    packed.push(agedBytes(lsa, Math.min(MAX_AGE, ageOf(lsa, now) + delay)));
    size += lsa.bytes.length;
  }
  send2();
}
function isUnicast2({ type }) {
  return type !== "broadcast" && type !== "point-to-point";
}

// ospf/packet/grace.ts
var GRACE_ID = 50331648;
var SOFTWARE_RESTART = 1;
var TLV_PERIOD = 1;
var TLV_REASON = 2;
var TLV_ADDRESS = 3;
var TLV_HEADER = 4;
var TLV2 = 8;
function isGrace({ type, id }) {
  return type === LS_OPAQUE_LINK && id === GRACE_ID;
}
function decodeGrace(data) {
  let period;
  let reason;
  let address;
  for (let at = 0; at + TLV_HEADER <= data.length; ) {
    const type = read16(data, at);
    const length = read16(data, at + 2);
    const value = at + TLV_HEADER;
    if (value + length > data.length) return void 0;
    if (type === TLV_PERIOD && length === 4) period = read32(data, value);
    if (type === TLV_REASON && length === 1) reason = data[value];
    if (type === TLV_ADDRESS && length === 4) address = read32(data, value);
    at = value + Math.ceil(length / 4) * 4;
  }
  return period === void 0 || reason === void 0 ? void 0 : { period, reason, address };
}
function encodeGrace({ period, reason, address }) {
  const data = new Uint8Array((address === void 0 ? 2 : 3) * TLV2);
  putTlv(data, 0, TLV_PERIOD, 4);
  write32(data, TLV_HEADER, period);
  putTlv(data, TLV2, TLV_REASON, 1);
  data[TLV2 + TLV_HEADER] = reason;
  if (address === void 0) return data;
  putTlv(data, 2 * TLV2, TLV_ADDRESS, 4);
  write32(data, 2 * TLV2 + TLV_HEADER, address);
  return data;
}
function putTlv(data, at, type, length) {
  write16(data, at, type);
  write16(data, at + 2, length);
}

// ospf/restart/restarting.ts
var COPIES = 3;
var SWEEP_MS = 1e4;
var SLICE = 16;
function askForGrace(state, ctx) {
  if (isRestarting(state)) return;
  const { period } = state.config.gracefulRestart;
  for (const iface of state.interfaces.values()) {
    const adjacent = [...iface.neighbors.values()].filter((neighbor) => neighbor.state === "Full");
    if (adjacent.length === 0) continue;
    sendDelayed(state, iface, ctx);
    const grace = makeGrace(state, iface, period, ctx.now());
    for (let copy = 0; copy < COPIES; copy++) {
      if (!isUnicast2(iface)) sendLsas(state, iface, "all", [grace], ctx);
      else for (const { address } of adjacent) sendLsas(state, iface, address, [grace], ctx);
    }
    ctx.log(
      "info",
      `${iface.key}: neighbours are asked to wait ${period / 1e3} s for a restart (RFC 3623)`
    );
  }
}
function makeGrace(state, iface, period, now) {
  const data = encodeGrace({
    period: Math.ceil(period / 1e3),
    reason: SOFTWARE_RESTART,
    address: areKnownById(iface) ? void 0 : iface.address
  });
  const before = findLsa(state, graceKey(state, iface));
  const header = {
    age: 0,
    options: optionsOf2(state, iface.area),
    type: LS_OPAQUE_LINK,
    id: GRACE_ID,
    router: state.routerId,
    sequence: sequenceAfter2(before)
  };
  const bytes = encodeLsa(header, { kind: "opaque", data });
  return install(state, scopeOf(LS_OPAQUE_LINK, iface), bytes, now).lsa;
}
function sequenceAfter2(before) {
  const byClock = INITIAL_SEQUENCE + Math.floor(Date.now() / 1e3);
  return Math.min(before === void 0 ? byClock : Math.max(byClock, before.sequence + 1), MAX_SEQUENCE);
}
function graceKey({ routerId }, iface) {
  return lsaKey(scopeOf(LS_OPAQUE_LINK, iface), LS_OPAQUE_LINK, GRACE_ID, routerId);
}
function beginLooking(state, ctx) {
  const { period } = state.config.gracefulRestart;
  const longest = Math.max(0, ...Object.values(state.config.interfaces).map((each) => each.deadInterval));
  const now = ctx.now();
  state.restarting = { phase: "looking", until: now + period, listenUntil: now + longest };
  ctx.setTimer("grace", "listen", longest);
  ctx.setTimer("grace", "", period);
}
function lookAgain2(state, key, agenda, ctx) {
  if (!isRestarting(state)) return;
  const lsa = key === void 0 ? void 0 : findLsa(state, key);
  if (lsa !== void 0 && isGrace(lsa)) graceCameBack(state, lsa, ctx);
  else if (lsa === void 0 || lsa.type === LS_ROUTER || lsa.type === LS_NETWORK) look(state, agenda, ctx);
}
function graceCameBack(state, lsa, ctx) {
  const { restarting } = state;
  const body = decodeLsa(lsa.bytes);
  const grace = "data" in body ? decodeGrace(body.data) : void 0;
  if (lsa.router !== state.routerId || restarting?.phase !== "looking" || grace === void 0) return;
  const now = ctx.now();
  const most = Math.ceil(state.config.gracefulRestart.period / 1e3);
  const left = Math.min(grace.period, most) - ageOf(lsa, now);
  if (left <= 0) return;
  state.restarting = { ...restarting, phase: "grace", until: now + left * 1e3 };
  ctx.setTimer("grace", "", left * 1e3);
  ctx.log("info", `a graceful restart (RFC 3623): neighbours wait for us, ${left} s more`);
}
function* timeIsOver(state, key, agenda, ctx) {
  if (state.restarting?.phase === "sweeping") {
    yield* sweep(state, agenda, ctx);
    return;
  }
  if (!isRestarting(state)) return;
  if (key === "") endRestart(state, "its time is over", agenda, ctx);
  else if (state.restarting?.phase === "looking" && ![...state.areas.keys()].some((id) => isHeard(state, id)))
    endRestart(state, "there is no neighbour", agenda, ctx);
  else look(state, agenda, ctx);
}
function look(state, agenda, ctx) {
  const full = fullOf2(state);
  if (full.length === 0) return;
  if (state.restarting?.phase === "looking") {
    const without = full.find(([iface, neighbor]) => wasAdjacent(state, iface, neighbor));
    if (without !== void 0) endRestart(state, "no neighbour waits for us", agenda, ctx);
    return;
  }
  let isAwaited2 = false;
  for (const area of state.areas.keys()) {
    const own = routerLsaOf(state, area, state.routerId);
    if (own === void 0) {
      if (full.some(([iface]) => iface.area === area)) {
        endRestart(state, "a neighbour has no router-LSA of ours", agenda, ctx);
        return;
      }
      isAwaited2 ||= isHeard(state, area) || isListening(state, area, ctx.now());
      continue;
    }
    for (const link of own.links) {
      const standing = standingOf(state, area, link);
      if (standing === "denied") {
        endRestart(state, `the router at the link ${toAddress(link.id)} did not wait for us`, agenda, ctx);
        return;
      }
      isAwaited2 ||= standing === "awaited";
    }
  }
  if (!isAwaited2) endRestart(state, void 0, agenda, ctx);
}
function wasAdjacent(state, iface, { routerId }) {
  const own = routerLsaOf(state, iface.area, state.routerId);
  if (own === void 0) return true;
  return own.links.some(
    ({ type, id, data }) => type === LINK_TRANSIT ? data === iface.address : type !== LINK_STUB && id === routerId
  );
}
function standingOf(state, area, link) {
  if (link.type === LINK_STUB) return "full";
  if (link.type !== LINK_TRANSIT) {
    const other = routerLsaOf(state, area, link.id);
    if (other !== void 0 && !hasLink(other, link.type, state.routerId)) return "denied";
    return isFull(state, area, link.id) ? "full" : "awaited";
  }
  const iface = [...state.interfaces.values()].find(
    (each) => each.area === area && isDesignating(each) && each.address === link.data
  );
  if (iface === void 0) return "denied";
  return link.id === link.data ? standingOfNetwork(state, iface) : standingTo(state, iface, link.id);
}
function standingOfNetwork(state, iface) {
  const network = networkLsaOf(state, iface.area, iface.address, state.routerId);
  const isKnown2 = [...iface.neighbors.values()].some((neighbor) => neighbor.state === "Full");
  if (network === void 0) return isKnown2 ? "denied" : "awaited";
  let standing = "full";
  for (const router of network.routers) {
    if (router === state.routerId) continue;
    const other = routerLsaOf(state, iface.area, router);
    if (other !== void 0 && !hasLink(other, LINK_TRANSIT, iface.address)) return "denied";
    if (!isFull(state, iface.area, router)) standing = "awaited";
  }
  return standing;
}
function standingTo(state, iface, dr) {
  const neighbor = [...iface.neighbors.values()].find(({ address }) => address === dr);
  if (neighbor === void 0) return "awaited";
  const network = networkLsaOf(state, iface.area, dr, neighbor.routerId);
  const other = routerLsaOf(state, iface.area, neighbor.routerId);
  if (network?.routers.includes(state.routerId) === false) return "denied";
  if (other !== void 0 && !hasLink(other, LINK_TRANSIT, dr)) return "denied";
  if (neighbor.state !== "Full") return "awaited";
  return network === void 0 ? "denied" : "full";
}
function routerLsaOf(state, area, router) {
  const body = bodyOf2(state, lsaKey(areaScope(area), LS_ROUTER, router, router));
  return body?.kind === "router" ? body : void 0;
}
function networkLsaOf(state, area, address, router) {
  const body = bodyOf2(state, lsaKey(areaScope(area), LS_NETWORK, address, router));
  return body?.kind === "network" ? body : void 0;
}
function bodyOf2(state, key) {
  const lsa = findLsa(state, key);
  if (lsa === void 0 || lsa.age >= MAX_AGE) return void 0;
  const body = decodeLsa(lsa.bytes);
  return "error" in body ? void 0 : body;
}
function hasLink({ links }, type, id) {
  return links.some((link) => link.type === type && link.id === id);
}
function fullOf2({ interfaces }) {
  return [...interfaces.values()].flatMap(
    (iface) => [...iface.neighbors.values()].flatMap(
      (neighbor) => neighbor.state === "Full" ? [[iface, neighbor]] : []
    )
  );
}
function isFull(state, area, router) {
  return fullOf2(state).some(([iface, { routerId }]) => iface.area === area && routerId === router);
}
function isHeard({ interfaces }, area) {
  for (const iface of interfaces.values())
    if (iface.area === area) {
      for (const neighbor of iface.neighbors.values()) if (isAtLeast(neighbor, "Init")) return true;
    }
  return false;
}
function isListening(state, area, now) {
  if (now >= (state.restarting?.listenUntil ?? 0)) return false;
  return [...state.interfaces.values()].some((iface) => iface.area === area && isTalking(state, iface));
}
function abandonRestart(state, ctx) {
  for (const key of ["", "listen"]) ctx.cancelTimer("grace", key);
  delete state.restarting;
}
function endRestart(state, why, agenda, ctx) {
  if (!isRestarting(state)) return;
  const { phase, listenUntil } = state.restarting;
  abandonRestart(state, ctx);
  state.restarting = { phase: "leaving", until: ctx.now() + SWEEP_MS, listenUntil };
  if (phase === "looking") {
    ctx.log("info", `an ordinary start, no graceful restart (RFC 3623): ${why}`);
    agenda.stub();
  } else if (why === void 0)
    ctx.log("info", "the graceful restart is over: all adjacencies are there again");
  else ctx.log("warn", `the graceful restart has ended early: ${why}`);
  for (const origin of standingOrigins(state)) agenda.originate(origin);
  agenda.routing({ of: "all" });
}
function mayLeave({ restarting, routing, leaves }) {
  if (restarting?.phase !== "leaving") return false;
  return routing.due === void 0 && routing.running === void 0 && leaves.size === 0;
}
function leave(state, agenda, ctx) {
  const now = ctx.now();
  state.restarting = { ...state.restarting, phase: "sweeping", until: now + SWEEP_MS };
  ctx.setTimer("grace", "", SWEEP_MS);
  for (const iface of state.interfaces.values()) {
    const grace = findLsa(state, graceKey(state, iface));
    if (grace !== void 0 && grace.age < MAX_AGE) flush(state, grace, now, agenda);
  }
}
function* sweep(state, agenda, ctx) {
  let isWaiting2 = false;
  let looked = 0;
  for (const scope of scopesOf(state))
    for (const lsa of lsasOf(state, scope)) {
      if (++looked % SLICE === 0) yield "slice";
      if (!isLeftOver(state, lsa)) continue;
      if (mayBeMadeYet(state, lsa, ctx.now())) isWaiting2 = true;
      else flush(state, lsa, ctx.now(), agenda);
    }
  if (isWaiting2) ctx.setTimer("grace", "", SWEEP_MS);
  else delete state.restarting;
}
function isLeftOver(state, lsa) {
  if (lsa.age >= MAX_AGE || !isOwnLsa(state, lsa)) return false;
  return originOf(state, lsaKey(lsa.scope, lsa.type, lsa.id, lsa.router)) === void 0;
}

// messages/routes.ts
var MOST_ROUTE_CHANGES = 128;
var MOST_MESSAGE_HOPS = 512;

// ospf/routing/announcing.ts
var SOURCE = "ospf";
var IP = "IP";
var FULL_MS = 20;
var UNKNOWN_MS = 1e3;
var DISCARD_DISTANCE = 254;
var NEVER = 255;
var MOST_LOOKED_AT = 512;
function announceLater(state, prefix) {
  if (!state.unannounced.has(prefix)) state.unannounced.set(prefix, true);
}
function announceAll({ routing }, { distributeList }, ctx) {
  routing.wanted = true;
  if (distributeList !== void 0 && routing.filters === false) tellUnfiltered(ctx);
}
function takeRoutesWanted(state, { source, filters, has }, working, ctx) {
  const { routing } = state;
  if (source !== void 0 && source !== SOURCE) return;
  if (source === void 0 && noteFilters(state, filters === true, ctx)) {
    routing.wanted = true;
    delete working.whole;
    return;
  }
  if (source === void 0 && has[SOURCE]?.session === routing.session) {
    routing.asked = true;
    return;
  }
  routing.wanted = true;
  delete working.whole;
}
function noteFilters({ config, routing }, filters, ctx) {
  const before = routing.filters;
  routing.filters = filters;
  if (config.distributeList === void 0 || before === filters) return false;
  if (!filters) tellUnfiltered(ctx);
  return before === false;
}
function tellUnfiltered(ctx) {
  ctx.log(
    "warn",
    "ospf.distribute-list: the IP module that runs has no such filter, so all routes are used; replace it by 3.2.0 or newer"
  );
}
function isAnnouncing({ routing, unannounced, restarting }) {
  if (restarting !== void 0 && restarting.phase !== "sweeping") return false;
  return routing.wanted || routing.asked || unannounced.size > 0;
}
function hasToAnnounce(state, now) {
  return now >= state.routing.retryAt && isAnnouncing(state);
}
function announceSome(state, working, ctx) {
  if (!hasToAnnounce(state, ctx.now())) return false;
  return state.routing.wanted ? tellWhole(state, working, ctx) : tellChanges(state, ctx);
}
function withdrawAll(state, ctx) {
  state.routing.wanted = true;
  send(state, { whole: "all", changes: [] }, ctx);
}
function tellWhole(state, working, ctx) {
  if (working.whole === void 0) {
    state.unannounced.clear();
    working.whole = { rest: state.routes.keys(), begun: false };
  }
  const { whole: whole2 } = working;
  whole2.message ??= nextOfWhole(state, whole2);
  if (!send(state, whole2.message, ctx)) return false;
  whole2.begun = true;
  const { whole: part } = whole2.message;
  delete whole2.message;
  if (part === "end" || part === "all") {
    state.routing.wanted = false;
    delete working.whole;
  }
  return true;
}
function nextOfWhole(state, whole2) {
  const { rest, begun } = whole2;
  const changes = [];
  let room = MOST_MESSAGE_HOPS;
  let isEnd = false;
  for (let looked = 0; looked < MOST_LOOKED_AT && changes.length < MOST_ROUTE_CHANGES; looked++) {
    const prefix = whole2.held ?? rest.next().value;
    delete whole2.held;
    if (prefix === void 0) {
      isEnd = true;
      break;
    }
    const change = changeOf2(state, prefix);
    room -= change.hops?.length ?? 0;
    if (room < 0) {
      whole2.held = prefix;
      break;
    }
    if (change.remove !== true) changes.push(change);
  }
  if (begun) return { whole: isEnd ? "end" : "more", changes };
  const { distributeList: filter } = state.config;
  return { whole: isEnd ? "all" : "begin", ...filter !== void 0 && { filter }, changes };
}
function tellChanges(state, ctx) {
  const changes = [];
  let room = MOST_MESSAGE_HOPS;
  for (const prefix of state.unannounced.keys()) {
    if (changes.length === MOST_ROUTE_CHANGES) break;
    const change = changeOf2(state, prefix);
    room -= change.hops?.length ?? 0;
    if (room < 0) break;
    changes.push(change);
  }
  if (!send(state, { changes }, ctx)) return false;
  for (const { prefix } of changes) state.unannounced.delete(prefix);
  return true;
}
function send(state, message, ctx) {
  const { routing } = state;
  const body = { source: SOURCE, session: routing.session, number: routing.number, ...message };
  const result = ctx.send(IP, "routes", body);
  if (result === "queued") {
    routing.number++;
    routing.asked = false;
    routing.retryAt = 0;
    return true;
  }
  routing.retryAt = ctx.now() + (result === "full" ? FULL_MS : UNKNOWN_MS);
  return false;
}
function changeOf2(state, prefix) {
  const route = state.routes.get(prefix);
  if (route === void 0 || route.hops.some(({ address }) => address === NONE))
    return { prefix, remove: true };
  if (route.hops.length === 0) return { prefix, type: "blackhole", distance: DISCARD_DISTANCE };
  const hops = route.hops.flatMap((hop) => hopOf(state, hop) ?? []);
  if (hops.length === 0) return { prefix, remove: true };
  const distance = distanceOf(state, route);
  if (distance === NEVER) return { prefix, remove: true };
  const metric = route.path === "external-2" ? route.metric2 : route.cost;
  return { prefix, distance, metric, ...route.tag !== 0 && { tag: route.tag }, hops };
}
function distanceOf({ config: { distance } }, { path }) {
  if (path === "intra") return distance.intra;
  return path === "inter" ? distance.inter : distance.external;
}
function hopOf({ interfaces }, { iface, address }) {
  const over = interfaces.get(iface);
  if (over === void 0) return void 0;
  const hop = { gateway: toAddress(address), interface: over.link };
  return over.subnet === void 0 || over.subnet.peer !== void 0 ? { ...hop, onLink: true } : hop;
}

// ospf/routing/redistribution.ts
var SUBSCRIBER = "ospf";
var IP2 = "IP";
var OF_DEFAULT = ["static", "kernel"];
var SOME2 = 64;
function subscribe(state, ctx) {
  const { redistribution } = state;
  redistribution.how = "asked";
  const body = { to: SUBSCRIBER, sources: sourcesOf(state), family: 4 };
  ctx.send(IP2, "redistribute", body);
}
function unsubscribe(ctx) {
  ctx.send(IP2, "redistribute", { to: SUBSCRIBER, sources: [] });
}
function sourcesOf({ config }) {
  const { redistribute } = config;
  const sources = Object.entries(redistribute).map(
    ([source, { prefixList, routeMap: routeMap2 }]) => ({
      source,
      ...prefixList !== void 0 && { prefixList },
      ...routeMap2 !== void 0 && { routeMap: routeMap2 }
    })
  );
  const [first] = soughtDefaults(config);
  if (first === void 0) return sources;
  const { routeMap } = first;
  for (const source of OF_DEFAULT)
    if (redistribute[source] === void 0)
      sources.push({ source, ...routeMap !== void 0 && { routeMap } });
  return sources;
}
function takeRedistributed(state, { to, session, number, whole: whole2, changes }, agenda, ctx) {
  if (to !== SUBSCRIBER) return;
  const { redistribution } = state;
  if (whole2 === "begin" || whole2 === "all") {
    redistribution.set++;
    redistribution.how = "telling";
  } else if (redistribution.how === "asked") return;
  else if (session !== redistribution.session || number !== redistribution.number + 1) {
    subscribe(state, ctx);
    return;
  }
  redistribution.session = session;
  redistribution.number = number;
  for (const change of changes) take2(state, change, agenda);
  if (whole2 === "end" || whole2 === "all") redistribution.how = "sweep";
  tellTaken2(state, ctx);
}
function tellTaken2({ redistribution: { session, number } }, ctx) {
  ctx.send(IP2, "redistributionTaken", { to: SUBSCRIBER, session, number });
}
function takeSubscriptions(state, { redistribute }, ctx) {
  const theirs = redistribute[SUBSCRIBER];
  const { session, number, how } = state.redistribution;
  if (sourcesOf(state).length === 0) {
    if (theirs !== void 0) subscribe(state, ctx);
  } else if (how === "asked" || theirs?.session !== session || theirs.number !== number)
    subscribe(state, ctx);
  else tellTaken2(state, ctx);
}
function sweepSome(state, working, agenda) {
  const { redistribution, redistributable } = state;
  if (redistribution.how !== "sweep") {
    delete working.sweep;
    return false;
  }
  working.sweep ??= redistributable.keys();
  for (let done = 0; done < SOME2; done++) {
    const next2 = working.sweep.next();
    if (next2.done === true) {
      delete working.sweep;
      redistribution.how = "whole";
      return true;
    }
    const row = redistributable.get(next2.value);
    if (row !== void 0 && row.set !== redistribution.set) forget2(state, next2.value, agenda);
  }
  return true;
}
function take2(state, change, agenda) {
  const { prefix } = change;
  if ("remove" in change) {
    forget2(state, prefix, agenda);
    return;
  }
  if (prefix !== DEFAULT3 && state.config.redistribute[change.source] === void 0) return;
  const { source, metric, tag = 0, type, hops } = change;
  const [hop] = hops;
  const gateway = hops.length === 1 ? hop?.gateway : void 0;
  const row = {
    source,
    metric,
    tag,
    ...type !== void 0 && { type },
    ...gateway !== void 0 && { gateway: toNumber(gateway) },
    ...hop !== void 0 && { link: hop.interface },
    set: state.redistribution.set
  };
  const before = state.redistributable.get(prefix);
  state.redistributable.set(prefix, row);
  if (before === void 0 || !isSame3(before, row)) tell2(state, prefix, agenda);
}
function forget2(state, prefix, agenda) {
  if (state.redistributable.delete(prefix)) tell2(state, prefix, agenda);
}
function tell2(state, prefix, agenda) {
  for (const origin of externalsOf(state, prefix)) agenda.originate(origin);
}
function isSame3(one, other) {
  return one.source === other.source && one.metric === other.metric && one.tag === other.tag && one.type === other.type && one.gateway === other.gateway && one.link === other.link;
}

// ospf/routing/hops.ts
var NO_HOPS = [];
function compareHops(one, other) {
  if (one.iface === other.iface) return one.address - other.address;
  return one.iface < other.iface ? -1 : 1;
}
function sameHops(one, other) {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) {
    const hop = one[at];
    const theirs = other[at];
    if (hop.address !== theirs.address || hop.iface !== theirs.iface) return false;
  }
  return true;
}
function mergeHops(one, other, most) {
  if (one === other || other.length === 0) return one;
  if (one.length === 0) return other;
  if (sameHops(one, other)) return one;
  return sortedHops([...one, ...other], most);
}
function sortedHops(hops, most) {
  const sorted2 = hops.sort(compareHops);
  const kept = sorted2.filter((hop, at) => at === 0 || compareHops(sorted2[at - 1], hop) !== 0);
  return kept.length > most ? kept.slice(0, most) : kept;
}
function hopsTo(hops, address, most) {
  if (hops.every((hop) => hop.address !== 0)) return hops;
  return sortedHops(
    hops.map((hop) => hop.address === 0 ? { iface: hop.iface, address } : hop),
    most
  );
}

// ospf/routing/graph.ts
function isRouter(vertex) {
  return vertex.body.kind === "router";
}
var BODIES = /* @__PURE__ */ new WeakMap();
function bodyOf3({ bytes }) {
  const known = BODIES.get(bytes);
  if (known !== void 0) return known === "wrong" ? void 0 : known;
  const body = decodeLsa(bytes);
  const isWrong = "error" in body;
  BODIES.set(bytes, isWrong ? "wrong" : body);
  return isWrong ? void 0 : body;
}
function addVertex(graph, lsa, age2) {
  if (age2 < MAX_AGE) putVertex(graph, lsa, age2, bodyOf3(lsa));
}
function putVertex(graph, { id, router }, age2, body) {
  if (body?.kind === "router" && id === router) graph.routers.set(id, vertexOf(id, router, age2, body));
  else if (body?.kind === "network") {
    const vertex = vertexOf(id, router, age2, body);
    const other = graph.networks.get(id);
    if (other === void 0 || isPreferred3(graph, vertex, other)) graph.networks.set(id, vertex);
  }
}
function vertexOf(id, router, age2, body) {
  return { id, router, age: age2, distance: Infinity, hops: NO_HOPS, parent: void 0, isDone: false, body };
}
function isPreferred3(graph, one, other) {
  const owns = ownsAddress(graph.routers.get(one.router), one.id);
  if (owns !== ownsAddress(graph.routers.get(other.router), one.id)) return owns;
  return one.age === other.age ? one.router > other.router : one.age < other.age;
}
function ownsAddress(vertex, address) {
  return vertex?.body.links.some(
    ({ type, id, data }) => type === LINK_TRANSIT && id === address && data === address
  ) ?? false;
}
var MANY = 16;
var ENDS = /* @__PURE__ */ new WeakMap();
function leadsTo(from, to) {
  const { body } = from;
  const towards = isRouter(to) ? to.id : ofNetwork(to.id);
  if (body.kind === "network")
    return body.routers.length > MANY ? endsOf(body).has(towards) : body.routers.includes(to.id);
  if (body.links.length > MANY) return endsOf(body).has(towards);
  for (const link of body.links) if (endOf(link) === towards) return true;
  return false;
}
function endsOf(body) {
  let ends = ENDS.get(body);
  if (ends === void 0) {
    ends = new Set(body.kind === "network" ? body.routers : body.links.map(endOf));
    ENDS.set(body, ends);
  }
  return ends;
}
function endOf({ type, id }) {
  if (type === LINK_TRANSIT) return ofNetwork(id);
  return type === 3 ? -1 : id;
}
function ofNetwork(id) {
  return id + 2 ** 32;
}

// ospf/routing/heap.ts
var Heap = class {
  #numbers = [];
  #things = [];
  get size() {
    return this.#numbers.length;
  }
  push(number, thing) {
    const numbers = this.#numbers;
    const things = this.#things;
    let at = numbers.length;
    numbers.push(number);
    things.push(thing);
    while (at > 0) {
      const above = at - 1 >> 1;
      if (numbers[above] <= number) break;
      numbers[at] = numbers[above];
      things[at] = things[above];
      at = above;
    }
    numbers[at] = number;
    things[at] = thing;
  }
  /** Takes the least out; undefined where it is empty. */
  pop() {
    const least = this.#things[0];
    const number = this.#numbers.pop();
    const thing = this.#things.pop();
    if (number !== void 0 && this.#numbers.length > 0) this.#sink(number, thing);
    return least;
  }
  #sink(number, thing) {
    const numbers = this.#numbers;
    const things = this.#things;
    const { length } = numbers;
    let at = 0;
    for (let below = 1; below < length; below = 2 * at + 1) {
      if (below + 1 < length && numbers[below + 1] < numbers[below]) below++;
      if (numbers[below] >= number) break;
      numbers[at] = numbers[below];
      things[at] = things[below];
      at = below;
    }
    numbers[at] = number;
    things[at] = thing;
  }
};

// ospf/routing/spf.ts
var SOME3 = 256;
var MOST_PARALLEL = 64;
var MOST_NETWORKS2 = 1e5;
function* shortestPaths(graph, input) {
  const root = graph.routers.get(input.root);
  const candidates = new Heap();
  let looked = 0;
  let transit = false;
  if (root !== void 0) {
    root.distance = 0;
    candidates.push(0, root);
  }
  for (let vertex = candidates.pop(); vertex !== void 0; vertex = candidates.pop()) {
    if (vertex.isDone) continue;
    vertex.isDone = true;
    if (isRouter(vertex)) {
      if ((vertex.body.flags & ROUTER_V) !== 0) transit = true;
      for (const link of vertex.body.links) {
        if (++looked % SOME3 === 0) yield;
        lookAtLink(graph, input, vertex, link, candidates);
      }
    } else {
      for (const id of new Set(vertex.body.routers)) {
        if (++looked % SOME3 === 0) yield;
        const to = graph.routers.get(id);
        if (to !== void 0) relax(vertex, to, vertex.distance, input, void 0, candidates);
      }
    }
  }
  const routers = /* @__PURE__ */ new Map();
  const networks = /* @__PURE__ */ new Map();
  yield* networkRoutes(graph, networks);
  let leftOut = 0;
  for (const vertex of graph.routers.values()) {
    if (!vertex.isDone) continue;
    const { id, distance: cost, hops, body } = vertex;
    routers.set(id, { cost, hops, flags: body.flags });
    for (const link of body.links) {
      if (++looked % SOME3 === 0) yield;
      if (link.type === LINK_STUB && !addStub(input, vertex, link, networks)) leftOut++;
    }
  }
  return { area: input.area, transit, routers, networks, leftOut };
}
function lookAtLink(graph, input, from, link, candidates) {
  if (link.type === LINK_STUB) return;
  const to = link.type === LINK_TRANSIT ? graph.networks.get(link.id) : graph.routers.get(link.id);
  if (to !== void 0) relax(from, to, from.distance + link.metric, input, link, candidates);
}
function relax(from, to, cost, input, link, candidates) {
  if (to.isDone || cost > to.distance || !leadsTo(to, from)) return;
  const hops = hopsVia(from, to, input, link);
  if (hops.length === 0) return;
  if (cost === to.distance) {
    to.hops = mergeHops(to.hops, hops, input.maximumPaths);
    return;
  }
  to.distance = cost;
  to.hops = hops;
  to.parent = from;
  candidates.push(2 * cost + (isRouter(to) ? 1 : 0), to);
}
function hopsVia(from, to, input, link) {
  if (isRouter(from)) {
    if (from.id !== input.root || link === void 0) return from.hops;
    return isRouter(to) ? hopsToNeighbor(input, link) : hopsToNetwork(input, link);
  }
  if (!isRouter(to) || from.hops.every(({ address }) => address !== NONE)) return from.hops;
  const hops = [];
  for (const hop of from.hops) {
    if (hop.address !== NONE) hops.push(hop);
    else
      for (const { type, id, data } of to.body.links)
        if (type === LINK_TRANSIT && id === from.id && hops.length < MOST_PARALLEL)
          hops.push({ iface: hop.iface, address: data });
  }
  return sortedHops(hops, input.maximumPaths);
}
function hopsToNetwork({ attachments }, { data }) {
  const attachment = attachments.find(({ address, virtual }) => address === data && virtual === void 0);
  return attachment === void 0 ? NO_HOPS : [{ iface: attachment.key, address: NONE }];
}
function hopsToNeighbor({ attachments, maximumPaths }, link) {
  const hops = [];
  for (const { key, address, index, neighbors, virtual } of attachments) {
    if (link.type === LINK_VIRTUAL !== (virtual !== void 0)) continue;
    if (virtual !== void 0) {
      if (virtual.router === link.id) hops.push(...virtual.hops);
    } else if (link.data === address || link.data === index) {
      for (const neighbor of neighbors)
        if (neighbor.router === link.id) hops.push({ iface: key, address: neighbor.address });
    }
  }
  return sortedHops(hops, maximumPaths);
}
function* networkRoutes(graph, networks) {
  const origins = /* @__PURE__ */ new Map();
  let looked = 0;
  for (const vertex of graph.networks.values()) {
    if (++looked % SOME3 === 0) yield;
    if (!vertex.isDone) continue;
    const key = prefixKey(vertex.id, vertex.body.mask);
    if (key === void 0) continue;
    const other = origins.get(key);
    const isBetter = other === void 0 || vertex.distance < other.distance || vertex.distance === other.distance && vertex.id > other.id;
    if (!isBetter) continue;
    origins.set(key, vertex);
    networks.set(key, { cost: vertex.distance, hops: vertex.hops, from: vertex.router });
  }
}
function addStub(input, router, link, networks) {
  const key = prefixKey(link.id, link.data);
  if (key === void 0) return true;
  const cost = router.distance + link.metric;
  const known = networks.get(key);
  if (known === void 0 && networks.size >= MOST_NETWORKS2) return false;
  if (known !== void 0 && known.cost < cost) return true;
  const hops = router.id === input.root ? ownStub(input, link) : router.hops;
  if (known === void 0 || cost < known.cost) {
    networks.set(key, { cost, hops, from: router.id });
    return true;
  }
  const merged = mergeHops(known.hops, hops, input.maximumPaths);
  if (merged !== known.hops || router.id > known.from)
    networks.set(key, { cost, hops: merged, from: Math.max(known.from, router.id) });
  return true;
}
function ownStub({ attachments }, { id, data }) {
  const own = attachments.find(
    ({ address, mask, virtual }) => virtual === void 0 && (address & data) >>> 0 === id && (mask ?? data) === data
  );
  const host = own ?? attachments.find(({ address, virtual }) => virtual === void 0 && address === id);
  return [{ iface: host?.key ?? "", address: NONE }];
}
function addressBack({ body, parent }) {
  if (parent === void 0) return NONE;
  const numbered = body.links.filter(({ type, data }) => type !== LINK_STUB && data > UNNUMBERED);
  const back = numbered.find(
    ({ type, id }) => id === parent.id && type === LINK_TRANSIT === !isRouter(parent)
  );
  return (back ?? numbered.find(({ type }) => type !== LINK_VIRTUAL))?.data ?? NONE;
}
var UNNUMBERED = 16777215;

// ospf/routing/area-view.ts
var SOME4 = 64;
function* computeArea(state, area, trees2, now) {
  const graph = { routers: /* @__PURE__ */ new Map(), networks: /* @__PURE__ */ new Map() };
  let done = 0;
  for (const type of [LS_ROUTER, LS_NETWORK]) {
    putWaiting(state, graph, area, type, now);
    for (const lsa of lsasOf(state, areaScope(area), type)) {
      if (!isWaiting(state, keyOf(lsa))) addVertex(graph, lsa, ageOf(lsa, now));
      if (++done % SOME4 === 0) yield;
    }
  }
  const attachments = interfacesOf2(state, area).filter((iface) => iface.state !== "Down").map((iface) => attachmentOf(state, iface, trees2));
  const { routerId: root, config } = state;
  const tree = yield* shortestPaths(graph, { area, root, attachments, maximumPaths: config.maximumPaths });
  return { tree, ways: waysThrough(state, area, tree, graph) };
}
function putWaiting(state, graph, area, type, now) {
  const origins = type === LS_ROUTER ? [{ lsa: "router", area }] : interfacesOf2(state, area).map(({ key: iface }) => ({ lsa: "network", iface }));
  for (const origin of origins) {
    const key = state.origins.get(originText(origin));
    if (key === void 0 || !isWaiting(state, key)) continue;
    const made4 = make(state, origin, now);
    if (made4 !== void 0) putVertex(graph, { id: made4.id, router: state.routerId }, 0, made4.body);
  }
}
function isWaiting({ originated }, key) {
  return originated.get(key)?.waiting === true;
}
function attachmentOf(state, iface, trees2) {
  const { key, link, address, subnet, neighbors, virtual } = iface;
  return {
    key,
    address,
    mask: subnet && maskOf(subnet.prefixLength),
    index: state.links.get(link)?.index ?? 0,
    neighbors: [...neighbors.values()].map((neighbor) => ({
      router: neighbor.routerId,
      address: neighbor.address
    })),
    ...virtual && {
      virtual: {
        router: virtual.router,
        hops: trees2.get(virtual.area)?.routers.get(virtual.router)?.hops ?? NO_HOPS
      }
    }
  };
}
function waysThrough(state, area, tree, graph) {
  const ways = /* @__PURE__ */ new Map();
  for (const { key, virtual } of interfacesOf2(state, BACKBONE)) {
    if (virtual?.area !== area) continue;
    const reached = tree.routers.get(virtual.router);
    const vertex = graph.routers.get(virtual.router);
    const to = vertex === void 0 ? NONE : addressBack(vertex);
    const over = state.interfaces.get(reached?.hops[0]?.iface ?? "");
    const isWay = reached !== void 0 && (reached.flags & ROUTER_B) !== 0 && reached.cost < MAX_LINK_METRIC && to !== NONE && over !== void 0;
    ways.set(key, isWay ? { to, over: over.key, address: over.address, cost: reached.cost } : void 0);
  }
  return ways;
}
function isOtherWay({ address, cost, state, virtual }, way) {
  if (way === void 0) return state !== "Down" || virtual?.to !== NONE;
  return state === "Down" || way.address !== address || way.cost !== cost || way.to !== virtual?.to || way.over !== virtual.over;
}
function ownAddresses({ interfaces, links }) {
  const own = /* @__PURE__ */ new Set();
  for (const { address } of interfaces.values()) if (address !== NONE) own.add(address);
  for (const link of links.values())
    for (const { address } of link.addresses) if (!address.includes(":")) own.add(toNumber(address));
  return own;
}

// ospf/routing/leaves.ts
function newLeafIndex() {
  return {
    byKey: /* @__PURE__ */ new Map(),
    networks: /* @__PURE__ */ new Map(),
    boundaries: /* @__PURE__ */ new Map(),
    externals: /* @__PURE__ */ new Map(),
    byRouter: /* @__PURE__ */ new Map(),
    byForwarding: /* @__PURE__ */ new Map()
  };
}
function indexLeaf(index, key, lsa, age2, self) {
  const touched = [];
  const before = index.byKey.get(key);
  if (before !== void 0) {
    remove(index, before);
    touched.push(before);
  }
  const now = lsa && age2 < MAX_AGE && lsa.router !== self ? leafOf(key, lsa) : void 0;
  if (now !== void 0) {
    add2(index, now);
    touched.push(now);
  }
  return touched;
}
function leafOf(key, lsa) {
  const { type, id, router, scope, options } = lsa;
  const body = bodyOf3(lsa);
  if (body === void 0 || !("metric" in body) || body.metric >= LS_INFINITY) return void 0;
  const { metric } = body;
  const area = scope === "as" ? void 0 : Number(scope.slice("area ".length));
  const destination = type === LS_SUMMARY_ASBR ? id : prefixKey(id, body.mask);
  if (destination === void 0) return void 0;
  if (body.kind === "external") {
    if (type !== LS_EXTERNAL && type !== LS_NSSA) return void 0;
    const { type: metricType, forwarding, tag } = body;
    const propagate = type === LS_NSSA && (options & OPTION_NP) !== 0;
    return { key, type, area, router, destination, metric, metricType, forwarding, tag, propagate };
  }
  if (area === void 0 || type !== LS_SUMMARY_NETWORK && type !== LS_SUMMARY_ASBR) return void 0;
  return { key, type, area, router, destination, metric };
}
function isExternal(leaf) {
  return leaf.type === LS_EXTERNAL || leaf.type === LS_NSSA;
}
function add2(index, leaf) {
  index.byKey.set(leaf.key, leaf);
  if (!isExternal(leaf)) {
    push(leaf.type === LS_SUMMARY_NETWORK ? index.networks : index.boundaries, leaf.destination, leaf);
    return;
  }
  push(index.externals, leaf.destination, leaf);
  put2(index.byRouter, leaf.router, leaf);
  if (leaf.forwarding !== NONE) put2(index.byForwarding, leaf.forwarding, leaf);
}
function remove(index, leaf) {
  index.byKey.delete(leaf.key);
  if (!isExternal(leaf)) {
    pull(leaf.type === LS_SUMMARY_NETWORK ? index.networks : index.boundaries, leaf.destination, leaf);
    return;
  }
  pull(index.externals, leaf.destination, leaf);
  take3(index.byRouter, leaf.router, leaf);
  if (leaf.forwarding !== NONE) take3(index.byForwarding, leaf.forwarding, leaf);
}
function push(map, at, leaf) {
  const list = map.get(at);
  if (list === void 0) map.set(at, [leaf]);
  else list.push(leaf);
}
function pull(map, at, leaf) {
  const rest = (map.get(at) ?? []).filter((other) => other !== leaf);
  if (rest.length > 0) map.set(at, rest);
  else map.delete(at);
}
function put2(map, at, leaf) {
  const set = map.get(at);
  if (set === void 0) map.set(at, /* @__PURE__ */ new Set([leaf]));
  else set.add(leaf);
}
function take3(map, at, leaf) {
  const set = map.get(at);
  set?.delete(leaf);
  if (set?.size === 0) map.delete(at);
}

// ospf/routing/paths.ts
var SOME5 = 256;
function intraPath({ trees: trees2 }, key) {
  let best;
  for (const tree of trees2.values()) {
    const network = tree.networks.get(key);
    if (network === void 0 || network.cost >= LS_INFINITY) continue;
    if (best !== void 0 && !isNearer(network.cost, tree.area, best)) continue;
    const { cost, hops, from } = network;
    best = { path: "intra", area: tree.area, cost, metric2: 0, tag: 0, hops, from };
  }
  return best;
}
function internalPath(input, key) {
  const intra = intraPath(input, key);
  const leaves = input.index.networks.get(key);
  if (leaves === void 0) return intra;
  const isRange = intra === void 0 && input.activeRanges.has(key);
  const found = intra ?? (isRange ? void 0 : summaryPath(input, leaves));
  return found && throughTransit(input, found, leaves);
}
function summaryPath(input, leaves) {
  let best;
  for (const { area, router, metric } of leaves) {
    if (!input.summaryAreas.includes(area)) continue;
    const border = borderOf(input, area, router);
    const cost = (border?.cost ?? 0) + metric;
    if (border === void 0 || cost >= LS_INFINITY) continue;
    if (best !== void 0 && best.area === area && best.cost === cost) {
      const from = Math.max(best.from, router);
      best = { ...best, from, hops: mergeHops(best.hops, border.hops, input.maximumPaths) };
    } else if (best === void 0 || isNearer(cost, area, best))
      best = { path: "inter", area, cost, metric2: 0, tag: 0, hops: border.hops, from: router };
  }
  return best;
}
function throughTransit(input, route, leaves) {
  if (route.area !== BACKBONE || input.transitAreas.length === 0) return route;
  let { cost, hops } = route;
  for (const { area, router, metric } of leaves) {
    if (!input.transitAreas.includes(area)) continue;
    const border = borderOf(input, area, router);
    if (border === void 0 || border.cost + metric > cost) continue;
    hops = border.cost + metric < cost ? border.hops : mergeHops(hops, border.hops, input.maximumPaths);
    cost = border.cost + metric;
  }
  return hops === route.hops && cost === route.cost ? route : { ...route, cost, hops };
}
function borderOf({ trees: trees2, routerId }, area, router) {
  const reached = router === routerId ? void 0 : trees2.get(area)?.routers.get(router);
  return reached !== void 0 && (reached.flags & ROUTER_B) !== 0 ? reached : void 0;
}
function isNearer(cost, area, than) {
  return cost < than.cost || cost === than.cost && area > than.area;
}
function borderPaths(input, router) {
  const routes2 = [];
  if (router === input.routerId) return routes2;
  for (const { area, routers } of input.trees.values()) {
    const reached = routers.get(router);
    if (reached === void 0 || (reached.flags & (ROUTER_B | ROUTER_E)) === 0) continue;
    const { cost, hops, flags } = reached;
    const abr = (flags & ROUTER_B) !== 0;
    routes2.push({ router, area, path: "intra", cost, hops, abr, asbr: (flags & ROUTER_E) !== 0 });
  }
  const leaves = input.index.boundaries.get(router);
  if (leaves === void 0) return routes2;
  for (const area of input.summaryAreas) {
    if (routes2.some((route) => route.area === area)) continue;
    const found = summaryPath(
      input,
      leaves.filter((leaf) => leaf.area === area)
    );
    if (found === void 0) continue;
    const { cost, hops } = found;
    routes2.push({ router, area, path: "inter", cost, hops, abr: false, asbr: true });
  }
  return routes2.map((route) => route.asbr ? throughTransit(input, route, leaves) : route);
}
function* externalPath(input, internal, borders2, key) {
  let best;
  let done = 0;
  for (const leaf of input.index.externals.get(key) ?? []) {
    if (++done % SOME5 === 0) yield;
    const way2 = wayOf(input, internal, borders2.get(leaf.router) ?? [], leaf);
    if (way2 === void 0) continue;
    const order = best === void 0 ? -1 : comparePaths(leaf, way2, best.equal[0], best.way);
    if (order > 0) continue;
    if (best === void 0 || order < 0) {
      const total = leaf.metricType === 1 ? way2.cost + leaf.metric : way2.cost;
      best = { way: way2, total, equal: [leaf] };
    } else {
      const hops2 = mergeHops(best.way.hops, way2.hops, input.maximumPaths);
      const area2 = Math.max(best.way.area, way2.area);
      best.way = { ...best.way, area: area2, hops: hops2 };
      best.equal.push(leaf);
    }
  }
  if (best === void 0) return void 0;
  const { way, total: cost } = best;
  const leaves = withoutEquals(best.equal).sort(compareOrigins);
  const { metricType, metric, tag, router: from } = leaves[0];
  const { area, hops } = way;
  const route = metricType === 1 ? { path: "external-1", area, cost, metric2: 0, tag, hops, from } : { path: "external-2", area, cost, metric2: metric, tag, hops, from };
  return { route, leaves };
}
function compareOrigins(one, other) {
  if (one.router !== other.router) return other.router - one.router;
  return one.key < other.key ? -1 : 1;
}
function wayOf(input, internal, borders2, leaf) {
  const { area, forwarding, destination, propagate } = leaf;
  const isNssa = leaf.type === LS_NSSA;
  const ways = borders2.filter(
    (route2) => route2.asbr && (isNssa ? route2.area === area && route2.path === "intra" : input.capable.has(route2.area))
  );
  if (ways.length === 0) return void 0;
  if (isNssa && destination === 0 && input.isBorder) {
    if (!propagate || area !== void 0 && input.withoutSummaries.has(area)) return void 0;
  }
  if (forwarding === NONE) return preferredOf(ways);
  if (input.own.has(forwarding)) return void 0;
  const route = lookUp2(internal, forwarding);
  if (route === void 0) return void 0;
  const isAllowed = isNssa ? route.area === area && route.path === "intra" : input.capable.has(route.area);
  if (!isAllowed) return void 0;
  return { ...wayBy(route), hops: hopsTo(route.hops, forwarding, input.maximumPaths) };
}
function preferredOf(routes2) {
  let best;
  for (const route of routes2) {
    const way = wayBy(route);
    const isBetter = best === void 0 || (way.preferred === best.preferred ? isNearer(way.cost, way.area, best) : way.preferred);
    if (isBetter) best = way;
  }
  return best;
}
function wayBy({ cost, hops, area, path }) {
  return { cost, hops, area, preferred: path === "intra" && area !== BACKBONE };
}
function comparePaths(one, way, other, otherWay) {
  if (one.metricType !== other.metricType) return one.metricType - other.metricType;
  if (one.metricType === 2 && one.metric !== other.metric) return one.metric - other.metric;
  if (way.preferred !== otherWay.preferred) return way.preferred ? -1 : 1;
  const added = one.metricType === 1 ? one.metric - other.metric : 0;
  return way.cost - otherWay.cost + added;
}
function withoutEquals(leaves) {
  if (leaves.length === 1) return leaves;
  const first = /* @__PURE__ */ new Map();
  for (const leaf of leaves) {
    const said = saidBy(leaf);
    first.set(said, Math.max(first.get(said) ?? 0, rankOf2(leaf)));
  }
  return leaves.filter((leaf) => leaf.forwarding === NONE || rankOf2(leaf) === first.get(saidBy(leaf)));
}
function saidBy({ forwarding, metric }) {
  return `${forwarding} ${metric}`;
}
function rankOf2({ type, propagate, router }) {
  const kind = type !== LS_NSSA ? 1 : propagate ? 2 : 0;
  return kind * 2 ** 32 + router;
}
function lookUp2({ routes: routes2, lengths }, address) {
  for (let length = 32; length >= 0; length--) {
    if (lengths[length] === 0) continue;
    const route = routes2.get(keyOfLength(address, length));
    if (route !== void 0) return route;
  }
  return void 0;
}

// ospf/routing/table.ts
var SOME6 = 32;
function newTable(externals) {
  return {
    internal: { routes: /* @__PURE__ */ new Map(), lengths: new Array(33).fill(0) },
    borders: /* @__PURE__ */ new Map(),
    externals,
    ranges: /* @__PURE__ */ new Map()
  };
}
function* computeTable(input, allRanges2, known) {
  const table = yield* computeInternal(input, allRanges2);
  if (known !== void 0 && areExternalsKept(known, input, table)) {
    const externals = yield* otherExternals(known, input, table);
    const kept = { ...table, externals: known.table.externals };
    yield* computeExternals(kept, input, externals);
    return { table: kept, externals };
  }
  yield* computeExternals(table, input, input.index.externals.keys());
  return { table };
}
function* computeExternals(table, input, keys) {
  let done = 0;
  for (const key of keys) {
    if (++done % SOME6 === 0) yield;
    setExternal(table, key, yield* externalPath(input, table.internal, table.borders, key));
  }
}
function areExternalsKept({ table, input: before }, input, now) {
  return input.index.byForwarding.size === 0 && input.isBorder === before.isBorder && input.maximumPaths === before.maximumPaths && isSameSet(input.capable, before.capable) && isSameSet(input.withoutSummaries, before.withoutSummaries) && areSameBorders(table.borders, now.borders);
}
function isSameSet(one, other) {
  return one.size === other.size && [...one].every((each) => other.has(each));
}
function areSameBorders(one, other) {
  if (one.size !== other.size) return false;
  for (const [router, routes2] of one) {
    const others = other.get(router);
    if (others?.length !== routes2.length) return false;
    if (!routes2.every((route, at) => isSameBorder(route, others[at]))) return false;
  }
  return true;
}
function isSameBorder(one, other) {
  return one.path === other.path && one.area === other.area && one.cost === other.cost && one.abr === other.abr && one.asbr === other.asbr && sameHops(one.hops, other.hops);
}
function* otherExternals({ table, leaves }, { index }, { internal: { routes: routes2 } }) {
  const others = /* @__PURE__ */ new Set();
  const before = table.internal.routes;
  let done = 0;
  for (const leaf of leaves) if (isExternal(leaf)) others.add(leaf.destination);
  for (const [some3, rest] of [
    [routes2, before],
    [before, routes2]
  ])
    for (const key of some3.keys()) {
      if (!rest.has(key) && index.externals.has(key)) others.add(key);
      if (++done % (SOME6 * 8) === 0) yield;
    }
  return others;
}
function* computeInternal(input, allRanges2) {
  const table = newTable(/* @__PURE__ */ new Map());
  const { trees: trees2, index } = input;
  let done = 0;
  for (const [area, ranges] of allRanges2) {
    for (const key of trees2.get(area)?.networks.keys() ?? []) {
      if (++done % SOME6 === 0) yield;
      const range = longestOf(ranges, key);
      if (range === void 0 || intraPath(input, key)?.area !== area) continue;
      addToRange(table.ranges, rangeKey(area, range), internalPath(input, key)?.cost ?? 0);
      input.activeRanges.add(range);
    }
  }
  for (const { networks } of trees2.values()) {
    for (const key of networks.keys()) {
      if (++done % SOME6 === 0) yield;
      setInternal(table.internal, key, internalPath(input, key));
    }
  }
  for (const key of index.networks.keys()) {
    if (++done % SOME6 === 0) yield;
    if (!table.internal.routes.has(key)) setInternal(table.internal, key, internalPath(input, key));
  }
  for (const { routers } of trees2.values()) {
    for (const [router, { flags }] of routers) {
      if (++done % SOME6 === 0) yield;
      if ((flags & (ROUTER_B | ROUTER_E)) !== 0) setBorder(table.borders, router, borderPaths(input, router));
    }
  }
  for (const router of index.boundaries.keys()) {
    if (++done % SOME6 === 0) yield;
    if (!table.borders.has(router)) setBorder(table.borders, router, borderPaths(input, router));
  }
  return table;
}
function* computeLeaves(table, input, leaves) {
  const touched = { prefixes: /* @__PURE__ */ new Set(), routers: /* @__PURE__ */ new Set() };
  const externals = /* @__PURE__ */ new Set();
  const { index } = input;
  let done = 0;
  for (const leaf of leaves) {
    if (++done % SOME6 === 0) yield;
    if (isExternal(leaf)) externals.add(leaf.destination);
    else if (leaf.type === LS_SUMMARY_NETWORK) touched.prefixes.add(leaf.destination);
    else touched.routers.add(leaf.destination);
  }
  for (const router of touched.routers) {
    if (++done % SOME6 === 0) yield;
    setBorder(table.borders, router, borderPaths(input, router));
    for (const leaf of index.byRouter.get(router) ?? []) externals.add(leaf.destination);
  }
  for (const key of touched.prefixes) {
    if (++done % SOME6 === 0) yield;
    setInternal(table.internal, key, internalPath(input, key));
    if (index.externals.has(key)) externals.add(key);
  }
  yield* forwardedBy(input, touched.prefixes, externals);
  yield* computeExternals(table, input, externals);
  for (const key of externals) touched.prefixes.add(key);
  return touched;
}
function* forwardedBy({ index }, prefixes, into) {
  if (prefixes.size === 0) return;
  const lengths = [...new Set([...prefixes].map(lengthOf))];
  let done = 0;
  for (const [address, leaves] of index.byForwarding) {
    if (++done % SOME6 === 0) yield;
    if (!lengths.some((length) => prefixes.has(keyOfLength(address, length)))) continue;
    for (const leaf of leaves) into.add(leaf.destination);
  }
}
function setInternal({ routes: routes2, lengths }, key, route) {
  const had = routes2.has(key);
  if (route === void 0) routes2.delete(key);
  else routes2.set(key, route);
  const has = route !== void 0;
  if (had !== has) lengths[lengthOf(key)] += has ? 1 : -1;
}
function setBorder(borders2, router, routes2) {
  if (routes2.length === 0) borders2.delete(router);
  else borders2.set(router, routes2);
}
function setExternal(table, key, path) {
  if (path === void 0 || table.internal.routes.has(key)) table.externals.delete(key);
  else table.externals.set(key, path);
}
function routeOf({ internal, externals }, key) {
  return internal.routes.get(key) ?? externals.get(key)?.route;
}

// ospf/routing/calculation.ts
var SOME7 = 64;
function* computeWhole(state, working, due, now) {
  const { ways, computed } = yield* computeTrees(state, working, due, now);
  const leaves = yield* computeIndex(state, working, now);
  const known = leaves && working.result && { ...working.result, leaves };
  const activeRanges = /* @__PURE__ */ new Set();
  const input = { ...inputOf(state, working.byArea, working.index), activeRanges };
  const ranges = input.isBorder ? allRanges(state) : /* @__PURE__ */ new Map();
  return { input, ...yield* computeTable(input, ranges, known), ways, computed };
}
function* computeTrees(state, working, due, now) {
  const computed = [];
  const ways = /* @__PURE__ */ new Map();
  const attached = [...state.areas.keys()].filter((area) => isAttached(state, area));
  attached.sort((one, other) => other - one);
  for (const area of working.byArea.keys()) if (!attached.includes(area)) working.byArea.delete(area);
  const links = [...state.interfaces.values()].filter(({ virtual }) => virtual !== void 0);
  for (const { key } of links) ways.set(key, void 0);
  for (const area of attached) {
    const isEnd = links.some(({ virtual }) => area === BACKBONE || virtual?.area === area);
    if (due !== void 0 && !due.includes(area) && working.byArea.has(area) && !isEnd) continue;
    const result = yield* computeArea(state, area, working.byArea, now);
    working.byArea.set(area, result.tree);
    computed.push(area);
    for (const [key, way] of result.ways) ways.set(key, way);
  }
  return { ways, computed };
}
function* computeIndex(state, working, now) {
  if (working.index !== void 0) return yield* takeLeaves(state, working.index, now);
  const index = newLeafIndex();
  state.leaves.clear();
  let done = 0;
  for (const scope of ["as", ...[...state.areas.keys()].map(areaScope)]) {
    for (const lsa of lsasOf(state, scope)) {
      indexLeaf(index, keyOf(lsa), lsa, ageOf(lsa, now), state.routerId);
      if (++done % SOME7 === 0) yield;
    }
  }
  working.index = index;
  return void 0;
}
function leafChanged(state, key) {
  if (!state.leaves.has(key)) state.leaves.set(key, true);
}
function* takeLeaves(state, index, now) {
  const touched = [];
  let done = 0;
  for (const key of state.leaves.keys()) {
    state.leaves.delete(key);
    const lsa = findLsa(state, key);
    touched.push(...indexLeaf(index, key, lsa, lsa === void 0 ? 0 : ageOf(lsa, now), state.routerId));
    if (++done % SOME7 === 0) yield;
  }
  return touched;
}
function inputOf(state, trees2, index) {
  const areas = [...trees2.keys()];
  const isBorder = isAreaBorder(state);
  return {
    routerId: state.routerId,
    maximumPaths: state.config.maximumPaths,
    trees: new Map(trees2),
    index,
    isBorder,
    summaryAreas: isBorder && hasBackbone(state) ? [BACKBONE] : areas,
    transitAreas: isBorder ? areas.filter((area) => area !== BACKBONE && trees2.get(area).transit) : [],
    capable: new Set(areas.filter((area) => isTransitCapable(state, area))),
    withoutSummaries: new Set(areas.filter((area) => !areaConfigOf(state, area).summaries)),
    own: ownAddresses(state)
  };
}

// ospf/routing/working.ts
function newWorking() {
  return { byArea: /* @__PURE__ */ new Map(), texts: /* @__PURE__ */ new Map() };
}
var MOST_TEXTS = 2e5;
function textOf2({ texts }, key) {
  let text = texts.get(key);
  if (text === void 0) {
    text = prefixText(key);
    if (texts.size >= MOST_TEXTS) texts.clear();
    texts.set(key, text);
  }
  return text;
}

// ospf/routing/routing.ts
var SOME8 = 16;
var MOST_LOGGED = 32;
var MOST_REASONS = 8;
function routingChanged(state, change, ctx) {
  if (change.of === "summary" || change.of === "external") {
    leafChanged(state, change.key);
    return;
  }
  const { routing } = state;
  if (routing.due === void 0) {
    routing.due = { since: ctx.now(), ids: [], all: false, reasons: [] };
    throttle(state, ctx);
  }
  const { due } = routing;
  const reason = change.of === "all" ? "configuration" : `area ${toAddress(change.area)}`;
  if (change.of === "all") due.all = true;
  else if (!due.ids.includes(change.area)) due.ids.push(change.area);
  if (due.reasons.length < MOST_REASONS && !due.reasons.includes(reason)) due.reasons.push(reason);
  const wait = Math.round(ctx.timerDue("spf") ?? 0);
  note(state, "spf", void 0, () => ({
    lines: [`due in ${wait} ms: ${reason}`],
    facts: { event: "due", wait, reason }
  }));
}
function throttle({ routing, config }, ctx) {
  const { initial, hold, most } = config.timers.spf;
  const now = ctx.now();
  const isQuiet = now >= routing.quietAt;
  routing.wait = isQuiet ? hold : Math.min(2 * routing.wait, most);
  ctx.setTimer("spf", "", isQuiet ? initial : Math.max(initial, routing.quietAt - now));
}
function rethrottle({ routing, config }, ctx) {
  const { initial, hold, most } = config.timers.spf;
  const now = ctx.now();
  const first = Math.min(hold, most);
  routing.wait = Math.min(routing.wait, first);
  routing.quietAt = Math.min(routing.quietAt, now + first);
  if (routing.due === void 0 || ctx.timerDue("spf") === void 0) return;
  ctx.setTimer("spf", "", Math.max(routing.due.since + initial, routing.quietAt, now) - now);
}
function forgetRole({ routing }) {
  routing.role = "";
}
function waitIsOver(state, key, ctx) {
  if (key !== TRANSLATOR) return;
  state.routing.due ??= { since: ctx.now(), ids: [], all: false, reasons: [TRANSLATOR] };
}
var TRANSLATOR = "translator";
function hasToCalculate({ routing, leaves }, working, ctx) {
  if (working.calculation !== void 0 || routing.running !== void 0 || leaves.size > 0) return true;
  return routing.due !== void 0 && ctx.timerDue("spf") === void 0;
}
function calculateSome(state, working, until, agenda, ctx) {
  if (!hasToCalculate(state, working, ctx)) return false;
  working.agenda = agenda;
  working.calculation ??= begin2(state, working, outletOf(working), ctx);
  if (state.routing.running !== void 0) state.routing.running.turns++;
  do {
    if (working.calculation.next().done !== true) continue;
    delete working.calculation;
    return true;
  } while (ctx.now() < until);
  return true;
}
function outletOf(working) {
  return {
    announce: (prefix) => working.agenda.announce(prefix),
    originate: (of) => working.agenda.originate(of),
    virtual: (iface, way) => working.agenda.virtual(iface, way)
  };
}
function begin2(state, working, agenda, ctx) {
  const { routing } = state;
  const { running, due } = routing;
  const isDue = due !== void 0 && (running !== void 0 || ctx.timerDue("spf") === void 0);
  const now = ctx.now();
  const all = isDue && due.all || running?.all === true;
  const ids = [.../* @__PURE__ */ new Set([...running?.ids ?? [], ...isDue ? due.ids : []])];
  const reasons = [...running?.reasons ?? [], ...isDue ? due.reasons : []].slice(0, MOST_REASONS);
  const isWhole = isDue || running !== void 0 || working.result === void 0;
  if (isDue) {
    delete routing.due;
    ctx.cancelTimer("spf", "");
  }
  const since = running?.since ?? (isDue ? due.since : now);
  const next2 = { since, ids, all, reasons, began: now, turns: 0 };
  routing.running = next2;
  if (isWhole) return whole(state, working, next2, agenda, ctx);
  return someLeaves(state, working, agenda, ctx);
}
function* whole(state, working, running, agenda, ctx) {
  if (running.all) {
    delete working.index;
    delete working.result;
  }
  const due = running.all ? void 0 : running.ids;
  const result = yield* computeWhole(state, working, due, running.began);
  const counted = { changed: 0 };
  yield* finish(state, working, result, counted, agenda, ctx);
  log(state, working, running, counted.changed, ctx.now());
  for (const area of result.computed) tellLeftOut(state, working.byArea.get(area), ctx);
  state.routing.quietAt = ctx.now() + state.routing.wait;
  delete state.routing.running;
}
function* finish(state, working, { input, table, externals, ways, computed }, counted, agenda, ctx) {
  const discards = /* @__PURE__ */ new Set();
  working.result = { input, table, discards };
  for (const [id, area] of state.areas) {
    area.transit = input.trees.get(id)?.transit ?? false;
    if (computed.includes(id)) area.trees++;
  }
  yield* translateAll(state, working, agenda, ctx);
  findDiscards(state, working);
  const texts = /* @__PURE__ */ new Set();
  let done = 0;
  for (const keys of [table.internal.routes.keys(), externals ?? table.externals.keys(), discards]) {
    for (const key of keys) {
      texts.add(textOf2(working, key));
      if (writeRoute(state, working, key, agenda)) counted.changed++;
      if (++done % SOME8 === 0) yield;
    }
  }
  for (const [text, route] of state.routes) {
    const isKept = externals !== void 0 && !isInternal(route);
    if (!isKept && !texts.has(text) && writeRoute(state, working, parseKey(text), agenda)) counted.changed++;
    if (++done % SOME8 === 0) yield;
  }
  yield* writeBorders(state, table, agenda);
  yield* lookAtRole(state, agenda);
  for (const [key, way] of ways) {
    const iface = state.interfaces.get(key);
    if (iface !== void 0 && isOtherWay(iface, way)) agenda.virtual(iface, way);
  }
}
function* someLeaves(state, working, agenda, ctx) {
  const result = working.result;
  const { input } = result;
  const leaves = yield* takeLeaves(state, working.index, ctx.now());
  if (input.transitAreas.length > 0 && leaves.some((leaf) => !isExternal(leaf))) {
    const activeRanges = /* @__PURE__ */ new Set();
    const { table } = yield* computeTable({ ...input, activeRanges }, allRanges(state));
    const result2 = { input: { ...input, activeRanges }, table, ways: /* @__PURE__ */ new Map(), computed: [] };
    yield* finish(state, working, result2, { changed: 0 }, agenda, ctx);
    delete state.routing.running;
    return;
  }
  const { prefixes, routers } = yield* computeLeaves(result.table, input, leaves);
  let done = 0;
  for (const router of routers) {
    writeBorder(state, router, result.table.borders.get(router) ?? [], agenda);
    if (++done % SOME8 === 0) yield;
  }
  const isTranslating = [...state.areas.values()].some(({ translator }) => translator !== "disabled");
  if (isTranslating || routers.size > 0 || hasNssa(state)) {
    const before = new Set(result.discards);
    yield* translateAll(state, working, agenda, ctx);
    findDiscards(state, working);
    for (const key of [...before, ...result.discards]) prefixes.add(key);
  }
  for (const key of prefixes) {
    writeRoute(state, working, key, agenda);
    if (++done % SOME8 === 0) yield;
  }
  yield* lookAtRole(state, agenda);
  delete state.routing.running;
}
function hasNssa(state) {
  return [...state.areas.keys()].some((area) => areaConfigOf(state, area).type === "nssa");
}
function* translateAll(state, working, agenda, ctx) {
  const { input, table } = working.result;
  const areas = [];
  for (const area of input.trees.keys()) if (elect2(state, area, working, ctx)) areas.push(area);
  const { rows: translated, rangeRows } = yield* translate(
    state,
    areas,
    table.externals,
    input,
    table.borders
  );
  yield* writeRanges(state, new Map([...table.ranges, ...rangeRows]), agenda);
  let done = 0;
  for (const [prefix, row] of translated) {
    writeTranslated(state, prefix, row, agenda);
    if (++done % SOME8 === 0) yield;
  }
  for (const prefix of state.translated.keys()) {
    if (!translated.has(prefix)) writeTranslated(state, prefix, void 0, agenda);
    if (++done % SOME8 === 0) yield;
  }
}
function elect2(state, id, { result }, ctx) {
  const area = state.areas.get(id);
  if (area === void 0) return false;
  const now = ctx.now();
  const next2 = electTranslator(state, id, result.input, result.table.borders);
  const isCandidate = areaConfigOf(state, id).translate === "candidate" && result.input.isBorder;
  const isDeposed = next2 === "disabled" && area.translator === "elected" && isCandidate;
  area.translator = next2;
  if (next2 !== "disabled") delete area.deposed;
  else if (isDeposed) {
    area.deposed = now;
    ctx.setTimer("spf", TRANSLATOR, STABILITY_MS);
  }
  if (area.deposed === void 0) return next2 !== "disabled";
  if (isCandidate && now - area.deposed < STABILITY_MS) return true;
  delete area.deposed;
  return false;
}
function writeTranslated(state, prefix, row, agenda) {
  const before = state.translated.get(prefix);
  if (row === void 0) {
    if (!state.translated.delete(prefix)) return;
  } else {
    if (before !== void 0 && isSameRow(before, row)) return;
    state.translated.set(prefix, row);
  }
  for (const origin of externalsOf(state, prefix)) agenda.originate(origin);
}
function* writeRanges(state, ranges, agenda) {
  let done = 0;
  for (const [key, row] of ranges) {
    const before = state.ranges.get(key);
    if (before !== void 0 && isSameRow(before, row)) continue;
    state.ranges.set(key, row);
    originateRange(state, key, agenda);
    if (++done % SOME8 === 0) yield;
  }
  for (const key of state.ranges.keys()) {
    if (ranges.has(key)) continue;
    state.ranges.delete(key);
    originateRange(state, key, agenda);
    if (++done % SOME8 === 0) yield;
  }
}
function originateRange(state, key, agenda) {
  const [area, prefix] = key.split(" ");
  if (area === "nssa" || prefix === void 0) return;
  for (const origin of summariesOf(state, prefix)) agenda.originate(origin);
}
function findDiscards(state, { result }) {
  const { discards, input } = result;
  discards.clear();
  if (!input.isBorder) return;
  for (const key of state.ranges.keys()) {
    const parts = key.split(" ");
    const isNssa = parts[0] === "nssa";
    const prefix = parts.at(-1);
    const config = areaConfigOf(state, Number(parts[isNssa ? 1 : 0]));
    const { advertise } = (isNssa ? config.nssaRanges : config.ranges)[prefix] ?? { advertise: false };
    if (advertise) discards.add(parseKey(prefix));
  }
}
function writeRoute(state, working, key, agenda) {
  const { table, discards } = working.result;
  const text = textOf2(working, key);
  const before = state.routes.get(text);
  const route = routeOf(table, key) ?? (discards.has(key) ? DISCARD : void 0);
  if (route === void 0) {
    if (before === void 0) return false;
    state.routes.delete(text);
    working.texts.delete(key);
  } else {
    if (before !== void 0 && isSameRoute(before, route)) return false;
    state.routes.set(text, route);
  }
  noteRoute(state, text, before, route);
  agenda.announce(text);
  if (isInternal(before) || isInternal(route))
    for (const origin of summariesOf(state, text)) agenda.originate(origin);
  return true;
}
function noteRoute(state, prefix, before, now) {
  if (!isFollowed(state)) return;
  const [from, to] = [wayText(before), wayText(now)];
  note(state, "spf", void 0, () => ({
    lines: [`route ${prefix}: ${from} -> ${to}`],
    facts: { event: "route", prefix, from, to }
  }));
}
function wayText(route) {
  if (route === void 0) return "none";
  const { path, cost, metric2, hops } = route;
  const over = hops.map(({ iface, address }) => `${address === NONE ? "here" : toAddress(address)} ${iface}`);
  return `${path} ${path === "external-2" ? `${cost}/${metric2}` : cost} via ${over.join(", ") || "nothing"}`;
}
var DISCARD = { path: "intra", area: 0, cost: 0, metric2: 0, tag: 0, hops: [], from: 0 };
function isInternal(route) {
  return route !== void 0 && (route.path === "intra" || route.path === "inter");
}
function isSameRoute(one, other) {
  return one.path === other.path && one.area === other.area && one.cost === other.cost && one.metric2 === other.metric2 && one.tag === other.tag && one.from === other.from && sameHops(one.hops, other.hops);
}
function* writeBorders(state, { borders: borders2 }, agenda) {
  let done = 0;
  for (const [router, routes2] of borders2) {
    writeBorder(state, router, routes2, agenda);
    if (++done % SOME8 === 0) yield;
  }
  for (const [key, { router, area }] of state.borders) {
    if (borders2.get(router)?.some((route) => route.area === area) !== true) {
      state.borders.delete(key);
      for (const origin of boundariesOf(state, router)) agenda.originate(origin);
    }
    if (++done % SOME8 === 0) yield;
  }
}
function writeBorder(state, router, routes2, agenda) {
  let changed = false;
  for (const route of routes2) {
    const key = `${router} ${route.area}`;
    const before = state.borders.get(key);
    if (before !== void 0 && isSameBorder(before, route)) continue;
    state.borders.set(key, route);
    changed = true;
  }
  for (const area of state.areas.keys()) {
    if (routes2.some((route) => route.area === area)) continue;
    if (state.borders.delete(`${router} ${area}`)) changed = true;
  }
  if (changed) for (const origin of boundariesOf(state, router)) agenda.originate(origin);
}
function isSameRow(one, other) {
  const keys = Object.keys(other);
  return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}
function* lookAtRole(state, agenda) {
  if (isRestarting(state)) return;
  const role = roleText(state);
  if (role === state.routing.role) return;
  let done = 0;
  for (const origin of allOrigins(state)) {
    agenda.originate(origin);
    if (++done % SOME8 === 0) yield;
  }
  state.routing.role = role;
}
function tellLeftOut({ changes }, tree, ctx) {
  if (tree === void 0) return;
  const area = toAddress(tree.area);
  if (tree.leftOut === 0) {
    noteWell(changes, "networks", area, ctx.now());
    return;
  }
  const due = lineDue(changes, "networks", area, ctx.now());
  if (due === void 0) return;
  const text = `area ${area} has more than ${MOST_NETWORKS2} networks: ${tree.leftOut} links to others of them have no route here; sum networks up, or make further areas`;
  ctx.log("warn", `${text}${leftOutText(due)}`);
}
function log(state, { result }, { since, began, turns, reasons }, changed, now) {
  const { trees: trees2 } = result.input;
  let routers = 0;
  for (const { routers: reached } of trees2.values()) routers += reached.size;
  const { log: logged } = state.routing;
  logged.push({ at: since, took: now - began, turns, routers, routes: state.routes.size, changed, reasons });
  if (logged.length > MOST_LOGGED) logged.shift();
  const last2 = logged.at(-1);
  const { took, routes: routes2 } = last2;
  const text = `computed in ${took.toFixed(1)} ms and ${turns} turns: ${routers} routers, ${routes2} routes, ${changed} changed (${reasons.join(", ")})`;
  note(state, "spf", void 0, () => ({ lines: [text], facts: { event: "computed", ...last2 } }));
}

// ospf/apply.ts
function leave2(state, plan, agenda, ctx) {
  endRestart(state, "its configuration is another", agenda, ctx);
  if (plan.startsAgain) {
    tellTaken(state, toNumber(plan.config.routerId), ctx);
    flushAll(state, agenda, ctx);
  } else {
    for (const area of plan.areas.removed) flushArea(state, area, agenda, ctx);
  }
}
function leaveInterfaces(state, plan, agenda, ctx) {
  const restarting = plan.changed.filter(({ restarts }) => restarts).map(({ key }) => key);
  for (const key of [...plan.removed, ...restarting]) {
    const iface = state.interfaces.get(key);
    sayFarewell(state, iface, ctx);
    takeDown(state, iface, agenda, ctx);
  }
}
function apply(state, plan, agenda, ctx) {
  const { config, added, removed, changed, areas } = plan;
  const links = linksOf2(state);
  const { spf } = state.config.timers;
  for (const key of removed) forget3(state, state.interfaces.get(key), ctx);
  if (plan.startsAgain) {
    forgetAll(state);
    forgetOwn(state);
    state.routerId = toNumber(config.routerId);
  }
  for (const id of areas.removed) {
    leaveScope(state, areaScope(id));
    state.areas.delete(id);
  }
  if (!isSame2(announcedBy(state.config), announcedBy(config))) announceAll(state, config, ctx);
  state.config = config;
  if (!isSame2(spf, config.timers.spf)) rethrottle(state, ctx);
  for (const id of areas.added) {
    enterScope(state, areaScope(id));
    state.areas.set(id, newArea(id));
  }
  for (const change of changed) follow(state, change, agenda, ctx);
  for (const key of added) begin3(state, key, agenda, ctx);
  for (const link of links) if (!linksOf2(state).has(link)) ctx.closePort("ospf", link);
  openPorts(state, ctx);
  if (plan.redistributes) subscribe(state, ctx);
  if (plan.routes) {
    originateAll(state, agenda);
    forgetRole(state);
  }
}
function announcedBy({ distance, distributeList }) {
  return { distance, distributeList };
}
function openPorts(state, ctx) {
  for (const link of linksOf2(state)) ctx.openPort("ospf", link, portSettings(state, link));
}
function firstInterfaces(state) {
  for (const id of Object.keys(state.config.areas).map(toNumber))
    if (!state.areas.has(id)) state.areas.set(id, newArea(id));
  for (const key of Object.keys(interfacesOf3(state.config)))
    if (!state.interfaces.has(key)) state.interfaces.set(key, made3(state, key));
}
function beginTimers(state, iface, ctx) {
  if (iface.virtual !== void 0 || iface.type !== "loopback") beginHellos(state, iface, ctx);
  beginPolls(state, iface, ctx);
  if (iface.state === "Waiting" && ctx.timerDue("wait", iface.key) === void 0)
    ctx.setTimer("wait", iface.key, configOf(state, iface).deadInterval);
}
function originateAll(state, agenda) {
  for (const origin of standingOrigins(state)) agenda.originate(origin);
  agenda.routing({ of: "all" });
}
function linksOf2({ interfaces }) {
  return new Set([...interfaces.values()].flatMap(({ link }) => link === "" ? [] : [link]));
}
function made3({ config }, key) {
  const plain = config.interfaces[key];
  if (plain !== void 0) return newInterface(key, plain.link, toNumber(plain.area));
  for (const [area, { virtualLinks }] of Object.entries(config.areas))
    for (const router of Object.keys(virtualLinks)) {
      if (virtualKey(toNumber(area), toNumber(router)) !== key) continue;
      const virtual = { area: toNumber(area), router: toNumber(router), to: 0, over: "" };
      return { ...newInterface(key, "", 0), type: "virtual", virtual };
    }
  throw new Error(`there is no interface ${key} in the configuration`);
}
function begin3(state, key, agenda, ctx) {
  const iface = made3(state, key);
  state.interfaces.set(key, iface);
  knowConfigured(state, iface, agenda, ctx);
  beginTimers(state, iface, ctx);
  refresh(state, iface, agenda, ctx);
}
function follow(state, { key, restarts, retimed, elects, costs }, agenda, ctx) {
  const iface = state.interfaces.get(key);
  const plain = state.config.interfaces[key];
  if (plain !== void 0) iface.area = toNumber(plain.area);
  knowConfigured(state, iface, agenda, ctx);
  if (retimed) retimeHellos(state, iface, ctx);
  retimePolls(state, iface, ctx);
  hasten(state, iface, ctx);
  if (restarts) restart(state, iface, agenda, ctx);
  else refresh(state, iface, agenda, ctx);
  if (elects) agenda.interface(iface, "NeighborChange");
  if (costs) agenda.originate({ lsa: "router", area: iface.area });
}
function hasten(state, iface, ctx) {
  const { retransmitInterval } = configOf(state, iface);
  for (const { key } of iface.neighbors.values())
    for (const timer of ["exchange", "request", "retransmit"])
      if ((ctx.timerDue(timer, key) ?? 0) > retransmitInterval) ctx.setTimer(timer, key, retransmitInterval);
}
function forget3(state, iface, ctx) {
  const { key } = iface;
  state.interfaces.delete(key);
  forgetSources(state.drops, key);
  forgetSources(state.changes, key);
  endHellos(key, ctx);
  removeScope(state, `link ${key}`);
  ctx.cancelTimer("acknowledge", key);
  ctx.cancelTimer("wait", key);
  for (const neighbor of iface.neighbors.values()) ctx.cancelTimer("poll", neighbor.key);
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
var MOST_AREAS = 64;
var MOST_HOPS = 64;
var MOST_BANDWIDTH = 4294967;
var DISTANCE = { type: "integer", minimum: 1, maximum: 255, default: 110 };
var SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["interfaces"],
  unset: "no OSPF module",
  description: "OSPF version 2 (RFC 2328)",
  properties: {
    area: { ...ID, default: BACKBONE_ID, description: "area of the interfaces that name none" },
    interfaces: perInterface("where it takes part, by name", INTERFACE),
    areas: {
      type: "object",
      maxProperties: MOST_AREAS,
      propertyNames: ID,
      additionalProperties: { type: "object", additionalProperties: false, properties: AREA },
      unset: "normal areas, those of the interfaces",
      description: "what is to be said of areas, by id"
    },
    redistribute: REDISTRIBUTE,
    "default-information": DEFAULT_INFORMATION,
    "maximum-paths": {
      type: "integer",
      minimum: 1,
      maximum: MOST_HOPS,
      default: MOST_HOPS,
      description: "next hops of equal cost that a route has at most"
    },
    distance: {
      type: "object",
      additionalProperties: false,
      properties: {
        intra: { ...DISTANCE, description: "of routes within an area" },
        inter: { ...DISTANCE, description: "of routes to other areas" },
        external: { ...DISTANCE, description: "of routes to outside of the AS" }
      },
      unset: "110",
      description: "which routes IP prefers over those of other sources: the lowest; 255 is never used"
    },
    "reference-bandwidth": {
      type: "integer",
      minimum: 1,
      maximum: MOST_BANDWIDTH,
      unit: "Mbit/s",
      unset: "a cost of 10",
      description: "divided by the speed of a link, the cost of an interface where none is configured: 1 at the least. A speed that is not known is taken for 10000; `ip.interfaces.….bandwidth` sets it"
    },
    "distribute-list": DISTRIBUTE_LIST,
    "stub-router": {
      type: "object",
      additionalProperties: false,
      properties: {
        always: { type: "boolean", default: false, description: "as long as it is configured" },
        "on-start": {
          duration: { least: "0s", most: "1h" },
          default: "0s",
          description: "for so long after the start"
        }
      },
      unset: "never",
      description: "others are asked to send through traffic another way (RFC 6987)"
    },
    hostname: {
      type: "string",
      pattern: "^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$",
      allowed: "a host name, at most 255 characters",
      unset: "none",
      description: "a name of the router, told to its areas (RFC 5642)"
    },
    timers: {
      type: "object",
      additionalProperties: false,
      properties: {
        "spf-initial": {
          duration: { least: "0ms", most: "10m" },
          default: "0ms",
          description: "from the first change to the routes that follow from it, when it was quiet before"
        },
        "spf-hold": {
          duration: { least: "0ms", most: "10m" },
          default: "50ms",
          description: "the same for the next change, then twice as long each time"
        },
        "spf-most": {
          duration: { least: "0ms", most: "10m" },
          default: "5s",
          description: "the same at most"
        },
        "min-ls-interval": {
          duration: { least: "0ms", most: "60s" },
          default: "5s",
          description: "between two instances of one LSA of ours (MinLSInterval)"
        },
        "min-ls-arrival": {
          duration: { least: "0ms", most: "60s" },
          default: "1s",
          description: "between two instances of one LSA that are taken (MinLSArrival)"
        }
      },
      description: "times of the whole router; those of interfaces stand there"
    },
    "graceful-restart": {
      type: "object",
      additionalProperties: false,
      properties: {
        helper: {
          type: "boolean",
          default: true,
          description: "neighbours that restart are taken for present meanwhile"
        },
        restarter: {
          type: "boolean",
          default: false,
          description: "neighbours are asked to do so when the router ends, for it will start again; routes stay as `ip.keep-routes` says"
        },
        period: {
          duration: { least: "1s", most: "30m", step: "1s" },
          default: "2m",
          description: "how long they are asked to wait"
        }
      },
      unset: "it helps others",
      description: "RFC 3623, for restarts of the whole router; an upgrade is none"
    },
    "key-chains": KEY_CHAINS
  }
};
var section = {
  section: "ospf",
  schema: SCHEMA,
  check: (section2, whole2) => [...check(section2, whole2)],
  settings
};
function* check(section2, whole2) {
  const chains = Object.keys(section2["key-chains"] ?? {});
  const filters = whole2.ip ?? {};
  for (const [name, keys] of Object.entries(section2.interfaces ?? {}))
    yield* checkInterface(keys, chains, ["ospf", "interfaces", name]);
  for (const [id, keys] of Object.entries(section2.areas ?? {}))
    yield* checkArea(id, keys, chains, filters, ["ospf", "areas", id]);
  for (const [source, keys] of Object.entries(section2.redistribute ?? {}))
    yield* unknownFilters(keys, filters, ["ospf", "redistribute", source]);
  if (section2["default-information"] !== void 0)
    yield* unknownFilters(section2["default-information"], filters, ["ospf", "default-information"]);
  if (section2["distribute-list"] !== void 0)
    yield* unknownFilters(section2["distribute-list"], filters, ["ospf", "distribute-list"]);
  for (const [name, keys] of Object.entries(section2["key-chains"] ?? {}))
    yield* checkKeys(keys, ["ospf", "key-chains", name]);
  yield* keepsRoutes(section2["graceful-restart"], whole2);
  yield* hasRouterId(whole2);
}
function* keepsRoutes(restart2, { ip }) {
  const { restarter, period } = restart2 ?? {};
  const kept = ip?.["keep-routes"];
  if (restarter !== true || period === void 0 || kept === void 0 || kept >= period) return;
  yield {
    path: ["ip", "keep-routes"],
    text: `at least ${formatDuration(period)}, because ospf.graceful-restart has restarter: true with that period`
  };
}
function* hasRouterId({ router }) {
  if (router?.id !== void 0) return;
  yield {
    path: ["router", "id"],
    text: "a router id such as 10.0.1.1, because there is an ospf section"
  };
}
function settings(section2, { router }) {
  const {
    area,
    "reference-bandwidth": referenceBandwidth,
    "distribute-list": list,
    "stub-router": stub,
    timers
  } = section2;
  const areas = section2.areas ?? {};
  const authenticationIn = (id) => authenticationOf(areas[id]?.authentication);
  const interfaces = Object.entries(section2.interfaces).flatMap(
    ([link, keys]) => interfacesOf(link, keys, area, authenticationIn(keys.area ?? area))
  );
  const defaults = section2["default-information"];
  const configured = Object.entries(areas).map(
    ([id, keys]) => [id, areaOf(keys, authenticationIn(BACKBONE_ID))]
  );
  return {
    ...DEFAULTS,
    routerId: router.id,
    interfaces: Object.fromEntries(interfaces),
    areas: areasOf2(
      interfaces.map(([, keys]) => keys.area),
      Object.fromEntries(configured)
    ),
    redistribute: redistributeOf(section2.redistribute),
    ...defaults !== void 0 && {
      defaultInformation: { always: defaults.always, ...externalOf(defaults) }
    },
    maximumPaths: section2["maximum-paths"],
    distance: { ...DEFAULTS.distance, ...section2.distance },
    ...referenceBandwidth !== void 0 && { referenceBandwidth },
    ...list !== void 0 && { distributeList: distributeListOf(list) },
    ...stub && { stubRouter: { always: stub.always, onStart: stub["on-start"] } },
    hostname: section2.hostname ?? "",
    ...timers && {
      timers: {
        spf: { initial: timers["spf-initial"], hold: timers["spf-hold"], most: timers["spf-most"] },
        minLsInterval: timers["min-ls-interval"],
        minLsArrival: timers["min-ls-arrival"]
      }
    },
    ...section2["graceful-restart"] && { gracefulRestart: section2["graceful-restart"] },
    keyChains: Object.fromEntries(
      Object.entries(section2["key-chains"] ?? {}).map(([name, keys]) => [name, keysOf(keys)])
    )
  };
}
function areasOf2(ofInterfaces, configured) {
  const isVirtual = Object.values(configured).some(
    ({ virtualLinks }) => Object.keys(virtualLinks).length > 0
  );
  const ids = /* @__PURE__ */ new Set([...isVirtual ? [BACKBONE_ID] : [], ...ofInterfaces, ...Object.keys(configured)]);
  return Object.fromEntries([...ids].map((id) => [id, configured[id] ?? PLAIN_AREA]));
}
var DEFAULTS = {
  areas: {},
  interfaces: {},
  redistribute: {},
  maximumPaths: MOST_HOPS,
  distance: { intra: 110, inter: 110, external: 110 },
  stubRouter: { always: false, onStart: 0 },
  hostname: "",
  timers: { spf: { initial: 0, hold: 50, most: 5e3 }, minLsInterval: 5e3, minLsArrival: 1e3 },
  gracefulRestart: { helper: true, restarter: false, period: 12e4 },
  keyChains: {}
};
function readConfig(given) {
  const { routerId, ...rest } = given ?? {};
  if (typeof routerId !== "string") {
    return {
      error: 'OSPF needs { routerId: "a.b.c.d", interfaces, … } as its configuration; routerId is missing'
    };
  }
  if (rest.areas === void 0)
    return fromEarlier({ area: BACKBONE_ID, interfaces: {}, ...given, routerId });
  return { ...DEFAULTS, ...rest, routerId };
}
function fromEarlier({ routerId, area, interfaces }) {
  const each = Object.entries(interfaces).map(([name, keys]) => {
    const { helloInterval, deadInterval, ...others } = keys;
    return [
      name,
      {
        ...PLAIN_INTERFACE,
        link: name,
        area,
        ...others,
        helloInterval: helloInterval * 1e3,
        deadInterval: deadInterval * 1e3
      }
    ];
  });
  return { ...DEFAULTS, routerId, interfaces: Object.fromEntries(each), areas: areasOf2([area], {}) };
}
var PLAIN_INTERFACE = {
  passive: false,
  retransmitInterval: 5e3,
  transmitDelay: 1e3,
  mtuIgnore: false,
  authentication: { type: "none" },
  neighbors: {}
};

// ospf/lsdb/retransmission.ts
var MOST_BYTES_A_TURN = 16384;
var MOST_A_TURN = 1e3;
var NEXT_TURN_MS = 20;
var PART_OF_INTERVAL2 = 8;
function addRetransmission(state, iface, neighbor, key, ctx) {
  if (!addRow(state.retransmissions, neighbor.key, key)) return;
  neighbor.unacknowledged++;
  if (neighbor.unacknowledged === 1 && ctx.timerDue("retransmit", neighbor.key) === void 0)
    ctx.setTimer("retransmit", neighbor.key, configOf(state, iface).retransmitInterval);
}
function isUnacknowledged(state, neighbor, key) {
  return neighbor.unacknowledged > 0 && hasRow(state.retransmissions, neighbor.key, key);
}
function removeRetransmission(state, neighbor, key) {
  if (neighbor.unacknowledged === 0 || !removeRow(state.retransmissions, neighbor.key, key)) return false;
  neighbor.unacknowledged--;
  return true;
}
function removeRetransmissions(state, key) {
  for (const { neighbors } of state.interfaces.values())
    for (const neighbor of neighbors.values()) removeRetransmission(state, neighbor, key);
}
function isChangeAwaited(state, neighbor) {
  if (neighbor.unacknowledged === 0) return false;
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    for (const key of rowsOf(state.retransmissions, neighbor.key, bucket)) {
      const lsa = findLsa(state, key);
      if (lsa !== void 0 && lsa.type < LS_OPAQUE_LINK && lsa.changed) return true;
    }
  return false;
}
function isAwaited(state, key) {
  for (const { neighbors } of state.interfaces.values())
    for (const neighbor of neighbors.values()) if (isUnacknowledged(state, neighbor, key)) return true;
  return false;
}
function isOver(state, key, { age: age2 }) {
  return age2 >= MAX_AGE && !isExchanging(state) && !isAwaited(state, key);
}
function clearRetransmissions(state, neighbor, ctx) {
  if (neighbor.unacknowledged > 0) clearRows(state.retransmissions, neighbor.key);
  neighbor.unacknowledged = 0;
  ctx.cancelTimer("retransmit", neighbor.key);
}
function receiveAcknowledgment(state, iface, neighbor, headers, agenda, ctx) {
  if (!isAtLeast(neighbor, "Exchange")) return;
  const now = ctx.now();
  for (const header of headers) {
    const key = lsaKey(scopeOf(header.type, iface), header.type, header.id, header.router);
    const lsa = findLsa(state, key);
    if (!isUnacknowledged(state, neighbor, key)) {
      if (lsa !== void 0 && lsa.age >= MAX_AGE && compareInstances(header, instanceOf(lsa, now)) < 0)
        sendAndAwait(state, iface, neighbor, key, ctx);
      continue;
    }
    if (lsa !== void 0 && compareInstances(header, instanceOf(lsa, now)) !== 0) {
      count(state.counters, "acknowledgmentStale");
      continue;
    }
    removeRetransmission(state, neighbor, key);
    if (lsa !== void 0 && lsa.age >= MAX_AGE) agenda.aging(key);
  }
}
function retransmit(state, iface, neighbor, body, ctx) {
  if (neighbor.unacknowledged === 0) return;
  const { retransmitInterval } = configOf(state, iface);
  const now = ctx.now();
  const turn = body ?? { bucket: 0, at: now, wait: retransmitInterval };
  const { due, next: next2 } = dueOf(state, neighbor, turn, retransmitInterval);
  count(state.counters, "retransmitted", due.length);
  noteRetransmitted(state, iface, neighbor, due);
  sendLsas(state, iface, neighbor.address, due, ctx);
  if (next2.bucket < BUCKETS) ctx.setTimer("retransmit", neighbor.key, NEXT_TURN_MS, { body: next2 });
  else ctx.setTimer("retransmit", neighbor.key, next2.at + next2.wait - now);
}
function noteRetransmitted(state, iface, { address }, { length }) {
  if (length === 0 || !isFollowed(state)) return;
  const to = toAddress(address);
  note(state, "flooding", iface, () => ({
    lines: [`retransmitted to ${to} on ${iface.key}: ${length} LSAs without an acknowledgment`],
    facts: { event: "retransmitted", interface: iface.key, to, count: length }
  }));
}
function dueOf(state, { key: owner }, { bucket: from, at, wait: before }, interval) {
  const due = [];
  const near = interval / PART_OF_INTERVAL2;
  let wait = before;
  let bytes = 0;
  let looked = 0;
  let bucket = from;
  for (; bucket < BUCKETS && bytes < MOST_BYTES_A_TURN && looked < MOST_A_TURN; bucket++) {
    for (const key of rowsOf(state.retransmissions, owner, bucket)) {
      looked++;
      const lsa = findLsa(state, key);
      if (lsa === void 0 || lsa.installed > at) continue;
      const passed = at - lsa.installed;
      const left = interval - passed % interval;
      if (left > near && (passed < interval || left < interval - near)) {
        wait = Math.min(wait, left);
        continue;
      }
      due.push(lsa);
      bytes += lsa.bytes.length;
    }
  }
  return { due, next: { bucket, at, wait } };
}
function sendAndAwait(state, iface, neighbor, key, ctx) {
  const lsa = findLsa(state, key);
  if (lsa === void 0 || !isAtLeast(neighbor, "Exchange")) return;
  addRetransmission(state, iface, neighbor, keyOf(lsa), ctx);
  sendLsas(state, iface, neighbor.address, [lsa], ctx);
}

// ospf/lsdb/aging.ts
var EVERY_MS = 1e3;
var BUCKETS_AT_ONCE = 16;
var WALK_SECONDS = BUCKETS / BUCKETS_AT_ONCE;
var KEPT_MS = 2e3;
var TURN_MS = 0.25;
function armAging(ctx) {
  if (ctx.timerDue("aging") === void 0) ctx.setTimer("aging", "", EVERY_MS);
}
function age(state, agenda, ctx) {
  const until = ctx.now() + TURN_MS;
  do {
    ageBucket(state, state.agingAt, agenda, ctx);
    state.agingAt = (state.agingAt + 1) % BUCKETS;
    if (state.agingAt % BUCKETS_AT_ONCE === 0) {
      ctx.setTimer("aging", "", EVERY_MS);
      return;
    }
  } while (ctx.now() < until);
  ctx.setTimer("aging", "", 0);
}
function ageBucket(state, bucket, agenda, ctx) {
  const now = ctx.now();
  const exchanging = isExchanging(state);
  for (const scope of scopesOf(state)) {
    for (const key of rowsOf(state.keys, scope, bucket)) {
      const lsa = findLsa(state, key);
      if (lsa === void 0) continue;
      const seconds = ageOf(lsa, now);
      if (lsa.age >= MAX_AGE) {
        if (!exchanging) agenda.aging(key);
      } else if (state.restarting === void 0 && isOfFormerId(state, lsa)) flush(state, lsa, now, agenda);
      else if (seconds >= LS_REFRESH_TIME - bucket) refreshOrAge(state, key, lsa, now, agenda);
      else if (seconds >= CHECK_AGE && seconds % CHECK_AGE < WALK_SECONDS)
        check2(state, key, lsa, agenda, ctx);
    }
  }
}
function refreshOrAge(state, key, lsa, now, agenda) {
  const origin = originOf(state, key);
  if (origin !== void 0) {
    count(state.counters, "refreshed");
    agenda.originate(origin, true);
  } else if (ageOf(lsa, now) >= MAX_AGE) {
    count(state.counters, "agedOut");
    const aged = expire(state, lsa, now).lsa;
    tellChange(state, aged, agenda);
    if (isGrace(aged)) agenda.restart(key);
    agenda.flood(key);
  }
}
function check2(state, key, lsa, agenda, ctx) {
  if (checksumIsGood(lsa.bytes)) return;
  const { type, id, router } = lsa;
  const text = `type ${type}, id ${toAddress(id)}, router ${toAddress(router)}`;
  ctx.log("error", `an LSA (${text}) is not as it was when it came: memory is faulty, restart this router`);
  const origin = originOf(state, key);
  if (origin !== void 0) agenda.originate(origin, true);
  else removeLsa(state, key);
}
function removeAged(state, key, agenda, now) {
  const lsa = findLsa(state, key);
  if (lsa === void 0 || !isOver(state, key, lsa)) return;
  const origin = originOf(state, key);
  if (origin === void 0 && now - lsa.installed < KEPT_MS) return;
  removeLsa(state, key);
  if (origin !== void 0) agenda.originate(origin);
}

// ospf/migration.ts
function timerKey(name, routerId) {
  return `${name}/${routerId}`;
}
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
  const senders = [...relays].map(([from, { last: last2, received }]) => [
    from,
    { last: last2, received, skipped: 0, repeated: 0 }
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
  const senders = [...relays].map(([from, { last: last2, received }]) => [from, { last: last2, received }]);
  return { config, links, neighbors, relays: new Map(senders), counters: { ...counters } };
}
function up2({ config, interfaces, relays, counters }) {
  const later = /* @__PURE__ */ new Map();
  for (const { name, link, events, neighbors } of interfaces.values()) {
    const used = subnetInUse(link, config.interfaces[name]?.address);
    const theirs = [...neighbors.values()].map((neighbor) => [
      neighbor.address,
      { ...copyOf(neighbor), timer: timerKey(name, neighbor.routerId), since: 0 }
    ]);
    later.set(name, {
      name,
      ...link && { link },
      state: used === void 0 ? "Down" : "DROther",
      neighbors: new Map(theirs),
      events: { ...events },
      unsent: 0
    });
  }
  return {
    config,
    interfaces: later,
    relays: copyOfRelays(relays),
    counters: { ...counters },
    drops: /* @__PURE__ */ new Map(),
    changes: /* @__PURE__ */ new Map()
  };
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
  return { config, interfaces: earlier, relays: copyOfRelays(relays), counters: { ...counters } };
}
function copyOf({ routerId, address, state, election, events }) {
  return { routerId, address, state, ...election && { election: { ...election } }, events: { ...events } };
}
function copyOfRelays(relays) {
  return new Map([...relays].map(([from, sender]) => [from, { ...sender }]));
}
function up3({ config, interfaces, relays, counters, drops, changes }) {
  const now = fromEarlier(config);
  const session = `after ${(counters.helloSent ?? 0) + (counters.helloReceived ?? 0)} hellos`;
  const state = initialState(now, toNumber(config.routerId), session);
  for (const id of Object.keys(now.areas).map(toNumber)) state.areas.set(id, newArea(id));
  for (const iface of interfaces.values()) {
    state.interfaces.set(iface.name, upInterface(iface, config));
    if (iface.link !== void 0) state.links.set(iface.name, upLink(iface.link));
  }
  state.relays = copyOfRelays(relays);
  state.counters = { ...counters };
  state.drops = drops;
  state.changes = changes;
  return state;
}
function upInterface(earlier, { area, interfaces }) {
  const { name, link, state, neighbors, events, choice, answers, unsent } = earlier;
  const config = interfaces[name];
  const used = subnetInUse(link, config.address);
  const isUp = state !== "Down" && used !== void 0;
  const iface = {
    ...newInterface(name, name, toNumber(area)),
    ...used && { subnet: used, address: toNumber(used.address) },
    mtu: link?.mtu ?? 0,
    // 9.3: with a priority it may be elected, and listens first whether there is a designated router.
    state: !isUp ? "Down" : config.priority > 0 ? "Waiting" : "DROther",
    events: { ...events },
    ...choice !== void 0 && { choice },
    ...answers !== void 0 && { answers: { ...answers } },
    unsent
  };
  for (const neighbor of neighbors.values())
    iface.neighbors.set(neighbor.address, upNeighbor(name, neighbor));
  return iface;
}
function upNeighbor(name, earlier) {
  const { routerId, address, state, since, timer, election, events } = earlier;
  return {
    key: `${name}/${address}`,
    timer,
    routerId: toNumber(routerId),
    address: toNumber(address),
    state,
    since,
    priority: election?.priority ?? 0,
    dr: NONE,
    bdr: NONE,
    options: 0,
    requested: 0,
    asked: [],
    unacknowledged: 0,
    sequences: {},
    hindrance: "",
    events: { ...events }
  };
}
function upLink({ name, index, up, mtu, mac, addresses }) {
  return { name, index, admin: up, up, mtu, mac, kind: "", pointToPoint: false, table: 254, addresses };
}
function down3({ config, links, interfaces, relays, counters, drops, changes }) {
  const kept = keptBy3(config, interfaces);
  const earlier = /* @__PURE__ */ new Map();
  for (const iface of kept) {
    const link = links.get(iface.link);
    earlier.set(iface.link, downInterface(iface, link));
  }
  return {
    config: downConfig(config, kept),
    interfaces: earlier,
    relays: copyOfRelays(relays),
    counters: { ...counters },
    drops,
    changes
  };
}
function keptBy3({ interfaces: configs }, interfaces) {
  const byLink = /* @__PURE__ */ new Map();
  const [first] = Object.values(configs);
  for (const iface of interfaces.values()) {
    const config = configs[iface.key];
    if (config === void 0 || config.passive || config.area !== first?.area) continue;
    if ((config.type ?? "broadcast") === "broadcast" && iface.type === "broadcast" && !byLink.has(iface.link))
      byLink.set(iface.link, iface);
  }
  return [...byLink.values()];
}
function downConfig({ routerId, interfaces: configs }, kept) {
  const [first] = Object.values(configs);
  const interfaces = {};
  for (const { key, link } of kept) {
    const { helloInterval, deadInterval, priority, address } = configs[key];
    interfaces[link] = {
      helloInterval: Math.max(1, Math.round(helloInterval / 1e3)),
      deadInterval: Math.max(2, Math.round(deadInterval / 1e3)),
      priority,
      ...address !== void 0 && { address }
    };
  }
  return { routerId, area: first?.area ?? "0.0.0.0", interfaces };
}
function downInterface(iface, told) {
  const { link: name, state, neighbors, events, choice, answers, unsent } = iface;
  const theirs = [...neighbors.values()].filter((neighbor) => neighbor.routerId !== NONE);
  return {
    name,
    ...told && { link: downLink(told) },
    state: state === "Down" ? "Down" : "DROther",
    neighbors: new Map(theirs.map((neighbor) => [toAddress(neighbor.address), downNeighbor(neighbor)])),
    events: { ...events },
    ...choice !== void 0 && { choice },
    ...answers !== void 0 && { answers: { ...answers } },
    unsent
  };
}
function downNeighbor(neighbor) {
  const { routerId, address, state, since, timer, priority, dr, bdr, events } = neighbor;
  return {
    routerId: toAddress(routerId),
    address: toAddress(address),
    state: state === "Down" ? "Down" : state === "Init" || state === "Attempt" ? "Init" : "2-Way",
    since,
    timer,
    election: { priority, dr: toAddress(dr), bdr: toAddress(bdr) },
    events: { ...events }
  };
}
function downLink({ name, index, up, mtu, mac, addresses }) {
  const ipv4 = addresses.filter(({ address }) => !address.includes(":"));
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
function upLsa4(lsa) {
  return { ...lsa, bytes: lsa.bytes.slice(), from: FROM_BEFORE };
}
function downLsa4({ from: _, bytes, ...lsa }) {
  return { ...lsa, bytes: bytes.slice() };
}

// ospf/drop.ts
var DROP_REASONS = {
  notTalking: "it came where OSPF does not speak: the interface is not up yet, down or passive",
  // RFC 2328 8.2
  destination: "it is for another address",
  own: "it is our own",
  truncated: "it is shorter than its header says",
  version: "it is not OSPF version 2",
  area: "its area is not ours",
  virtualLink: "it is for a virtual link that has no way to its other end yet",
  network: "its source is not in the network of the interface",
  source: "its source is the address of no host",
  allDRouters: "it is for designated routers, and we are none",
  auType: "its authentication type is not that of the interface",
  checksum: "its checksum is wrong",
  password: "its password is not ours",
  keyUnknown: "its key id is not one of ours",
  keyLifetime: "its key is not accepted at this time",
  digest: "its digest is wrong: the secret, the algorithm or the packet is another",
  sequence: "its cryptographic sequence number is lower than one that was received",
  type: "its packet type is unknown",
  routerId: "its router id is ours, which no other router may have, or 0.0.0.0",
  noNeighbor: "it is of a router from which no Hello was accepted",
  noAdjacency: "it belongs to an adjacency, and the neighbour is in no state for it",
  // RFC 2328 10.5
  helloLength: "its length is not that of a Hello",
  mask: "its network mask is not ours",
  helloInterval: "its HelloInterval is not ours",
  deadInterval: "its RouterDeadInterval is not ours",
  externalRouting: "its E-bit is not that of our area: one of the two is a stub area",
  nssa: "its N-bit is not that of our area: one of the two is a not-so-stubby area",
  tooManyNeighbors: "the interface has as many neighbours as it takes, and room for none that does not list us",
  // RFC 2328 10.6, 10.7, 13, 13.7
  descriptionLength: "its length is not that of a Database Description",
  mtu: "its interface MTU is larger than ours",
  requestLength: "its length is not that of a Link State Request",
  updateLength: "its LSAs are not as many, or not as long, as it says",
  acknowledgmentLength: "its length is not that of a Link State Acknowledgment",
  // RFC 2328 13, of a single LSA
  lsaChecksum: "an LSA's checksum is wrong",
  lsaType: "an LSA's type is unknown",
  lsaLength: "an LSA's length, or a link of it, is none of its type",
  lsaId: "the id of a router-LSA is not that of its router",
  lsaScope: "an LSA is of a type that our area does not take",
  lsaRoom: "the database holds as many LSAs, or bytes, as it takes from others",
  minLsArrival: "an LSA came again sooner than MinLSArrival"
};
function dropText({ error, theirs, ours }) {
  const values = [
    ...theirs === void 0 ? [] : [`theirs is ${theirs}`],
    ...ours === void 0 ? [] : [`ours is ${ours}`]
  ].join(", ");
  return `${DROP_REASONS[error]}${values === "" ? "" : `: ${values}`} (${error})`;
}

// ospf/adjacency/receive.ts
function receiveHello(state, iface, from, { routerId }, hello, agenda, ctx) {
  if (!isTalking(state, iface)) return { error: "destination" };
  const differs = differenceOf(state, iface, hello);
  if (differs !== void 0) {
    const known = neighborOf(iface, from, routerId);
    if (known !== void 0) hinder(known, dropText(differs));
    return differs;
  }
  const ours = state.routerId;
  if (routerId === ours || routerId === NONE) {
    if (isOwnAddress(state, from)) return { error: "own" };
    return { error: "routerId", theirs: toAddress(routerId), ours: toAddress(ours) };
  }
  const listsUs = hello.neighbors.includes(ours);
  const neighbor = neighborAt(state, iface, { address: from, routerId, listsUs }, agenda, ctx);
  if (neighbor === void 0) return { error: "tooManyNeighbors" };
  agenda.neighbor(iface, neighbor, "HelloReceived");
  agenda.neighbor(iface, neighbor, listsUs ? "2-WayReceived" : "1-WayReceived");
  noteElection(iface, neighbor, hello, listsUs, agenda);
  if (listsUs && isRestarting(state)) resumeRole(iface, hello, agenda);
  if (iface.type === "non-broadcast" && hello.priority > 0 && needsAnswer(state, iface))
    agenda.answer(iface, neighbor);
  return void 0;
}
function needsAnswer({ config }, { key }) {
  return config.interfaces[key]?.priority === 0;
}
function receiveDescription(state, iface, neighbor, description, agenda) {
  const drop = refuseDescription(state, iface, description);
  if (drop !== void 0) {
    hinder(neighbor, dropText(drop));
    return drop;
  }
  if (neighbor.state === "Init") agenda.neighbor(iface, neighbor, "2-WayReceived");
  else if (!isAtLeast(neighbor, "ExStart")) return { error: "noAdjacency", theirs: neighbor.state };
  agenda.description(iface, neighbor, description);
  return void 0;
}
function receiveRequest(state, iface, neighbor, requests, agenda, ctx) {
  if (!isAtLeast(neighbor, "Exchange")) return { error: "noAdjacency", theirs: neighbor.state };
  answerRequest(state, iface, neighbor, requests, agenda, ctx);
  return void 0;
}

// ospf/lsdb/flooding.ts
var SLICE2 = 16;
var MOST_SENT_BACK = 1024;
function* receiveUpdate(state, iface, neighbor, lsas, agenda, ctx) {
  const direct = [];
  if (!isAtLeast(neighbor, "Exchange")) return;
  for (const [i, bytes] of lsas.entries()) {
    const header = decodeLsaHeader(bytes);
    const key = lsaKey(scopeOf(header.type, iface), header.type, header.id, header.router);
    const outcome = receiveLsa(state, { iface, neighbor, bytes, header, key }, agenda, ctx);
    noteLsa(state, iface, neighbor, header, outcome);
    if (outcome === "stop") break;
    if (typeof outcome === "object") noteDrop(state, iface, neighbor, header, outcome.error, ctx);
    else if (outcome !== "unacknowledged") {
      const how = acknowledgingOf(iface, neighbor, outcome);
      if (how === "direct") direct.push(bytes);
      if (how === "delayed") delayAcknowledgment(state, iface, bytes, ctx);
    }
    if (i % SLICE2 === SLICE2 - 1) yield "slice";
  }
  sendDirect(state, iface, neighbor, direct, ctx);
}
function receiveLsa(state, incoming, agenda, ctx) {
  const { iface, neighbor, bytes, header, key } = incoming;
  if (!checksumIsGood(bytes)) return { error: "lsaChecksum" };
  const body = decodeLsa(bytes);
  if ("error" in body) return body;
  if (header.type === LS_ROUTER && header.id !== header.router) return { error: "lsaId" };
  if (!takesType(state, iface.area, header.type)) return { error: "lsaScope" };
  const now = ctx.now();
  const age2 = Math.min(header.age, MAX_AGE);
  const lsa = findLsa(state, key);
  if (age2 >= MAX_AGE && lsa === void 0 && !isExchanging(state)) return "unknownMaxAge";
  const newer = lsa === void 0 ? 1 : compareInstances({ ...header, age: age2 }, instanceOf(lsa, now));
  if (newer > 0) return takeNewer(state, incoming, lsa, now, agenda, ctx);
  if (requestedOf(state, neighbor, key) !== void 0) {
    agenda.neighbor(iface, neighbor, "BadLSReq");
    return "stop";
  }
  if (newer === 0) {
    if (!removeRetransmission(state, neighbor, key)) return "duplicate";
    if (age2 >= MAX_AGE) agenda.aging(key);
    return "implied";
  }
  sendBack(state, incoming, lsa, now, ctx);
  return "unacknowledged";
}
function takeNewer(state, { iface, neighbor, bytes, header, key }, lsa, now, agenda, ctx) {
  const own = isOwnLsa(state, header);
  const isKept = own && originOf(state, key) !== void 0;
  const scope = scopeOf(header.type, iface);
  if (!isKept && !hasRoom(state, scope, key, bytes, lsa)) return { error: "lsaRoom" };
  const soon = lsa !== void 0 && !isOver(state, key, lsa) && now - lsa.installed < state.config.timers.minLsArrival;
  if (soon && isFlooded(state, key, lsa, header, isKept)) return { error: "minLsArrival" };
  removeRetransmissions(state, key);
  const installed = install(state, scope, bytes, now, neighbor.key);
  if (installed.changed) tellChange(state, installed.lsa, agenda);
  if (isGrace(header)) agenda.restart(key);
  const back = floodOut(state, installed.lsa, { iface, neighbor }, agenda, ctx);
  if (own) takeOwn(state, installed.lsa, now, agenda, ctx);
  return back ? "floodedBack" : "newer";
}
function isFlooded(state, key, lsa, { age: age2 }, isKept) {
  const made4 = state.originated.get(key);
  if (lsa.age >= MAX_AGE) return isKept || made4 === void 0;
  return isKept ? lsa.sequence < (made4?.atLeast ?? INITIAL_SEQUENCE) : age2 < MAX_AGE;
}
function takeOwn(state, lsa, now, agenda, ctx) {
  count(state.counters, "ownReceived");
  const key = keyOf(lsa);
  const origin = lsa.router === state.routerId ? originOf(state, key) : void 0;
  if (origin !== void 0) {
    agenda.originate(origin, true);
    return;
  }
  if (lsa.age >= MAX_AGE || state.restarting !== void 0) return;
  if (!state.originated.has(key) && mayBeMadeYet(state, lsa, now)) {
    ctx.setTimer("originate", key, LOOK_AGAIN_MS);
    return;
  }
  flush(state, lsa, now, agenda);
}
function sendBack(state, { iface, neighbor, key }, lsa, now, ctx) {
  if (lsa.age >= MAX_AGE && lsa.sequence === MAX_SEQUENCE) return;
  const { minLsArrival } = state.config.timers;
  for (const [sent2, at] of state.sentBack) {
    if (now - at < minLsArrival) break;
    state.sentBack.delete(sent2);
  }
  const sent = `${neighbor.key} ${key}`;
  if (state.sentBack.has(sent) || state.sentBack.size >= MOST_SENT_BACK) return;
  state.sentBack.set(sent, now);
  sendLsas(state, iface, neighbor.address, [lsa], ctx);
}
function flood(state, key, agenda, ctx) {
  const lsa = findLsa(state, key);
  if (lsa === void 0) return;
  removeRetransmissions(state, key);
  floodOut(state, lsa, void 0, agenda, ctx);
}
function floodOut(state, lsa, from, agenda, ctx) {
  const key = keyOf(lsa);
  const instance = instanceOf(lsa, ctx.now());
  let back = false;
  const over = [];
  for (const iface of state.interfaces.values()) {
    if (!isEligible(state, iface, lsa)) continue;
    if (!awaitAll(state, iface, key, instance, lsa.type, from?.neighbor, agenda, ctx)) continue;
    if (iface === from?.iface) {
      if (from.neighbor.address === iface.dr || from.neighbor.address === iface.bdr) continue;
      if (iface.state === "Backup") continue;
      back = !isUnicast2(iface);
    }
    if (iface.flooding.length === 0) agenda.updates(iface);
    iface.flooding.push(key);
    over.push(iface.key);
  }
  noteFlooded(state, lsa, instance.age, over);
  if (lsa.age >= MAX_AGE) agenda.aging(key);
  return back;
}
var OUTCOMES = {
  floodedBack: "newer, and flooded back",
  newer: "newer",
  implied: "a duplicate that acknowledges ours",
  duplicate: "a duplicate",
  unknownMaxAge: "the end of one that is not known",
  unacknowledged: "older than ours, which is sent back",
  stop: "older than what it described: the exchange begins anew"
};
function noteLsa(state, iface, { address }, header, outcome) {
  if (!isFollowed(state)) return;
  const text = typeof outcome === "object" ? DROP_REASONS[outcome.error] : OUTCOMES[outcome];
  const from = toAddress(address);
  note(state, "flooding", iface, () => ({
    lines: [`received from ${from} on ${iface.key}: ${lsaHeaderText(header)}: ${text}`],
    facts: {
      event: "received",
      ...{ interface: iface.key, from, ...keyOf2(header), age: header.age, sequence: hex(header.sequence) },
      outcome: typeof outcome === "object" ? outcome.error : outcome
    }
  }));
}
function noteFlooded(state, lsa, age2, over) {
  if (over.length === 0 || !isFollowed(state)) return;
  const { type, id, router, sequence } = lsa;
  const header = { type, id, router, sequence, age: age2 };
  const say = () => ({
    lines: [`flooded on ${over.join(", ")}: ${lsaHeaderText(header)}`],
    facts: { event: "flooded", interfaces: over, ...keyOf2(header), age: age2, sequence: hex(sequence) }
  });
  note(state, "flooding", over, say);
}
function awaitAll(state, iface, key, instance, type, sender, agenda, ctx) {
  let some3 = false;
  for (const neighbor of iface.neighbors.values()) {
    if (!isAtLeast(neighbor, "Exchange")) continue;
    if (type >= LS_OPAQUE_LINK && (neighbor.options & OPTION_O) === 0) continue;
    if (neighbor.state !== "Full") {
      const requested = requestedOf(state, neighbor, key);
      const newer = requested === void 0 ? 1 : compareInstances(instance, requested);
      if (newer < 0) continue;
      if (requested !== void 0) {
        removeRequested(state, neighbor, key);
        agenda.request(iface, neighbor);
      }
      if (newer === 0) continue;
    }
    if (neighbor === sender) continue;
    addRetransmission(state, iface, neighbor, key, ctx);
    some3 = true;
  }
  return some3;
}
function sendUpdates(state, iface, ctx) {
  const keys = [...new Set(iface.flooding)];
  iface.flooding = [];
  const lsas = keys.flatMap((key) => findLsa(state, key) ?? []);
  if (!isUnicast2(iface)) {
    sendLsas(state, iface, "designated", lsas, ctx);
    return;
  }
  for (const neighbor of iface.neighbors.values()) {
    if (!isAtLeast(neighbor, "Exchange")) continue;
    const its = lsas.filter((lsa) => isUnacknowledged(state, neighbor, keyOf(lsa)));
    sendLsas(state, iface, neighbor.address, its, ctx);
  }
}
function isEligible(state, iface, { scope, type }) {
  if (iface.neighbors.size === 0) return false;
  if (scope === "as") return iface.type !== "virtual" && takesType(state, iface.area, type);
  return scope === areaScope(iface.area) || scope === scopeOf(LS_OPAQUE_LINK, iface);
}
function noteDrop(state, iface, neighbor, { type, id, router }, error, ctx) {
  count(state.counters, error);
  if (error === "minLsArrival") return;
  const from = toAddress(neighbor.address);
  const due = lineDue(state.drops, error, `${iface.key} ${from}`, ctx.now());
  if (due === void 0) return;
  const lsa = `type ${type}, id ${toAddress(id)}, router ${toAddress(router)}`;
  const text = `dropped an LSA (${lsa}) from ${from} on ${iface.key}: ${DROP_REASONS[error]} (${error})`;
  ctx.log("warn", `${text}${leftOutText(due)}`);
}

// ospf/receive.ts
var QUIET = ["notTalking", "own", "noAdjacency"];
var FIRST_MULTICAST = 3758096384;
function* receive(state, link, datum, agenda, ctx) {
  notePacket2(state, link, datum);
  const taken = accept2(state, link, datum);
  const drop = "error" in taken ? taken : yield* handle(state, taken, agenda, ctx);
  if (drop !== void 0) noteDrop2(state, link, datum.from, drop, ctx);
  else noteAllWell(state.drops, `${link} ${datum.from}`, ctx.now());
}
function* handle(state, taken, agenda, ctx) {
  const { iface, from, packet } = taken;
  if (packet.type === PACKET_HELLO) {
    const hello = decodeHello(packet.body);
    const drop2 = "error" in hello ? hello : receiveHello(state, iface, from, packet, hello, agenda, ctx);
    const neighbor2 = drop2 === void 0 ? neighborOf(iface, from, packet.routerId) : void 0;
    if (neighbor2 !== void 0) noteTaken(state, neighbor2, packet);
    return drop2;
  }
  const neighbor = neighborOf(iface, from, packet.routerId);
  if (neighbor === void 0) return { error: "noNeighbor", theirs: toAddress(packet.routerId) };
  if (neighbor.routerId !== packet.routerId)
    return {
      error: "noNeighbor",
      theirs: toAddress(packet.routerId),
      ours: toAddress(neighbor.routerId)
    };
  const drop = yield* handleAdjacent(state, taken, neighbor, agenda, ctx);
  if (drop === void 0) noteTaken(state, neighbor, packet);
  return drop;
}
function* handleAdjacent(state, { iface, packet }, neighbor, agenda, ctx) {
  const { type, body } = packet;
  if (type === PACKET_DESCRIPTION) {
    const description = decodeDescription(body);
    if ("error" in description) return description;
    return receiveDescription(state, iface, neighbor, description, agenda);
  }
  if (!isAtLeast(neighbor, "Exchange")) return { error: "noAdjacency", theirs: neighbor.state };
  if (type === PACKET_REQUEST) {
    const requests = decodeRequest(body);
    if ("error" in requests) return requests;
    return receiveRequest(state, iface, neighbor, requests, agenda, ctx);
  }
  if (type === PACKET_UPDATE) {
    const lsas = decodeUpdate(body);
    if ("error" in lsas) return lsas;
    yield* receiveUpdate(state, iface, neighbor, lsas, agenda, ctx);
    return void 0;
  }
  const headers = decodeAcknowledgment(body);
  if ("error" in headers) return headers;
  receiveAcknowledgment(state, iface, neighbor, headers, agenda, ctx);
  return void 0;
}
function accept2(state, link, { from, to, payload }) {
  const source = toNumber(from);
  const arrived = interfaceOn(state, link, source);
  if (arrived === void 0) return { error: "notTalking" };
  if (state.links.get(link)?.addresses.some(({ address }) => address === from)) return { error: "own" };
  const packet = decodePacket(payload);
  if ("error" in packet) return packet.error === "version" ? { ...packet, theirs: payload[0] } : packet;
  const iface = interfaceOf2(state, arrived, source, to, packet);
  if ("error" in iface) return iface;
  const untrusted = distrust(state, iface, source, packet);
  if (untrusted !== void 0) return untrusted;
  const { type, routerId } = packet;
  if (type < PACKET_HELLO || type > PACKET_ACKNOWLEDGMENT) return { error: "type", theirs: type };
  if (routerId === state.routerId || routerId === NONE) {
    if (isOwnAddress(state, source)) return { error: "own" };
    return { error: "routerId", theirs: toAddress(routerId), ours: toAddress(state.routerId) };
  }
  return { iface, from: source, packet };
}
function interfaceOn(state, link, from) {
  const own = state.interfaces.get(link);
  if (own !== void 0 && isTalking(state, own) && isOfNetwork(own, from)) return own;
  let found = own !== void 0 && isTalking(state, own) ? own : void 0;
  for (const iface of state.interfaces.values()) {
    if (iface === own || iface.link !== link || iface.virtual !== void 0) continue;
    if (!isTalking(state, iface)) continue;
    if (isOfNetwork(iface, from)) return iface;
    found ??= iface;
  }
  return found;
}
function interfaceOf2(state, arrived, from, to, { area, routerId }) {
  if (area === arrived.area) {
    if (to !== ALL_SPF_ROUTERS && to !== ALL_D_ROUTERS && toNumber(to) !== arrived.address)
      return { error: "destination", theirs: to, ours: toAddress(arrived.address) };
    if (arrived.type !== "point-to-point" && !isOfNetwork(arrived, from)) {
      const ours = arrived.subnet === void 0 ? "none" : textOf(arrived.subnet);
      return { error: "network", theirs: toAddress(from), ours };
    }
    if (!isOfHost(arrived, from)) return { error: "source", theirs: toAddress(from) };
    if (to === ALL_D_ROUTERS && arrived.state !== "DR" && arrived.state !== "Backup")
      return { error: "allDRouters" };
    return arrived;
  }
  const other = area === BACKBONE ? state.interfaces.get(virtualKey(arrived.area, routerId)) : void 0;
  if (other === void 0) return { error: "area", theirs: toAddress(area), ours: toAddress(arrived.area) };
  if (!isOwnAddress(state, toNumber(to))) return { error: "destination", theirs: to };
  return isTalking(state, other) ? other : { error: "virtualLink", theirs: toAddress(routerId) };
}
function isOfNetwork({ subnet }, from) {
  if (subnet === void 0) return false;
  return ((toNumber(subnet.peer ?? subnet.address) ^ from) & maskOf(subnet.prefixLength)) === 0;
}
function isOfHost(iface, from) {
  if (from === NONE || from >= FIRST_MULTICAST) return false;
  const { subnet } = iface;
  if (subnet === void 0 || subnet.prefixLength >= 31 || !isOfNetwork(iface, from)) return true;
  const hosts = ~maskOf(subnet.prefixLength) >>> 0;
  const host = (from & hosts) >>> 0;
  return host !== 0 && host !== hosts;
}
function distrust(state, iface, from, packet) {
  const { authentication } = configOf(state, iface);
  if (packet.auType === 2 && authentication.type === "cryptographic") {
    const ours = highestOf(iface, from, packet);
    const theirs = sequenceOf(packet);
    if (ours !== void 0 && theirs < ours) return { error: "sequence", theirs, ours };
  }
  const accepted = acceptedOn(state, authentication);
  const error = verify(packet, accepted);
  if (error === "auType") return { error, theirs: packet.auType, ours: accepted.type };
  if (error === "keyUnknown" || error === "keyLifetime") return { error, theirs: keyIdOf(packet) };
  return error && { error };
}
function acceptedOn(state, authentication) {
  if (authentication.type === "none") return { type: 0 };
  if (authentication.type === "simple") return { type: 1, password: bytesOf(authentication.password) };
  const keys = keysOf2(state.config, authentication);
  return {
    type: 2,
    keyOf(id) {
      const key = keyToAccept(keys, id, Date.now());
      return "error" in key ? key : { algorithm: key.algorithm, secret: bytesOf(key.secret) };
    }
  };
}
function highestOf(iface, from, packet) {
  const keyId = keyIdOf(packet);
  const known = neighborOf(iface, from, packet.routerId);
  if (isKnown(known)) return known.sequences[keyId];
  let highest2;
  for (const other of iface.neighbors.values())
    if (other.routerId === packet.routerId && isKnown(other))
      highest2 = Math.max(highest2 ?? 0, other.sequences[keyId] ?? 0);
  return highest2;
}
function isKnown(neighbor) {
  return neighbor !== void 0 && neighbor.state !== "Down" && neighbor.state !== "Attempt";
}
function noteTaken(state, neighbor, packet) {
  count(state.counters, `${PACKET_NAMES[packet.type]}Received`);
  if (packet.auType !== 2) return;
  const own = { [keyIdOf(packet)]: sequenceOf(packet) };
  neighbor.sequences = isKnown(neighbor) ? { ...neighbor.sequences, ...own } : own;
}
function notePacket2(state, link, { from, to, payload }) {
  if (!isFollowed(state)) return;
  const bytes = payload.slice();
  const say = () => {
    const { lines, facts } = packetText(from, to, bytes);
    const [first, ...others] = lines;
    return {
      lines: [`received on ${link}: ${first}`, ...others],
      facts: { direction: "received", interface: link, ...facts }
    };
  };
  note(state, "packet", [link], say, bytes.length);
}
function noteDrop2(state, link, from, drop, ctx) {
  count(state.counters, drop.error);
  note(state, "packet", [link], () => ({
    lines: [`dropped on ${link}, from ${from}: ${dropText(drop)}`],
    facts: { direction: "dropped", interface: link, from, reason: drop.error }
  }));
  if (QUIET.includes(drop.error)) return;
  const due = lineDue(state.drops, drop.error, `${link} ${from}`, ctx.now());
  if (due === void 0) return;
  ctx.log("warn", `dropped a packet from ${from} on ${link}: ${dropText(drop)}${leftOutText(due)}`);
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

// ospf/restart/helping.ts
var LONGEST_PERIOD = 1800;
var LINES_AT_ONCE2 = 4;
function lsaChanged(state, key, agenda, ctx) {
  const lsa = findLsa(state, key);
  if (lsa === void 0) return;
  if (lsa.type < LS_OPAQUE_LINK) {
    for (const [iface, neighbor] of helped(state))
      if (reaches(state, iface, lsa)) endHelp(state, iface, neighbor, "the topology changed", agenda, ctx);
  } else if (isGrace(lsa)) {
    graceChanged(state, lsa, agenda, ctx);
  }
}
function graceIsOver(state, key, agenda, ctx) {
  const found = findNeighbor(state, key);
  if (found !== void 0) endHelp(state, ...found, "its grace period is over", agenda, ctx);
}
function graceChanged(state, lsa, agenda, ctx) {
  const iface = state.interfaces.get(lsa.scope.slice("link ".length));
  const body = decodeLsa(lsa.bytes);
  const grace = "data" in body ? decodeGrace(body.data) : void 0;
  if (iface === void 0 || grace === void 0) return;
  const neighbor = [...iface.neighbors.values()].find(
    ({ address, routerId }) => routerId === lsa.router && (areKnownById(iface) || grace.address === void 0 || grace.address === address)
  );
  if (neighbor === void 0) return;
  if (lsa.age >= MAX_AGE) {
    endHelp(state, iface, neighbor, "it has restarted", agenda, ctx);
    return;
  }
  const now = ctx.now();
  const left = Math.min(grace.period, LONGEST_PERIOD) - ageOf(lsa, now);
  const why = whyNot(state, neighbor, left);
  const who2 = `neighbour ${toAddress(neighbor.routerId)} on ${iface.key}`;
  if (why !== void 0) {
    tell3(state, neighbor, `${who2}: it restarts and is not helped: ${why}`, ctx);
    return;
  }
  if (neighbor.helping === void 0)
    tell3(state, neighbor, `${who2}: it restarts and is helped for ${left} s`, ctx);
  neighbor.helping = { until: now + left * 1e3, reason: grace.reason };
  ctx.setTimer("grace", neighbor.key, left * 1e3);
}
function tell3(state, { key }, text, ctx) {
  const due = lineDue(state.changes, "grace", key, ctx.now(), LINES_AT_ONCE2);
  if (due !== void 0) ctx.log("info", `${text}${leftOutText(due)}`);
}
function whyNot(state, neighbor, left) {
  if (!state.config.gracefulRestart.helper) return "the configuration forbids it";
  if (isRestarting(state)) return "this router restarts itself";
  if (left <= 0) return "its grace period is over";
  if (neighbor.helping !== void 0) return void 0;
  if (neighbor.state !== "Full") return `its state is ${neighbor.state}`;
  return isChangeAwaited(state, neighbor) ? "the topology has changed since" : void 0;
}
function endHelp(state, iface, neighbor, why, agenda, ctx) {
  if (neighbor.helping === void 0) return;
  delete neighbor.helping;
  ctx.cancelTimer("grace", neighbor.key);
  ctx.log(
    "info",
    `neighbour ${toAddress(neighbor.routerId)} on ${iface.key}: it is helped no longer: ${why}`
  );
  if (ctx.timerDue("inactivity", neighbor.timer) === void 0)
    ctx.setTimer("inactivity", neighbor.timer, configOf(state, iface).deadInterval);
  agenda.interface(iface, "NeighborChange");
  agenda.originate({ lsa: "router", area: iface.area });
  if (iface.virtual !== void 0) agenda.originate({ lsa: "router", area: iface.virtual.area });
  agenda.originate({ lsa: "network", iface: iface.key });
  agenda.adjacencies();
}
function helped(state) {
  return [...state.interfaces.values()].flatMap(
    (iface) => [...iface.neighbors.values()].flatMap(
      (neighbor) => neighbor.helping === void 0 ? [] : [[iface, neighbor]]
    )
  );
}
function reaches(state, { area, type }, { scope }) {
  if (scope === "as") return type !== "virtual" && areaConfigOf(state, area).type === "normal";
  return scope === `area ${area}`;
}

// ospf/settle.ts
var SLICE_MS = 0.25;
var SOME9 = 4;
var WORK = {
  neighbor: (state, { iface, neighbor, event, reason }, agenda, ctx) => neighborEvent(state, iface, neighbor, event, reason, agenda, ctx),
  lists: (state, { neighbor }, _agenda, ctx) => {
    endExchange(neighbor, ctx);
    clearRequested(state, neighbor);
    endRequests(neighbor, ctx);
    clearRetransmissions(state, neighbor, ctx);
  },
  interface: (state, { iface, event }, agenda, ctx) => interfaceEvent(state, iface, event, agenda, ctx),
  virtual: (state, { iface, way }, agenda, ctx) => virtualWayChanged(state, iface, way, agenda, ctx),
  exchange: (state, { iface, neighbor }, _agenda, ctx) => beginExchange(state, iface, neighbor, ctx),
  description: (state, { iface, neighbor, description }, agenda, ctx) => describe(state, iface, neighbor, description, agenda, ctx),
  origination: (state, item, agenda, ctx) => originate(state, item, agenda, ctx),
  flooding: (state, { key }, agenda, ctx) => flood(state, key, agenda, ctx),
  retransmission: (state, { iface, neighbor, key }, _agenda, ctx) => sendAndAwait(state, iface, neighbor, key, ctx),
  aging: (state, { key }, agenda, ctx) => removeAged(state, key, agenda, ctx.now()),
  restart: (state, { key }, agenda, ctx) => {
    if (key !== void 0) lsaChanged(state, key, agenda, ctx);
    lookAgain2(state, key, agenda, ctx);
  },
  stub: (state, _item, _agenda, ctx) => beginStub(state, ctx),
  updates: (state, { iface }, _agenda, ctx) => sendUpdates(state, iface, ctx),
  request: (state, { iface, neighbor }, agenda, ctx) => requestsChanged(state, iface, neighbor, agenda, ctx),
  answer: (state, { iface, neighbor }, _agenda, ctx) => answerHello(state, iface, neighbor, ctx),
  hellos: (state, { iface, begin: begin4 }, _agenda, ctx) => {
    hellosChange(state, iface, begin4, ctx);
    if (!begin4) dropDelayed(iface, ctx);
  },
  routing: (state, { change }, _agenda, ctx) => routingChanged(state, change, ctx),
  announcing: (state, { prefix }) => announceLater(state, prefix),
  adjacencies: (state, _item, _agenda, ctx) => tellAdjacencies(state, ctx)
};
function* settle(state, agenda, ctx) {
  let until = ctx.now() + SLICE_MS;
  for (let done = 1; done <= MOST_CONSEQUENCES; done++) {
    const item = agenda.next();
    if (item === void 0) return;
    const work2 = WORK[item.on];
    work2(state, item, agenda, ctx);
    if (done % SOME9 !== 0 || ctx.now() < until) continue;
    yield "slice";
    until = ctx.now() + SLICE_MS;
  }
  throw new Error(
    `one input has more than ${MOST_CONSEQUENCES} consequences: some of them set each other off`
  );
}
function settleAtOnce(state, agenda, ctx) {
  for (const _ of settle(state, agenda, ctx)) ;
}

// rows.ts
var SOME10 = 64;
var Rows = class {
  /** How many there are, as far as it is known. */
  size = 0;
  #make;
  constructor(make2) {
    this.#make = make2;
  }
  [Symbol.iterator]() {
    return this.#make(this);
  }
};
function* inOrder(all, orderOf2) {
  const found = [];
  let steps = 0;
  for (const item of all) {
    if (++steps % SOME10 === 0) yield;
    const order = orderOf2(item);
    if (order !== void 0) found.push({ item, order });
  }
  return (yield* sorted(found)).map(({ item }) => item);
}
function* sorted(all) {
  let runs = [];
  for (let at = 0; at < all.length; at += SOME10) {
    runs.push(all.slice(at, at + SOME10).sort((one, other) => one.order < other.order ? -1 : 1));
    yield;
  }
  while (runs.length > 1) {
    const merged = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* together(runs[at], runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}
function* together(one, other) {
  const merged = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const isFirst = j === other.length || i < one.length && one[i].order < other[j].order;
    merged.push(isFirst ? one[i++] : other[j++]);
    if (merged.length % SOME10 === 0) yield;
  }
  return merged;
}

// ospf/views/typed.ts
var ID2 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
function readId(text) {
  const octets = ID2.exec(text)?.slice(1).map(Number);
  return octets?.every((octet) => octet <= 255) ? toNumber(text) : void 0;
}
function interfacesNamed({ interfaces }, name) {
  const all = [...interfaces.values()];
  if (name === void 0) return all;
  const named = all.filter(({ key, link }) => key === name || link === name);
  if (named.length > 0) return named;
  return {
    refused: `OSPF has no interface "${name}"; known: ${all.map(({ key }) => key).join(", ") || "none"}`
  };
}
function uptimeText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1e3));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60
  ];
  const two = (number) => String(number).padStart(2, "0");
  if (days > 0) return `${days}d${two(hours)}h${two(minutes)}m`;
  if (hours > 0) return `${hours}h${two(minutes)}m${two(seconds % 60)}s`;
  return minutes > 0 ? `${minutes}m${two(seconds % 60)}s` : `${seconds}s`;
}
function dueText(ms) {
  return ms === void 0 ? "-" : `${(ms / 1e3).toFixed(3)}s`;
}

// ospf/views/neighbor.ts
var ONE = [{ name: "interface", description: "the name of an interface; all without it", optional: true }];
var neighborViews = {
  neighborDetail: {
    words: "ip ospf neighbor detail",
    aliases: ["ospf neighbor detail"],
    description: "OSPF neighbours with all that is known of them, and why one does not come up",
    takes: ONE,
    request: "showNeighbors",
    lines: "lines",
    none: "no neighbours"
  },
  neighbor: {
    words: "ip ospf neighbor",
    aliases: ["neighbors", "ospf neighbors", "ospf neighbor", "ip ospf neighbors"],
    description: "OSPF neighbours: how far the adjacency is, and when each is declared down",
    takes: ONE,
    request: "showNeighbors",
    columns: [
      { key: "routerId", title: "NEIGHBOR ID" },
      { key: "priority", title: "PRI" },
      { key: "stateAndRole", title: "STATE" },
      { key: "uptime", title: "UP TIME", unit: "ms" },
      { key: "deadIn", title: "DEAD TIME", unit: "ms" },
      { key: "address", title: "ADDRESS" },
      { key: "interface", title: "INTERFACE" },
      { key: "unacknowledged", title: "RXMTL" },
      { key: "requested", title: "RQSTL" },
      { key: "undescribed", title: "DBSML" },
      { key: "hindrance", title: "HINDRANCE" }
    ],
    none: "no neighbours"
  }
};
function neighborRows(state, body, ctx) {
  const named = interfacesNamed(state, body?.interface);
  if ("refused" in named) return named;
  return new Rows((rows2) => rowsOf2(named, rows2, ctx));
}
function* rowsOf2(interfaces, rows2, ctx) {
  rows2.size = interfaces.reduce((sum, { neighbors }) => sum + neighbors.size, 0);
  for (const iface of interfaces)
    for (const neighbor of iface.neighbors.values()) yield viewOf(iface, neighbor, ctx);
}
function viewOf(iface, neighbor, ctx) {
  const { state, exchange, helping } = neighbor;
  const role = roleOf2(iface, neighbor);
  const deadIn = ctx.timerDue("inactivity", neighbor.timer);
  const view = {
    interface: iface.key,
    routerId: toAddress(neighbor.routerId),
    address: toAddress(neighbor.address),
    area: toAddress(iface.area),
    priority: neighbor.priority,
    state,
    role,
    stateAndRole: `${state}/${role}`,
    dr: toAddress(neighbor.dr),
    bdr: toAddress(neighbor.bdr),
    uptime: Math.round(ctx.now() - neighbor.since),
    ...deadIn !== void 0 && { deadIn: Math.round(deadIn) },
    options: optionsText(neighbor.options),
    unacknowledged: neighbor.unacknowledged,
    requested: neighbor.requested,
    undescribed: exchange === void 0 || exchange.done ? "none" : "some",
    ...helping && { helpedFor: Math.round(Math.max(0, helping.until - ctx.now())) },
    ...neighbor.hindrance !== "" && { hindrance: neighbor.hindrance },
    events: { ...neighbor.events }
  };
  return { ...view, lines: linesOf(view) };
}
function linesOf(view) {
  return [
    ` Neighbor ${view.routerId}, interface address ${view.address}`,
    `    In the area ${view.area} via interface ${view.interface}`,
    `    Neighbor priority is ${view.priority}, State is ${view.state}, Role is ${view.role}, ${Object.values(view.events).reduce((sum, count2) => sum + count2, 0)} events`,
    `    Most recent state change ${uptimeText(view.uptime)} ago`,
    `    DR is ${view.dr}, BDR is ${view.bdr}`,
    `    Options ${view.options}`,
    `    Dead timer due in ${dueText(view.deadIn)}`,
    `    Database Summary List ${view.undescribed === "none" ? "empty" : "not empty"}`,
    `    Link State Request List ${view.requested}`,
    `    Link State Retransmission List ${view.unacknowledged}`,
    ...view.helpedFor === void 0 ? [] : [`    We help it to restart, for ${dueText(view.helpedFor)} still`],
    ...view.hindrance === void 0 ? [] : [`    It does not come up: ${view.hindrance}`]
  ];
}
function roleOf2(iface, { address }) {
  if (!isDesignating(iface)) return "-";
  if (iface.dr === address) return "DR";
  return iface.bdr === address ? "Backup" : "DROther";
}
var OPTION_NAMES = [
  [OPTION_O, "O"],
  [OPTION_DC, "DC"],
  [OPTION_NP, "N/P"],
  [OPTION_MC, "MC"],
  [OPTION_E, "E"]
];
function optionsText(options) {
  const names = Array.from({ length: 8 }, (_, i) => {
    const bit2 = 128 >> i;
    if ((options & bit2) === 0) return "-";
    return OPTION_NAMES.find(([each]) => each === bit2)?.[1] ?? "*";
  });
  return `${options} ${names.join("|")}`;
}

// ospf/views/database.ts
var TYPES = {
  router: [LS_ROUTER, "Router Link States"],
  network: [LS_NETWORK, "Net Link States"],
  summary: [LS_SUMMARY_NETWORK, "Summary Link States"],
  "asbr-summary": [LS_SUMMARY_ASBR, "ASBR-Summary Link States"],
  external: [LS_EXTERNAL, "AS External Link States"],
  "nssa-external": [LS_NSSA, "NSSA-external Link States"],
  "opaque-link": [LS_OPAQUE_LINK, "Link-Local Opaque-LSA"],
  "opaque-area": [LS_OPAQUE_AREA, "Area-Local Opaque-LSA"],
  "opaque-as": [LS_OPAQUE_AS, "AS-External Opaque-LSA"]
};
var SELF = "self-originate";
var ROUTER = "adv-router";
var OFFERS = [...Object.keys(TYPES), SELF, ROUTER];
var databaseViews = {
  database: {
    words: "ip ospf database",
    aliases: ["ospf database"],
    description: "the link state database: all of it in short, or LSAs of a type in full",
    takes: [
      { name: "which", description: "a type, self-originate, or adv-router", optional: true, offers: OFFERS },
      {
        name: "and",
        description: "a link state id, self-originate, or adv-router",
        optional: true,
        offers: [SELF, ROUTER]
      },
      { name: "of", description: "a router id after adv-router, or a further wish", optional: true },
      { name: "router", description: "a router id after adv-router", optional: true }
    ],
    request: "showDatabase",
    lines: "lines",
    none: "no such LSAs"
  }
};
function databaseRows(state, body, now) {
  const query = readQuery(state, body);
  return "refused" in query ? query : new Rows((rows2) => rowsOf3(state, query, now, rows2));
}
function readQuery(state, body) {
  const words = ["which", "and", "of", "router"].flatMap((name) => body?.[name] ?? []);
  const query = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at].toLowerCase();
    const id = readId(word);
    if (id !== void 0) {
      if (query.word === void 0)
        return { refused: `a type is missing before "${word}"; known: ${Object.keys(TYPES).join(", ")}` };
      query.id = id;
      continue;
    }
    const meant = OFFERS.includes(word) ? [word] : OFFERS.filter((each) => each.startsWith(word));
    const [one] = meant;
    if (one === void 0)
      return { refused: `"${word}" is no type of LSA and no id; known: ${OFFERS.join(", ")}` };
    if (meant.length > 1) return { refused: `"${word}" may be ${meant.join(", ")}; type more of it` };
    if (one === SELF) query.router = state.routerId;
    else if (one === ROUTER) {
      const router = readId(words[++at] ?? "");
      if (router === void 0)
        return { refused: `a router id is missing after ${ROUTER}, such as 10.0.1.1` };
      query.router = router;
    } else query.word = one;
  }
  return query;
}
function* rowsOf3(state, query, now, rows2) {
  yield { lines: ["", `       OSPF Router with ID (${toAddress(state.routerId)})`] };
  const words = query.word === void 0 ? Object.keys(TYPES) : [query.word];
  for (const scope of scopesOf(state)) {
    for (const word of words) {
      const [type] = TYPES[word];
      const found = yield* inOrder(
        lsasOf(state, scope, type),
        (lsa) => (query.id ?? lsa.id) === lsa.id && (query.router ?? lsa.router) === lsa.router ? hex32(lsa.id) + hex32(lsa.router) : void 0
      );
      rows2.size += found.length;
      let heading = headingOf(word, scope, query.word !== void 0);
      for (const lsa of found) {
        yield viewOf2(word, lsa, query.word !== void 0, now, heading);
        heading = [];
      }
    }
  }
}
function headingOf(word, scope, isFull2) {
  const [, title] = TYPES[word];
  const of = scope === "as" ? "" : scope.startsWith("area ") ? ` (Area ${toAddress(Number(scope.slice(5)))})` : ` (${scope})`;
  const further = { router: " Link count", summary: " Route", external: " Route", "nssa-external": " Route" }[word] ?? "";
  const columns = isFull2 ? [] : [`Link ID         ADV Router      Age  Seq#       CkSum ${further}`.trimEnd()];
  return ["", `                ${title}${of}`, "", ...columns];
}
function viewOf2(word, lsa, isFull2, now, heading) {
  const body = decodeLsa(lsa.bytes);
  const age2 = ageOf(lsa, now);
  const row = {
    scope: lsa.scope.startsWith("area ") ? `area ${toAddress(Number(lsa.scope.slice(5)))}` : lsa.scope,
    type: word,
    id: toAddress(lsa.id),
    router: toAddress(lsa.router),
    age: age2,
    sequence: sequenceText(lsa.sequence),
    checksum: checksumText(lsa.checksum),
    options: lsa.options,
    length: lsa.bytes.length,
    ...senderView(lsa),
    installed: Math.round(now - lsa.installed),
    ..."error" in body ? { damage: body.error } : bodyView(lsa, body)
  };
  const lines = isFull2 ? fullLines(lsa, body, age2, now) : [shortLine(lsa, body, age2)];
  return { ...row, lines: [...heading, ...lines] };
}
function sequenceText(sequence) {
  return `0x${hex32(sequence >>> 0)}`;
}
function checksumText(checksum2) {
  return `0x${checksum2.toString(16).padStart(4, "0")}`;
}
function senderView({ from }) {
  if (from === "" || from === FROM_BEFORE) return {};
  const at = from.lastIndexOf("/");
  return { neighbor: from.slice(at + 1), interface: from.slice(0, at) };
}
function originText2(lsa) {
  if (lsa.from === "") return "Made here";
  const { neighbor, interface: name } = senderView(lsa);
  return neighbor === void 0 ? "Installed" : `Received from ${neighbor} on ${name}`;
}
function shortLine(lsa, body, age2) {
  const further = "error" in body ? body.error : furtherOf(lsa, body);
  return `${toAddress(lsa.id).padEnd(15)} ${toAddress(lsa.router).padEnd(15)} ${String(age2).padStart(4)} ${sequenceText(lsa.sequence)} ${checksumText(lsa.checksum)} ${further}`.trimEnd();
}
function furtherOf({ id }, body) {
  if (body.kind === "router") return String(body.links.length);
  if (body.kind === "summary") return body.mask === 0 && id !== 0 ? "" : prefixText2(id, body.mask);
  if (body.kind === "external")
    return `E${body.type} ${prefixText2(id, body.mask)} [0x${body.tag.toString(16)}]`;
  return "";
}
function prefixText2(id, mask) {
  return `${toAddress((id & mask) >>> 0)}/${lengthOf2(mask)}`;
}
function lengthOf2(mask) {
  return mask === 0 ? 0 : 32 - Math.log2(2 ** 32 - mask);
}
function bodyView({ id }, body) {
  switch (body.kind) {
    case "router":
      return { flags: body.flags, links: body.links.map(linkView) };
    case "network":
      return { prefix: prefixText2(id, body.mask), routers: body.routers.map(toAddress) };
    case "summary":
      return { prefix: prefixText2(id, body.mask), metric: body.metric };
    case "external": {
      const { type, metric, forwarding, tag } = body;
      return {
        prefix: prefixText2(id, body.mask),
        metricType: type,
        metric,
        forwarding: toAddress(forwarding),
        tag
      };
    }
    case "opaque":
      return { opaqueType: id >>> 24, data: hex3(body.data) };
  }
}
function hex32(number) {
  return number.toString(16).padStart(8, "0");
}
function hex3(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
var LINK_WORDS = {
  1: [
    "point-to-point",
    "another Router (point-to-point)",
    "Neighboring Router ID",
    "Router Interface address"
  ],
  2: ["transit", "a Transit Network", "Designated Router address", "Router Interface address"],
  3: ["stub", "Stub Network", "Net", "Network Mask"],
  4: ["virtual", "a Virtual Link", "Neighboring Router ID", "Router Interface address"]
};
function linkView({ type, id, data, metric }) {
  return { type: LINK_WORDS[type]?.[0] ?? type, id: toAddress(id), data: toAddress(data), metric };
}
function fullLines(lsa, body, age2, now) {
  return [
    `  LS age: ${age2}`,
    `  Options: ${optionsText(lsa.options)}`,
    `  LS Type: ${lsa.type}`,
    `  Link State ID: ${toAddress(lsa.id)}`,
    `  Advertising Router: ${toAddress(lsa.router)}`,
    `  LS Seq Number: ${sequenceText(lsa.sequence).slice(2)}`,
    `  Checksum: ${checksumText(lsa.checksum)}`,
    `  Length: ${lsa.bytes.length}`,
    `  ${originText2(lsa)} ${Math.floor((now - lsa.installed) / 1e3)} s ago`,
    ..."error" in body ? [`  It cannot be read: ${body.error}`] : bodyLines(lsa, body),
    ""
  ];
}
var FLAGS = [
  [1, "ABR"],
  [2, "ASBR"],
  [4, "VL-endpoint"],
  [16, "NSSA translator"]
];
function bodyLines({ id }, body) {
  switch (body.kind) {
    case "router": {
      const roles = FLAGS.flatMap(([bit2, name]) => (body.flags & bit2) === 0 ? [] : [name]);
      return [
        `  Flags: 0x${body.flags.toString(16)}${roles.length === 0 ? "" : ` : ${roles.join(" ")}`}`,
        `  Number of Links: ${body.links.length}`,
        ...body.links.flatMap(linkLines)
      ];
    }
    case "network":
      return [
        `  Network Mask: /${lengthOf2(body.mask)}`,
        ...body.routers.map((router) => `        Attached Router: ${toAddress(router)}`)
      ];
    case "summary":
      return [`  Network Mask: /${lengthOf2(body.mask)}`, `        TOS: 0  Metric: ${body.metric}`];
    case "external":
      return [
        `  Network Mask: /${lengthOf2(body.mask)}`,
        `        Metric Type: ${body.type}${body.type === 2 ? " (Larger than any link state path)" : ""}`,
        "        TOS: 0",
        `        Metric: ${body.metric}`,
        `        Forward Address: ${toAddress(body.forwarding)}`,
        `        External Route Tag: ${body.tag}`
      ];
    case "opaque":
      return [
        `  Opaque-Type ${id >>> 24}`,
        `  Opaque-ID   0x${(id & 16777215).toString(16)}`,
        `  Opaque-Info: ${body.data.length} octets of data: ${hex3(body.data)}`
      ];
  }
}
function linkLines({ type, id, data, metric }) {
  const [, text, idText, dataText] = LINK_WORDS[type] ?? ["", `type ${type}`, "Link ID", "Link Data"];
  return [
    "",
    `    Link connected to: ${text}`,
    `     (Link ID) ${idText}: ${toAddress(id)}`,
    `     (Link Data) ${dataText}: ${toAddress(data)}`,
    "      Number of TOS metrics: 0",
    `       TOS 0 Metric: ${metric}`
  ];
}

// ospf/views/debug.ts
var HAPPENINGS = ["packet", "neighbor", "spf", "flooding"];
var ALL4 = "all";
var debugViews = {
  debug: {
    words: "ospf",
    aliases: ["ip ospf"],
    description: "what OSPF does as it happens: packets, neighbours and interfaces, routes, flooding",
    takes: [
      {
        name: "what",
        description: "one of these; all of it without a word",
        optional: true,
        choices: [...HAPPENINGS, ALL4]
      },
      { name: "interface", description: "the name of an interface; all without it", optional: true }
    ],
    request: "debug",
    lines: "lines",
    follows: true
  }
};
function debugRows(state, body) {
  const { what, interface: iface, follower = "", after = 0 } = body ?? {};
  const of = HAPPENINGS.find((each) => each === what);
  const name = iface === void 0 ? void 0 : String(iface);
  const named = interfacesNamed(state, name);
  if ("refused" in named) return named;
  if (of === "spf" && name !== void 0)
    return { refused: 'routes are computed for all interfaces together: type "debug ospf spf"' };
  const notes = notesFor(state, String(follower), Number(after), { of, iface: name });
  if (notes === void 0)
    return { refused: `${MOST_FOLLOWERS} consoles follow OSPF already; end "debug" on one of them` };
  return new Rows(function* (rows2) {
    rows2.size = notes.length;
    for (const each of notes) yield rowOf(each);
  });
}
function rowOf({ number, at, of, say }) {
  const { lines, facts } = say();
  const [first = "", ...others] = lines;
  return {
    number,
    time: new Date(at).toISOString(),
    of,
    ...facts,
    lines: [`${timeText(at)} ${first}`, ...others]
  };
}
function timeText(at) {
  const time = new Date(at);
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

// ospf/views/drops.ts
var dropViews = {
  drops: {
    words: "ip ospf drops",
    aliases: ["ospf drops"],
    description: "packets and LSAs that were dropped, by reason, and of whom the log told last",
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
var REASONS = Object.keys(DROP_REASONS);
function dropRows(state) {
  return new Rows(() => rows(state));
}
function* rows({ counters, drops }) {
  for (const reason of REASONS) {
    const count2 = counters[reason];
    if (count2 === void 0) continue;
    const source = [...drops.get(reason)?.told.keys() ?? []].at(-1) ?? "-";
    yield { reason, count: count2, source, meaning: DROP_REASONS[reason] };
  }
}

// ospf/views/general.ts
var generalViews = {
  ospf: {
    words: "ip ospf",
    aliases: ["ospf"],
    description: "OSPF: router id, roles, timers, areas with their databases and interfaces",
    request: "showOspf",
    lines: "lines"
  }
};
function generalRows(state, ctx) {
  return new Rows(() => rowsOf4(state, ctx));
}
function* rowsOf4(state, ctx) {
  const sums = yield* sumOf2(state, "as");
  yield routerRow(state, sums, ctx);
  const areas = [...state.areas.values()].sort((one, other) => one.id - other.id);
  for (const area of areas) yield areaRow(state, area, yield* sumOf2(state, areaScope(area.id)));
}
function routerRow(state, sums, ctx) {
  const { config, routerId, routing, restarting } = state;
  const left = restarting?.phase === "grace" ? Math.round(restarting.until - ctx.now()) : void 0;
  const { initial, hold, most } = config.timers.spf;
  const { referenceBandwidth: reference, distributeList: list } = config;
  const last2 = routing.log.at(-1);
  const abr = isAreaBorder(state);
  const asbr = [...state.areas.keys()].some((area) => isBoundary(state, area));
  const external = sums.get(LS_EXTERNAL) ?? NO_LSAS;
  const opaque = sums.get(LS_OPAQUE_AS) ?? NO_LSAS;
  const due = ctx.timerDue("spf", "");
  return {
    routerId: toAddress(routerId),
    areaBorder: abr,
    asBoundary: asbr,
    external,
    opaque,
    areas: state.areas.size,
    trees: routing.log.length,
    ...left !== void 0 && { restarting: left },
    ...reference !== void 0 && { referenceBandwidth: reference },
    ...list !== void 0 && { distributeList: list },
    lines: [
      ` OSPF Routing Process, Router ID: ${toAddress(routerId)}`,
      " Supports only single TOS (TOS0) routes",
      " This implementation conforms to RFC2328",
      " RFC1583Compatibility flag is disabled",
      " OpaqueCapability flag is enabled",
      ...left === void 0 ? [] : [` Graceful restart in progress, ${Math.ceil(left / 1e3)} s are left`],
      ` Initial SPF scheduling delay ${Math.round(initial)} millisec(s)`,
      ` Minimum hold time between consecutive SPFs ${Math.round(hold)} millisec(s)`,
      ` Maximum hold time between consecutive SPFs ${Math.round(most)} millisec(s)`,
      last2 === void 0 ? " SPF algorithm has not been run" : ` SPF algorithm last executed ${uptimeText(ctx.now() - last2.at)} ago, duration ${last2.took.toFixed(1)} ms, ${last2.reasons.join(", ")}`,
      ` SPF timer is ${due === void 0 ? "inactive" : `due in ${Math.round(due)} ms`}`,
      ` Minimum LSA interval ${formatDuration(config.timers.minLsInterval)}, minimum LSA arrival ${formatDuration(config.timers.minLsArrival)}`,
      ...abr ? [" This router is an ABR, ABR type is: RFC 3509"] : [],
      ...asbr ? [" This router is an ASBR (injecting external routing information)"] : [],
      ...reference === void 0 ? [] : [` Reference bandwidth unit is ${reference} mbps`],
      ...filterLines(list),
      ` Number of external LSA ${external.count}. Checksum Sum ${external.checksum}`,
      ` Number of opaque AS LSA ${opaque.count}. Checksum Sum ${opaque.checksum}`,
      ` Number of areas attached to this router: ${state.areas.size}`
    ]
  };
}
function filterLines({ prefixList, routeMap } = {}) {
  const lines = prefixList === void 0 ? [] : [` Routes are filtered by prefix-list ${prefixList}`];
  return routeMap === void 0 ? lines : [...lines, ` Routes are filtered by route-map ${routeMap}`];
}
var TYPES2 = [
  [LS_ROUTER, "router"],
  [LS_NETWORK, "network"],
  [LS_SUMMARY_NETWORK, "summary"],
  [LS_SUMMARY_ASBR, "ASBR summary"],
  [LS_NSSA, "NSSA"],
  [LS_OPAQUE_AREA, "opaque area"]
];
function areaRow(state, { id, trees: trees2, transit }, sums) {
  const config = areaConfigOf(state, id);
  const own = [...state.interfaces.values()].filter(({ area }) => area === id);
  const active = own.filter((iface) => iface.state !== "Down");
  const full = own.flatMap(({ neighbors }) => [...neighbors.values()].filter((one) => one.state === "Full"));
  const counts = TYPES2.map(([type, name]) => ({ name, ...sums.get(type) ?? NO_LSAS }));
  const kind = config.type === "normal" ? "" : ` (${config.type.toUpperCase()}${config.summaries ? "" : ", no summary"})`;
  return {
    area: toAddress(id),
    type: config.type,
    summaries: config.summaries,
    interfaces: own.length,
    active: active.length,
    full: full.length,
    trees: trees2,
    transit,
    lsas: Object.fromEntries(counts.map(({ name, ...sum }) => [name, sum])),
    lines: [
      ` Area ID: ${toAddress(id)}${id === 0 ? " (Backbone)" : ""}${kind}`,
      `   Number of interfaces in this area: Total: ${own.length}, Active: ${active.length}`,
      `   Number of fully adjacent neighbors in this area: ${full.length}`,
      ...transit ? ["   This area carries transit traffic of virtual links"] : [],
      `   SPF algorithm executed ${trees2} times`,
      `   Number of LSA ${counts.reduce((sum, { count: count2 }) => sum + count2, 0)}`,
      ...counts.map(
        ({ name, count: count2, checksum: checksum2 }) => `   Number of ${name} LSA ${count2}. Checksum Sum ${checksum2}`
      )
    ]
  };
}
var NO_LSAS = { count: 0, checksum: "0x00000000" };
var SOME11 = 64;
function* sumOf2(state, scope) {
  const sums = /* @__PURE__ */ new Map();
  let steps = 0;
  for (const { type, checksum: checksum2 } of lsasOf(state, scope)) {
    const { count: count2, sum } = sums.get(type) ?? { count: 0, sum: 0 };
    sums.set(type, { count: count2 + 1, sum: sum + checksum2 >>> 0 });
    if (++steps % SOME11 === 0) yield;
  }
  return new Map(
    [...sums].map(([type, { count: count2, sum }]) => [
      type,
      { count: count2, checksum: `0x${sum.toString(16).padStart(8, "0")}` }
    ])
  );
}

// ospf/views/interface.ts
var ONE2 = [{ name: "interface", description: "the name of an interface; all without it", optional: true }];
var interfaceViews = {
  interfaceBrief: {
    words: "ip ospf interface brief",
    description: "interfaces of OSPF with area, state, cost and neighbours",
    takes: ONE2,
    request: "showInterfaces",
    columns: [
      { key: "interface", title: "INTERFACE" },
      { key: "area", title: "AREA" },
      { key: "subnet", title: "ADDRESS" },
      { key: "cost", title: "COST" },
      { key: "state", title: "STATE" },
      { key: "neighborsFull", title: "FULL" },
      { key: "neighbors", title: "NEIGHBORS" }
    ],
    none: "no interfaces"
  },
  interface: {
    words: "ip ospf interface",
    description: "interfaces of OSPF: address, area, type, state, designated routers, timers, authentication",
    takes: ONE2,
    request: "showInterfaces",
    lines: "lines",
    none: "no interfaces"
  }
};
var TYPE_WORDS = {
  broadcast: "BROADCAST",
  "point-to-point": "POINTOPOINT",
  "point-to-multipoint": "POINTOMULTIPOINT",
  "non-broadcast": "NBMA",
  loopback: "LOOPBACK",
  virtual: "VIRTUALLINK"
};
function interfaceRows(state, body, ctx) {
  const named = interfacesNamed(state, body?.interface);
  if ("refused" in named) return named;
  return new Rows((rows2) => rowsOf5(state, named, rows2, ctx));
}
function* rowsOf5(state, interfaces, rows2, ctx) {
  rows2.size = interfaces.length;
  for (const iface of interfaces) yield viewOf3(state, iface, ctx);
}
function viewOf3(state, iface, ctx) {
  const config = configOf(state, iface);
  const neighbors = [...iface.neighbors.values()];
  const full = neighbors.filter((neighbor) => neighbor.state === "Full");
  const helloIn = ctx.timerDue("hello", iface.key);
  const { authentication } = config;
  const subnet = iface.subnet === void 0 ? void 0 : textOf(iface.subnet);
  const row = {
    interface: iface.key,
    area: toAddress(iface.area),
    ...subnet !== void 0 && { subnet },
    type: iface.type,
    state: iface.state,
    since: Math.round(ctx.now() - iface.since),
    passive: config.passive,
    cost: iface.cost,
    mtu: iface.mtu,
    priority: config.priority,
    dr: toAddress(iface.dr),
    bdr: toAddress(iface.bdr),
    helloInterval: config.helloInterval,
    deadInterval: config.deadInterval,
    retransmitInterval: config.retransmitInterval,
    transmitDelay: config.transmitDelay,
    ...helloIn !== void 0 && { helloIn: Math.round(helloIn) },
    neighbors: neighbors.length,
    neighborsFull: full.length,
    authentication: authentication.type,
    ...iface.choice ? { choice: iface.choice } : {},
    ...iface.unsent > 0 && { unsent: iface.unsent }
  };
  return { ...row, lines: linesOf2(state, iface, row) };
}
function linesOf2(state, iface, row) {
  const area = areaConfigOf(state, iface.area).type;
  return [
    `${iface.key} is ${iface.state === "Down" ? "down" : "up"}`,
    `  Internet Address ${row.subnet ?? (iface.address === NONE ? "none" : `unnumbered, ${toAddress(iface.address)}`)}, Area ${toAddress(iface.area)}${area === "normal" ? "" : ` [${area.toUpperCase()}]`}`,
    `  MTU ${iface.mtu} bytes`,
    `  Router ID ${toAddress(state.routerId)}, Network Type ${TYPE_WORDS[iface.type]}, Cost: ${iface.cost}`,
    `  Transmit Delay is ${row.transmitDelay / 1e3} sec, State ${iface.state}, Priority ${row.priority}, for ${uptimeText(row.since)}`,
    iface.dr === NONE ? "  No designated router on this network" : `  Designated Router (interface address) ${toAddress(iface.dr)}`,
    iface.bdr === NONE ? "  No backup designated router on this network" : `  Backup Designated Router (interface address) ${toAddress(iface.bdr)}`,
    `  Timer intervals configured, Hello ${formatDuration(row.helloInterval)}, Dead ${formatDuration(row.deadInterval)}, Retransmit ${formatDuration(row.retransmitInterval)}`,
    row.passive ? "    No Hellos (Passive interface)" : `    Hello due in ${dueText(row.helloIn)}`,
    `  Neighbor Count is ${row.neighbors}, Adjacent neighbor count is ${row.neighborsFull}`,
    ...row.authentication === "none" ? [] : [`  Authentication is ${row.authentication}`],
    ...iface.virtual === void 0 ? [] : [
      iface.virtual.to === NONE ? `  There is no way to ${toAddress(iface.virtual.router)} through area ${toAddress(iface.virtual.area)}` : `  The way to ${toAddress(iface.virtual.router)} through area ${toAddress(iface.virtual.area)} is by ${iface.virtual.over}, to ${toAddress(iface.virtual.to)}`
    ],
    ...row.choice === void 0 ? [] : [`  ${row.choice}`],
    ...row.unsent === void 0 ? [] : [`  ${row.unsent} Hellos in a row could not be sent`]
  ];
}

// ospf/views/route.ts
var routeViews = {
  route: {
    words: "ip ospf route",
    aliases: ["ospf route", "ospf routes"],
    description: "routes that OSPF has computed: N within an area, IA of other areas, E1 and E2 external ones",
    takes: [{ name: "prefix", description: "a prefix; all without it", optional: true }],
    request: "showRoutes",
    lines: "lines",
    none: "no routes"
  },
  borders: {
    words: "ip ospf border-routers",
    aliases: ["ospf border-routers"],
    description: "ways to area border routers and AS boundary routers",
    request: "showBorders",
    lines: "lines",
    none: "no border routers"
  },
  trees: {
    words: "ip ospf spf log",
    aliases: ["ospf spf log"],
    description: "the last calculations of routes: when, how long, of what, and why",
    request: "showTrees",
    columns: [
      { key: "ago", title: "AGO" },
      { key: "took", title: "TOOK", unit: "ms" },
      { key: "turns", title: "TURNS" },
      { key: "routers", title: "ROUTERS" },
      { key: "routes", title: "ROUTES" },
      { key: "changed", title: "CHANGED" },
      { key: "reasons", title: "REASONS" }
    ],
    none: "no tree was computed yet"
  }
};
var LETTERS = {
  intra: "N",
  inter: "N IA",
  "external-1": "N E1",
  "external-2": "N E2"
};
function routeRows(state, body) {
  const prefix = body?.prefix;
  if (prefix !== void 0 && !state.routes.has(prefix))
    return {
      refused: `OSPF has no route to "${prefix}"; write it as ${[...state.routes.keys()][0] ?? "10.0.1.0/24"}`
    };
  return new Rows((rows2) => routes(state, prefix, rows2));
}
function* routes(state, prefix, rows2) {
  const keys = prefix === void 0 ? yield* inOrder(state.routes.keys(), orderOf) : [prefix];
  rows2.size = keys.length;
  for (const key of keys) {
    const route = state.routes.get(key);
    yield route && routeView(key, route);
  }
}
function orderOf(prefix) {
  const [address = "", length = ""] = prefix.split("/");
  return toNumber(address) * 64 + Number(length);
}
function routeView(prefix, route) {
  const { path, area, cost, metric2, tag, hops, from } = route;
  const isExternal2 = path.startsWith("external");
  const costs = path === "external-2" ? `${cost}/${metric2}` : `${cost}`;
  const first = `${LETTERS[path].padEnd(6)} ${prefix.padEnd(18)} [${costs}]${isExternal2 ? ` tag: ${tag}` : ` area: ${toAddress(area)}`}`;
  return {
    prefix,
    path,
    ...!isExternal2 && { area: toAddress(area) },
    cost,
    ...path === "external-2" && { metric2 },
    ...isExternal2 && { tag },
    from: toAddress(from),
    hops: hops.map(hopView),
    lines: [first, ...hops.map((hop) => `       ${hopText(hop)}`)]
  };
}
function borderRows(state) {
  return new Rows((rows2) => borders(state, rows2));
}
function* borders(state, rows2) {
  const found = yield* inOrder(state.borders.values(), ({ router }) => router);
  rows2.size = found.length;
  for (const border of found) yield borderView(border);
}
function borderView({ router, area, path, cost, hops, abr, asbr }) {
  const roles = [...abr ? ["ABR"] : [], ...asbr ? ["ASBR"] : []].join(", ");
  const letter = path === "intra" ? "R" : "R IA";
  return {
    router: toAddress(router),
    area: toAddress(area),
    path,
    cost,
    abr,
    asbr,
    hops: hops.map(hopView),
    lines: [
      `${letter.padEnd(6)} ${toAddress(router).padEnd(18)} [${cost}] area: ${toAddress(area)}, ${roles}`,
      ...hops.map((hop) => `       ${hopText(hop)}`)
    ]
  };
}
function treeRows({ routing }, now) {
  return new Rows((rows2) => trees(routing.log, now, rows2));
}
function* trees(log2, now, rows2) {
  rows2.size = log2.length;
  for (const tree of log2.toReversed())
    yield { ...tree, ago: uptimeText(now - tree.at), reasons: tree.reasons.join(", ") };
}
function hopView({ iface, address }) {
  return { interface: iface, ...address !== NONE && { gateway: toAddress(address) } };
}
function hopText({ iface, address }) {
  return address === NONE ? `directly attached to ${iface}` : `via ${toAddress(address)}, ${iface}`;
}

// ospf/views.ts
var views = {
  ...routeViews,
  ...databaseViews,
  ...interfaceViews,
  ...neighborViews,
  ...dropViews,
  ...generalViews,
  ...debugViews
};
var ANSWERS = {
  // As before 3.0.0.
  neighbors: (state, _body, ctx) => neighborRows(state, void 0, ctx),
  showOspf: (state, _body, ctx) => generalRows(state, ctx),
  showInterfaces: (state, body, ctx) => interfaceRows(state, body, ctx),
  showNeighbors: (state, body, ctx) => neighborRows(state, body, ctx),
  showDatabase: (state, body, ctx) => databaseRows(state, body, ctx.now()),
  showRoutes: (state, body) => routeRows(state, body),
  showBorders: (state) => borderRows(state),
  showTrees: (state, _body, ctx) => treeRows(state, ctx.now()),
  showDrops: (state) => dropRows(state),
  debug: (state, body) => debugRows(state, body)
};

// ospf/work.ts
var TURN_MS2 = 0.5;
var TURNS = 8;
function work(state, working, agenda, ctx) {
  const until = ctx.now() + TURN_MS2;
  while (some2(state, working, until, agenda, ctx)) if (ctx.now() >= until) break;
}
function armWork(state, working, ctx) {
  if (hasWork(state, working, ctx)) {
    if (ctx.timerDue("work") === void 0) ctx.setTimer("work", "", 0);
  } else if (isAnnouncing(state) && ctx.timerDue("work", "retry") === void 0) {
    ctx.setTimer("work", "retry", Math.max(0, state.routing.retryAt - ctx.now()));
  }
}
function hasWork(state, working, ctx) {
  return hasToCalculate(state, working, ctx) || mayLeave(state) || hasToAnnounce(state, ctx.now()) || state.left.length > 0 || state.redistribution.how === "sweep";
}
function some2(state, working, until, agenda, ctx) {
  if (calculateSome(state, working, until, agenda, ctx)) return true;
  if (mayLeave(state)) {
    leave(state, agenda, ctx);
    return true;
  }
  if (announceSome(state, working, ctx)) return true;
  if (forgetSome(state)) return true;
  return sweepSome(state, working, agenda);
}

// ospf/module.ts
var manifest = {
  api: 2,
  name: "OSPF",
  version: "4.2.4",
  description: "OSPF version 2 (RFC 2328)",
  maxHandlerMs: MAX_HANDLER_MS,
  needs: ["links"],
  accepts: {
    relay: [1],
    neighbors: [1],
    showOspf: [1],
    showInterfaces: [1],
    showNeighbors: [1],
    showDatabase: [1],
    showRoutes: [1],
    showBorders: [1],
    showTrees: [1],
    showDrops: [1],
    debug: [1]
  },
  subscribes: { broadcast: [1], links: [1], routesWanted: [1], redistributed: [1], subscriptions: [1] },
  publishes: { adjacencies: 1 },
  sends: { IP: { routes: 1, redistribute: 1, redistributionTaken: 1 } },
  timers: [
    "hello",
    "wait",
    "inactivity",
    "poll",
    "exchange",
    "request",
    "retransmit",
    "acknowledge",
    "originate",
    "aging",
    "stub",
    "grace",
    "spf",
    "work",
    "resume",
    "adjacencies"
  ],
  // A.1: AllSPFRouters, TTL 1. AllDRouters is joined where we are one of these.
  ports: { ospf: { kind: "raw-ip", protocol: 89, groups: [ALL_SPF_ROUTERS], ttl: 1 } },
  config: section,
  views,
  state: {
    version: 5,
    up: { 1: up1, 2: up2, 3: up3 },
    down: { 1: down1, 2: down2, 3: down3 },
    tables: { ...TABLES, lsas: { up: { 4: upLsa4 }, down: { 4: downLsa4 } } }
  }
};
var Ospf = class extends import_runtime2.Module {
  initial(given) {
    const config = readConfig(given);
    if ("error" in config) throw new Error(config.error);
    const state = initialState(config, idOf(config.routerId), `${Date.now().toString(36)}`);
    firstInterfaces(state);
    return state;
  }
  /** Interfaces that were failing when this version, or its configuration, began: that is not its fault. */
  #inherited = /* @__PURE__ */ new Set();
  /** Of trees under way: made anew after a swap. */
  #working = newWorking();
  start(why) {
    this.#inherited = failingOf(this.state);
    openPorts(this.state, this.ctx);
    for (const iface of this.state.interfaces.values()) beginTimers(this.state, iface, this.ctx);
    armAging(this.ctx);
    if (why === "cold" || why === "resume") subscribe(this.state, this.ctx);
    if (why === "cold") {
      if (this.state.config.gracefulRestart.restarter) beginLooking(this.state, this.ctx);
      else beginStub(this.state, this.ctx);
    }
    if (why === "resume") forgetRole(this.state);
    this.ctx.setTimer("resume", "", 0);
    beginTelling(this.ctx);
    armWork(this.state, this.#working, this.ctx);
  }
  configure(given) {
    const config = readConfig(given);
    return "error" in config ? config.error : planFor(this.state.config, config);
  }
  apply(plan) {
    this.#inherited = failingOf(this.state);
    delete this.#working.whole;
    for (const step of [leave2, leaveInterfaces, apply]) {
      const agenda = plan.startsAgain && step !== apply ? new LeavingAgenda() : new OspfAgenda();
      step(this.state, plan, agenda, this.ctx);
      settleAtOnce(this.state, agenda, this.ctx);
    }
    armWork(this.state, this.#working, this.ctx);
  }
  stop(why) {
    if (why === "shutdown" && this.state.config.gracefulRestart.restarter) {
      askForGrace(this.state, this.ctx);
      return;
    }
    abandonRestart(this.state, this.ctx);
    const agenda = new LeavingAgenda();
    flushAll(this.state, agenda, this.ctx);
    settleAtOnce(this.state, agenda, this.ctx);
    for (const iface of this.state.interfaces.values()) {
      sayFarewell(this.state, iface, this.ctx);
      takeDown(this.state, iface, agenda, this.ctx);
    }
    settleAtOnce(this.state, agenda, this.ctx);
    endTelling(this.ctx);
    withdrawAll(this.state, this.ctx);
    unsubscribe(this.ctx);
  }
  /** Runs what an input sets off, and sees to it that the work that is left is done. */
  // biome-ignore lint/suspicious/noConfusingVoidType: what an input begins seldom takes slices
  *#handle(begin4) {
    const agenda = new OspfAgenda();
    const steps = begin4(agenda);
    if (steps !== void 0) yield* steps;
    yield* settle(this.state, agenda, this.ctx);
    armWork(this.state, this.#working, this.ctx);
  }
  #neighbor(found, act) {
    return this.#handle((agenda) => {
      if (found !== void 0) act(...found, agenda);
    });
  }
  #interface(key, act) {
    return this.#handle((agenda) => {
      const iface = this.state.interfaces.get(key);
      if (iface !== void 0) act(iface, agenda);
    });
  }
  // ——— Packets and links ———
  onOspf({ key, datum }) {
    return this.#handle((agenda) => receive(this.state, key, datum, agenda, this.ctx));
  }
  onLinks({ body }) {
    return this.#handle((agenda) => linkChanged(this.state, body, agenda, this.ctx));
  }
  onResume() {
    return this.#handle((agenda) => {
      for (const iface of this.state.interfaces.values()) {
        knowConfigured(this.state, iface, agenda, this.ctx);
        beginTimers(this.state, iface, this.ctx);
        refresh(this.state, iface, agenda, this.ctx);
      }
    });
  }
  // ——— Adjacencies ———
  onBroadcast({ body }) {
    sendOnTick(this.state, body, this.ctx);
  }
  onHello({ key }) {
    return this.#interface(key, (iface) => sendHellos(this.state, iface, this.ctx));
  }
  onWait({ key }) {
    return this.#interface(key, (iface, agenda) => agenda.interface(iface, "WaitTimer"));
  }
  onInactivity({ key }) {
    return this.#neighbor(
      findByTimer(this.state, key),
      (iface, neighbor, agenda) => agenda.neighbor(iface, neighbor, "InactivityTimer")
    );
  }
  onPoll({ key }) {
    return this.#neighbor(
      findNeighbor(this.state, key),
      (iface, neighbor) => poll(this.state, iface, neighbor, this.ctx)
    );
  }
  onExchange({ key }) {
    return this.#neighbor(
      findNeighbor(this.state, key),
      (iface, neighbor) => exchangeIsLate(this.state, iface, neighbor, this.ctx)
    );
  }
  onRequest({ key }) {
    return this.#neighbor(
      findNeighbor(this.state, key),
      (iface, neighbor) => requestIsLate(this.state, iface, neighbor, this.ctx)
    );
  }
  onAdjacencies() {
    tellAdjacencies(this.state, this.ctx);
  }
  // ——— The link state database ———
  onRetransmit({ key, body }) {
    return this.#neighbor(
      findNeighbor(this.state, key),
      (iface, neighbor) => retransmit(this.state, iface, neighbor, body, this.ctx)
    );
  }
  onAcknowledge({ key }) {
    return this.#interface(key, (iface) => sendDelayed(this.state, iface, this.ctx));
  }
  onOriginate({ key }) {
    return this.#handle((agenda) => originateWaiting(this.state, key, agenda, this.ctx));
  }
  onAging() {
    return this.#handle((agenda) => age(this.state, agenda, this.ctx));
  }
  onGrace({ key }) {
    return this.#handle(
      (agenda) => key === "" || key === "listen" ? timeIsOver(this.state, key, agenda, this.ctx) : graceIsOver(this.state, key, agenda, this.ctx)
    );
  }
  onStub() {
    return this.#handle((agenda) => endStub(this.state, agenda));
  }
  // ——— Routes ———
  onSpf({ key }) {
    return this.#handle(() => waitIsOver(this.state, key, this.ctx));
  }
  *onWork() {
    for (let turn = 1; ; turn++) {
      yield* this.#handle((agenda) => work(this.state, this.#working, agenda, this.ctx));
      if (turn === TURNS || this.ctx.draining || !hasWork(this.state, this.#working, this.ctx)) return;
      yield "slice";
    }
  }
  onRoutesWanted({ body }) {
    return this.#handle(() => takeRoutesWanted(this.state, body, this.#working, this.ctx));
  }
  onRedistributed({ body }) {
    return this.#handle((agenda) => takeRedistributed(this.state, body, agenda, this.ctx));
  }
  onSubscriptions({ body }) {
    takeSubscriptions(this.state, body, this.ctx);
  }
  onRelay(message) {
    receiveRelay(this.state, message, this.ctx);
  }
  // ——— Views ———
  onNeighbors({ body }) {
    return ANSWERS.neighbors(this.state, body, this.ctx);
  }
  onShowOspf({ body }) {
    return ANSWERS.showOspf(this.state, body, this.ctx);
  }
  onShowInterfaces({ body }) {
    return ANSWERS.showInterfaces(this.state, body, this.ctx);
  }
  onShowNeighbors({ body }) {
    return ANSWERS.showNeighbors(this.state, body, this.ctx);
  }
  onShowDatabase({ body }) {
    return ANSWERS.showDatabase(this.state, body, this.ctx);
  }
  onShowRoutes({ body }) {
    return ANSWERS.showRoutes(this.state, body, this.ctx);
  }
  onShowBorders({ body }) {
    return ANSWERS.showBorders(this.state, body, this.ctx);
  }
  onShowTrees({ body }) {
    return ANSWERS.showTrees(this.state, body, this.ctx);
  }
  onDebug({ body }) {
    return ANSWERS.debug(this.state, body, this.ctx);
  }
  onShowDrops({ body }) {
    return ANSWERS.showDrops(this.state, body, this.ctx);
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
