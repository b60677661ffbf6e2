#!/usr/bin/awk -f
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In comes what etcdctl --write-out=fields prints of a group's keys, out goes its status as text, JSON or metrics for Prometheus, as format
# says. What is in quotes there has been escaped in a way that suits JSON, too, but for bytes that aren't UTF-8.

function unquoted(line) {
        sub(/^"[A-Za-z]*" : "/, "", line)
        gsub(/\\x../, "?", line)
        gsub(/\\[av]/, "?", line)
        return substr(line, 1, length(line) - 1)
}

function rest(text, n) {
        while (n-- > 0)
                sub(/^[^ ]* */, "", text)
        return text
}

function word(text, n) {
        text = rest(text, n - 1)
        sub(/ .*/, "", text)
        return text
}

function plain(text) {
        gsub(/\\"/, "\"", text)
        gsub(/\\\\/, "\\", text)
        return text
}

# shown TIME: when it was, in local time.
function shown(time) {
        return strftime("%Y-%m-%d %H:%M:%S", time)
}

function subject_of(key, parts) {
        split(key, parts, "/")
        if (!(parts[2] in passed)) {
                passed[parts[2]] = 0
                subjects[++n_subjects] = parts[2]
        }
        return parts[2]
}

function package_of(subject) {
        return substr(subject, 1, index(subject, "@") - 1)
}

function version_of(subject) {
        return substr(subject, index(subject, "@") + 1)
}

/^"Key" : / {
        key = substr(unquoted($0), length(prefix) + 1)
        if (answers == 0 && key ~ /^passed\//)
                passed[subject_of(key)]++
        else if (answers == 0 && key ~ /^role\/canary\//)
                roles[++n_roles] = substr(key, 13)
}
/^"Count" : / { answers++ }
/^"Value" : / && answers > 0 {
        value[key] = unquoted($0)
        if (key ~ /^slot\//)
                slots[++n_slots] = key
        else if (key ~ /^once\//)
                once_keys[++n_once] = key
        else if (key ~ /^trial\//)
                trials[subject_of(key)] = trials[subject_of(key)] (trials[subject_of(key)] == "" ? "" : " ") value[key]
        else if (key ~ /^failed\//) {
                subject = subject_of(key)
                failures[subject, ++n_failures[subject]] = key
        }
}

END {
        limit = "limit" in value ? value["limit"] + 0 : 1
        most = "max-failures" in value ? value["max-failures"] + 0 : 1
        canary = value["canary"] + 0
        if (format == "json")
                print_json()
        else if (format == "prometheus")
                print_metrics()
        else
                print_text()
}

# ---- Text ----

function print_text(   i, j, subject, key) {
        printf "group %s: at most %d %s at once, %s, stopped by %d %s\n", group, limit, (limit == 1 ? "host" : "hosts"),
                (canary ? canary (canary == 1 ? " canary" : " canaries") : "no canary"), most, (most == 1 ? "failure" : "failures")
        if ("stop" in value)
                printf "STOPPED by %s since %s: %s\n  to go on: deploy-migrate-fleet resume\n", word(value["stop"], 2),
                        shown(word(value["stop"], 1)), plain(rest(value["stop"], 2))
        if (n_roles) {
                printf "canaries are:"
                for (i = 1; i <= n_roles; i++)
                        printf " %s", roles[i]
                print ""
        }
        printf "%d of %d slots are in use\n", n_slots, limit
        for (i = 1; i <= n_slots; i++)
                printf "  %-20s since %s  %s\n", word(value[slots[i]], 1), shown(word(value[slots[i]], 2)), rest(value[slots[i]], 2)
        for (i = 1; i <= n_once; i++)
                printf "  %s is at %s\n", value[once_keys[i]], substr(once_keys[i], 6)
        for (i = 1; i <= n_subjects; i++) {
                subject = subjects[i]
                printf "%s %s: passed by %d, failed on %d%s\n", package_of(subject), version_of(subject), passed[subject],
                        n_failures[subject], (trials[subject] != "" ? "; canaries that are at it: " trials[subject] : "")
                for (j = 1; j <= n_failures[subject]; j++) {
                        key = failures[subject, j]
                        printf "  %s%s since %s: %s\n", substr(key, length("failed/" subject "/") + 1),
                                (word(value[key], 2) == "canary" ? " (canary)" : ""), shown(word(value[key], 1)), plain(rest(value[key], 2))
                }
        }
}

# ---- JSON ----

function print_json(   i, j, subject, key) {
        printf "{\"group\":\"%s\",\"limit\":%d,\"canary\":%d,\"max_failures\":%d,\"stop\":", group, limit, canary, most
        if ("stop" in value)
                printf "{\"time\":%d,\"host\":\"%s\",\"reason\":\"%s\"}", word(value["stop"], 1), word(value["stop"], 2),
                        rest(value["stop"], 2)
        else
                printf "null"
        printf ",\"canaries\":["
        for (i = 1; i <= n_roles; i++)
                printf "%s\"%s\"", (i > 1 ? "," : ""), roles[i]
        printf "],\"slots\":["
        for (i = 1; i <= n_slots; i++)
                printf "%s{\"slot\":%d,\"host\":\"%s\",\"since\":%d,\"what\":\"%s\"}", (i > 1 ? "," : ""), substr(slots[i], 6),
                        word(value[slots[i]], 1), word(value[slots[i]], 2), rest(value[slots[i]], 2)
        printf "],\"once\":["
        for (i = 1; i <= n_once; i++) {
                key = substr(once_keys[i], 6)
                printf "%s{\"package\":\"%s\",\"id\":\"%s\",\"host\":\"%s\"}", (i > 1 ? "," : ""), substr(key, 1, index(key, "/") - 1),
                        substr(key, index(key, "/") + 1), value[once_keys[i]]
        }
        printf "],\"packages\":["
        for (i = 1; i <= n_subjects; i++) {
                subject = subjects[i]
                printf "%s{\"package\":\"%s\",\"version\":\"%s\",\"passed\":%d,\"failed\":[", (i > 1 ? "," : ""), package_of(subject),
                        version_of(subject), passed[subject]
                for (j = 1; j <= n_failures[subject]; j++) {
                        key = failures[subject, j]
                        printf "%s{\"host\":\"%s\",\"time\":%d,\"canary\":%s,\"reason\":\"%s\"}", (j > 1 ? "," : ""),
                                substr(key, length("failed/" subject "/") + 1), word(value[key], 1),
                                (word(value[key], 2) == "canary" ? "true" : "false"), rest(value[key], 2)
                }
                printf "]}"
        }
        print "]}"
}

# ---- Metrics ----

function describe(name, help) {
        printf "# HELP deploy_migrate_fleet_%s %s\n# TYPE deploy_migrate_fleet_%s gauge\n", name, help, name
}

function labels(subject) {
        return sprintf("group=\"%s\",package=\"%s\",version=\"%s\"", group, package_of(subject), version_of(subject))
}

function print_metrics(   i, j, subject, n) {
        describe("stopped", "Whether no host may begin.")
        printf "deploy_migrate_fleet_stopped{group=\"%s\"} %d\n", group, ("stop" in value)
        describe("limit", "How many hosts migrate at once.")
        printf "deploy_migrate_fleet_limit{group=\"%s\"} %d\n", group, limit
        describe("slots_used", "How many hosts hold a turn.")
        printf "deploy_migrate_fleet_slots_used{group=\"%s\"} %d\n", group, n_slots
        describe("passed_hosts", "How many hosts have migrated to a version.")
        for (i = 1; i <= n_subjects; i++)
                printf "deploy_migrate_fleet_passed_hosts{%s} %d\n", labels(subjects[i]), passed[subjects[i]]
        describe("failed_hosts", "How many hosts have failed to.")
        for (i = 1; i <= n_subjects; i++) {
                subject = subjects[i]
                n["canary"] = n["fleet"] = 0
                for (j = 1; j <= n_failures[subject]; j++)
                        n[word(value[failures[subject, j]], 2) == "canary" ? "canary" : "fleet"]++
                printf "deploy_migrate_fleet_failed_hosts{%s,phase=\"canary\"} %d\n", labels(subject), n["canary"]
                printf "deploy_migrate_fleet_failed_hosts{%s,phase=\"fleet\"} %d\n", labels(subject), n["fleet"]
        }
}
