#!/bin/sh
# Make sure there is a Chromium for the browser tests: use the one there is, or install Debian's where that is allowed.
set -eu

if [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi

if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
    if [ "$as_root" != no ]; then
        echo "Installing Chromium for the browser tests ..."
        $as_root apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
        exit 0
    fi
fi

echo "The browser tests need Chromium, and this user may not install it. Install the package 'chromium'" >&2
echo "(or Google Chrome), or set CHROMIUM to the program's path, and run 'make test' again." >&2
exit 1
