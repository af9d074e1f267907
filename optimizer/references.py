"""Named tuples of arrays passed to kernels by reference.

A tuple of eighty arrays is passed by value as some six hundred numbers at every call, which
costs more than most of the search's functions do, in run time and in compile time.  A
``Reference`` is one address; the fields are read where they are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from optimizer.kernels import kernel


class Reference:
    """The address of a named tuple of arrays and numbers, which it keeps alive."""

    def __init__(self, fields: Any) -> None:
        self.fields = fields
        self._memory = np.zeros(8192, np.int64)
        self.address = int(self._memory.ctypes.data)
        if _write(fields, self.address) > self._memory.nbytes:
            raise MemoryError("a named tuple too large to refer to")


class ReferenceType(types.Type):
    def __init__(self, to: types.BaseNamedTuple) -> None:
        self.to = to
        super().__init__(name=f"reference({to})")


@typeof_impl.register(Reference)
def _typeof(value: Reference, context: Any) -> ReferenceType:
    return ReferenceType(typeof_impl(value.fields, context))


@register_model(ReferenceType)
class _ReferenceModel(models.OpaqueModel):
    pass


@unbox(ReferenceType)
def _unbox(typ, obj, c):
    number = c.pyapi.object_getattr_string(obj, "address")
    address = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return NativeValue(address, is_error=c.pyapi.c_api_error())


@infer_getattr
class _Fields(AttributeTemplate):
    key = ReferenceType

    def generic_resolve(self, typ, name):
        if name in typ.to.fields:
            return typ.to.types[typ.to.fields.index(name)]
        return None


@lower_getattr_generic(ReferenceType)
def _read(context, builder, typ, value, name):
    at = typ.to.fields.index(name)
    kind = typ.to.types[at]
    record = builder.bitcast(value, context.get_value_type(typ.to).as_pointer())
    field = builder.load(builder.gep(record, [ir.IntType(32)(0), ir.IntType(32)(at)]))
    if isinstance(kind, types.Array):  # nobody counts references to it: the Reference keeps it
        array = context.make_array(kind)(context, builder, field)
        array.meminfo = context.get_constant_null(types.voidptr)
        array.parent = context.get_constant_null(types.pyobject)
        field = array._getvalue()
    return field


@intrinsic
def _store(_typing_context, fields, address):
    """Write a tuple to an address; returns its size in bytes."""

    def lowered(context, builder, _signature, args):
        record = context.get_value_type(fields)
        builder.store(args[0], builder.inttoptr(args[1], record.as_pointer()))
        return context.get_constant(types.int64, context.get_abi_sizeof(record))

    return types.int64(fields, address), lowered


@kernel
def _write(fields, address):
    return _store(fields, address)
