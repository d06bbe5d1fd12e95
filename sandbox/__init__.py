"""Local stand-ins of the Telegram Bot API and Resend, and the page where you are the user."""
