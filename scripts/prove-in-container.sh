#!/bin/sh
# Inside a bare image, as root, with the repository as working folder: installs a compiler and runs prove-prebuild.mjs.
# AlmaLinux 8 has the oldest glibc that an official Node runs with, and a newer compiler beside its own; its Python is
# too old for node-gyp. Its Node is the caller's, mounted at /opt/node. Alpine brings Node and all else.
#   sh scripts/prove-in-container.sh linux-x64 glibc
set -eu
if [ -f /etc/alpine-release ]; then
  apk add --no-cache build-base python3
else
  dnf install -y gcc-toolset-13-gcc-c++ gcc-toolset-13-binutils make python3.11
  PATH="/opt/rh/gcc-toolset-13/root/usr/bin:/opt/node/bin:$PATH"
  export PATH PYTHON=/usr/bin/python3.11
fi
export CI=true NX_DAEMON=false NO_COLOR=1
exec node scripts/prove-prebuild.mjs "$@"
