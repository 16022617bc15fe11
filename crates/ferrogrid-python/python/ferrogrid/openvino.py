"""A compiled network as an operator of OpenVINO.

    import openvino
    from ferrogrid.openvino import as_model
    request = openvino.Core().compile_model(as_model(ferrogrid.compile_model("digits.onnx", "nano")), "CPU")
    request([image])

OpenVINO calls the core; nodes of its own may stand in front of it and behind.
"""

from __future__ import annotations

from typing import Optional

import numpy as np
import openvino
from openvino import opset13 as opset

from ._model import CompiledModel


class Network(openvino.Op):
    """A network on a core: an input and an output for each of the network's, with a batch axis in front."""

    def __init__(self, model: CompiledModel, inputs: Optional[list] = None) -> None:
        super().__init__(self)
        self.model = model
        if inputs is not None:
            self.set_arguments(inputs)
            self.constructor_validate_and_infer_types()

    def validate_and_infer_types(self) -> None:
        batch = self.get_input_partial_shape(0)[0]
        for place, (kind, shape) in enumerate(self.model.outputs.values()):
            self.set_output_type(place, openvino.Type(kind), openvino.PartialShape([batch, *shape]))

    def clone_with_new_inputs(self, new_inputs: list) -> Network:
        return Network(self.model, new_inputs)

    def get_type_info(self) -> openvino.DiscreteTypeInfo:
        return openvino.DiscreteTypeInfo("FerrogridNetwork", "ferrogrid")

    def evaluate(self, outputs: list, inputs: list) -> bool:
        found = self.model.predict([np.asarray(tensor.data) for tensor in inputs])
        for tensor, values in zip(outputs, found.values()):
            tensor.shape = values.shape
            tensor.data[:] = values
        return True

    def has_evaluate(self) -> bool:
        return True


def as_model(model: CompiledModel) -> openvino.Model:
    """A model of OpenVINO that is the network alone, for any number of rows."""
    parameters = [
        opset.parameter(openvino.PartialShape([-1, *shape]), openvino.Type(kind), name=name)
        for name, (kind, shape) in model.inputs.items()
    ]
    network = Network(model, [parameter.output(0) for parameter in parameters])
    results = [opset.result(output) for output in network.outputs()]
    for output, name in zip(network.outputs(), model.outputs):
        output.get_tensor().set_names({name})
    return openvino.Model(results, parameters, "ferrogrid")
