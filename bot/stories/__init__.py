"""What became of somebody and of their messages, told in words from what the database explains."""
