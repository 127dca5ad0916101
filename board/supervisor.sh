#!/bin/busybox sh
# PID 1 of a board: mounts, loads drivers, starts the router, and starts it again when it ends. Not Node, because
# the kernel panics when PID 1 ends. What the router must keep lies on the data partition: its configuration
# /data/router.yaml, bundles in /data/bundles, and in /data/state which version of each module is current.
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root

/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
/bin/busybox --install -s
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=755,size=16m tmpfs /run
mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp
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

slot=$(sed -n 's/.*hitless\.slot=\([ab]\).*/\1/p' /proc/cmdline)
say "hitless on $BOARD, slot ${slot:-unknown}, Linux $(uname -r)"

for module in $MODULES; do
  modprobe "$module" 2>/dev/null || grep -q "/$(echo "$module" | sed 's/[-_]/[-_]/g')\.ko" "/lib/modules/$(uname -r)/modules.builtin" ||
    say "the kernel module $module could not be loaded"
done

# The medium may take its time to appear, an SD card or a USB stick above all.
tries=0
until device=$(findfs LABEL=hitless-data 2>/dev/null) || [ $tries -ge 100 ]; do
  usleep 100000
  tries=$((tries + 1))
done
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

pause=1
while :; do
  started=$(cut -d. -f1 /proc/uptime)
  node /hitless/dist/hitless.mjs run --config /data/router.yaml < /dev/null >&3 2>&3 &
  wait $!
  code=$?
  lived=$(($(cut -d. -f1 /proc/uptime) - started))
  say "the router ended with $code after $lived s; its last words:"
  usleep 200000
  logread | grep ' router: ' | tail -n 5 | sed 's/.* router: /  /; s/$/\r/' > "/dev/$CONSOLE"
  if [ "$lived" -ge 60 ]; then pause=1; fi
  say "it is started again in $pause s"
  sleep $pause
  pause=$((pause < 16 ? pause * 2 : 30))
done
