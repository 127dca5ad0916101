/** What the figures were measured on, in a line. */
import type { Environment } from '../firmware/measure/environment.ts';

export { type Environment, environment } from '../firmware/measure/environment.ts';

export function environmentLine({ cpu, processors, kernel, node, load, others }: Environment): string {
  const beside = Object.entries(others).map(([name, version]) => `, ${name} ${version}`);
  return `${cpu} (${processors} processors), Linux ${kernel}, load ${load}, node ${node}${beside.join('')}`;
}
