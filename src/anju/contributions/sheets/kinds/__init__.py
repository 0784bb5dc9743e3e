"""The kinds of lists, one small file each; all are made known when the application starts."""
