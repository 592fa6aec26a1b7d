import numpy as np
import pytest

from netlib.model.curve import activation_curve
from netlib.spec.kinds import KINDS

CURVED = [kind for kind in KINDS.values() if kind.is_elementwise]


@pytest.mark.parametrize("kind", CURVED)
def test_a_derivative_is_the_slope_of_its_curve(kind):
    x, value, derivative = activation_curve(kind())
    assert (x[0], x[80], x[-1], len(x)) == (-4, 0, 4, 161)
    slope = (value[2:] - value[:-2]) / (x[2:] - x[:-2])
    is_smooth = abs(np.diff(derivative)[1:] - np.diff(derivative)[:-1]) < 0.01
    assert is_smooth.mean() > 0.9
    assert np.allclose(slope[is_smooth], derivative[1:-1][is_smooth], atol=2e-3)


def test_a_curve_has_the_options_of_its_layer():
    layer = KINDS["LeakyReLU"](negative_slope=0.25)
    x, value, derivative = activation_curve(layer)
    assert (value[:80] == 0.25 * x[:80]).all()
    assert (derivative[:80] == 0.25).all()
    assert (value[80:] == x[80:]).all()
