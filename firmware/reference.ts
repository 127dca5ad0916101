/**
 * Writes the reference of keys in firmware/README.md anew, from the schemas of the newest releases: `npm run reference`. The
 * text between the tables is kept.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigFile } from './config/file.ts';
import { OWN_SCHEMAS } from './config/own.ts';
import { keyTable } from './config/reference.ts';
import { sectionSchemas } from './config-program.ts';

const README = fileURLToPath(new URL('README.md', import.meta.url));

/** The same document with the tables as the schemas have them now. */
export async function withTables(text: string): Promise<string> {
  const { own } = new ConfigFile('', '{}');
  const sections = await sectionSchemas(own, undefined, (error) => {
    throw error;
  });
  const schemas = { ...OWN_SCHEMAS, ...sections };
  return Object.entries(schemas).reduce((document, [name, schema]) => {
    const [begin, end] = [`<!-- keys of ${name} -->`, '<!-- end of keys -->'];
    const from = document.indexOf(begin);
    const to = document.indexOf(end, from);
    if (from < 0 || to < 0)
      throw new Error(`${README} has no place for the keys of ${name}: ${begin} … ${end}`);
    return `${document.slice(0, from)}${begin}\n${keyTable(name, schema)}\n${document.slice(to)}`;
  }, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(README, await withTables(readFileSync(README, 'utf8')));
