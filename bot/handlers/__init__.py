"""What the bot answers, one file for each command or kind of update."""
