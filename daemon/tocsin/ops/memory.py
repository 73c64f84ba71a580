"""A process that works on batches settles in: the allocator and the collector are told so.

Freed memory stays with the process for the next batch, up to a bound.

Columns of a batch are some megabytes. By default the C library gives such blocks back to the
kernel and takes them anew for each batch, and the kernel clears every page: measured at 65 ns a
point, a third of all work. Only where the C library is glibc; elsewhere nothing happens.

The cycle collector looks at everything that is alive each time some hundred objects were made;
a new series makes some dozens that stay. Looking less often halves the time of its first sight.
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 256 << 20
BLOCK_BYTES = 32 << 20  # larger blocks are given back at once, as before


COLLECT_AFTER = 100_000  # objects made and not freed


def settle() -> None:
    """Once, when a process begins to work."""
    keep_freed()
    gc.collect()
    gc.freeze()  # what was imported will stay
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def keep_freed() -> bool:
    """Whether the C library has agreed."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    agreed = [mallopt(M_TRIM_THRESHOLD, KEPT_BYTES), mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES)]
    return all(agreed)
