/**
 * The kernel's tables as a port: links, addresses, routes and, where asked for, neighbours of this network namespace are
 * listed and then told as they change; changes are carried out, each request with an answer.
 */
export * from './kernel-tables/datum.ts';
