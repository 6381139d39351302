#!/usr/bin/env bash
# Checks the files of this folder with the linters that are on PATH; names those that are not. Fails when one of them finds something,
# and with --all also when one is missing. Where the tools come from: README.md.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

kubernetes_versions=(1.27.0 1.31.0 1.37.0)
failed=0
missing=()
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has() {
  command -v "$1" >/dev/null && return
  missing+=("$1")
  return 1
}
# Runs a check; what it says is shown when it finds something.
check() {
  local name=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    echo "passed  $name"
  else
    echo "FAILED  $name"
    sed 's/^/        /' "$work/said"
    failed=1
  fi
}

# Holds what the chart makes against the schemas of Kubernetes: kubernetes-validate brings them, kubeconform downloads them.
# shellcheck disable=SC2329 # called through `check`
validate() {
  if command -v kubernetes-validate >/dev/null; then
    find "$2" -name '*.yaml' -exec kubernetes-validate --strict --no-warn --kubernetes-version "$1" {} +
  elif command -v kubeconform >/dev/null; then
    kubeconform -strict -kubernetes-version "$1" -skip ScaledObject,ServiceMonitor,PrometheusRule "$2"
  else
    echo 'neither kubernetes-validate nor kubeconform is here' && false
  fi
}

has shellcheck && check 'shell scripts (shellcheck)' shellcheck ./*.sh compose/*.sh
has hadolint && check 'Dockerfiles (hadolint)' hadolint --failure-threshold style docker/Dockerfile docker/minio.Dockerfile

has check-jsonschema && check 'compose file (schema)' check-jsonschema --builtin-schema vendor.compose-spec compose/compose.yaml
if docker compose version >/dev/null 2>&1; then
  check 'compose file (docker compose config)' docker compose -f compose/compose.yaml config --quiet
else
  missing+=('docker compose')
fi

if has promtool; then
  check 'Prometheus configuration (promtool)' promtool check config compose/prometheus/prometheus.yaml
  check 'alert rules (promtool)' promtool check rules compose/prometheus/alerts.yaml helm/cfgen/files/alerts.yaml
  check 'alert rules raise what they should (promtool)' promtool test rules compose/prometheus/alerts.test.yaml
fi

if has helm; then
  has kubernetes-validate || has kubeconform
  for values in helm/cfgen/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    check "chart, $name (helm lint)" helm lint --strict helm/cfgen -f "$values"
    for version in "${kubernetes_versions[@]}"; do
      check "chart, $name, Kubernetes $version (helm template)" \
        helm template cfgen helm/cfgen -f "$values" --kube-version "$version" --output-dir "$work/$name-$version"
      # Custom resources of KEDA and of the Prometheus operator have no schema here and pass.
      check "chart, $name, Kubernetes $version (schemas)" validate "$version" "$work/$name-$version"
    done
  done
fi

((${#missing[@]} == 0)) || echo "not here, so not run: ${missing[*]}"
[ "${1:-}" != --all ] || ((${#missing[@]} == 0)) || failed=1
exit "$failed"
