#!/usr/bin/env bash
# Times the resampling here and, where R is installed, in pROC, logistf and brglm2, in one run on one machine.
#   scripts/time_statistics.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --locked --bench stats
if command -v Rscript > /dev/null; then
    Rscript scripts/reference/time_statistics.R
else
    echo "R is not installed: no times of pROC, logistf and brglm2"
fi
