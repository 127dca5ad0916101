#!/bin/busybox sh
# A slot that is tried has $CONFIRM s to be confirmed by its router. One that is not is given up: the board is
# rebooted, and the loader starts the slot of before.
. /etc/hitless/board

# Until it is rebooted in order, in s.
PATIENCE=${PATIENCE:-15}

say() {
  hitless-within 5 hitless-say "$*"
}

confirmed() {
  hitless-within "${LOOK:-10}" hitless-slot status > /run/hitless/trial 2>/dev/null
  sed -n 's/^confirmed //p' /run/hitless/trial
}

slot=$1
say "slot $slot is tried: it has $CONFIRM s to prove healthy"
# A slot tool that fails, that hangs, or that tells what is not understood, is not taken for a confirmation.
sleep "$CONFIRM"
tries=0
while [ $tries -lt 3 ]; do
  case $(confirmed) in
    yes) exit ;;
    no) break ;;
  esac
  sleep 1
  tries=$((tries + 1))
done
say "slot $slot did not prove healthy within $CONFIRM s: back to the other slot"
echo > /run/hitless/reboot
# The router takes leave of its neighbours; then the supervisor reboots. With none running nobody would.
if [ -e /run/hitless/router.pid ] && kill -TERM "$(cat /run/hitless/router.pid)" 2>/dev/null; then sleep $PATIENCE; fi
hitless-reboot
