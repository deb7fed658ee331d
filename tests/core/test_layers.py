from typing import get_args

from controller.core.layers import LAYERS, Layer


def test_the_special_lies_over_the_general() -> None:
    assert LAYERS == ("tenant", "path", "node")
    assert set(LAYERS) == set(get_args(Layer))
