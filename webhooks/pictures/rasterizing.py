"""A program: SVG comes in, PNG goes out, drawn with the fonts that are its arguments and no others."""

import sys

import resvg_py

if __name__ == "__main__":
    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(
        resvg_py.svg_to_bytes(svg_string=svg, zoom=2, font_files=sys.argv[1:], skip_system_fonts=True)
    )
