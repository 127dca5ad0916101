#!/bin/busybox sh
# One line to whoever reads the serial line, and to the log.
. /etc/hitless/board
stty -F "/dev/$CONSOLE" "$BAUD" 2>/dev/null
printf 'supervisor: %s\r\n' "$*" > "/dev/$CONSOLE"
logger -t supervisor "$*"
