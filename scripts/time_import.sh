#!/usr/bin/env bash
# Wall time and memory of `myelomri import` beside dcm2niix alone (-z y), best of five, on folders of DICOM.
#
#   scripts/time_import.sh FOLDER...          e.g. a folder that scripts/reference/dicom_series.py --large wrote
#
# Needs a release build, dcm2niix on PATH and GNU time. Run it on quiet cores.
set -euo pipefail
program=$(dirname "$0")/../target/release/myelomri
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

best() { # best NAME COMMAND...: least seconds, most kilobytes
  local name=$1 seconds=999999 kilobytes=0
  shift
  for _ in 1 2 3 4 5; do
    rm -rf "$work/out"
    mkdir "$work/out"
    # series that are refused or ambiguous give an exit code of their own, and are timed all the same
    command time -f '%e %M' -o "$work/time" "$@" >/dev/null 2>&1 || true
    read -r s k < <(tail -n 1 "$work/time")
    seconds=$(echo "$s $seconds" | awk '{ print ($1 < $2) ? $1 : $2 }')
    kilobytes=$((k > kilobytes ? k : kilobytes))
  done
  echo "$name  $seconds s  $((kilobytes / 1024)) MB"
}

for folder in "$@"; do
  echo "$folder"
  best "  dcm2niix -z y            " dcm2niix -z y -f %s -o "$work/out" "$folder"
  best "  import                   " "$program" import -q "$folder" "$work/out/study"
  best "  import, built-in converter" "$program" import -q --converter builtin "$folder" "$work/out/study"
done
