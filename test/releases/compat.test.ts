/**
 * Data on modules of api 1 beside the manifests of api 2: a swap between the two keeps keys, units, ports, views and the time
 * of a handler.
 */
import t from 'tap';
import { COMPAT_PORTS } from '../../firmware/compat/ports.ts';
import { COMPAT_SECTIONS } from '../../firmware/compat/sections.ts';
import { API_1_VIEWS } from '../../firmware/compat/views.ts';
import { RELEASES } from '../../firmware/router/releases.ts';
import { Runtime } from '../../runtime/index.ts';
import { maxHandlerMsOf } from '../../runtime/module/manifest.ts';
import { releasesOf } from '../newest-release.ts';

const runtime = new Runtime({ directories: [RELEASES] });
t.teardown(() => runtime.stop());

/** The manifests of a module's releases, the oldest first. */
async function manifestsOf(module: string) {
  const versions = releasesOf(module);
  return Promise.all(
    versions.map(
      async (version) => (await runtime.repository.acquire(`${module.toLowerCase()}@${version}`)).manifest,
    ),
  );
}

const majorOf = ({ version }: { version: string }) => version.split('.')[0];

for (const { module, name, schema } of COMPAT_SECTIONS) {
  t.test(`${module} has by api 2 what is known of it by api 1`, async (t) => {
    const manifests = await manifestsOf(module);
    const last = manifests.findLast(({ api }) => api === 1)!;
    const ports = COMPAT_PORTS.filter((port) => port.module === module);
    t.same(
      ports.map(({ port }) => port),
      last.ports,
    );
    // Later major versions may have others.
    const later = manifests.filter((manifest) => manifest.api === 2 && majorOf(manifest) === majorOf(last));
    t.ok(later.length > 0 || module === 'TIMER', `${later.length} releases of api 2`);
    for (const manifest of later) {
      const { version, config, views } = manifest;
      t.match(config, { section: name }, version);
      t.same(config?.schema, schema, `${version}: keys, defaults, units, words`);
      t.same(views ?? {}, API_1_VIEWS[module] ?? {}, `${version}: views`);
      t.same(
        manifest.declaredPorts,
        Object.fromEntries(ports.map(({ port, declaration }) => [port, declaration])),
        `${version}: ports`,
      );
    }
    const newest = later.at(-1) ?? last;
    t.equal(maxHandlerMsOf(newest), maxHandlerMsOf(last), 'a slow board needs it for first calls');
  });
}
