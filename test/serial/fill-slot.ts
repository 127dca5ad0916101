/** A program under test: takes images into a slot on a small disk that fills up. Prints what came of it as JSON. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Slots } from '../../drivers/slots.ts';
import { CONTENTS } from '../../firmware/push/contents.ts';
import { ImageStore } from '../../firmware/push/image-store.ts';
import { checkOf, MOST_PIECE, type Prepared } from '../../firmware/push/steps.ts';
import { type Image, imageOf, sha256, unpackTo } from './board-with-slots.ts';

const [, , board = ''] = process.argv;
const slot = join(board, 'b');
const store = new ImageStore({
  slots: new Slots(join(board, 'hitless-slot')),
  hindrance: () => undefined,
  reboot: async () => {},
});

async function push(
  { text, parts }: Image,
  meanwhile = () => {},
): Promise<{ errors: string; files: string[] }> {
  const hash = sha256(text);
  const send = async (part: string, bytes: Buffer) => {
    for (let offset = 0; offset < bytes.length; offset += MOST_PIECE) {
      const data = bytes.subarray(offset, offset + MOST_PIECE);
      const piece = { offset, data: data.toString('base64'), check: checkOf(data) };
      await store.take({ step: 'piece', sha256: hash, part, ...piece });
    }
  };
  let errors = '';
  try {
    await store.take({ step: 'image', bytes: Buffer.byteLength(text), sha256: hash });
    await send(CONTENTS, Buffer.from(text));
    const prepared = (await store.take({ step: 'prepare', sha256: hash })) as Prepared;
    meanwhile();
    for (const { name } of prepared.parts) await send(name, parts.get(name)!);
    await store.take({ step: 'install', sha256: hash, try: false });
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message: string };
    errors = `${code}: ${message}`;
  }
  return { errors, files: readdirSync(slot).sort() };
}

unpackTo(imageOf({ app: 150_000 }), slot);
const large = await push(imageOf({ app: 100_000, base: 180_000 }));
const filled = await push(imageOf({ app: 100_000, base: 50_000 }), () =>
  writeFileSync(join(slot, 'other'), Buffer.alloc(180_000)),
);
rmSync(join(slot, 'other'), { force: true });
const fits = await push(imageOf({ app: 110_000, base: 60_000 }));
// What cannot be removed, and is the first that would be.
execFileSync('mount', ['--bind', join(slot, 'app'), join(slot, 'app')]);
const busy = await push(imageOf({ base: 100 }));
execFileSync('umount', [join(slot, 'app')]);
console.log(JSON.stringify({ large, filled, fits, busy }));
await store.close();
