"""How words leave: one file per channel, the errors a sender can act on, and what links are signed with."""
