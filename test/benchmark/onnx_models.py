"""ONNX graphs of well-known architectures, as exporters write them, with random
weights of a fixed seed. For measuring: nothing here is trained."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Builds one ONNX graph: nodes by method call, weights by shape."""

    def __init__(self, seed=0):
        self.nodes, self.weights, self.count = [], [], 0
        self.random = np.random.default_rng(seed)

    def constant(self, array, name="c"):
        self.count += 1
        name = f"{name}_{self.count}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, *shape, scale=None):
        fan_in = int(np.prod(shape[1:])) or 1
        scale = scale if scale is not None else (2.0 / fan_in) ** 0.5
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32), "w")

    def op(self, kind, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"{kind.lower()}_{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(
            helper.make_node(kind, list(inputs), names, name=f"{kind}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def model(self, inputs, outputs, opset=17):
        graph = helper.make_graph(
            self.nodes, "benchmark",
            [helper.make_tensor_value_info(n, t, s) for n, t, s in inputs],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
            self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 9
        return model


def conv_bn(g, x, channels, filters, kernel, stride=1, groups=1, act=None):
    pad = kernel // 2
    x = g.op("Conv", x, g.weight(filters, channels // groups, kernel, kernel),
             g.weight(filters, scale=0.1), strides=[stride, stride],
             pads=[pad] * 4, kernel_shape=[kernel, kernel], group=groups, dilations=[1, 1])
    if act == "relu":
        return g.op("Relu", x)
    if act == "hswish":
        return g.op("HardSwish", x)
    return x


def resnet50(image=224):
    """He et al., "Deep Residual Learning" (2016); batch norms folded, as exporters do."""
    g = Graph()
    x = conv_bn(g, "input", 3, 64, 7, 2, act="relu")
    x = g.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)]):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = conv_bn(g, x, channels, width, 1, act="relu")
            y = conv_bn(g, y, width, width, 3, stride, act="relu")
            y = conv_bn(g, y, width, width * 4, 1)
            if block == 0:
                x = conv_bn(g, x, channels, width * 4, 1, stride)
            x = g.op("Relu", g.op("Add", y, x))
            channels = width * 4
    x = g.op("Flatten", g.op("GlobalAveragePool", x), axis=1)
    x = g.op("Gemm", x, g.weight(1000, 2048), g.weight(1000, scale=0.1), transB=1)
    return g.model([("input", TensorProto.FLOAT, [1, 3, image, image])], [(x, [1, 1000])])


# kernel, expansion, filters, squeeze-excite, activation, stride
MOBILENET_V3_LARGE = [
    (3, 16, 16, False, "relu", 1), (3, 64, 24, False, "relu", 2), (3, 72, 24, False, "relu", 1),
    (5, 72, 40, True, "relu", 2), (5, 120, 40, True, "relu", 1), (5, 120, 40, True, "relu", 1),
    (3, 240, 80, False, "hswish", 2), (3, 200, 80, False, "hswish", 1),
    (3, 184, 80, False, "hswish", 1), (3, 184, 80, False, "hswish", 1),
    (3, 480, 112, True, "hswish", 1), (3, 672, 112, True, "hswish", 1),
    (5, 672, 160, True, "hswish", 2), (5, 960, 160, True, "hswish", 1),
    (5, 960, 160, True, "hswish", 1)]


def mobilenet_v3(image=224):
    """Howard et al., "Searching for MobileNetV3" (2019), large."""
    g = Graph()
    x = conv_bn(g, "input", 3, 16, 3, 2, act="hswish")
    channels = 16
    for kernel, expansion, filters, squeeze, act, stride in MOBILENET_V3_LARGE:
        y = x
        if expansion != channels:
            y = conv_bn(g, y, channels, expansion, 1, act=act)
        y = conv_bn(g, y, expansion, expansion, kernel, stride, groups=expansion, act=act)
        if squeeze:
            inner = (expansion // 4 + 7) // 8 * 8
            s = g.op("GlobalAveragePool", y)
            s = conv_bn(g, s, expansion, inner, 1, act="relu")
            s = conv_bn(g, s, inner, expansion, 1)
            y = g.op("Mul", y, g.op("HardSigmoid", s, alpha=1 / 6, beta=0.5))
        y = conv_bn(g, y, expansion, filters, 1)
        x = g.op("Add", x, y) if stride == 1 and channels == filters else y
        channels = filters
    x = conv_bn(g, x, channels, 960, 1, act="hswish")
    x = g.op("Flatten", g.op("GlobalAveragePool", x), axis=1)
    x = g.op("HardSwish", g.op("Gemm", x, g.weight(1280, 960), g.weight(1280, scale=0.1), transB=1))
    x = g.op("Gemm", x, g.weight(1000, 1280), g.weight(1000, scale=0.1), transB=1)
    return g.model([("input", TensorProto.FLOAT, [1, 3, image, image])], [(x, [1, 1000])])


def bert_base(sequence=128, layers=12, width=768, heads=12, batch=1):
    """Devlin et al., "BERT" (2019), base; the encoder on token ids."""
    g = Graph()
    depth = width // heads

    def linear(x, inputs, outputs):
        return g.op("Add", g.weight(outputs, scale=0.02),
                    g.op("MatMul", x, g.weight(inputs, outputs, scale=0.02)))

    def split_heads(x, perm):
        shape = g.constant(np.array([0, 0, heads, depth], np.int64))
        return g.op("Transpose", g.op("Reshape", x, shape), perm=perm)

    def norm(x):
        return g.op("LayerNormalization", x, g.constant(np.ones(width, np.float32)),
                    g.weight(width, scale=0.02), axis=-1, epsilon=1e-12)

    x = g.op("Gather", g.weight(30522, width, scale=0.02), "input_ids")
    x = norm(g.op("Add", x, g.weight(1, sequence, width, scale=0.02)))
    for _ in range(layers):
        q = split_heads(linear(x, width, width), [0, 2, 1, 3])
        k = split_heads(linear(x, width, width), [0, 2, 3, 1])
        v = split_heads(linear(x, width, width), [0, 2, 1, 3])
        scores = g.op("Div", g.op("MatMul", q, k), g.constant(np.float32(depth ** 0.5)))
        y = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
        y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]),
                 g.constant(np.array([0, 0, width], np.int64)))
        x = norm(g.op("Add", linear(y, width, width), x))
        y = linear(x, width, 4 * width)
        erf = g.op("Erf", g.op("Div", y, g.constant(np.float32(2 ** 0.5))))
        y = g.op("Mul", g.op("Mul", y, g.op("Add", erf, g.constant(np.float32(1)))),
                 g.constant(np.float32(0.5)))
        x = norm(g.op("Add", linear(y, 4 * width, width), x))
    return g.model([("input_ids", TensorProto.INT64, [batch, sequence])],
                   [(x, [batch, sequence, width])])


def lstm(sequence=64, batch=1, inputs=256, hidden=256, layers=2):
    """Stacked LSTM layers, as exported from PyTorch."""
    g = Graph()
    x = "input"
    for layer in range(layers):
        size = inputs if layer == 0 else hidden
        y, _, _ = g.op("LSTM", x, g.weight(1, 4 * hidden, size, scale=0.06),
                       g.weight(1, 4 * hidden, hidden, scale=0.06),
                       g.weight(1, 8 * hidden, scale=0.06), outputs=3, hidden_size=hidden)
        x = g.op("Squeeze", y, g.constant(np.array([1], np.int64)))
    return g.model([("input", TensorProto.FLOAT, [sequence, batch, inputs])],
                   [(x, [sequence, batch, hidden])])


def row_op(kind, rows=1024, columns=1024):
    """softmax, layer_norm or gelu over a matrix."""
    g = Graph()
    if kind == "softmax":
        x = g.op("Softmax", "input", axis=-1)
    elif kind == "layer_norm":
        x = g.op("LayerNormalization", "input", g.constant(np.ones(columns, np.float32)),
                 g.weight(columns, scale=0.1), axis=-1)
    else:
        x = g.op("Gelu", "input")
    return g.model([("input", TensorProto.FLOAT, [rows, columns])], [(x, [rows, columns])], opset=20)


def mlp(sizes=(784, 256, 10)):
    """A small classifier with dynamic batch."""
    g = Graph()
    x = "input"
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        x = g.op("Gemm", x, g.weight(outputs, inputs), g.weight(outputs, scale=0.1), transB=1)
        if i + 2 < len(sizes):
            x = g.op("Relu", x)
    return g.model([("input", TensorProto.FLOAT, ["batch", sizes[0]])], [(x, ["batch", sizes[-1]])])


def add():
    g = Graph()
    x = g.op("Add", "a", "b")
    return g.model([("a", TensorProto.FLOAT, [4]), ("b", TensorProto.FLOAT, [4])], [(x, [4])])


def residual_chain(nodes, width=64, shared=True):
    """x = relu(x·W + b) + x over and over: `nodes` nodes, four a step, with the same
    weights in each or with its own."""
    g = Graph()
    x = "input"
    for step in range(nodes // 4):
        if step == 0 or not shared:
            w, b = g.weight(width, width, scale=0.05), g.weight(width, scale=0.05)
        x = g.op("Add", g.op("Relu", g.op("Add", g.op("MatMul", x, w), b)), x)
    return g.model([("input", TensorProto.FLOAT, [8, width])], [(x, [8, width])])


MODELS = {
    "resnet50": resnet50, "mobilenet_v3": mobilenet_v3, "bert_base": bert_base, "lstm": lstm,
    "softmax": lambda: row_op("softmax"), "layer_norm": lambda: row_op("layer_norm"),
    "gelu": lambda: row_op("gelu"), "mlp": mlp, "add": add,
}


def save(name, path):
    onnx.save(MODELS[name](), path)
