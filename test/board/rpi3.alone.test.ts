/**
 * The SD image of the Raspberry Pi 3 on QEMU's raspi3b. QEMU plays no boot ROM: it is handed the U-Boot and the device
 * tree of the image's boot partition, as the Pi's firmware would load them, and goes on from the card.
 */
import { bootsFromBothSlots } from './both-slots.ts';

bootsFromBothSlots('rpi3');
