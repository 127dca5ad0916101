/**
 * A file with one key at its top changed. The lines of the others stay, and are not read again: a file may have ten thousand
 * routes, and the event loop stands still while it is read.
 */
import { Candidate } from './candidate.ts';
import { type TopPart, YamlFile } from './document.ts';
import { ConfigFile } from './file.ts';
import { OWN_SCHEMAS } from './own.ts';

/** @param edit changes no other key */
export function edited(file: ConfigFile, name: string, edit: (candidate: Candidate) => void): ConfigFile {
  const { yaml, path, directory } = file;
  if (yaml.parts === undefined) return rewritten(file, edit);
  const candidate = new Candidate(partOf(file, name)?.text ?? '', OWN_SCHEMAS);
  edit(candidate);
  if (!candidate.isEdited) return file;
  const { text } = candidate;
  const data = new YamlFile(path, text).data as TopPart['data'];
  return new ConfigFile(path, yaml.withPart(yaml.parts, name, { text, data }), directory);
}

/** With a key as another file has it, or without the key where that has none. */
export function withPartOf(file: ConfigFile, other: ConfigFile, name: string): ConfigFile {
  const { yaml, path, directory } = file;
  if (other.text === file.text) return file;
  if (yaml.parts === undefined || other.yaml.parts === undefined)
    return rewritten(file, (candidate) => candidate.take(other.text, name));
  const part = partOf(other, name);
  if (part?.text === partOf(file, name)?.text) return file;
  return new ConfigFile(path, yaml.withPart(yaml.parts, name, part), directory);
}

/** All of it is read again: it is in one mapping with braces, or has markers of documents. */
function rewritten(file: ConfigFile, edit: (candidate: Candidate) => void): ConfigFile {
  const candidate = new Candidate(file.text, OWN_SCHEMAS);
  edit(candidate);
  return candidate.isEdited ? new ConfigFile(file.path, candidate.text, file.directory) : file;
}

function partOf({ text, data, yaml }: ConfigFile, name: string): TopPart | undefined {
  const place = yaml.parts?.get(name);
  return place && { text: text.slice(place.from, place.to), data: { [name]: data[name] } };
}
