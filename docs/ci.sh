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

case $1 in
check)
    # What is pending is why there is a change: it is in the report, but it does not count.
    # 4 (history problem) and 5 (drift) stop the script here.
    osem-migrate status --env "$environment" --format junit --ignore pending > osem-migrate-junit.xml
    osem-migrate upgrade --env "$environment" --dry-run
    ;;
deploy)
    # 2 means that part of it was applied, 6 that somebody else holds the lock. Running it again continues after both.
    osem-migrate upgrade --env "$environment" --yes --lock-timeout 900 --log-file osem-migrate.log
    osem-migrate status --env "$environment" --format junit > osem-migrate-junit.xml
    ;;
*)
    echo "usage: $0 check|deploy ENVIRONMENT" >&2
    exit 64
    ;;
esac
