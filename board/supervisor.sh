#!/bin/busybox sh
# PID 1 of a board: mounts, loads drivers, starts the router, and starts it again when it ends. Not Node, because
# the kernel panics when PID 1 ends. What the router must keep lies on the data partition: its configuration
# /data/router.yaml, bundles in /data/bundles, and in /data/state which version of each module is current.
#
# What goes wrong, and what brings the board back:
#   the router ends                  it is started again, with the versions that were current
#   the event loop hangs             the watchdog resets the board: nobody feeds it any more
#   the kernel panics                it reboots after 10 s (kernel argument panic)
#   a new slot does not confirm itself within $CONFIRM s: it is rebooted, and the loader starts the slot of before
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root

/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
/bin/busybox --install -s
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=755,size=16m tmpfs /run
mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp
mkdir -p /run/hitless
. /etc/hitless/board

# Kernel messages would fall into what is typed; they are kept for `dmesg`.
echo 1 > /proc/sys/kernel/printk
hostname "$BOARD"

# One line to whoever reads the serial line, and to the log once there is one.
say() {
  stty -F "/dev/$CONSOLE" "$BAUD" 2>/dev/null
  printf 'supervisor: %s\r\n' "$*" > "/dev/$CONSOLE"
  [ -n "$logging" ] && logger -t supervisor "$*"
}

load() {
  modprobe "$@" 2>/dev/null || grep -q "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
    say "the kernel module $1 could not be loaded"
}

# Whoever closes it with a V does not want to be reset (Linux, watchdog-api: magic close).
disarm() {
  [ -e /dev/watchdog ] && printf V 2>/dev/null > /dev/watchdog
}

reboot_now() {
  sync
  umount /data 2>/dev/null || mount -o remount,ro /data 2>/dev/null
  # A reboot that hangs is ended by the watchdog.
  if [ -e /dev/watchdog ]; then exec 4> /dev/watchdog; fi
  if [ -e /run/hitless/tryboot ]; then reboot-argument '0 tryboot'; fi
  reboot -f
}

for module in $MODULES; do load "$module"; done
if [ -n "$WATCHDOG" ]; then load "$WATCHDOG" heartbeat="$HEARTBEAT"; fi

# The medium may take its time to appear, an SD card or a USB stick above all.
tries=0
until device=$(findfs LABEL=hitless-data 2>/dev/null) || [ $tries -ge 100 ]; do
  usleep 100000
  tries=$((tries + 1))
done
slots=$(hitless-slot status 2>/dev/null)
slot=$(echo "$slots" | sed -n 's/^running //p')
say "hitless on $BOARD, slot ${slot:-unknown}, Linux $(uname -r)"

if [ -z "$device" ]; then
  say "there is no partition labelled hitless-data: NOTHING IS KEPT when this board is switched off"
elif ! mount -t ext4 -o noatime,errors=remount-ro "$device" /data; then
  say "the data partition $device cannot be mounted: NOTHING IS KEPT when this board is switched off"
fi
mkdir -p /data/bundles /data/state
# The router's usual place, so that a configuration without router.state keeps its versions too.
[ -e /var/lib/hitless ] || ln -s /data/state /var/lib/hitless
if [ ! -e /data/router.yaml ]; then
  say "first boot: the image's configuration becomes /data/router.yaml"
  # Whole or not at all, also when the power fails now.
  cp /etc/hitless/router.yaml /data/router.yaml.new && sync && mv /data/router.yaml.new /data/router.yaml && sync
fi

for interface in /sys/class/net/*; do
  ip link set "${interface##*/}" up
done
echo 1 > /proc/sys/net/ipv4/ip_forward

# The log is a ring in memory, of 512 KiB, so that it neither fills nor wears out the medium.
syslogd -C512
logging=yes
mkfifo /run/router.log
(while :; do logger -t router; done) < /run/router.log &
exec 3> /run/router.log

# The router confirms the slot when it has proven healthy; one that cannot even say so is given up here.
if echo "$slots" | grep -q '^confirmed no'; then
  say "slot $slot is tried: it has $CONFIRM s to prove healthy"
  (
    sleep $CONFIRM
    if hitless-slot status | grep -q '^confirmed no'; then
      say "slot $slot did not prove healthy within $CONFIRM s: back to the other slot"
      reboot_now
    fi
  ) &
fi

watched=
if [ -e /dev/watchdog ]; then watched='--watchdog /dev/watchdog'; fi
pause=1
failures=0
while :; do
  started=$(cut -d. -f1 /proc/uptime)
  node /hitless/dist/hitless.mjs run --config /data/router.yaml $watched < /dev/null >&3 2>&3 3>&- &
  wait $!
  code=$?
  disarm
  if [ -e /run/hitless/reboot ]; then
    say 'rebooting'
    reboot_now
  fi
  lived=$(($(cut -d. -f1 /proc/uptime) - started))
  say "the router ended with $code after $lived s; its last words:"
  usleep 200000
  logread | grep ' router: ' | tail -n 5 | sed 's/.* router: /  /; s/$/\r/' > "/dev/$CONSOLE"
  if [ "$lived" -ge 60 ]; then
    pause=1
    failures=0
  fi
  failures=$((failures + 1))
  if [ $failures -lt 3 ]; then
    say "it is started again in $pause s"
    sleep $pause
  else
    # Whatever is wrong has to be mended here, such as a configuration that is not understood.
    say "it is started again in $pause s; Enter opens a shell instead (vi /data/router.yaml, exit)"
    if read -r -t $pause _ < "/dev/$CONSOLE"; then
      stty -F "/dev/$CONSOLE" sane 2>/dev/null
      setsid cttyhack sh < "/dev/$CONSOLE" > "/dev/$CONSOLE" 2>&1 3>&-
      failures=0
    fi
  fi
  pause=$((pause < 16 ? pause * 2 : 30))
done
