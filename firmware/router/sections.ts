/** Versions as the configuration sees them: those of api 2 say what they take in their manifests, those before in firmware/compat. */
import { isDeepStrictEqual } from 'node:util';
import {
  HitlessError,
  type JsonSchema,
  Module,
  type Runtime,
  type VersionView,
} from '../../runtime/index.ts';
import { compatNeeds } from '../compat/needs.ts';
import { COMPAT_SECTIONS, compatSection } from '../compat/sections.ts';
import { type Config, type ConfigSection, checkConfig } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { OWN_SCHEMAS } from '../config/own.ts';
import type { Mistake } from '../config/validation.ts';
import { viewOf } from '../config/words.ts';

/** A version in memory, as far as a start or a configuration needs it. */
export interface LoadedVersion {
  /** As the version calls its module. */
  readonly module: string;
  /** Such as `ospf@3.0.0`, or the path of a file. */
  readonly bundle: string;
  /** Undefined where it takes none. */
  readonly section: ConfigSection | undefined;
  /** Whether it says what another configuration would change, while it runs. */
  readonly isConfigurable: boolean;
  readonly sends: readonly string[];
  readonly publishes: readonly string[];
  readonly subscribes: readonly string[];
  /** The events that it cannot do without. */
  readonly needs: readonly string[];
}

/** Loads a version. @throws HitlessError `BUNDLE_…`, `MANIFEST_INVALID`, `API_UNSUPPORTED` */
export async function loadVersion({ repository }: Runtime, bundle: string): Promise<LoadedVersion> {
  const acquired = await repository.acquire(bundle);
  const { manifest, Implementation, ref } = acquired;
  const { api, name, version, sends = {}, publishes = {}, subscribes } = manifest;
  const section = api === 1 ? compatSection(name, ref) : repository.sectionIn(acquired);
  if (section !== undefined && Object.hasOwn(OWN_SCHEMAS, section.name))
    throw new HitlessError(
      'MANIFEST_INVALID',
      `${ref}: manifest.config.section must be another than "${section.name}", which is the firmware's own`,
      { module: name },
    );
  return {
    module: name,
    bundle,
    section,
    isConfigurable: Implementation.prototype.configure !== Module.prototype.configure,
    sends: Object.keys(sends),
    publishes: Object.keys(publishes),
    subscribes: Object.keys(subscribes),
    needs: manifest.needs ?? compatNeeds(name, version) ?? [],
  };
}

/** Whether a module needs no section in the file: it may be named by its version alone. */
export function hasDefault({ schema }: { schema: unknown }): boolean {
  return viewOf(schema).default !== undefined;
}

/** A version that starts for others' sake: with an empty section, where the file has none and that is enough. */
export function forOthers(version: LoadedVersion): LoadedVersion {
  const { section } = version;
  if (section === undefined || hasDefault(section) || !takesEmpty(section.schema)) return version;
  const { bundle, module, name, schema } = section;
  return {
    ...version,
    section: {
      ...{ bundle, module, name, schema: { ...schema, default: {} } },
      check: (data, whole) => section.check(data, whole),
      settings: (data, whole) => section.settings(data, whole),
      run: (hook, body) => section.run(hook, body),
    },
  };
}

/** Whether a mapping without keys is all that the schema asks for. */
function takesEmpty(schema: JsonSchema): boolean {
  const { type, required = [], minProperties = 0 } = schema;
  return type === 'object' && isDeepStrictEqual(required, []) && minProperties === 0;
}

/** The name of the section that a module is known by before a version of it is loaded. */
export function sectionNameOf(module: string): string {
  return COMPAT_SECTIONS.find((section) => section.module === module)?.name ?? module.toLowerCase();
}

/** The version that says what a section is: the one that the file names, or else the newest. */
export function bundleOf(
  section: string,
  named: Readonly<Record<string, string>>,
  known: readonly VersionView[],
): string | undefined {
  const own = Object.entries(named).find(([module]) => sectionNameOf(module) === section)?.[1];
  return own ?? known.findLast(({ module }) => sectionNameOf(module) === section)?.bundle;
}

/**
 * Receivers before their senders, subscribers before publishers: what is sent in a start is understood. Where these go in
 * circles, and where they say nothing, the given order holds.
 */
export function inStartOrder(versions: readonly LoadedVersion[]): LoadedVersion[] {
  const ordered = new Set<LoadedVersion>();
  const entered = new Set<LoadedVersion>();
  const visit = (version: LoadedVersion) => {
    if (entered.has(version)) return;
    entered.add(version);
    for (const other of versions) if (hears(other, version)) visit(other);
    ordered.add(version);
  };
  for (const version of versions) visit(version);
  return [...ordered];
}

function hears({ module, subscribes }: LoadedVersion, { sends, publishes }: LoadedVersion): boolean {
  return sends.includes(module) || publishes.some((event) => subscribes.includes(event));
}

/** Sections that a file could have, with the bundles that are there: for errors. */
export function sectionsKnown(known: readonly VersionView[]): string[] {
  const modules = [...COMPAT_SECTIONS, ...known].map(({ module }) => module);
  return [...new Set(modules.map(sectionNameOf))];
}

/**
 * A file checked by what these versions say, and what each module of them is given; nothing for one without a section.
 * @param more sections that a file could have, and mistakes that were found elsewhere
 * @throws ConfigError; HitlessError that names the module whose version is at fault
 */
export async function configured(
  file: ConfigFile,
  versions: readonly LoadedVersion[],
  more: { known: readonly string[]; mistakes?: readonly Mistake[] },
): Promise<{ config: Config; settings: Map<string, unknown> }> {
  const sections = versions.flatMap(({ section }) => section ?? []);
  const config = await checkConfig(file, sections, more.known, more.mistakes);
  const settings = new Map<string, unknown>();
  for (const section of sections) {
    const data = config.whole[section.name];
    if (data !== undefined) settings.set(section.module, await section.settings(data, config.whole));
  }
  return { config, settings };
}
