/** Words that were typed behind those of a view, and how times are written there. */
import { toNumber } from '../../address.ts';
import type { Id, Interface, State } from '../state.ts';

/** By the names of what the view takes. */
export type Typed = Readonly<Record<string, string>> | undefined;

/** Why it is not shown; the console says it. */
export interface NotShown {
  refused: string;
}

const ID = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** A router id, link state id or address. */
export function readId(text: string): Id | undefined {
  const octets = ID.exec(text)?.slice(1).map(Number);
  return octets?.every((octet) => octet <= 255) ? toNumber(text) : undefined;
}

/** The interfaces of that name: of a link, or the key of one; all without a name. */
export function interfacesNamed({ interfaces }: State, name: string | undefined): Interface[] | NotShown {
  const all = [...interfaces.values()];
  if (name === undefined) return all;
  const named = all.filter(({ key, link }) => key === name || link === name);
  if (named.length > 0) return named;
  return {
    refused: `OSPF has no interface "${name}"; known: ${all.map(({ key }) => key).join(', ') || 'none'}`,
  };
}

/** As FRR writes a time that has passed: `1m23s`, `2h03m04s`, `1d02h03m`. */
export function uptimeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const two = (number: number) => String(number).padStart(2, '0');
  if (days > 0) return `${days}d${two(hours)}h${two(minutes)}m`;
  if (hours > 0) return `${hours}h${two(minutes)}m${two(seconds % 60)}s`;
  return minutes > 0 ? `${minutes}m${two(seconds % 60)}s` : `${seconds}s`;
}

/** `35.021s`; `-` where it is not known. */
export function dueText(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(3)}s`;
}
