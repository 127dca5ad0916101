/** The ports of modules that were made for api 1: compat/ says which they are, their settings on which interfaces. */
import type { PortKinds, PortProvider } from '../../runtime/index.ts';
import { COMPAT_PORTS } from '../compat/ports.ts';
import { interfacesInSettings } from './named-interfaces.ts';

/** Provides the ports of a name, one an interface; none are open yet. */
export function portProvider(kinds: PortKinds): PortProvider {
  return function* (module, port, settings) {
    const compat = COMPAT_PORTS.find((one) => one.module === module && one.port === port);
    if (compat === undefined) return;
    const { declaration } = compat;
    const kind = kinds[declaration.kind]!;
    for (const key of interfacesInSettings(compat, settings))
      yield [key, kind.make({ module, port, key, declaration, settings: undefined }), declaration];
  };
}
