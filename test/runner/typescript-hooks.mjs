/** Module hooks: `.ts` files lose their types, and `hitless/runtime` is the source, not what was built of it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const runtime = new URL('../../runtime/index.ts', import.meta.url).href;

export async function resolve(specifier, context, next) {
  // Otherwise a test would meet each class of the runtime twice: from `dist/` and from `runtime/`.
  if (specifier === 'hitless/runtime') return { url: runtime, shortCircuit: true };
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(new URL(url).pathname)) return next(url, context);
  const file = fileURLToPath(url);
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    sourcefile: file,
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
