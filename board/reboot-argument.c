/* Reboots at once with an argument for the firmware, which busybox's reboot does not take (reboot(2)). */
#include <linux/reboot.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s ARGUMENT\n", words[0]);
        return 2;
    }
    sync();
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, words[1]);
    perror("reboot");
    return 1;
}
