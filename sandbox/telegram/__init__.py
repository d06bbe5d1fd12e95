"""The stand-in of the Telegram Bot API.

Every method here answers as the description in `specs/` says, with the server's own error texts. Any other is
answered as an unknown one: 404 `Not Found: method not found`.
"""
