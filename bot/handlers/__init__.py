"""One file per thing that the bot understands; each handler is: parse, one call, one reply."""
