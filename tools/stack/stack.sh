#!/usr/bin/env bash
# The servers that CFGen stands on (Kafka, MinIO, PostgreSQL) and toxiproxy, run as plain processes on loopback: no containers.
# For development and for the distributed specs; a cluster is described under infra/. `stack.sh help` lists the verbs.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

KAFKA_VERSION=4.4.0
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c   # a commit of 2026-02-12: the Go proxy does not serve MinIO's release tags
TOXIPROXY_VERSION=v2.12.0

CACHE=${STACK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cfgen-stack}
DIR=$(realpath -m "${STACK_DIR:-${TMPDIR:-/tmp}/cfgen-stack}")
SERVICES=${STACK_SERVICES:-kafka minio postgres}

KAFKA_PORT=${KAFKA_PORT:-19092}
KAFKA_CONTROLLER_PORT=${KAFKA_CONTROLLER_PORT:-$((KAFKA_PORT + 1))}
# A client leaves a proxy with the first answer that names the broker's own address. So a second listener names the proxy's address instead.
KAFKA_BEHIND_PROXY_PORT=${KAFKA_BEHIND_PROXY_PORT:-$((KAFKA_PORT + 2))}
KAFKA_PROXY_PORT=${KAFKA_PROXY_PORT:-$((KAFKA_PORT + 3))}
KAFKA_HEAP=${KAFKA_HEAP:-384m}
S3_PORT=${S3_PORT:-19000}
S3_ACCESS_KEY=${S3_ACCESS_KEY:-cfgen}
S3_SECRET_KEY=${S3_SECRET_KEY:-cfgen-secret}
PG_PORT=${PG_PORT:-15432}
PG_DB=${PG_DB:-cfgen}
PG_USER=${PG_USER:-cfgen}
PG_PASSWORD=${PG_PASSWORD:-cfgen-secret}
PG_RUN_AS=${PG_RUN_AS:-postgres}     # used only by root: PostgreSQL refuses to run as root
TOXIPROXY_PORT=${TOXIPROXY_PORT:-18474}

say()  { echo "stack: $*" >&2; }
die()  { say "error: $*"; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 not found: $2"; }

usage() {
  cat <<'TEXT'
usage: stack.sh VERB [SERVICE...]     SERVICE: kafka minio postgres toxiproxy

  fetch    get what is missing: jars, PostgreSQL, programs to compile (MinIO takes some 4 minutes, once)
  up       fetch, start what does not run, wait until all of it serves
  down     stop in good order and keep the data
  status   a line for each service; exit status 1 when one is down
  env      addresses and credentials as KEY=VALUE lines, for `node --env-file` or `eval`
  start    start a service on the data it has      kill   end a service with kill -9
  logs     show what a service wrote               wipe   kill, then delete data and logs

settings, from the environment:
  STACK_DIR STACK_CACHE STACK_SERVICES STACK_TIMEOUT
  KAFKA_PORT KAFKA_CONTROLLER_PORT KAFKA_BEHIND_PROXY_PORT KAFKA_PROXY_PORT S3_PORT PG_PORT TOXIPROXY_PORT
  KAFKA_HEAP S3_ACCESS_KEY S3_SECRET_KEY PG_DB PG_USER PG_PASSWORD PG_RUN_AS
TEXT
}

# ---- fetch. Each part lands in $CACHE under its version, by a rename: what is there is whole.

fetch_kafka() {
  local lib=$CACHE/kafka-$KAFKA_VERSION
  [ -d "$lib" ] && return
  need java 'install OpenJDK 17 or newer'
  need mvn 'install Maven'
  say "fetching Kafka $KAFKA_VERSION"
  rm -rf "$lib.part"
  mvn -q -B -f "$HERE/kafka/pom.xml" -Dkafka.version=$KAFKA_VERSION dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$lib.part" >"$CACHE/kafka-fetch.log" 2>&1 ||
    die "Maven failed: see $CACHE/kafka-fetch.log"
  (cd "$lib.part" && sha256sum --quiet -c "$HERE/kafka/SHA256SUMS") ||
    die "Kafka's jars differ from $HERE/kafka/SHA256SUMS"
  mv "$lib.part" "$lib"
}

# A static binary, compiled from the Go module proxy (which checks the sums); the 2 GB that the build needs are deleted afterwards.
fetch_go() { # NAME VERSION PACKAGE
  local bin=$CACHE/$1-$2 work=$CACHE/build-$1
  [ -x "$bin" ] && return
  need go 'install Go 1.24 or newer'
  say "building $1 $2"
  mkdir -p "$work"
  (
    cd "$work"
    export GOPATH=$work/path GOMODCACHE=$work/mod GOCACHE=$work/cache GOBIN=$work/bin
    GOFLAGS='-trimpath -modcacherw' CGO_ENABLED=0 go install -ldflags '-s -w' "$3@$2"
  ) >"$CACHE/$1-fetch.log" 2>&1 || die "go install failed: see $CACHE/$1-fetch.log"
  mv "$work"/bin/* "$bin"
  rm -rf "$work"
}
fetch_minio()     { fetch_go minio $MINIO_VERSION github.com/minio/minio; }
fetch_toxiproxy() { fetch_go toxiproxy $TOXIPROXY_VERSION github.com/Shopify/toxiproxy/v2/cmd/server; }

PG_BIN=
find_pg() { PG_BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) && [ -x "$PG_BIN/initdb" ]; }
fetch_postgres() {
  find_pg && return
  [ "$(id -u)" = 0 ] || die 'PostgreSQL not found: apt-get install postgresql'
  say 'installing PostgreSQL'
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql) \
    >"$CACHE/postgres-fetch.log" 2>&1 || die "apt-get failed: see $CACHE/postgres-fetch.log"
  find_pg || die 'PostgreSQL is installed, but its initdb was not found'
}

# ---- services. init_X prepares the data, run_X is the command line, healthy_X tells whether it serves.

init_kafka() {
  cat >"$DIR/kafka.properties" <<TEXT
process.roles=broker,controller
node.id=1
listeners=DIRECT://127.0.0.1:$KAFKA_PORT,PROXIED://127.0.0.1:$KAFKA_BEHIND_PROXY_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT
advertised.listeners=DIRECT://127.0.0.1:$KAFKA_PORT,PROXIED://127.0.0.1:$KAFKA_PROXY_PORT
listener.security.protocol.map=DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT
log.dirs=$DIR/kafka
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# specs do not wait: groups form at once, sessions may be short, abandoned transactions end soon
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# a killed broker may register again only after this time (9 s by default)
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# for a small machine
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
num.io.threads=4
num.network.threads=2
TEXT
  [ -f "$DIR/kafka/meta.properties" ] && return
  kafka_java kafka.tools.StorageTool format -t Y2ZnZW4tc3RhY2stMDAwMQ -c "$DIR/kafka.properties" >"$DIR/kafka-format.log" 2>&1 ||
    die "formatting failed: see $DIR/kafka-format.log"
}
kafka_java() {
  exec_or_run java -Xms128m -Xmx"$KAFKA_HEAP" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlog4j2.configurationFile="$HERE/kafka/log4j2.properties" -cp "$CACHE/kafka-$KAFKA_VERSION/*" "$@"
}
run_kafka()     { kafka_java kafka.Kafka "$DIR/kafka.properties"; }
healthy_kafka() { grep -q 'Kafka Server started' "$DIR/kafka.log" && has_coordinator '\0' && has_coordinator '\1'; }
# Asks FindCoordinator (version 1) for a group (\0) or a transaction (\1). A new broker makes the topics behind both at the first question,
# and a client that asks too early gets errors which kafkajs does not always retry. So a broker is healthy once both answers are good.
has_coordinator() {
  local answer
  answer=$( (exec 3<>"/dev/tcp/127.0.0.1/$KAFKA_PORT" && printf '\0\0\0\x13\0\x0a\0\1\0\0\0\1\0\5stack\0\1x'"$1" >&3 &&
    timeout 2 head -c 14 <&3 | od -An -v -tx1 | tr -d ' \n') 2>/dev/null)
  [ "${answer: -4}" = 0000 ]
}

init_minio() { mkdir -p "$DIR/minio"; }
run_minio() {
  export MINIO_ROOT_USER=$S3_ACCESS_KEY MINIO_ROOT_PASSWORD=$S3_SECRET_KEY
  export MINIO_BROWSER=off MINIO_UPDATE=off MINIO_CALLHOME_ENABLE=off
  exec_or_run "$CACHE/minio-$MINIO_VERSION" server "$DIR/minio" --address "127.0.0.1:$S3_PORT" --quiet
}
healthy_minio() { http_ok "$S3_PORT" /minio/health/ready; }

init_postgres() {
  local d=$DIR/postgres pw=$DIR/postgres.password deadline=$((SECONDS + 20))
  if [ -f "$d/PG_VERSION" ]; then
    # After a kill -9 its children live on for a moment, and its lock file stays.
    while ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -q -- "-> $d\$"; do
      [ $SECONDS -lt $deadline ] || die "another PostgreSQL runs on $d"
      sleep 0.05
    done
    rm -f "$d/postmaster.pid"
    return
  fi
  rm -rf "$d" && mkdir -p "$d" && chmod 700 "$d"
  (umask 077 && echo "$PG_PASSWORD" >"$pw")
  if [ "$(id -u)" = 0 ]; then
    id "$PG_RUN_AS" >/dev/null 2>&1 || die "no user $PG_RUN_AS to run PostgreSQL as: set PG_RUN_AS"
    chmod o+x "$DIR" && chown "$PG_RUN_AS" "$d" "$pw"
    as_pg test -w "$d" || die "user $PG_RUN_AS cannot reach $d: set STACK_DIR to a folder under /tmp"
  fi
  (cd / && as_pg "$PG_BIN/initdb" -D "$d" -U "$PG_USER" -A scram-sha-256 --pwfile="$pw" -E UTF8 --locale=C.UTF-8 \
    --no-instructions) >"$DIR/postgres-init.log" 2>&1 || die "initdb failed: see $DIR/postgres-init.log"
}
as_pg() {
  if [ "$(id -u)" = 0 ]; then
    exec_or_run setpriv --reuid="$PG_RUN_AS" --regid="$(id -g "$PG_RUN_AS")" --clear-groups -- "$@"
  else
    exec_or_run "$@"
  fi
}
run_postgres() { cd /; as_pg "$PG_BIN/postgres" -D "$DIR/postgres" -p "$PG_PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories=; }
healthy_postgres() {
  PGPASSWORD=$PG_PASSWORD "$PG_BIN/psql" -qtAX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$PG_PORT" -U "$PG_USER" -d postgres >/dev/null 2>&1 \
    <<<"select 'create database \"$PG_DB\"' where not exists (select from pg_database where datname = '$PG_DB') \gexec"
}

init_toxiproxy()    { :; }
run_toxiproxy()     { exec_or_run "$CACHE/toxiproxy-$TOXIPROXY_VERSION" -host 127.0.0.1 -port "$TOXIPROXY_PORT"; }
healthy_toxiproxy() { http_ok "$TOXIPROXY_PORT" /version; }

# ---- processes

EXEC=
exec_or_run() { if [ -n "$EXEC" ]; then exec setsid "$@"; else "$@"; fi; }   # setsid: Ctrl-C in the terminal is not for the service
open_port()   { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
http_ok() {
  local answer
  answer=$( (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3 && timeout 2 head -n 1 <&3) 2>/dev/null) || return 1
  [[ $answer == *' 200 '* ]]
}

port_of() { case $1 in kafka) echo "$KAFKA_PORT" ;; minio) echo "$S3_PORT" ;; postgres) echo "$PG_PORT" ;; toxiproxy) echo "$TOXIPROXY_PORT" ;; esac; }

# The process id, as long as it is the process that was started here: ids are used again, so the start time is compared too.
pid_of() {
  local pid started
  { read -r pid started <"$DIR/$1.pid"; } 2>/dev/null && [ "$(started_at "$pid")" = "$started" ] && echo "$pid"
}
started_at() { awk '{ sub(/.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null; }

start() {
  local s=$1 pid
  if pid_of "$s" >/dev/null; then wait_healthy "$s"; return; fi
  open_port "$(port_of "$s")" && die "$s: port $(port_of "$s") is taken by something else"
  [ "$s" = postgres ] && { find_pg || die 'PostgreSQL not found: run fetch first'; }
  "init_$s"
  [ -f "$DIR/$s.log" ] && mv "$DIR/$s.log" "$DIR/$s.log.1"
  (EXEC=1 && "run_$s") >"$DIR/$s.log" 2>&1 </dev/null 9>&- &
  pid=$!
  disown
  echo "$pid $(started_at $pid)" >"$DIR/$s.pid"
  wait_healthy "$s"
}

wait_healthy() {
  local s=$1 deadline=$((SECONDS + ${STACK_TIMEOUT:-60}))
  [ "$s" = postgres ] && find_pg
  until "healthy_$s"; do
    pid_of "$s" >/dev/null || { tail -n 20 "$DIR/$s.log" >&2; die "$s ended while starting; its log is above"; }
    [ $SECONDS -lt $deadline ] || { tail -n 20 "$DIR/$s.log" >&2; die "$s is not healthy after ${STACK_TIMEOUT:-60} s; its log is above"; }
    sleep 0.1
  done
}

stop() { # SERVICE SIGNAL
  local pid deadline=$((SECONDS + 20))
  pid=$(pid_of "$1") || return 0
  kill -"$2" "$pid"
  while pid_of "$1" >/dev/null; do
    if [ $SECONDS -ge $deadline ]; then say "$1 ignores $2: kill -9"; kill -9 "$pid"; deadline=$((SECONDS + 20)); fi
    sleep 0.05
  done
  rm -f "$DIR/$1.pid"
  # The threads of a killed process may hold its port a little longer than it has an id.
  while open_port "$(port_of "$1")" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
}
stop_signal() { [ "$1" = postgres ] && echo INT || echo TERM; }   # INT: PostgreSQL's fast shutdown

print_env() {
  cat <<TEXT
KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT
KAFKA_PROXIED_LISTEN=127.0.0.1:$KAFKA_PROXY_PORT
KAFKA_PROXIED_UPSTREAM=127.0.0.1:$KAFKA_BEHIND_PROXY_PORT
S3_ENDPOINT=http://127.0.0.1:$S3_PORT
S3_REGION=us-east-1
S3_ACCESS_KEY=$S3_ACCESS_KEY
S3_SECRET_KEY=$S3_SECRET_KEY
DATABASE_URL=postgres://$PG_USER:$PG_PASSWORD@127.0.0.1:$PG_PORT/$PG_DB
TOXIPROXY_URL=http://127.0.0.1:$TOXIPROXY_PORT
TEXT
}

status() {
  local s pid down=0
  for s in "$@"; do
    if pid=$(pid_of "$s"); then
      echo "$s up pid=$pid port=$(port_of "$s") rss=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status")MiB"
    else
      echo "$s down"; down=1
    fi
  done
  return $down
}

main() {
  local verb=${1:-help} s
  [ $# -gt 0 ] && shift
  for s in "$@"; do [[ " kafka minio postgres toxiproxy " == *" $s "* ]] || die "no service $s"; done
  case $verb in start | kill | logs) [ $# -gt 0 ] || die "$verb which service?" ;; esac
  [ $# -gt 0 ] || set -- $SERVICES
  case $verb in
    fetch | up)
      mkdir -p "$CACHE"
      for s in "$@"; do (lock "$CACHE/$s.lock" "another fetch of $s" && "fetch_$s"); done
      [ "$verb" = fetch ] || { lock_dir; start_all "$@"; status "$@"; } ;;
    start) lock_dir; start_all "$@" ;;
    down) lock_dir; for s in "$@"; do stop "$s" "$(stop_signal "$s")"; done ;;
    kill) for s in "$@"; do stop "$s" KILL; done ;;   # without the lock: a kill may come in the middle of a start
    wipe) lock_dir; for s in "$@"; do stop "$s" KILL; rm -rf "${DIR:?}/$s" "$DIR/$s"[-.]*; done ;;
    status) status "$@" ;;
    env) print_env ;;
    logs) for s in "$@"; do cat "$DIR/$s.log"; done ;;
    help | -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
  esac
}
lock() { exec 9>"$1"; flock -n 9 || { say "waiting for $2"; flock 9; }; }
lock_dir() { mkdir -p "$DIR"; lock "$DIR/lock" 'another stack.sh'; }
start_all() { # side by side: all of it takes as long as the slowest, Kafka
  local s pids=() failed=0
  for s in "$@"; do start "$s" & pids+=($!); done
  for s in "${pids[@]}"; do wait "$s" || failed=1; done
  [ $failed = 0 ] || die 'not everything started'
}
main "$@"
