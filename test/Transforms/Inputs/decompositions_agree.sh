#!/bin/bash
# Interprets the functions of each composite's test as they are, and decomposed, and
# compares. $1: the folder of the tests, $2: a scratch folder.
set -eo pipefail
mkdir -p "$2"
status=0
for op in softmax log_softmax batch_norm layer_norm group_norm rms_norm attention rnn \
  lstm gru embedding rotary_embedding relu silu gelu sigmoid quantize dequantize \
  conv_transpose recurrence_options; do
  ops=${op/recurrence_options/rnn,lstm,gru}
  dl-opt "-dl-decompose-composites=ops=$ops" "$1/$op.mlir" -o "$2/$op.mlir"
  if grep -qE "dl\.(${ops//,/|}) " "$2/$op.mlir"; then
    echo "dl.$op is left after its decomposition"
    status=1
  fi
  for function in $(sed -nE 's/^func\.func @(\w+)\(.*/\1/p' "$1/$op.mlir"); do
    dl-run "$1/$op.mlir" --entry "$function" --output "$2/expected.npz"
    dl-run "$2/$op.mlir" --entry "$function" --expect "$2/expected.npz" \
      --rtol 1e-6 --atol 1e-7 > "$2/log" 2>&1 ||
      { echo "dl.$op, @$function: decomposed it means something else"; cat "$2/log"; status=1; }
  done
done
exit $status
