"""清单: the employer's round trip with spreadsheets. A list is uploaded, checked row by row, mended, and used by a case."""
