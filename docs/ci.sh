#!/bin/sh
# Migrations from any continuous integration: GitLab, Jenkins, Buildkite, CircleCI, a cron job.
#
#   docs/ci.sh check prod     on a pull request: what is wrong with the environment, and what an upgrade would do
#   docs/ci.sh deploy prod    on the main branch: apply what is pending, and make sure that all is in sync
#
# It needs osem-migrate on the PATH, AWS credentials in the environment (best short-lived ones of a role) and AWS_REGION.
# It leaves osem-migrate-junit.xml, a test report, and osem-migrate.log, one JSON object a line.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 check|deploy ENVIRONMENT" >&2
    exit 64
fi
environment=$2

# The report is for the CI; where something counts, a person is told what, and what to do about it.
gate() {
    code=0
    osem-migrate status --env "$environment" --format junit --ignore "$1" > osem-migrate-junit.xml || code=$?
    if [ "$code" -ne 0 ]; then
        exec >&2
        echo "$0: stopped, because osem-migrate status exits with $code:"
        osem-migrate status --env "$environment" --ignore "$1"
        exit "$code"
    fi
}

case $1 in
check)
    # What is pending, for the first time or again after a downgrade, is why there is a change: it is in the report, but
    # it does not count. 4 (history problem) and 5 (drift) stop the script here.
    gate pending,reverted
    osem-migrate upgrade --env "$environment" --dry-run
    ;;
deploy)
    # 2 means that part of it was applied, 6 that somebody else holds the lock. Running it again continues after both.
    osem-migrate upgrade --env "$environment" --yes --lock-timeout 900 --log-file osem-migrate.log
    # A release that was rolled back finds what a newer one has applied; upgrade names it, and it does not count.
    gate future
    ;;
*)
    echo "usage: $0 check|deploy ENVIRONMENT" >&2
    exit 64
    ;;
esac
