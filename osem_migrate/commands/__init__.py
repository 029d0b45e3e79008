"""The use cases: one module a command, functions of (deployment, migrations, options) that return values."""
