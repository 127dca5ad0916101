/** What a bundle is given by `require('hitless/runtime')`: the host's own copies, so that classes are the same. */
export { Ask } from './ask.ts';
export { HitlessError } from './errors.ts';
export { figureName } from './inspection.ts';
export { Module } from './module.ts';
export { Table } from './table.ts';
