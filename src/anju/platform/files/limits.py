"""How large a paper may be. Each number is a guard against a file made to hurt, far above what a scanner makes."""

#: 10 MiB: a contract of forty pages scanned in colour at 200 dpi is 4 to 8 MiB.
MAX_BYTES = 10 * 1024 * 1024
#: 80 million pixels: an A3 page at 600 dpi has 70, a telephone's camera 12 to 50. Decoded it is 240 MB, not gigabytes.
MAX_PIXELS = 80_000_000
#: The longest papers, mortgage contracts with annexes, have under a hundred pages.
MAX_PAGES = 300
#: Objects of one PDF, each of them looked at: 50 000 take two seconds. A scan has some five a page, a contract made by a
#: word processor a hundred.
MAX_OBJECTS = 50_000
#: Bytes in clear of one sealed part; at most a few parts are in memory at once.
PART_BYTES = 256 * 1024
#: Characters of a file's name.
MAX_NAME = 120
