"""The still and moving pictures of lessons: plain data in, one piece of HTML or SVG out.

Nothing here runs a lab or decides anything. Every picture comes with a text twin, is told apart by
shape and word as well as colour, and takes its colours from the instruments' theme.
"""
