"""The proof that `bgp` decides as the routing daemons do: generated cases, real daemons, a compare.

`generate` makes worlds of decision cases from a seed, `player` puts a world to a real daemon
through the same labs that lessons use, `proof` sets the answers beside those of `bgp`, `shrink`
reduces a disagreement, `report` writes down what was proven. Run `python -m labs.agreement --help`.
"""
