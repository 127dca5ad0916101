#!/bin/busybox sh
# PID 1 of a board: mounts, loads drivers, starts the router, and starts it again when it ends. Not Node, because
# the kernel panics when PID 1 ends. What the router must keep lies on the data partition: its configuration
# /data/router.yaml, bundles in /data/bundles, and in /data/state which version of each module is current.
#
# What goes wrong, and what brings the board back:
#   the router ends                  it is started again, with the versions that were current
#   the event loop hangs             the watchdog resets the board: nobody feeds it any more
#   the kernel panics                it reboots after 10 s (kernel argument panic)
#   a new slot is not confirmed within $CONFIRM s: it is rebooted, and the loader starts the slot of before (trial.sh)
#
# PID 1 must not end: so no redirection here stands at `exec` or `:`, whose failure ends the shell, and what can hang
# runs by hitless-within.
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
# The log is a ring in memory, of 512 KiB, so that it neither fills nor wears out the medium.
syslogd -C512

# To the serial line and to the log. A terminal that has stopped the line holds up nothing.
say() {
  hitless-within 5 hitless-say "$*"
}

load() {
  modprobe "$@" 2>/dev/null || grep -q "/$(echo "$1" | sed 's/[-_]/[-_]/g')\.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
    say "the kernel module $1 could not be loaded"
}

# Whoever closes it with a V does not want to be reset (Linux, watchdog-api: magic close).
disarm() {
  [ -e /dev/watchdog ] && printf V 2>/dev/null > /dev/watchdog
}

for module in $MODULES; do load "$module"; done
if [ -n "$WATCHDOG" ]; then load "$WATCHDOG" heartbeat="$HEARTBEAT"; fi

found=$(hitless-medium)
device=
if [ -e /run/hitless/medium ]; then device="$(cat /run/hitless/medium)4"; fi
slots=$(hitless-slot status 2>/dev/null)
slot=$(hitless-slot running)
say "hitless on $BOARD, slot $slot, Linux $(uname -r)"
echo "$found" | while read -r line; do if [ -n "$line" ]; then say "$line"; fi; done

if [ -z "$device" ]; then
  say "there is no medium with hitless to keep anything on: NOTHING IS KEPT when this board is switched off"
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

mkfifo /run/router.log
while :; do logger -t router < /run/router.log || sleep 1; done &

# The router confirms the slot when it has proven healthy; one that cannot even say so is given up. Where the medium
# cannot be read, the loader's word tells that this is a try.
if echo "$slots" | grep -q '^confirmed no' || { [ -z "$slots" ] && hitless-slot tried; }; then
  hitless-trial "$slot" &
fi

watched=
if [ -e /dev/watchdog ]; then watched='--watchdog /dev/watchdog'; fi
pause=1
failures=0
while :; do
  started=$(cut -d. -f1 /proc/uptime)
  node /hitless/dist/hitless.mjs run --config /data/router.yaml $watched < /dev/null > /run/router.log 2>&1 &
  echo $! > /run/hitless/router.pid
  wait $!
  code=$?
  rm -f /run/hitless/router.pid
  while [ -e /run/hitless/reboot ]; do
    say 'rebooting'
    hitless-reboot
    sleep 10
  done
  disarm
  lived=$(($(cut -d. -f1 /proc/uptime) - started))
  say "the router ended with $code after $lived s; its last words:"
  usleep 200000
  logread | grep ' router: ' | tail -n 5 | sed 's/.* router: /  /; s/$/\r/' > /run/hitless/words
  hitless-within 5 cp /run/hitless/words "/dev/$CONSOLE"
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
      setsid cttyhack sh < "/dev/$CONSOLE" > "/dev/$CONSOLE" 2>&1
      failures=0
    fi
  fi
  pause=$((pause < 16 ? pause * 2 : 30))
done
