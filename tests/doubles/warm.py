"""The process that tests fork theirs from: it has imported the package, which takes longer than most of them do."""

import multiprocessing

from osem_migrate.cli.main import COMMANDS

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(
    [*(module for module, _ in COMMANDS.values()), "tests.cli.process", "tests.doubles.contender"]
)
