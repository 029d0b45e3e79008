"""A Plan carried out: lanes side by side, each operation reconciled and recorded."""
