/** The library that a bundle gets by `require('hitless/runtime')`: the host's own copies, so that classes are the same. */

export { HitlessError } from './errors.ts';
export { figureName } from './inspection.ts';
export { Ask } from './module/ask.ts';
export { defineModule, message, request } from './module/define.ts';
export { Module } from './module/module.ts';
export { Table } from './state/table.ts';
