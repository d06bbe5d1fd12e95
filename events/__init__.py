"""Events that people attend: registrations, reminders, attendance."""
