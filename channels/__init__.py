"""How words leave: one file per channel, the errors that a sender can act on, and what links are signed with."""
