#!/bin/sh
# Fuzzes every parser for 30 s each (LOPHOP_FUZZ_S changes it): the Rust ones with libFuzzer, from the kept inputs in
# sfu/native/fuzz/corpora, the Python ones with seeded noise. Needs nightly Rust, and installs cargo-fuzz when missing.
# An input that crashes goes as a line of hexadecimal digits into its corpus: the everyday tests run all of them.
set -eu
cd "$(dirname "$0")/.."
seconds=${LOPHOP_FUZZ_S:-30}
if [ "${1:-all}" != rust ]; then
  LOPHOP_FUZZ_S=$seconds .venv/bin/pytest -q -s -m slow -k half_a_minute tests/faults/test_parsers.py
fi
cd sfu/native/fuzz
command -v cargo-fuzz >/dev/null 2>&1 || cargo install -q cargo-fuzz
for target in $(cargo +nightly fuzz list); do
  echo "fuzz $target for $seconds s"
  mkdir -p "corpus/$target"
  seeds="seeds/$target"
  [ -d "$seeds" ] || seeds=
  python3 - "corpora/$target.hex" "corpus/$target" <<'UNPACK'
import pathlib, sys
for number, line in enumerate(pathlib.Path(sys.argv[1]).read_text().split()):
    pathlib.Path(sys.argv[2], f"kept-{number}").write_bytes(bytes.fromhex(line))
UNPACK
  # shellcheck disable=SC2086 # none or one
  cargo +nightly fuzz run "$target" "corpus/$target" $seeds -- -max_total_time="$seconds" -rss_limit_mb=2048 -print_final_stats=1
done
