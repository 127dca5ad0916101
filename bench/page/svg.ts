/** Elements of SVG and HTML as text, escaped. */
type Attributes = Record<string, string | number | undefined>;

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** An element; its children are markup already. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`],
  );
  const content = children.join('');
  return content === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${content}</${name}>`;
}

export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(text));
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return element('line', { x1, y1, x2, y2, class: kind });
}

/** A path through points, in straight lines. */
export function through(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join('');
}

/** A drawing that is as wide as there is room; `width` and `height` are its own units. */
export function drawing(width: number, height: number, name: string, ...children: string[]): string {
  const view = `0 0 ${width} ${short(height)}`;
  return element('svg', { viewBox: view, role: 'img', 'aria-label': name }, ...children);
}

/** A tenth of a unit is finer than a screen. */
function short(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A plot with its title above, and below how it was measured. */
export function figure(title: string, caption: string, body: string, kind = ''): string {
  const classes = kind === '' ? {} : { class: kind };
  return element(
    'figure',
    classes,
    element('h3', {}, escaped(title)),
    body,
    element('figcaption', {}, escaped(caption)),
  );
}
