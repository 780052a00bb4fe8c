# Sourced by the launchers, which set $root: sets up what is missing, then becomes the program. Because the shell is
# replaced, the program has the process id of its launcher, and every signal and the exit code are its own.
launch() {
  package=$1
  shift
  state=$root/node_modules/.set-up
  if ! {
    [ -x "$state/node" ] && {
      cmp -s "$root/pnpm-lock.yaml" "$state/production.yaml" || cmp -s "$root/pnpm-lock.yaml" "$state/everything.yaml"
    }
  }; then
    if ! command -v node >/dev/null 2>&1; then
      echo 'Longshore needs Node 20 or newer with npm for its first start: https://nodejs.org' >&2
      exit 3
    fi
    node "$root/scripts/set-up.mjs" || exit
  fi
  if [ "$package" = master ]; then
    # The API works without the console, so a console that cannot be built is no reason not to start.
    web=$root/packages/web
    if [ ! -e "$web/dist/index.html" ] ||
      [ -n "$(find "$web/src" "$web/public" "$root/packages/protocol/src" -newer "$web/dist/index.html" -print -quit)" ]; then
      "$state/node" "$web/build-console.mjs" || echo 'longshore: the console could not be built' >&2
    fi
  fi
  # Compiled code is kept: the next start takes half the time and 25 MiB less memory. Set and empty, it is not.
  if [ -z "${NODE_COMPILE_CACHE+set}" ]; then
    if [ -w "$state" ]; then
      NODE_COMPILE_CACHE=$state/compile-cache
    else
      NODE_COMPILE_CACHE=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/longshore
    fi
    export NODE_COMPILE_CACHE
  fi
  # The allocator of glibc keeps what each thread has freed for that thread alone, in up to eight pools a core. One pool for
  # all is no slower here: threads work on few large buffers (bench/archive).
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-1}"
  # A small young generation is collected often, so that the buffers of a transfer are given back soon: a third less
  # resident memory at the same CPU (bench/blobs.ts). Node warns of node:ffi, which gives free memory back.
  exec "$state/node" --max-semi-space-size=4 --disable-warning=ExperimentalWarning \
    "$root/packages/$package/src/main.ts" "$@"
}
