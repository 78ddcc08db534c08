"""How a place that is not known yet is kept."""

from __future__ import annotations

from typing import Any

from django.db.models.lookups import IsNull
from opaque_keys.edx.django.models import UsageKeyField


class PlaceField(UsageKeyField):  # type: ignore[misc,valid-type]
    """A usage key, or NULL while there is none: of NULLs a unique column takes many, of the platform's "" it takes one."""

    def get_prep_value(self, value: Any) -> Any:
        """None stays None."""
        return None if value is None else super().get_prep_value(value)

    def deconstruct(self) -> Any:
        """To migrations it is what it derives from: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "opaque_keys.edx.django.models.UsageKeyField", args, kwargs


# The platform's field refuses to be asked for NULL, because it keeps none.
PlaceField.register_lookup(IsNull)
