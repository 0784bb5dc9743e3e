"""Documents on paper: one neutral table grid, written as Word, Excel or PDF.

A grid knows texts, spans and widths and no business. The same grid and the same date give the same bytes, and a
text is only ever a text: never a formula, never markup.
"""
