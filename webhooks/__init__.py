"""The aiohttp sidecar: provider callbacks, tracked links, people's pages and the JSON API."""
