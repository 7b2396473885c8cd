#!/usr/bin/env bash
# Is a data set valid BIDS? Runs the public validator on each folder given (default: data-sample); exit 1 where it finds an
# error, 77 where there is no validator that knows derivatives and chunk- of diffusion (2.0 or later).
#   pip install bids-validator-deno        or, with Deno: deno install -g -ERWN -n bids-validator jsr:@bids/validator
set -euo pipefail

validator=
for name in bids-validator-deno bids-validator; do
  if command -v "$name" >/dev/null; then
    version=$("$name" --version 2>/dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g' | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1 || true)
    case ${version:-0} in
      0* | 1.*) echo "$name ${version:-} is too old" >&2 ;;
      *) validator=$name; break ;;
    esac
  fi
done
if [ -z "$validator" ]; then
  echo "skipped: no bids-validator of version 2.0 or later on PATH (pip install bids-validator-deno)" >&2
  exit 77
fi
echo "$validator $version"
[ $# -gt 0 ] || set -- "$(dirname "$0")/../data-sample"
status=0
for dataset in "$@"; do
  if "$validator" "$dataset" --ignoreWarnings; then echo "valid: $dataset"; else echo "not valid: $dataset"; status=1; fi
done
exit $status
