#!/bin/busybox sh
# `hitless-within SECONDS COMMAND …` runs a command, and waits for its end no longer than that: a sync or a mount on
# a medium that has died never returns, and cannot be killed either. Fails when it goes on.
left=$(($1 * 20))
shift
"$@" &
step=$!
while kill -0 $step 2>/dev/null; do
  if [ $left -le 0 ]; then exit 124; fi
  usleep 50000
  left=$((left - 1))
done
wait $step
