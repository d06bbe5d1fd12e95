"""Pictures that the bot draws: SVG from templates, and PNG of that. One palette, one family of fonts."""
