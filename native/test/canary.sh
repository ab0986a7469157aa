#!/bin/sh
# Proves that the jobs see: each one runs on a copy of the engine with a planted bug and must fail.
# A job that passes its canary is blind, and so is this script if a bug cannot be planted.
set -eu
CXX="${CXX:-g++}"
CLANG="${CLANG:-clang++-14}"
OUT=cache/out/canary
FLAGS="-std=c++20 -fno-exceptions -fno-rtti -g -pthread"

# plant NAME FILE SED-EXPRESSION: a copy of native/ with the expression applied to one file
plant() {
  rm -rf "$OUT/$1"
  mkdir -p "$OUT/$1/cache"
  cp -r test "$OUT/$1/"
  cp -r cache/*.h cache/*.cc cache/test cache/fuzz cache/include "$OUT/$1/cache/"
  sed -i.orig "$3" "$OUT/$1/cache/$2"
  if cmp -s "$OUT/$1/cache/$2" "$OUT/$1/cache/$2.orig"; then
    echo "canary $1: the bug could not be planted in $2" >&2
    exit 1
  fi
}

# must_fail NAME COMMAND...: the command has to end with an error
must_fail() {
  name=$1
  shift
  if timeout 300 "$@" >"$OUT/$name.log" 2>&1; then
    echo "canary $name: the planted bug was NOT found; the job is blind" >&2
    exit 1
  fi
  echo "canary $name: found"
}

plant unit item.h 's/ExpiryOf(expiry_flags) <= now/ExpiryOf(expiry_flags) < now - 1/'
$CXX $FLAGS -O1 "$OUT"/unit/cache/*.cc "$OUT"/unit/cache/test/*.cc -o "$OUT/unit/run"
must_fail unit "$OUT/unit/run" "lives until"

plant asan read.cc 's/state.base + value_at, size)/state.base + value_at, size + 64)/'
$CXX $FLAGS -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
  "$OUT"/asan/cache/*.cc "$OUT"/asan/cache/test/*.cc -o "$OUT/asan/run"
must_fail asan env CATZ_OPERATIONS=20000 "$OUT/asan/run"

plant tsan write.cc '/^WriteStatus StoreEntry/,/^}/s/ShardLock lock(state, shard);/const bool lock = true;/'
$CXX $FLAGS -O1 -Wno-tsan -fsanitize=thread \
  "$OUT"/tsan/cache/*.cc "$OUT"/tsan/cache/test/*.cc -o "$OUT/tsan/run"
must_fail tsan env CATZ_OPERATIONS=2000 CATZ_ROUNDS=20000 "$OUT/tsan/run" "torn or foreign"

# relink NAME FILE: the unit tests as they were built, but for that file
relink() {
  objects=$(find cache/out/unit -name '*.o' ! -path "cache/out/unit/cache/${2%.cc}.o")
  $CXX $FLAGS -O2 "$OUT/$1/cache/$2" $objects -o "$OUT/$1/run"
}

if [ "$(uname)" = Linux ]; then
  make -s cache/out/unit/run CXX="$CXX"

  plant pins write.cc 's/if (IsPinned(state, state.SegmentAt(offset)))/if (false)/'
  relink pins write.cc
  must_fail pins "$OUT/pins/run" "leased bytes stay"

  plant intent recover.cc 's/const bool is_intended = .*/const bool is_intended = false;/'
  relink intent recover.cc
  must_fail intent "$OUT/intent/run" "killed in a write"

  plant checksum recover.cc 's/IsWhole(state, item, offset) && //'
  relink checksum recover.cc
  must_fail checksum env CATZ_SEED=1 "$OUT/checksum/run" "nobody closed"
fi

plant locks write.cc '/^WriteStatus StoreEntry/,/^}/s/ShardLock lock(state, shard);/const bool lock = true;/'
must_fail locks $CLANG $FLAGS -Wthread-safety -Werror -fsyntax-only "$OUT/locks/cache/write.cc"

plant fuzz write.cc '/^bool RewriteItem/,/^}/s/StoreRelaxed(&item->value_size.*//'
$CLANG $FLAGS -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
  "$OUT"/fuzz/cache/*.cc "$OUT/fuzz/cache/fuzz/operations_fuzz.cc" -o "$OUT/fuzz/run"
must_fail fuzz "$OUT/fuzz/run" -max_total_time=60 -max_len=8192 -artifact_prefix="$OUT/fuzz/" \
  cache/fuzz/corpus/operations
