"""Policy as code: dated parameters with their sources, rules that explain themselves, and what-if.

No framework and no database here. `parameters` holds what is in force, `packs` reads it, `rules` declares a rule,
`decision` judges one case with its reasons, `vector` a whole population; `rulebook` has the rules themselves.
"""
