#!/bin/sh
# Runs every kind of test; the argument is pytest's marker expression.
set -eu
cd "$(dirname "$0")/.."
# Nothing may hang for ever: each part has a limit far above what it takes.
slow=
[ -n "$1" ] || slow="-- --include-ignored"
# shellcheck disable=SC2086 # none or two words
timeout 1200 cargo test -q --manifest-path sfu/native/Cargo.toml --workspace $slow
(cd web_client && timeout 300 npm run --silent test)
exec timeout --kill-after=20 "${LOPHOP_TEST_LIMIT_S:-2400}" .venv/bin/pytest -q -n 2 --dist loadfile -m "$1"
