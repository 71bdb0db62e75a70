"""A pickle reader that can only make plain values and tensor descriptions.

Python's own ``pickle`` is not involved: opcodes are split by ``pickletools.genops`` (which executes nothing) and the few
that torch's writer uses are interpreted here. Five globals have a meaning, none of them is imported: two tensor
constructors, ``OrderedDict``, paths (read as strings) and ``utils.HParams`` (upstream's configuration class, read as a
dict). Every other opcode or global is refused, so a hostile file has nothing to call.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from synthesis.engine.gpt_sovits.errors import CheckpointError

MAX_BYTES: Final = 32 * 2**20
_MAX_OPCODES: Final = 2_000_000
_MAX_DIMENSIONS: Final = 8
_LARGEST: Final = 2**40


@dataclass(frozen=True, slots=True)
class StorageRef:
    """A named block of numbers in the archive: entry key, element type, number of elements."""

    key: str
    dtype: str
    elements: int


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A view of a storage, not read yet. ``offset`` and ``strides`` count elements."""

    storage: StorageRef
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


_STORAGES: Final = {
    f"torch {kind}Storage": dtype
    for kind, dtype in (
        ("Half", "float16"), ("BFloat16", "bfloat16"), ("Float", "float32"), ("Double", "float64"),
        ("Long", "int64"), ("Int", "int32"),
    )
}  # fmt: skip
_PATHS: Final = frozenset(
    f"pathlib {kind}" for kind in ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
)
_HPARAMS: Final = "utils HParams"
_ORDERED_DICT: Final = "collections OrderedDict"
_REBUILD: Final = "torch._utils _rebuild_tensor_v2"
_PARAMETER: Final = "torch._utils _rebuild_parameter"
_GLOBALS: Final = frozenset((*_STORAGES, *_PATHS, _HPARAMS, _ORDERED_DICT, _REBUILD, _PARAMETER))


def _forbidden(what: str) -> CheckpointError:
    return CheckpointError("checkpoint_forbidden", f"The checkpoint holds more than tensors and plain values: {what}.")


def _malformed(what: str) -> CheckpointError:
    return CheckpointError("checkpoint_unreadable", f"The checkpoint's index is malformed: {what}.")


def read_pickle(data: bytes) -> Any:
    """The value of a pickle of protocol 2 to 5 made by ``torch.save``; tensors come as ``TensorRef``.

    Raises:
        CheckpointError: ``checkpoint_forbidden`` for any other global or opcode, ``checkpoint_unreadable`` for a damaged
            stream, ``checkpoint_too_large``.
    """
    if len(data) > MAX_BYTES:
        raise CheckpointError("checkpoint_too_large", f"The checkpoint's index has {len(data)} bytes.")
    machine = _Machine()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count > _MAX_OPCODES:
                raise CheckpointError("checkpoint_too_large", "The checkpoint's index has too many entries.")
            if opcode.name == "STOP":
                return machine.result()
            machine.run(opcode.name, argument)
    except (ValueError, OverflowError, Warning) as error:  # text opcodes warn of odd escapes, an error where asked for
        raise _malformed(type(error).__name__) from error
    raise _malformed("no end")


class _Machine:
    """Stack, marks and memo of the pickle language."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._plain: dict[str, Callable[[], Any]] = {
            "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
            "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
            "TUPLE": lambda: tuple(self._to_mark()), "TUPLE1": lambda: self._last(1), "TUPLE2": lambda: self._last(2),
            "TUPLE3": lambda: self._last(3), "REDUCE": self._reduce, "NEWOBJ": self._new, "BINPERSID": self._storage,
        }  # fmt: skip
        self._changes: dict[str, Callable[[], None]] = {
            "SETITEM": lambda: self._set(list(self._last(2))), "SETITEMS": lambda: self._set(self._to_mark()),
            "APPEND": lambda: self._extend(list(self._last(1))), "APPENDS": lambda: self._extend(self._to_mark()),
            "BUILD": self._build, "MARK": lambda: self._marks.append(len(self._stack)),
        }  # fmt: skip

    def run(self, name: str, argument: Any) -> None:
        """Interpret one opcode."""
        if name in ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"):
            self._stack.append(argument)
        elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = self._top()
        elif name in ("BINGET", "LONG_BINGET"):
            if argument not in self._memo:
                raise _malformed("an unknown back-reference")
            self._stack.append(self._memo[argument])
        elif name == "GLOBAL":
            if argument not in _GLOBALS:
                raise _forbidden(f"it names {str(argument)[:60]!r}")
            self._stack.append(_Global(argument))
        elif name in self._plain:
            self._stack.append(self._plain[name]())
        elif name in self._changes:
            self._changes[name]()
        elif name not in ("PROTO", "FRAME"):
            raise _forbidden(f"it uses the opcode {name}")

    def result(self) -> Any:
        """What is left at the end."""
        if len(self._stack) != 1 or self._marks:
            raise _malformed("values left over")
        return self._stack[0]

    def _floor(self) -> int:
        return self._marks[-1] if self._marks else 0

    def _top(self) -> Any:
        if len(self._stack) <= self._floor():
            raise _malformed("an empty stack")
        return self._stack[-1]

    def _last(self, count: int) -> tuple[Any, ...]:
        if len(self._stack) - self._floor() < count:
            raise _malformed("an empty stack")
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        return items

    def _to_mark(self) -> list[Any]:
        if not self._marks:
            raise _malformed("no mark")
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _set(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not dict or len(items) % 2:
            raise _malformed("items set on something that is no dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (str, int):
                raise _malformed("a key that is neither text nor number")
            target[key] = value

    def _extend(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not list:
            raise _malformed("items added to something that is no list")
        target.extend(items)

    def _build(self) -> None:
        (state,) = self._last(1)
        target = self._top()
        if type(target) is not dict or type(state) is not dict:
            raise _forbidden("it sets the state of an object")
        target.update(state)

    def _new(self) -> dict[str, Any]:
        cls, arguments = self._last(2)
        if cls != _Global(_HPARAMS) or arguments != ():
            raise _forbidden("it makes an object")
        return {}

    def _storage(self) -> StorageRef:
        (item,) = self._last(1)
        if type(item) is not tuple or len(item) != 5 or item[0] != "storage" or not isinstance(item[1], _Global):
            raise _malformed("a storage")
        _, kind, key, _, elements = item
        dtype = _STORAGES.get(kind.name)
        if dtype is None or type(key) is not str or not key.isdigit():
            raise _malformed("a storage")
        return StorageRef(key, dtype, _natural(elements))

    def _reduce(self) -> Any:
        function, arguments = self._last(2)
        if not isinstance(function, _Global) or type(arguments) is not tuple:
            raise _forbidden("it calls something")
        if function.name == _ORDERED_DICT and arguments == ():
            return {}
        if function.name in _PATHS and all(type(part) is str for part in arguments):
            return "/".join(arguments)
        if function.name == _PARAMETER and len(arguments) == 3 and isinstance(arguments[0], TensorRef):
            return arguments[0]
        if function.name == _REBUILD and len(arguments) in (6, 7):
            return _tensor(*arguments[:4])
        raise _forbidden(f"it calls {function.name!r}")


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise _malformed("a size")
    return value


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> TensorRef:
    if not isinstance(storage, StorageRef) or type(shape) is not tuple or type(strides) is not tuple:
        raise _malformed("a tensor")
    if len(shape) != len(strides) or len(shape) > _MAX_DIMENSIONS:
        raise _malformed("a tensor's shape")
    return TensorRef(storage, _natural(offset), tuple(map(_natural, shape)), tuple(map(_natural, strides)))
