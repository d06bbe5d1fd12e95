"""What admins do in Telegram, one file per thing; roles are checked in `bot.admin.access`."""
