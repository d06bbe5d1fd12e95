"""How likely somebody is to drop off: from signals of their activity, by rules and by what was learned."""
