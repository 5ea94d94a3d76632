"""Protobuf messages that are well formed and wrong: fields of a good one with edge values, odd texts, or taken away."""

from collections.abc import Callable
from typing import Any, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.support.noise import Noise

NUMBERS = (0, 1, -1, 127, 128, 255, 65_535, 65_536, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1, (1 << 63) - 1, -(1 << 63))
TEXTS = (
    "",
    "\0",
    "x" * 5000,
    "TR_",
    "../..",
    "٣",
    "\ud7ff",
    "\U0010ffff",
    "\u2028",
    "null",
    "{}",
    "-1",
    "e\u0301" * 40,
)
RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}


def bend(message: Message, noise: Noise, depth: int = 0) -> None:
    """One to four fields of it, or of a message in it, are changed."""
    # the stubs have it a sequence of objects
    fields: list[FieldDescriptor] = [cast(FieldDescriptor, each) for each in message.DESCRIPTOR.fields]
    for _ in range(noise.random.randrange(1, 5) if fields else 0):
        field = noise.random.choice(fields)
        if noise.random.randrange(5) == 0:
            message.ClearField(field.name)
        elif field.is_repeated:
            _bend_repeated(message, field, noise, depth)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            inner = getattr(message, field.name)
            inner.SetInParent()
            if depth < 6:
                bend(inner, noise, depth + 1)
        else:
            setattr(message, field.name, _value(field, noise))


def _bend_repeated(message: Message, field: FieldDescriptor, noise: Noise, depth: int) -> None:
    values = getattr(message, field.name)
    count = noise.random.choice((1, 1, 1, 2, 30))
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
        if value.cpp_type != FieldDescriptor.CPPTYPE_MESSAGE:
            values[_value(key, noise)] = _value(value, noise)
    elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        for _ in range(count):
            inner = values.add()
            if depth < 6:
                bend(inner, noise, depth + 1)
    elif len(values) < 1000:
        values.extend([_value(field, noise)] * count + list(values)[:100])


def _value(field: FieldDescriptor, noise: Noise) -> Any:
    makers: dict[int, Callable[[], Any]] = {
        FieldDescriptor.CPPTYPE_BOOL: lambda: bool(noise.random.randrange(2)),
        FieldDescriptor.CPPTYPE_DOUBLE: lambda: noise.random.choice((0.0, -1.0, 1e308, float("inf"), float("nan"))),
        FieldDescriptor.CPPTYPE_FLOAT: lambda: noise.random.choice((0.0, -1.0, 1e30, float("inf"), float("nan"))),
        FieldDescriptor.CPPTYPE_STRING: lambda: (
            noise.some(40) if field.type == FieldDescriptor.TYPE_BYTES else noise.random.choice(TEXTS)
        ),
    }
    maker = makers.get(field.cpp_type)
    if maker is not None:
        return maker()
    low, high = RANGES[field.cpp_type]
    return min(max(noise.random.choice(NUMBERS), low), high)
