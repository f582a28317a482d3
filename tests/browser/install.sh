#!/bin/sh
# Make sure there are Chromium and nginx for the browser tests: use those there are, or get Debian's where that is allowed.
set -eu
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/sbin"

if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
command -v apt-get >/dev/null || as_root="no"

is_there() { for name in "$@"; do command -v "$name" >/dev/null && return; done; return 1; }

if [ -z "${CHROMIUM:-}" ] && ! is_there chromium chromium-browser google-chrome; then
    if [ "$as_root" = no ]; then
        echo "The browser tests need Chromium, and this user may not install it. Install the package 'chromium'" >&2
        echo "(or Google Chrome), or set CHROMIUM to the program's path, and run 'make test' again." >&2
        exit 1
    fi
    echo "Installing Chromium for the browser tests ..."
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi

# Installing the package would start a server at port 80, so it is only unpacked, which anybody may.
if [ -z "${NGINX:-}" ] && ! is_there nginx && [ ! -x .venv/nginx/usr/sbin/nginx ]; then
    echo "Unpacking nginx for the browser tests ..."
    mkdir -p .venv/nginx
    cd .venv/nginx
    if command -v apt-get >/dev/null; then
        [ "$as_root" = no ] || $as_root apt-get update -qq
        apt-get download -qq nginx && dpkg-deb --extract nginx_*.deb . || true
    fi
    if ! usr/sbin/nginx -v 2>/dev/null; then
        echo "The browser tests need nginx, and it could not be unpacked here. Install the package 'nginx', or set NGINX" >&2
        echo "to the program's path, and run 'make test' again." >&2
        exit 1
    fi
fi
