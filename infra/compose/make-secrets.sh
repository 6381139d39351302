#!/usr/bin/env bash
# Makes the secrets of compose.yaml, once: files that are there stay as they are, so that it can run before every start.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The folder keeps others out. The files are readable to all, because the programs in the containers run as users of their own.
mkdir -p secrets
chmod 700 secrets
umask 022

random() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Written beside its name and renamed: a secret is whole or not there.
make() {
  [ -s "secrets/$1" ] && return
  printf '%s' "$2" >"secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "made infra/compose/secrets/$1"
}

make s3_access_key "$(random 10)"
make s3_secret_key "$(random 24)"
make postgres_password "$(random 24)"
# Hexadecimal, so that nothing in the URL needs escaping.
make database_url "postgres://cfgen:$(cat secrets/postgres_password)@postgres:5432/cfgen"
