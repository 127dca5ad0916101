/** Circles in what imports what, as large as they are (Tarjan's strongly connected components). */
import type { Tree } from './tree.ts';

export function circlesOf({ sources }: Tree): string[][] {
  const circles: string[][] = [];
  const stack: string[] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const walk = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path)!);
    stack.push(path);
    for (const { to } of sources.get(path)!.imports) {
      if (!sources.has(to)) continue;
      if (!order.has(to)) walk(to);
      if (stack.includes(to)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(to)!));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const path of sources.keys()) if (!order.has(path)) walk(path);
  return circles;
}
