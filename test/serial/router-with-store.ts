/** A router that keeps what is pushed to it, with the runtime's own repository, at one end of a line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { serveSerialDevice } from '../../firmware/console/serial.ts';
import { openConsole } from '../../firmware/console/server.ts';
import { push } from '../../firmware/push/push.ts';
import { BUNDLES, BundleStore } from '../../firmware/push/store.ts';
import { Runtime } from '../../runtime/index.ts';
import { FakeHost } from '../console/fixtures/fake-router.ts';
import { Text } from '../console/fixtures/text.ts';
import { type Faults, Relay } from './relay.ts';

const RELEASES = fileURLToPath(new URL('../../firmware/releases/', import.meta.url));

export function released(name: string): string {
  return join(RELEASES, name);
}

export class StoringRouter {
  readonly directory = mkdtempSync(join(tmpdir(), 'hitless-push-'));
  readonly bundles = join(this.directory, BUNDLES);
  readonly socket = join(this.directory, 'console.sock');
  readonly runtime = new Runtime({ directories: [this.bundles] });
  readonly host = Object.assign(new FakeHost(), {
    bundles: new BundleStore(this.bundles, {
      versions: () => this.runtime.versions(),
      examine: (file) => this.runtime.repository.acquire(file),
    }),
  });

  constructor(t: Test) {
    t.teardown(() => {
      this.runtime.stop();
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  async onSocket(t: Test): Promise<this> {
    const server = await openConsole(this.host, this.socket);
    t.teardown(() => server.close());
    return this;
  }

  async onLine(t: Test, faults: Partial<Faults> = {}, seed?: number): Promise<Relay> {
    const relay = await Relay.open(t, faults, seed);
    const open = () => openSerial(relay.router, 115_200);
    const serving = await serveSerialDevice(this.host, { path: relay.router, open, tell: () => {} });
    t.teardown(() => serving.close());
    return relay;
  }

  /** What is listed, as name and version. */
  get listed(): string[] {
    return this.runtime.versions().map(({ bundle }) => bundle);
  }

  /** What is there and half there. */
  get files(): string[] {
    try {
      return readdirSync(this.bundles, { recursive: true }).map(String).sort();
    } catch {
      return [];
    }
  }

  /** A file with these contents, to be pushed. */
  file(name: string, contents: string | Uint8Array): string {
    const path = join(this.directory, name);
    writeFileSync(path, contents);
    return path;
  }
}

export async function pushed(
  file: string,
  path: string,
  more: { json?: boolean; resume?: number; errors?: Text; replace?: boolean } = {},
): Promise<{ status: number; output: string; errors: string }> {
  const [output, errors] = [new Text(), more.errors ?? new Text()];
  const status = await push(file, { path, resume: 0, ...more, output, errors });
  return { status, output: output.text, errors: errors.text };
}

export function isSame(a: string, b: string): boolean {
  return readFileSync(a).equals(readFileSync(b));
}

/** A bundle of the given size that loads. */
export function bundleOf(name: string, version: string, bytes: number): string {
  const head = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 1, name: '${name}', version: '${version}', accepts: {}, subscribes: {}, timers: [], ports: [], state: { version: 1 } };
exports.default = class extends Module { initial() { return {}; } };
// `;
  let seed = 1;
  let padding = '';
  while (head.length + padding.length < bytes) {
    seed = (seed * 48271) % 2147483647;
    padding += String.fromCharCode(0x23 + (seed % 90));
  }
  return head + padding;
}
