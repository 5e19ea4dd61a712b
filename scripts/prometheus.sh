#!/bin/bash
# A real Prometheus reads plinthd's page: it finds its target up, counts what was done, and takes the alerts.
# scripts/prometheus.sh [PLINTHD]
#
# Needs Debian's package prometheus, with promtool in it. Where they are not there, nothing is tried.
set -euo pipefail
cd "$(dirname "$0")/.."

plinthd=${1:-target/release/plinthd}
for tool in prometheus promtool curl; do
    command -v "$tool" >/dev/null 2>&1 || { echo "prometheus: $tool is not installed: skipped"; exit 0; }
done

scratch=$(mktemp -d)
pids=()
end() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    rm -rf "$scratch"
}
trap end EXIT
fail() { echo "prometheus: $*" >&2; tail -n 20 "$scratch"/*.log >&2; exit 1; }

# Waits up to 30 seconds for a command to succeed.
until_true() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    return 1
}

"$plinthd" --metrics 0 "$scratch/database" >"$scratch/plinthd.log" 2>&1 &
pids+=($!)
until_true grep -q '^plinthd: serving ' "$scratch/plinthd.log" || fail 'plinthd does not serve'
address=$(sed -n 's,^plinthd: metrics at http://\(.*\)/metrics$,\1,p' "$scratch/plinthd.log")

curl -fsS "http://$address/metrics" >"$scratch/page"
promtool check metrics <"$scratch/page" || fail 'promtool finds fault with the page'
promtool check rules packaging/prometheus/plinth.rules.yml >"$scratch/rules.log" 2>&1 || fail 'the rules are wrong'
curl -fsS "http://$address/status" | python3 -c 'import json, sys; assert json.load(sys.stdin)["plinth"]["healthy"]'
[ "$(curl -s -o "$scratch/no" -w '%{http_code}' "http://$address/elsewhere")" = 404 ] || fail 'a page that is not there'
[ "$(curl -s -o "$scratch/no" -w '%{http_code}' -X POST "http://$address/metrics")" = 405 ] || fail 'a POST is answered'

cp packaging/prometheus/plinth.rules.yml "$scratch/rules.yml"
cat >"$scratch/prometheus.yml" <<CONFIG
global: { scrape_interval: 250ms, evaluation_interval: 250ms }
rule_files: [rules.yml]
scrape_configs:
  - job_name: plinth
    static_configs: [{ targets: ["$address"] }]
CONFIG
promtool check config "$scratch/prometheus.yml" >"$scratch/config.log" 2>&1 || fail 'the configuration is wrong'
# Prometheus must be told its port; a port that was free a moment ago may be taken, then another one is tried.
for _ in 1 2 3 4 5; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/tsdb" \
        --web.listen-address="127.0.0.1:$port" --log.level=warn >"$scratch/prometheus.log" 2>&1 &
    prometheus=$!
    if until_true curl -fsS "http://127.0.0.1:$port/-/ready"; then
        pids+=("$prometheus")
        break
    fi
    wait "$prometheus" 2>/dev/null || true
    prometheus=
done
[ -n "$prometheus" ] || fail 'Prometheus does not start'

# The value of a query, if it has exactly one.
value() {
    curl -fsS -G "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1" |
        python3 -c 'import json, sys; found, = json.load(sys.stdin)["data"]["result"]; print(found["value"][1])'
}
is() { [ "$(value "$1")" = "$2" ]; }

until_true is 'up{job="plinth"}' 1 || fail 'the target is not up'
until_true is plinth_healthy 1 || fail 'the database is not healthy'
until_true is "plinth_host_pid" "${pids[0]}" || fail 'another process hosts'
until_true is 'count(plinth_commit_stage_seconds_bucket{stage="sync"})' 26 || fail 'buckets are missing'
until_true is 'count(plinth_operations_total{caller="guests"}) > bool 10' 1 || fail 'operations are missing'
until_true is 'process_open_fds > bool 3' 1 || fail 'nothing is told of the process'
until_true is 'scrape_samples_scraped > bool 500' 1 || fail 'the page is short'
[ "$(curl -fsS "http://127.0.0.1:$port/api/v1/alerts" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["data"]["alerts"]))')" = 0 ] ||
    fail 'an alert fires for a database at rest'
python3 - "http://127.0.0.1:$port" <<'QUERIES'
import json, re, sys, urllib.parse, urllib.request
panels = json.load(open("packaging/grafana/plinth.json"))["panels"]
queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
assert len(queries) > 30
for query in queries:
    plain = query.replace("$__rate_interval", "1m").replace("$database", ".*")
    url = sys.argv[1] + "/api/v1/query?" + urllib.parse.urlencode({"query": plain})
    assert json.load(urllib.request.urlopen(url))["status"] == "success", query
print(f"prometheus: {len(queries)} queries of the dashboard are understood")
QUERIES
echo "prometheus: $(grep -c '' "$scratch/page") lines of $address are read, $(value scrape_samples_scraped) numbers"
