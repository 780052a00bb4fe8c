#!/bin/sh
# Programs that only the tests need: they read what Longshore writes, and write what it reads. Installs those that
# are missing where it may (root, or sudo without a password, and apt-get), else names them and stops.
#
# package: the command that proves that it is there
programs='
chromium-headless-shell: chromium-headless-shell --version || chromium --version
faketime: faketime --version
libarchive-tools: bsdtar --version
libc-bin: iconv --version
nginx-light: PATH=$PATH:/usr/sbin nginx -v
openssl: openssl version
python3: python3 --version
tar: tar --version
unzip: unzip -v
zip: zip -v
zstd: zstd --version
'

missing() {
  echo "$programs" | while IFS=': ' read -r package command; do
    [ -n "$package" ] || continue
    sh -c "$command" >/dev/null 2>&1 </dev/null || printf ' %s' "$package"
  done
}

packages=$(missing)
[ -n "$packages" ] || exit 0

as_root=''
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root='sudo -n'; fi
fi
if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" -eq 0 ] || [ -n "$as_root" ]; }; then
  echo "longshore: installing programs that the tests need:$packages" >&2
  log=$(mktemp)
  # shellcheck disable=SC2086
  { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1 </dev/null || tail -n 15 "$log" >&2
  rm -f "$log"
  packages=$(missing)
fi
[ -z "$packages" ] || {
  echo "The tests need programs that are missing:$packages" >&2
  echo "Install them, on Debian with: apt-get install$packages" >&2
  exit 1
}
