#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Metrics, alerts and dashboard in a real Prometheus, with a real node-exporter.

. "${0%/*}/lib.sh"
need_root

MONITORING=$(cd "${0%/*}/../../packaging/prometheus" && pwd)
URL=http://127.0.0.1:9090

command -v promtool >/dev/null && command -v prometheus-node-exporter >/dev/null ||
        skip_all 'prometheus or prometheus-node-exporter is missing'
# A network of its own, so that no port is taken.
if [ -z "${DEPLOY_MIGRATE_TEST_NETWORK:-}" ]; then
        export DEPLOY_MIGRATE_TEST_NETWORK=1
        exec unshare --net sh -c 'ip link set lo up; exec "$0"' "$0"
fi

# One that failed, and one that is fine.
ship() {
        migration fails 1.1.0/001_x 'exit 1' 'exit 1'
        migration good 1.1.0/001_x
        upgraded fails 1.0 1.1
        upgraded good 1.0 1.1
        expect 1 run
        mkdir -p "$ROOT/textfile"
        expect 0 status --prometheus
        cp "$OUT" "$ROOT/textfile/deploy-migrate.prom"
}

# ---- By promtool alone ----

test_the_metrics_are_well_formed() {
        ship
        promtool check metrics <"$ROOT/textfile/deploy-migrate.prom" >"$WORK/findings" 2>&1 || fail "$(cat "$WORK/findings")"
}

test_the_alerts_fire_when_they_should() {
        execute 0 promtool check rules "$MONITORING/alerts.yml"
        execute 0 promtool test rules "$MONITORING/alerts-test.yml"
}

# Each expression of the dashboard, as a rule, with its variable set.
test_the_dashboard_asks_what_prometheus_understands() {
        {
                echo 'groups: [{name: dashboard, rules: ['
                jq -c '[.panels[].targets[].expr | gsub("\\$instance"; ".*")] | to_entries[] | {record: "panel:\(.key)", expr: .value}' \
                        "$MONITORING/dashboard.json" | paste -s -d ,
                echo ']}]'
        } >"$WORK/rules.yml"
        execute 0 promtool check rules "$WORK/rules.yml"
}

test_each_metric_that_is_asked_for_is_there() {
        ship
        sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$ROOT/textfile/deploy-migrate.prom" | sort >"$WORK/there"
        cat "$MONITORING/alerts.yml" "$MONITORING/dashboard.json" | grep -oE 'deploy_migrate_[a-z_]+' | sort -u >"$WORK/wanted"
        [ -s "$WORK/wanted" ] || fail 'there are none'
        comm -13 "$WORK/there" "$WORK/wanted" >"$WORK/missing"
        [ ! -s "$WORK/missing" ] || fail "not there: $(cat "$WORK/missing")"
}

# ---- In Prometheus ----

start_servers() {
        prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory="$ROOT/textfile" \
                --web.listen-address=127.0.0.1:9100 >"$WORK/exporter" 2>&1 &
        exporter=$!
        helper $exporter
        {
                echo 'global: {scrape_interval: 1s, evaluation_interval: 1s}'
                echo "rule_files: ['$MONITORING/alerts.yml']"
                echo "scrape_configs: [{job_name: node, static_configs: [{targets: ['127.0.0.1:9100']}]}]"
        } >"$WORK/prometheus.yml"
        prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$ROOT/tsdb" --web.listen-address=127.0.0.1:9090 \
                >"$WORK/prometheus" 2>&1 &
        prometheus=$!
        helper $prometheus
}

stop_servers() {
        kill -KILL $exporter $prometheus
        wait $exporter $prometheus || :
}

# has EXPRESSION: whether Prometheus has a sample for it.
has() {
        promtool query instant -o json "$URL" "$1" 2>/dev/null | grep -q '"value"'
}

test_they_arrive_and_alert() {
        ship
        start_servers
        await has 'deploy_migrate_package_result{package="fails",result="failed"} == 1'
        await has 'ALERTS{alertname="DeployMigrateFailed",package="fails",alertstate="pending"}'
        has 'deploy_migrate_package_result{package="good",result="nothing-to-do"} == 1' || fail 'a metric is missing'
        has 'node_textfile_mtime_seconds{file=~".*/deploy-migrate[.]prom"}' || fail 'its age is not known'
        ! has 'node_textfile_scrape_error == 1' || fail 'node-exporter refuses the file'
        ! has 'ALERTS{package="good"}' || fail 'there is an alert about a package that is fine'
        stop_servers
}

run_tests
