"""What was mistyped: commands and options that do not exist, with the nearest that do."""

import click

from osem_migrate.advice import command, did_you_mean
from osem_migrate.errors import UsageError

# Nobody is led to agree to something by a slip of the fingers.
CONSENTS = frozenset({"--allow-data-loss", "--drop-changed", "--force", "--yes"})


class Group(click.Group):
    """A group that names the nearest of its commands where there is none of that name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; raises UsageError where there is none."""
        name, *others = args
        found = self.get_command(ctx, name)
        if found is None and not ctx.resilient_parsing:
            near = did_you_mean(name, self.list_commands(ctx))
            words = ctx.command_path.split()[1:]
            raise UsageError(
                f"there is no command {' '.join([*words, name])!r}{near}",
                remediation=f"See the commands with: {command(*words, '--help')}",
            )
        return name if found is not None else None, found, others


def unknown_option(wrong: click.NoSuchOption) -> str:
    """What to say of an option that does not exist: the nearest that does, but none that gives a consent."""
    context = wrong.ctx
    known = {
        name.removeprefix("--"): name
        for option in (context.command.get_params(context) if context is not None else [])
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--") and name not in CONSENTS
    }
    near = did_you_mean(wrong.option_name.removeprefix("--"), known)
    if not near and context is not None and isinstance(context.command, click.Group):
        return f"options come after the command, and {wrong.option_name!r} stands before it"
    return f"there is no option {wrong.option_name!r}{near}"
