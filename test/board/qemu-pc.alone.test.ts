/** The image of a PC, booted by its BIOS and GRUB from the image itself. */
import { bootsFromBothSlots } from './both-slots.ts';

bootsFromBothSlots('qemu-pc');
