"""The innermost parts of the compiled step, in LLVM's terms, for numba to put in where they are called."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from synthesis.engine.gpt_sovits.t2s.fused import LANES, ROWS

_AHEAD: Final = 256  # vectors of 16 weights asked for before they are needed: 8 KiB


@intrinsic
def cache_at(_typing: Any, address: Any) -> Any:
    """An address as a pointer to single-precision numbers."""

    def generate(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(address), generate


@intrinsic
def count_up(_typing: Any, counter: Any) -> Any:
    """Add one to the first number of an array, as seen by all threads."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = make_array(signature.args[0])(context, builder, given[0]).data
        builder.atomic_rmw("add", place, ir.Constant(ir.IntType(64), 1), "seq_cst")
        return context.get_dummy_value()

    return types.void(counter), generate


@intrinsic
def counted(_typing: Any, counter: Any) -> Any:
    """The first number of an array, and with it all that other threads wrote before they counted up."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = make_array(signature.args[0])(context, builder, given[0]).data
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(counter), generate


def multiply_block(together: int) -> Any:
    """``y[row + r, to : to + 8] = W x[row + r]`` for one block of weights and ``together`` rows, in LLVM's terms: numba's own
    loops neither keep the sums in registers nor ask for memory ahead. Each sum is in the same order for any ``together``."""

    byte, word, index = ir.IntType(8), ir.IntType(32), ir.IntType(64)
    halves, floats = ir.VectorType(ir.HalfType(), LANES), ir.VectorType(ir.FloatType(), LANES)
    nothing = ir.Constant(floats, [0.0] * LANES)
    outputs = ROWS if together == 1 else ROWS // 2  # sums at a time: no more than there are registers

    def named(module: Any, name: str, result: Any, arguments: list[Any]) -> Any:
        return cgutils.get_or_insert_function(module, ir.FunctionType(result, arguments), name)

    @intrinsic
    def multiply(_typing: Any, weights: Any, at: Any, x: Any, row: Any, y: Any, to: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            arrays = [make_array(signature.args[place])(context, builder, given[place]) for place in (0, 2, 4)]
            weight_data, x_data, y_data = (array.data for array in arrays)
            length = cgutils.unpack_tuple(builder, arrays[1].shape)[1]
            width = cgutils.unpack_tuple(builder, arrays[2].shape)[1]
            module = builder.module
            fma = named(module, f"llvm.fma.v{LANES}f32", floats, [floats] * 3)
            fetch = named(module, "llvm.prefetch.p0", ir.VoidType(), [byte.as_pointer(), word, word, word])
            add_up = named(module, f"llvm.vector.reduce.fadd.v{LANES}f32", ir.FloatType(), [ir.FloatType(), floats])
            source = builder.bitcast(builder.gep(weight_data, [given[1]]), halves.as_pointer())
            rows = [builder.add(given[3], index(number)) for number in range(together)]
            inputs = [
                builder.bitcast(builder.gep(x_data, [builder.mul(each, length)]), floats.as_pointer()) for each in rows
            ]
            for first in range(0, ROWS, outputs):
                sums = [[cgutils.alloca_once_value(builder, nothing) for _ in range(outputs)] for _ in range(together)]
                for each in chain(*sums):
                    builder.store(nothing, each)
                with cgutils.for_range(builder, builder.udiv(length, index(LANES))) as loop:
                    values = [builder.load(builder.gep(each, [loop.index])) for each in inputs]
                    for value in values:
                        value.align = 4
                    block = builder.mul(loop.index, index(ROWS))
                    for output in range(outputs):
                        place = builder.gep(source, [builder.add(block, index(first + output))])
                        if output % 2 == 0:  # two to a line of the cache
                            later = builder.bitcast(builder.gep(place, [index(_AHEAD)]), byte.as_pointer())
                            builder.call(fetch, [later, word(0), word(3), word(1)])
                        weight = builder.load(place)
                        weight.align = 2
                        wide = builder.fpext(weight, floats)
                        for value, each in zip(values, sums, strict=True):
                            builder.store(builder.call(fma, [wide, value, builder.load(each[output])]), each[output])
                for number, each in zip(rows, sums, strict=True):
                    for output in range(outputs):
                        start = ir.Constant(ir.FloatType(), 0.0)
                        total = builder.call(add_up, [start, builder.load(each[output])], fastmath=("reassoc",))
                        place = builder.add(builder.mul(number, width), builder.add(given[5], index(first + output)))
                        builder.store(total, builder.gep(y_data, [place]))
            return context.get_dummy_value()

        return types.void(weights, at, x, row, y, to), generate

    return multiply
