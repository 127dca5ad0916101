/** Closed addresses where the kernel's answers are lost, or the port ends: a kernel of the test's own, that may say nothing. */
import t from 'tap';
import type { NativeSocket } from '../../drivers/native/socket.ts';
import { NLM_F_ACK, NLMSG_ERROR } from '../../drivers/netlink/constants.ts';
import { behind, isFault, messageAt } from '../../drivers/netlink/message.ts';
import { ClosedAddresses, type ClosedChange } from '../../drivers/nftables/closed-addresses.ts';
import { NFNL_SUBSYS_NFTABLES, NFT_MSG } from '../../drivers/nftables/constants.ts';

const EAGAIN = 11;
const NEW_TABLE = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG.NEWTABLE;

/** Acknowledges what it is asked for, as long as it `answers`. */
class Kernel {
  answers = true;
  /** Of each batch, whether it made the table. */
  readonly made: boolean[] = [];

  readonly open = (): NativeSocket =>
    ({
      close: () => {},
      request: (data: Buffer, into: Buffer, done: (...end: [number, number, number, boolean]) => void) => {
        const received = data.length > 0 ? this.#answer(data, into) : 0;
        setImmediate(done, data.length, received, EAGAIN, false);
        return 0;
      },
    }) as unknown as NativeSocket;

  #answer(data: Buffer, into: Buffer): number {
    let makes = false;
    let last = 0;
    for (let at = 0; at < data.length; ) {
      const message = messageAt(data, at, data.length);
      if (isFault(message)) throw new Error(message.error);
      if (message.type === NEW_TABLE) makes = true;
      if ((message.flags & NLM_F_ACK) !== 0) last = message.sequence;
      at = behind(message);
    }
    this.made.push(makes);
    if (!this.answers) return 0;
    // struct nlmsghdr, an errno of 0, and the header that it is about.
    into.fill(0, 0, 36);
    into.writeUInt32LE(36, 0);
    into.writeUInt16LE(NLMSG_ERROR, 4);
    into.writeUInt32LE(last, 8);
    return 36;
  }
}

function closing() {
  const kernel = new Kernel();
  const told: string[] = [];
  const addresses = new ClosedAddresses(() => told.push('all open'), { open: kernel.open, timeout: 20 });
  const close = (index: number, address: string) =>
    addresses.change([{ verb: 'replace', wanted: { index, address } } satisfies ClosedChange]);
  return { kernel, told, addresses, close };
}

for (const how of ['a change', 'a link that is gone'] as const)
  t.test(
    `when the answer to ${how} is lost, all are open, which is told, and the next change closes all`,
    async (t) => {
      const { kernel, told, addresses, close } = closing();
      t.equal(await close(1, '10.0.0.1'), undefined);
      t.equal(await close(2, '10.0.0.2'), undefined);
      t.same(kernel.made, [true, false]);
      kernel.answers = false;
      const refusal = await (how === 'a change' ? close(3, '10.0.0.3') : addresses.forget(2));
      t.match(refusal, { message: /^close addresses: the kernel did not answer/ });
      t.same(told, ['all open']);
      kernel.answers = true;
      t.equal(await close(4, '10.0.0.4'), undefined);
      t.same(kernel.made, [true, false, false, true], 'the table is made anew');
      t.equal(addresses.size, how === 'a change' ? 3 : 2, 'but for those of a link that is gone');
    },
  );

t.test('what waits when all are opened at the end closes none again', async (t) => {
  const { kernel, told, addresses, close } = closing();
  await close(1, '10.0.0.1');
  await close(2, '10.0.0.2');
  await close(3, '10.0.0.3');
  const gone = [addresses.forget(1), addresses.forget(2)];
  addresses.close();
  await Promise.all(gone);
  t.same(kernel.made, [true, false, false], 'no batch follows');
  t.equal(addresses.size, 0);
  t.same(told, []);
});
