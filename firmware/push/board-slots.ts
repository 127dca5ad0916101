/** A board's two slots, for the console: what they hold, images that are pushed into the one that does not run, and reboots. */
import { otherThan, type Slot, type SlotStatus, Slots } from '../../drivers/slots.ts';
import type { ProbationView } from '../../runtime/index.ts';
import type { ConsoleSlots, SlotsView, SlotView } from '../console/host.ts';
import { CONTENTS, parseContents } from './contents.ts';
import { ImageStore } from './image-store.ts';
import { SlotFiles } from './slot-files.ts';

/** Until the router stops for a reboot, in ms: the answer that tells of it must get over a slow line. */
const FAREWELL_MS = 3000;

export interface BoardSlotsOptions {
  slots: Slots;
  probation(): ProbationView | undefined;
  /** Stops the router. */
  quit(): void;
}

/** The slots of the board that this is; undefined on any other host. `HITLESS_SLOT_TOOL` names another slot tool. */
export function slotsOfBoard(tool = process.env.HITLESS_SLOT_TOOL): Slots | undefined {
  const slots = new Slots(tool);
  return slots.present ? slots : undefined;
}

export class BoardSlots implements ConsoleSlots {
  readonly images: ImageStore;
  readonly #slots: Slots;
  readonly #quit: () => void;
  #leaving: NodeJS.Timeout | undefined;

  constructor({ slots, probation, quit }: BoardSlotsOptions) {
    this.#slots = slots;
    this.#quit = quit;
    this.images = new ImageStore({
      slots,
      hindrance: () => hindrance(probation()),
      reboot: () => this.reboot(),
    });
  }

  async view(): Promise<SlotsView> {
    const { trying, ...status } = await this.#slots.status();
    const { running } = status;
    const views = await this.#slots.peek(async (paths) => [
      await viewOf(running, paths.running),
      await viewOf(otherThan(running), paths.other),
    ]);
    views.sort((one, two) => one.slot.localeCompare(two.slot));
    return { ...status, trying: trying ?? null, slots: views };
  }

  async reboot(): Promise<SlotStatus> {
    const status = await this.#slots.status();
    await this.#slots.reboot();
    this.#leaving ??= setTimeout(this.#quit, FAREWELL_MS);
    return status;
  }

  /** Never rejects: what stays mounted is no reason to end otherwise than in order. */
  async close(): Promise<void> {
    clearTimeout(this.#leaving);
    await this.images.close().catch(() => {});
  }
}

/** A reboot would take back what was not confirmed, and nobody could tell then what the image did. */
function hindrance(probation: ProbationView | undefined): string | undefined {
  if (!probation?.confirm) return undefined;
  return `transaction ${probation.transaction} (${probation.members.join(', ')}) waits to be confirmed, and a reboot would undo it: "confirm" or "rollback", then push the image again`;
}

async function viewOf(slot: Slot, root: string): Promise<SlotView> {
  const nothing = { slot, hitless: '', linux: '', node: '' };
  const text = await new SlotFiles(root).contents();
  if (text === undefined) return { ...nothing, problem: `no ${CONTENTS}: an image is half there, or none` };
  try {
    const { hitless, linux, node } = parseContents(text, `slot ${slot}, ${CONTENTS}`);
    return { slot, hitless, linux, node, problem: '' };
  } catch (thrown) {
    return { ...nothing, problem: (thrown as Error).message };
  }
}
