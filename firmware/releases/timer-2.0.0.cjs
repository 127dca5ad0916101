// timer@2.0.0, a module bundle of hitless. Released: it never changes.
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

// timer/module.ts
var module_exports = {};
__export(module_exports, {
  default: () => Timer,
  manifest: () => manifest
});
module.exports = __toCommonJS(module_exports);
var import_runtime = require("hitless/runtime");

// timer/state.ts
function initialState(config) {
  const { period } = config ?? {};
  if (typeof period !== "number" || !(period > 0)) {
    throw new Error(
      `TIMER needs { period: milliseconds greater than 0 } as its configuration, not ${period}`
    );
  }
  return up({ config: { period }, tick: 0 });
}
function up({ config, tick }) {
  return { config, ticks: tick, missed: 0, lateness: { last: 0, worst: 0, total: 0, measured: 0 } };
}
function down({ config, ticks }) {
  return { config, tick: ticks };
}
function measure(lateness, late) {
  lateness.last = late;
  lateness.worst = Math.max(lateness.worst, late);
  lateness.total += late;
  lateness.measured++;
}

// timer/module.ts
var PERIODIC = "periodic";
var manifest = {
  api: 1,
  name: "TIMER",
  version: "2.0.0",
  description: "publishes the broadcast event that drives the other modules",
  accepts: {},
  subscribes: {},
  publishes: { broadcast: 1 },
  timers: ["tick"],
  ports: [],
  state: { version: 2, up: { 1: up }, down: { 1: down } }
};
var Timer = class extends import_runtime.Module {
  initial(config) {
    return initialState(config);
  }
  /** Another version's timer goes on: it is armed, or its expiry waits to be handled. */
  start(why) {
    if (why === "cold") this.#arm(this.state.config.period);
  }
  onTick({ due, overruns, body: kind }) {
    const { config, ticks, lateness } = this.state;
    measure(lateness, this.ctx.now() - due);
    const body = { tick: ticks, period: config.period, missed: overruns };
    this.ctx.publish("broadcast", body);
    this.state.ticks = ticks + 1;
    this.state.missed += overruns;
    if (kind !== PERIODIC) this.#arm(due + config.period - this.ctx.now());
  }
  #arm(after) {
    const { period } = this.state.config;
    this.ctx.setTimer("tick", "", Math.max(0, after), { every: period, body: PERIODIC });
  }
};
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  manifest
});
