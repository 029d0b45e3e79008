"""The only folder that talks to AWS: session, gateway, describing, waiting, history table, lock and failures."""
