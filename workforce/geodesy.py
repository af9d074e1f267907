"""Lengths of geodesics on the WGS-84 ellipsoid, for one pair or for arrays of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

_WGS84 = Geod(ellps="WGS84")


def geodesic_km(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> NDArray[np.float64]:
    """Kilometres between points given in degrees; the four arrays broadcast against each other."""
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(lon1, lat1, lon2, lat2)
    return np.asarray(_WGS84.inv(lon1, lat1, lon2, lat2)[2]) / 1000.0
