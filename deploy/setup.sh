#!/bin/sh
# Sets up everything on a fresh machine and does nothing that is already done.
# LOPHOP_SETUP=serve leaves out what only the tests need.
set -eu
cd "$(dirname "$0")/.."
goal=${LOPHOP_SETUP:-test}
mkdir -p .setup

say() { printf '%s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }
# A digest of files, so that a step is repeated exactly when what it reads has changed.
digest() {
  find "$@" -type f -not -path '*/target/*' -not -path '*/node_modules/*' -print0 |
    sort -z | xargs -0 sha1sum | sha1sum | cut -d' ' -f1
}
is_done() { [ -f ".setup/$1" ] && [ "$(cat ".setup/$1")" = "$2" ]; }
done_is() { printf '%s' "$2" >".setup/$1"; }

# System programs: name of a command, Debian's package for it.
missing=""
need() { has "$1" || missing="$missing $2"; }
need cc build-essential
if [ "$goal" = test ]; then
  need chromium chromium
  need ffprobe ffmpeg
  need redis-server redis-server
  need nft nftables
  need ip iproute2
  need conntrack conntrack
  need turnserver coturn
  [ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || missing="$missing postgresql"
  [ -d /usr/share/fonts/truetype/noto ] || missing="$missing fonts-noto-core"
  # GStreamer, a foreign WHIP and WHEP client: the system's Python drives it
  gst="import gi; [gi.require_version(n, v) for n, v in (('GstWebRTC', '1.0'), ('GstSdp', '1.0'), ('Nice', '0.1'))]"
  if ! /usr/bin/python3 -c "$gst" 2>/dev/null || [ -z "$(ls /usr/lib/*/gstreamer-1.0/libgstlibav.so 2>/dev/null)" ]; then
    missing="$missing python3-gi gir1.2-gst-plugins-bad-1.0 gir1.2-nice-0.1 gstreamer1.0-plugins-good"
    missing="$missing gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-nice gstreamer1.0-libav"
  fi
fi
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && has apt-get; then
    say "Installing$missing"
    tries=0
    until apt-get update -q >.setup/apt.log 2>&1 &&
      DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >>.setup/apt.log 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 3 ] || { tail -20 .setup/apt.log; exit 1; }
    done
  else
    say "Missing:$missing"
    say "On Debian: sudo apt-get install$missing"
    exit 1
  fi
fi
for tool in python3 cargo node npm; do
  has "$tool" || { say "Missing: $tool (Python 3.11 or newer, Rust by rustup, Node.js 20 or newer)"; exit 1; }
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit 1; }

# Python and the data plane.
[ -x .venv/bin/python ] || { say "Creating .venv"; python3 -m venv .venv; }
now=$(digest pyproject.toml constraints.txt)
if ! is_done python "$now"; then
  say "Installing Python packages (about a minute)"
  .venv/bin/pip install -q --disable-pip-version-check -r constraints.txt
  done_is python "$now"
  rm -f .setup/native
fi
now=$(digest sfu/native pyproject.toml)
if ! is_done native "$now" || [ -z "$(ls sfu/_dataplane*.so 2>/dev/null)" ]; then
  say "Building the data plane (about a minute)"
  PATH="$PWD/.venv/bin:$PATH" .venv/bin/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
  done_is native "$now"
fi

# The web client.
now=$(digest web_client/package-lock.json)
if ! is_done npm "$now" || [ ! -d web_client/node_modules ]; then
  say "Installing web packages"
  (cd web_client && npm ci --no-fund --no-audit --loglevel=error)
  done_is npm "$now"
fi
now=$(digest web_client/src web_client/package-lock.json web_client/index.html web_client/vite.config.ts)
if ! is_done web "$now" || [ ! -f web_client/dist/index.html ]; then
  say "Building the web client"
  (cd web_client && npm run --silent build)
  done_is web "$now"
fi

# A foreign client that judges the node.
client=tests/conformance/node_client
if [ "$goal" = test ] && [ -f $client/package-lock.json ]; then
  now=$(digest $client/package-lock.json)
  if ! is_done node_client "$now" || [ ! -d $client/node_modules ]; then
    say "Installing the foreign client"
    (cd $client && npm ci --no-fund --no-audit --loglevel=error)
    done_is node_client "$now"
  fi
fi
