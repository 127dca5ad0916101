#!/bin/busybox sh
# Finds the medium that the board was booted from. All media with hitless have partitions of the same labels, so the
# loader says which one it is: by the identifier in the disk's first sector (kernel argument hitless.disk). That is
# the same in all images, so a medium gets one of its own when it is booted for the first time; until then a mark
# `booted`, written by the loader beside its script, tells it from others that are as new.
#
# Prints sentences for the log. /run/hitless/medium has the device without the number of a partition afterwards,
# such as /dev/mmcblk0p. It is absent when there is none.
. /etc/hitless/board
IMAGES=534c5448

# Those that are there, one a line: their fourth partition is an ext4 (magic number 53 ef) with our label.
media() {
  for entry in /sys/class/block/*/partition; do
    if [ "$(cat "$entry" 2>/dev/null)" != 4 ]; then continue; fi
    entry=${entry%/partition}
    part=/dev/${entry##*/}
    if [ "$(od -An -tx1 -j1080 -N2 "$part" 2>/dev/null)" = ' 53 ef' ] &&
      [ "$(dd if="$part" bs=4 skip=286 count=3 2>/dev/null)" = hitless-data ]; then echo "${part%4}"; fi
  done
}

# The whole disk: /dev/mmcblk0 of /dev/mmcblk0p.
disk() {
  case $1 in
    *[0-9]p) echo "${1%p}" ;;
    *) echo "$1" ;;
  esac
}

identifier() {
  od -An -tx4 -j440 -N4 "$(disk "$1")" 2>/dev/null | tr -d ' '
}

# Whether the loader has written its mark there.
marked() {
  mkdir -p /run/hitless/mark
  mount -t vfat -o ro,noatime "${1}1" /run/hitless/mark 2>/dev/null || return 1
  grep -qs '^booted=yes' /run/hitless/mark/grub/grubenv || [ -e /run/hitless/mark/booted ]
  found=$?
  umount /run/hitless/mark
  return $found
}

# The Raspberry Pi's own firmware tells no identifier, but the kind of medium (boot-mode in the device tree).
reached() {
  case $mode:${1##*/} in
    1:mmcblk*) ;;
    6:nvme*) ;;
    [45]:sd*) ;;
    [1456]:*) return 1 ;;
  esac
}

# Those of "$all" that the loader can mean. A new one without a mark counts when no other is left in the end.
meant() {
  for one in $all; do
    if [ -n "$wanted" ] && [ "$(identifier "$one")" != "$wanted" ]; then continue; fi
    if [ "$wanted" = $IMAGES ] && [ "$1" = marked ] && ! marked "$one"; then continue; fi
    if reached "$one"; then echo "$one"; fi
  done
}

mkdir -p /run/hitless
rm -f /run/hitless/medium
wanted=$(sed -n 's/.*hitless\.disk=\([0-9a-f]\{8\}\).*/\1/p' /proc/cmdline)
mode=
if [ -e /proc/device-tree/chosen/bootloader/boot-mode ]; then
  mode=$(od -An -tu1 -j3 -N1 /proc/device-tree/chosen/bootloader/boot-mode | tr -d ' ')
fi

# A medium may take its time to appear, an SD card or a USB stick above all.
tries=0
while :; do
  all=$(media)
  these=$(meant marked)
  if [ -n "$these" ] || [ $tries -ge "${PATIENCE:-100}" ]; then break; fi
  usleep 100000
  tries=$((tries + 1))
done
if [ -z "$these" ]; then these=$(meant); fi

# shellcheck disable=SC2086
set -- $these
medium=$1
if [ $# -gt 1 ]; then
  if [ -n "$wanted" ]; then why="they have the same identifier, $wanted"; else why='the boot loader does not tell'; fi
  echo "cannot know which medium was booted: $why; $(disk "$medium") is taken. Take the others out, or flash them anew"
elif [ $# -eq 0 ] && [ -n "$all" ]; then
  echo "the medium that was booted (disk ${wanted:-unknown}) was not found"
fi
for one in $all; do
  if [ "$one" != "$medium" ]; then echo "there is hitless on $(disk "$one"), too, which was not booted: it is left alone"; fi
done
if [ -z "$medium" ]; then exit; fi
echo "$medium" > /run/hitless/medium
if [ $# -eq 1 ] && [ "$wanted" = $IMAGES ]; then
  head -c 4 /dev/urandom | dd of="$(disk "$medium")" bs=1 seek=440 count=4 conv=notrunc,fsync 2>/dev/null ||
    echo "$(disk "$medium") could not be given an identifier of its own"
fi
