#!/bin/sh
# Fuzzes every parser for 30 s (LOPHOP_FUZZ_S changes it); needs nightly Rust, and installs cargo-fuzz when missing.
set -eu
cd "$(dirname "$0")/../sfu/native/fuzz"
seconds=${LOPHOP_FUZZ_S:-30}
command -v cargo-fuzz >/dev/null 2>&1 || cargo install -q cargo-fuzz
for target in $(cargo +nightly fuzz list); do
  echo "fuzz $target for $seconds s"
  mkdir -p "corpus/$target"
  seeds="seeds/$target"
  [ -d "$seeds" ] || seeds=
  # shellcheck disable=SC2086 # none or one
  cargo +nightly fuzz run "$target" "corpus/$target" $seeds -- -max_total_time="$seconds" -rss_limit_mb=2048 -print_final_stats=1
done
