/**
 * Module hooks: `.ts` files lose their types, and `hitless/runtime` is the source, not what was built of it.
 * What was made of a file is kept in `.tap/typescript`: to load esbuild takes longer than all else that a short test does.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runtime = new URL('../../runtime/index.ts', import.meta.url).href;
const tap = new URL('./tap.mjs', import.meta.url).href;
const kept = fileURLToPath(new URL('../../.tap/typescript', import.meta.url));

const OPTIONS = {
  loader: 'ts',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
};
/** What the code depends on beside the file's text. */
const MAKER = JSON.stringify([
  OPTIONS,
  JSON.parse(readFileSync(new URL('../../node_modules/esbuild/package.json', import.meta.url), 'utf8'))
    .version,
]);

const hash = (...parts) => createHash('sha256').update(parts.join('\0')).digest('base64url');

export async function resolve(specifier, context, next) {
  // Otherwise a test would meet each class of the runtime twice: from `dist/` and from `runtime/`.
  if (specifier === 'hitless/runtime') return { url: runtime, shortCircuit: true };
  if (specifier === 'tap') return { url: tap, shortCircuit: true };
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(new URL(url).pathname)) return next(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', source: await codeOf(file), shortCircuit: true };
}

/** One file is kept for each source, so that they do not grow in number; its last line tells of what it was made. */
async function codeOf(file) {
  const text = readFileSync(file, 'utf8');
  const place = join(kept, `${basename(file)}-${hash(file).slice(0, 16)}.mjs`);
  const end = `\n//${hash(MAKER, text)}\n`;
  const known = readIfThere(place);
  if (known.endsWith(end)) return known;
  const { transform } = await import('esbuild');
  const { code } = await transform(text, { ...OPTIONS, sourcefile: file });
  keep(place, code + end);
  return code;
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Whole or not at all: test files run at the same time. Where it cannot be written, it is made again each time. */
function keep(place, text) {
  const beside = `${place}.${process.pid}`;
  try {
    mkdirSync(kept, { recursive: true });
    writeFileSync(beside, text);
    renameSync(beside, place);
  } catch {
    // Tests run without it.
  }
}
