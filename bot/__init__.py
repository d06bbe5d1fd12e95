"""The process: settings, start and stop, the conversation, the command line."""

VERSION = "0.1.0"
