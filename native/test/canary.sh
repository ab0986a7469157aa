#!/bin/sh
# Proves that the jobs see: each one runs on a copy of a module with a planted bug and must fail.
# A job that passes its canary is blind, and so is this script if a bug cannot be planted.
#   sh test/canary.sh cache router      in native/, modules in any order
set -eu
CXX="${CXX:-g++}"
CLANG="${CLANG:-clang++-14}"
FLAGS="-std=c++20 -fno-exceptions -fno-rtti -g -pthread"
ASAN="-O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
TSAN="-O1 -Wno-tsan -fsanitize=thread"
FUZZ="-O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"

# plant NAME FILE SED-EXPRESSION: a copy of the module with the expression applied to one file, in $OUT/NAME
plant() {
  rm -rf "$OUT/$1"
  mkdir -p "$OUT/$1/$MODULE"
  cp -r test "$OUT/$1/"
  for part in "$MODULE"/*; do
    case $part in
    */out | */bench) ;;
    *) cp -r "$part" "$OUT/$1/$MODULE/" ;;
    esac
  done
  sed -i.orig "$3" "$OUT/$1/$MODULE/$2"
  if cmp -s "$OUT/$1/$MODULE/$2" "$OUT/$1/$MODULE/$2.orig"; then
    echo "canary $MODULE/$1: the bug could not be planted in $2" >&2
    exit 1
  fi
}

# must_fail NAME COMMAND...: the command has to end with an error
must_fail() {
  name=$1
  shift
  code=0
  timeout 300 "$@" >"$OUT/$name.log" 2>&1 || code=$?
  # 124: it found nothing in all that time.
  if [ $code -eq 0 ] || [ $code -eq 124 ]; then
    echo "canary $MODULE/$name: the planted bug was NOT found; the job is blind" >&2
    exit 1
  fi
  echo "canary $MODULE/$name: found"
}

# relink NAME FILE: the unit tests as they were built, but for that source
relink() {
  objects=$(find "$MODULE/out/unit" -name '*.o' ! -path "$MODULE/out/unit/$MODULE/${2%.cc}.o")
  $CXX $FLAGS -O2 "$OUT/$1/$MODULE/$2" $objects -o "$OUT/$1/run"
}

canary_cache() {
  plant unit item.h 's/ExpiryOf(expiry_flags) <= now/ExpiryOf(expiry_flags) < now - 1/'
  $CXX $FLAGS -O1 "$OUT"/unit/cache/*.cc "$OUT"/unit/cache/test/*.cc -o "$OUT/unit/run"
  must_fail unit "$OUT/unit/run" "lives until"

  plant asan read.cc 's/state.base + value_at, size)/state.base + value_at, size + 64)/'
  $CXX $FLAGS $ASAN "$OUT"/asan/cache/*.cc "$OUT"/asan/cache/test/*.cc -o "$OUT/asan/run"
  must_fail asan env CATZ_OPERATIONS=20000 "$OUT/asan/run"

  no_lock='/^WriteStatus StoreEntry/,/^}/s/ShardLock lock(state, shard);/const bool lock = true;/'
  plant tsan write.cc "$no_lock"
  $CXX $FLAGS $TSAN "$OUT"/tsan/cache/*.cc "$OUT"/tsan/cache/test/*.cc -o "$OUT/tsan/run"
  must_fail tsan env CATZ_OPERATIONS=2000 CATZ_ROUNDS=20000 "$OUT/tsan/run" "torn or foreign"

  if [ "$(uname)" = Linux ]; then
    make -s -f module.mk MODULE=cache cache/out/unit/run CXX="$CXX"

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

  plant locks write.cc "$no_lock"
  must_fail locks $CLANG $FLAGS -Wthread-safety -Werror -fsyntax-only "$OUT/locks/cache/write.cc"

  plant fuzz write.cc '/^bool RewriteItem/,/^}/s/StoreRelaxed(&item->value_size.*//'
  $CLANG $FLAGS $FUZZ "$OUT"/fuzz/cache/*.cc "$OUT/fuzz/cache/fuzz/operations_fuzz.cc" \
    -o "$OUT/fuzz/run"
  must_fail fuzz "$OUT/fuzz/run" -max_total_time=60 -max_len=8192 -artifact_prefix="$OUT/fuzz/" \
    cache/fuzz/corpus/operations
}

# compile NAME TEST FLAGS: the program of one file of tests; the router is headers
compile() {
  name=$1
  tests="$OUT/$1/router/test"
  test=$2
  shift 2
  $CXX $FLAGS "$@" "$tests/main.cc" "$tests/memory.cc" "$tests/$test.cc" -o "$OUT/$name/run"
}

canary_router() {
  plant unit trie.h 's/i = 1; i < length; i++/i = 1; i + 1 < length; i++/'
  compile unit bounds_test -O1
  must_fail unit "$OUT/unit/run" "compared whole"

  plant asan trie.h 's/if (length > end - position) return 0;//'
  compile asan bounds_test $ASAN
  must_fail asan "$OUT/asan/run" "compared whole"

  # A reader that pins nothing, and gives nothing back.
  plant tsan slot.h 's/newest_.fetch_add(1,/newest_.load(/; s/void Unpin(Pin pin) noexcept {/&return;/'
  compile tsan threads_test $TSAN
  must_fail tsan env CATZ_ROUNDS=2000 "$OUT/tsan/run" "readers of a slot"

  plant fuzz trie.h 's/params = last.param_count;//'
  $CLANG $FLAGS $FUZZ "$OUT/fuzz/router/fuzz/match_fuzz.cc" -o "$OUT/fuzz/run"
  must_fail fuzz "$OUT/fuzz/run" -max_total_time=60 -max_len=8192 -artifact_prefix="$OUT/fuzz/" \
    router/fuzz/corpus/match
}

for MODULE in "$@"; do
  OUT="$MODULE/out/canary"
  mkdir -p "$OUT"
  "canary_$MODULE"
done
