// A convolutional network for pictures of 28 × 28 grey bytes, in ten classes:
// two convolutions with pooling, two layers. The weights are zero here; the program
// that trains it draws its own.
module {
  dl.global private @conv1.weight : tensor<16x1x3x3xf32> = dense<0.0> : tensor<16x1x3x3xf32>
  dl.global private @conv1.bias : tensor<16xf32> = dense<0.0> : tensor<16xf32>
  dl.global private @conv2.weight : tensor<32x16x3x3xf32> = dense<0.0> : tensor<32x16x3x3xf32>
  dl.global private @conv2.bias : tensor<32xf32> = dense<0.0> : tensor<32xf32>
  dl.global private @fc1.weight : tensor<1568x128xf32> = dense<0.0> : tensor<1568x128xf32>
  dl.global private @fc1.bias : tensor<128xf32> = dense<0.0> : tensor<128xf32>
  dl.global private @fc2.weight : tensor<128x10xf32> = dense<0.0> : tensor<128x10xf32>
  dl.global private @fc2.bias : tensor<10xf32> = dense<0.0> : tensor<10xf32>

  func.func @main(%pictures: tensor<100x28x28xui8> {dlc.name = "pictures"})
      -> (tensor<100x10xf32> {dlc.name = "scores"}) {
    %w1 = dl.global_load @conv1.weight : tensor<16x1x3x3xf32>
    %b1 = dl.global_load @conv1.bias : tensor<16xf32>
    %w2 = dl.global_load @conv2.weight : tensor<32x16x3x3xf32>
    %b2 = dl.global_load @conv2.bias : tensor<32xf32>
    %w3 = dl.global_load @fc1.weight : tensor<1568x128xf32>
    %b3 = dl.global_load @fc1.bias : tensor<128xf32>
    %w4 = dl.global_load @fc2.weight : tensor<128x10xf32>
    %b4 = dl.global_load @fc2.bias : tensor<10xf32>

    %grey = dl.convert %pictures : tensor<100x28x28xui8> -> tensor<100x28x28xf32>
    %scale = dl.constant dense<0.00392156886> : tensor<100x28x28xf32>
    %scaled = dl.mul %grey, %scale : tensor<100x28x28xf32>, tensor<100x28x28xf32> -> tensor<100x28x28xf32>
    %x = dl.reshape %scaled : tensor<100x28x28xf32> -> tensor<100x1x28x28xf32>

    %c1 = dl.conv %x, %w1 bias(%b1 : tensor<16xf32>) strides = [1, 1] padding = [1, 1], [1, 1]
        dilations = [1, 1] : tensor<100x1x28x28xf32>, tensor<16x1x3x3xf32> -> tensor<100x16x28x28xf32>
    %r1 = dl.relu %c1 : tensor<100x16x28x28xf32> -> tensor<100x16x28x28xf32>
    %p1 = dl.pool max %r1 window = [2, 2] strides = [2, 2] padding = [0, 0], [0, 0] dilations = [1, 1]
        : tensor<100x16x28x28xf32> -> tensor<100x16x14x14xf32>
    %c2 = dl.conv %p1, %w2 bias(%b2 : tensor<32xf32>) strides = [1, 1] padding = [1, 1], [1, 1]
        dilations = [1, 1] : tensor<100x16x14x14xf32>, tensor<32x16x3x3xf32> -> tensor<100x32x14x14xf32>
    %r2 = dl.relu %c2 : tensor<100x32x14x14xf32> -> tensor<100x32x14x14xf32>
    %p2 = dl.pool max %r2 window = [2, 2] strides = [2, 2] padding = [0, 0], [0, 0] dilations = [1, 1]
        : tensor<100x32x14x14xf32> -> tensor<100x32x7x7xf32>

    %flat = dl.reshape %p2 : tensor<100x32x7x7xf32> -> tensor<100x1568xf32>
    %d1 = dl.dot_general %flat, %w3, batching = [] x [] contracting = [1] x [0]
        : tensor<100x1568xf32>, tensor<1568x128xf32> -> tensor<100x128xf32>
    %b3s = dl.broadcast_in_dim %b3, dims = [1] : tensor<128xf32> -> tensor<100x128xf32>
    %a1 = dl.add %d1, %b3s : tensor<100x128xf32>, tensor<100x128xf32> -> tensor<100x128xf32>
    %h = dl.relu %a1 : tensor<100x128xf32> -> tensor<100x128xf32>
    %d2 = dl.dot_general %h, %w4, batching = [] x [] contracting = [1] x [0]
        : tensor<100x128xf32>, tensor<128x10xf32> -> tensor<100x10xf32>
    %b4s = dl.broadcast_in_dim %b4, dims = [1] : tensor<10xf32> -> tensor<100x10xf32>
    %scores = dl.add %d2, %b4s : tensor<100x10xf32>, tensor<100x10xf32> -> tensor<100x10xf32>
    return %scores : tensor<100x10xf32>
  }
}
