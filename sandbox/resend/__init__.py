"""The stand-in of Resend's API: what the product calls, with Resend's error names and texts."""
