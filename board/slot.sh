#!/bin/busybox sh
# The two boot slots of a board: which one runs, which one the loader starts, and a try of the other one.
#
#   status    board, running, chosen, trying and confirmed, a line each
#   open      mounts both; prints where the running one lies, and where the other one does, which may be written
#   close     unmounts them
#   try       has the other one started at the next boot, and only then
#   confirm   has the running one started from now on
#   reboot    has the supervisor reboot the board when the router has ended
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

# The partitions of the medium that the data partition is on: 1 is the loaders', 2 and 3 are the slots.
partition() {
  data=$(findfs LABEL=hitless-data 2>/dev/null) || fail 'there is no partition labelled hitless-data: the medium cannot be read'
  echo "${data%4}$1"
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

# Runs a command with the boot partition mounted, for the shortest time.
on_boot() {
  mkdir -p /run/hitless/boot
  mount -t vfat -o "noatime,$1" "$(partition 1)" /run/hitless/boot || fail 'the boot partition cannot be mounted'
  shift
  (cd /run/hitless/boot && "$@")
  result=$?
  sync
  umount /run/hitless/boot
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
  reboot) : > /run/hitless/reboot ;;
  *) fail "usage: ${0##*/} status | open | close | try | confirm | reboot" ;;
esac
