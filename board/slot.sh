#!/bin/busybox sh
# The two boot slots of a board: which one runs, which one the loader starts, and a try of the other one.
#
#   status    board, running, chosen, trying and confirmed, a line each
#   open      mounts both; prints where the running one lies, and where the other one does, which may be written
#   close     unmounts them
#   try       has the other one started at the next boot, and only then
#   confirm   has the running one started from now on
#   reboot    has the supervisor reboot the board when the router has ended
#   running   the slot that runs; known without the medium
#   tried     succeeds when the loader has started this slot as a try, as far as it tells
#
# What the loader reads lies on the boot partition, in one sector that is written over in place: a power cut leaves
# the old choice or the new one. The mark for a try is deleted by the loader before it starts that slot, so that a
# power cut, a crash or a reset brings the old slot back.
. /etc/hitless/board
mounts=/run/hitless/slots

fail() {
  echo "$*" >&2
  exit 1
}

# The partitions of the medium that was booted: 1 is the loaders', 2 and 3 are the slots.
partition() {
  medium=$(cat /run/hitless/medium 2>/dev/null) || fail 'the medium that this board was booted from was not found'
  echo "$medium$1"
}

number() {
  if [ "$1" = b ]; then echo 3; else echo 2; fi
}

letter() {
  if [ "$1" = 3 ]; then echo b; else echo a; fi
}

other() {
  if [ "$1" = b ]; then echo a; else echo b; fi
}

running() {
  found=$(sed -n 's/.*hitless\.slot=\([ab]\).*/\1/p' /proc/cmdline)
  if [ -z "$found" ] && [ -e /proc/device-tree/chosen/bootloader/partition ]; then
    # A big-endian number of four bytes, from the Raspberry Pi's firmware.
    found=$(letter "$(od -An -tu1 -j3 -N1 /proc/device-tree/chosen/bootloader/partition | tr -d ' ')")
  fi
  echo "${found:-a}"
}

tried() {
  if grep -q 'hitless\.trial' /proc/cmdline; then return 0; fi
  # As above, from the Raspberry Pi's firmware.
  [ "$(od -An -tu1 -j3 -N1 /proc/device-tree/chosen/bootloader/tryboot 2>/dev/null | tr -d ' ')" = 1 ]
}

# Two of these can run at the same time, and Linux mounts nothing both to be read and to be written: each has a place
# of its own and tries for a while. What one that was killed has left mounted is unmounted first.
mount_boot() {
  for left in /run/hitless/boot.*; do
    if [ -d "$left" ] && ! kill -0 "${left##*.}" 2>/dev/null; then
      umount "$left" 2>/dev/null
      rmdir "$left" 2>/dev/null
    fi
  done
  device=$(partition 1) || exit 1
  mkdir -p "$boot"
  tries=0
  until mount -t vfat -o "noatime,$1" "$device" "$boot" 2>/dev/null; do
    if [ $tries -ge 50 ]; then fail 'the boot partition cannot be mounted'; fi
    usleep 100000
    tries=$((tries + 1))
  done
}

# Runs a command with the boot partition mounted, for the shortest time.
on_boot() {
  boot=/run/hitless/boot.$$
  mount_boot "$1"
  shift
  (cd "$boot" && "$@")
  result=$?
  sync
  umount "$boot"
  rmdir "$boot"
  return $result
}

# Over the first sector of a file, which stays as long as it is.
overwrite() {
  dd of="$1" conv=notrunc,fsync 2>/dev/null
}

environment() {
  { printf '# GRUB Environment Block\nslot=%s\ntry=%s\n' "$1" "$2"; head -c 1024 /dev/zero | tr '\0' '#'; } | head -c 1024
}

chosen_here() {
  case $SCHEME in
    u-boot) sed -n 's/^slot=\([ab]\).*/\1/p' slot ;;
    grub) sed -n 's/^slot=\([ab]\).*/\1/p' grub/grubenv ;;
    raspberry-pi) letter "$(sed -n '/^\[all\]/,/^\[tryboot\]/s/^boot_partition=\([23]\).*/\1/p' autoboot.txt)" ;;
  esac
}

trying_here() {
  case $SCHEME in
    u-boot) sed -n 's/^slot=\([ab]\).*/\1/p' try 2>/dev/null ;;
    grub) sed -n 's/^try=\([ab]\).*/\1/p' grub/grubenv ;;
    raspberry-pi) if [ -e /run/hitless/tryboot ]; then cat /run/hitless/tryboot; fi ;;
  esac
}

status_here() {
  chosen=$(chosen_here)
  trying=$(trying_here)
  echo "board $BOARD"
  echo "running $(running)"
  echo "chosen ${chosen:-a}"
  echo "trying ${trying:--}"
  if [ "${chosen:-a}" = "$(running)" ]; then echo 'confirmed yes'; else echo 'confirmed no'; fi
}

choose_here() {
  case $SCHEME in
    u-boot) echo "slot=$1" | overwrite slot ;;
    grub) environment "$1" '' | overwrite grub/grubenv ;;
    raspberry-pi)
      printf '[all]\ntryboot_a_b=1\nboot_partition=%s\n[tryboot]\nboot_partition=%s\n' "$(number "$1")" "$(number "$(other "$1")")" |
        overwrite autoboot.txt
      ;;
  esac
}

try_here() {
  case $SCHEME in
    u-boot) echo "slot=$1" > try ;;
    grub) environment "$(chosen_here)" "$1" | overwrite grub/grubenv ;;
    # Kept in memory: the firmware is told with the reboot itself.
    raspberry-pi) echo "$1" > /run/hitless/tryboot ;;
  esac
}

attach() {
  mkdir -p "$mounts/$1"
  grep -q " $mounts/$1 " /proc/mounts && return
  mount -t vfat -o "noatime,$2" "$(partition "$(number "$1")")" "$mounts/$1" || fail "slot $1 cannot be mounted"
}

mkdir -p /run/hitless
case $1 in
  status) on_boot ro status_here ;;
  open)
    attach "$(running)" ro
    attach "$(other "$(running)")" rw,flush
    echo "running $mounts/$(running)"
    echo "other $mounts/$(other "$(running)")"
    ;;
  close)
    sync
    for slot in a b; do
      if grep -q " $mounts/$slot " /proc/mounts; then umount "$mounts/$slot" || fail "slot $slot is still in use"; fi
    done
    ;;
  try)
    if [ "$(on_boot ro chosen_here)" != "$(running)" ]; then fail 'the running slot is not confirmed: it cannot try another one'; fi
    on_boot rw try_here "$(other "$(running)")"
    ;;
  confirm) on_boot rw choose_here "$(running)" ;;
  # Not by the command `:`, which ends the shell when it fails before anybody is told.
  reboot) echo > /run/hitless/reboot || fail 'the reboot cannot be asked for' ;;
  running) running ;;
  tried) tried ;;
  *) fail "usage: ${0##*/} status | open | close | try | confirm | reboot | running | tried" ;;
esac
