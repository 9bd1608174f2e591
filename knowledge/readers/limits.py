"""How much a file may ask of this machine; beyond it the file is refused and the rest go on."""

from __future__ import annotations

MEGABYTE = 1024 * 1024

MAX_FILE_BYTES = 50 * MEGABYTE  # a file, or a member of an archive once unpacked

MAX_LINES = 200_000  # of a plain text; the longest code has 5,000

# An archive with all archives inside it. A province's laws are 800 files, 20 MB; text shrinks to a third.
MAX_MEMBERS = 5_000
MAX_TOTAL_BYTES = 500 * MEGABYTE
MAX_RATIO = 100
RATIO_FROM_BYTES = 10 * MEGABYTE  # a small file of blanks may shrink as it likes
MAX_DEPTH = 2  # archives inside an archive

# PDF, HTML and Word are parsed in a process of their own.
PARSE_SECONDS = 60
PARSE_MEMORY_BYTES = 1536 * MEGABYTE
