"""Ask for a later point's row while this one is computed: rows come in no order caches know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

# Points. A short kernel (10 ns a point) took 29 ns at 4 ahead, 17 at 12, 12 at 24, 11 at 48;
# a long one (50 ns) is indifferent from 6 to 48 and takes four times as long without.
AHEAD = 32
NAME = "llvm.prefetch.p0"
WRITE, KEEP, DATA = 1, 3, 1  # arguments of llvm.prefetch


def _prefetch(_context: Any, array: Any, row: Any, line: Any) -> Any:
    """Hint that cache line `line` of `array[row]` will be written soon. Never faults."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, at, shift = arguments
        struct = context.make_array(signature.args[0])(context, builder, source)
        stride = builder.extract_value(struct.strides, 0)
        offset = builder.add(builder.mul(at, stride), builder.shl(shift, ir.Constant(at.type, 6)))
        base = builder.ptrtoint(struct.data, at.type)
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        pointer = builder.inttoptr(builder.add(base, offset), byte)
        shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        known = builder.module.globals
        call = known.get(NAME) or ir.Function(builder.module, shape, NAME)
        builder.call(call, [pointer, word(WRITE), word(KEEP), word(DATA)])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate


prefetch: Callable[[Any, Any, int], None] = cast("Any", intrinsic(_prefetch))
