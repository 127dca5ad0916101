#!/bin/busybox sh
# Reboots the board now. No step on the way may keep it from that: each that can hang has a limit, and a redirection
# stands at a command whose failure ends nothing (that of `exec` or `:` ends the shell).

# A router that is still there holds the watchdog, and would feed it.
if [ -e /run/hitless/router.pid ]; then kill -KILL "$(cat /run/hitless/router.pid)" 2>/dev/null; fi
# A reboot that hangs is ended by the watchdog, which counts on when it is closed without a V.
if [ -e /dev/watchdog ]; then printf . 2>/dev/null > /dev/watchdog; fi
hitless-within 10 sync
hitless-within 5 umount /data 2>/dev/null || hitless-within 5 mount -o remount,ro /data 2>/dev/null
if [ -e /run/hitless/tryboot ]; then hitless-within 5 reboot-argument '0 tryboot'; fi
# Without -n it would sync once more.
reboot -n -f
echo b > /proc/sysrq-trigger
