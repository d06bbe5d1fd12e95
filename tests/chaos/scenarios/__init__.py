"""Each scenario sets something going, breaks it, waits for conditions, and asks the oracle."""
